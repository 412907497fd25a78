//! Links from a card (spec §14.11).

use thumbturn_protocol::card::sun::{CardData, ReadCounter, SunKey};

use super::formula;
use crate::cast;
use crate::error::{Error, agree, refused};
use crate::json::{Fields, vector};

const PUBLISHED_DATA: [u8; 16] = 0xef96_3ff7_8286_58a5_99f3_0415_1067_1e88_u128.to_be_bytes();
const PUBLISHED_PLAIN: [u8; 16] = 0xc704_de5f_1eac_c040_3d00_00da_5cf6_0941_u128.to_be_bytes();
const PUBLISHED_MAC_KEY: [u8; 16] = 0x3fb5_f6e3_a807_a03d_5e35_70ac_e393_776f_u128.to_be_bytes();
const PUBLISHED_ENCRYPTION_KEY: [u8; 16] = 0xdf38_382b_84fb_90d2_dddb_24e5_1aaf_f7ac_u128.to_be_bytes();
const PUBLISHED_MAC: [u8; 8] = 0x94ee_d9ee_6533_7086_u64.to_be_bytes();

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let data = formula::encrypt(&[0; 16], [0; 16], &PUBLISHED_PLAIN)?;
    agree(&data.as_slice(), &PUBLISHED_DATA.as_slice(), "published card data")?;
    let published = Link { meta_key: [0; 16], file_key: [0; 16], plain: PUBLISHED_PLAIN };
    agree(&published.session_key([0x3c, 0xc3])?, &PUBLISHED_MAC_KEY, "a published key")?;
    agree(&published.session_key([0xc3, 0x3c])?, &PUBLISHED_ENCRYPTION_KEY, "a published key")?;
    agree(&published.mac()?.as_slice(), &PUBLISHED_MAC.as_slice(), "a published MAC")?;
    let [u0, u1, u2, u3, u4, u5, u6] = cast::bytes::<7>("card UID");
    let [r0, r1, r2, r3, r4] = cast::bytes::<5>("random bytes of a link");
    let ours = Link {
        meta_key: cast::bytes("link key"),
        file_key: cast::bytes("file-read key of a card"),
        plain: [0xc7, u0, u1, u2, u3, u4, u5, u6, 0x01, 0x02, 0x03, r0, r1, r2, r3, r4],
    };
    Ok(vec![published.shown("AN12196")?, ours.shown("a counter of three bytes")?])
}

struct Link {
    meta_key: [u8; 16],
    file_key: [u8; 16],
    plain: [u8; 16],
}

impl Link {
    fn session_key(&self, prefix: [u8; 2]) -> Result<[u8; 16], Error> {
        let named = self.plain.get(1..11).ok_or(Error::Disagree("a length"))?;
        let vector = [prefix.as_slice(), &[0x00, 0x01, 0x00, 0x80], named].concat();
        Ok(formula::cmac(&self.file_key, &vector))
    }

    fn mac(&self) -> Result<Vec<u8>, Error> {
        Ok(formula::truncated(formula::cmac(&self.session_key([0x3c, 0xc3])?, &[])))
    }

    fn shown(&self, name: &str) -> Result<Fields, Error> {
        let [_, u0, u1, u2, u3, u4, u5, u6, low, middle, high, ..] = self.plain;
        let (uid, counter) = ([u0, u1, u2, u3, u4, u5, u6], u32::from_le_bytes([low, middle, high, 0]));
        let encrypted = formula::exactly(&formula::encrypt(&self.meta_key, [0; 16], &self.plain)?)?;
        let mac = formula::exactly(&self.mac()?)?;

        let file_key = SunKey::from_bytes(self.file_key);
        let opened = CardData::open(&SunKey::from_bytes(self.meta_key), &encrypted)?;
        let tap = opened.verify(&file_key, &mac, counter.checked_sub(1).and_then(ReadCounter::new))?;
        agree(&(tap.uid(), tap.counter().count()), &(uid, counter), "a link")?;
        refused(opened.verify(&file_key, &mac, Some(tap.counter())), "a link that was believed before")?;

        Ok(vector(name, "14.11", "sun")
            .with("meta_key", self.meta_key)
            .with("file_key", self.file_key)
            .with("plain", self.plain)
            .with("uid", uid)
            .with("counter", counter)
            .with("encryption_key", self.session_key([0xc3, 0x3c])?)
            .with("mac_key", self.session_key([0x3c, 0xc3])?)
            .with("e", encrypted)
            .with("c", mac))
    }
}
