//! Published answers of the primitives below codes and cards: RFC 4493, RFC 4226, RFC 6238. One-time passwords are no part of
//! the product; they are here for those who build another keypad on this one's primitives.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::card::formula;
use crate::error::{Error, agree};
use crate::json::{Fields, text, vector};

/// The key of RFC 4493.
const KEY: [u8; 16] = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
/// The message of RFC 4493.
const MESSAGE: [u128; 4] = [
    0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a,
    0xae2d_8a57_1e03_ac9c_9eb7_6fac_45af_8e51,
    0x30c8_1c46_a35c_e411_e5fb_c119_1a0a_52ef,
    0xf69f_2445_df4f_9b17_ad2b_417b_e66c_3710,
];
const MACS: [(usize, u128); 4] = [
    (0, 0xbb1d_6929_e959_3728_7fa3_7d12_9b75_6746),
    (16, 0x070a_16b4_6b4d_4144_f79b_dd9d_d04a_287c),
    (40, 0xdfa6_6747_de9a_e630_30ca_3261_1497_c827),
    (64, 0x51f0_bebf_7e3b_9d92_fc49_7417_7936_3cfe),
];

/// RFC 4226, counters 0…9, six digits; then counters 0…3, seven digits.
const SIX_DIGITS: [u32; 10] =
    [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
const SEVEN_DIGITS: [u32; 4] = [4_755_224, 4_287_082, 7_359_152, 6_969_429];

/// RFC 6238: time; eight digits under SHA-1, SHA-256, SHA-512.
const TIMES: [(u64, [u32; 3]); 6] = [
    (59, [94_287_082, 46_119_246, 90_693_936]),
    (1_111_111_109, [7_081_804, 68_084_774, 25_091_201]),
    (1_111_111_111, [14_050_471, 67_062_674, 99_943_326]),
    (1_234_567_890, [89_005_924, 91_819_424, 93_441_116]),
    (2_000_000_000, [69_279_037, 90_698_825, 38_618_901]),
    (20_000_000_000, [65_353_130, 77_737_706, 47_863_826]),
];

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = MACS.into_iter().map(mac).collect::<Result<Vec<_>, _>>()?;
    for (counter, code) in (0_u64..).zip(SIX_DIGITS) {
        vectors.push(one_time("hotp", Hash::Sha1, counter, 6, code)?);
    }
    for (counter, code) in (0_u64..).zip(SEVEN_DIGITS) {
        vectors.push(one_time("hotp", Hash::Sha1, counter, 7, code)?);
    }
    for (time, codes) in TIMES {
        for (hash, code) in [Hash::Sha1, Hash::Sha256, Hash::Sha512].into_iter().zip(codes) {
            let fields = one_time("totp", hash, time / 30, 8, code)?;
            vectors.push(fields.with("time", i64::try_from(time).unwrap_or(0)));
        }
    }
    Ok(vectors)
}

fn mac((length, expected): (usize, u128)) -> Result<Fields, Error> {
    let message = MESSAGE.map(u128::to_be_bytes).concat();
    let message = message.get(..length).ok_or(Error::Disagree("length"))?;
    let mac = formula::cmac(&KEY, message);
    agree(&mac, &expected.to_be_bytes(), "a published CMAC")?;
    Ok(vector(format!("AES-CMAC of {length} bytes"), "14.7", "cmac")
        .with("key", KEY)
        .with("message", message)
        .with("mac", mac))
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// As long as the hash's output.
    fn secret(self) -> Vec<u8> {
        let length = match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        };
        b"1234567890".iter().copied().cycle().take(length).collect()
    }

    fn mac(self, key: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        let wrong = |_| Error::Disagree("HMAC key length");
        Ok(match self {
            Self::Sha1 => {
                let mac = Hmac::<Sha1>::new_from_slice(key).map_err(wrong)?;
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
            Self::Sha256 => {
                let mac = Hmac::<Sha256>::new_from_slice(key).map_err(wrong)?;
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
            Self::Sha512 => {
                let mac = Hmac::<Sha512>::new_from_slice(key).map_err(wrong)?;
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
        })
    }
}

fn one_time(
    kind: &'static str,
    hash: Hash,
    counter: u64,
    digits: u8,
    expected: u32,
) -> Result<Fields, Error> {
    let secret = hash.secret();
    let mac = hash.mac(&secret, &counter.to_be_bytes())?;
    let offset = usize::from(mac.last().copied().unwrap_or(0) & 0x0f);
    let truncated = mac.get(offset..).and_then(|rest| rest.first_chunk::<4>());
    let truncated = u32::from_be_bytes(*truncated.ok_or(Error::Disagree("length"))?) & 0x7fff_ffff;
    let code = truncated % 10_u32.pow(u32::from(digits));
    agree(&code, &expected, "a published one-time password")?;
    let width = usize::from(digits);
    let name = format!("{}, {}, {counter}", kind.to_uppercase(), hash.name());
    Ok(vector(name, "14.3", kind)
        .with("hash", text(hash.name()))
        .with("secret", secret)
        .with("counter", i64::try_from(counter).unwrap_or(0))
        .with("digits", digits)
        .with("code", text(&format!("{code:0width$}"))))
}
