//! Hello: made, named, refused (spec §4.5).

use thumbturn_protocol::hello::{self, DoorState, Hello};
use thumbturn_protocol::ids::{ClaimSecret, TagKey};
use thumbturn_protocol::labels;

use crate::cast;
use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, vector};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let claim_tag_key = formula::first::<16>(formula::kdf(
        &cast::bytes::<16>("claim secret"),
        labels::CLAIM_TAG_KEY.text(),
        &[],
    )?);
    agree(
        &ClaimSecret::from_bytes(cast::bytes("claim secret")).tag_key(),
        &TagKey::from_bytes(claim_tag_key),
        "claim tag key",
    )?;
    let mut vectors = vec![
        made("hello of a claimed door", DoorState::Claimed, cast::bytes(cast::TAG_KEY_NAME))?,
        made("hello of a factory-fresh door", DoorState::FactoryFresh, claim_tag_key)?,
    ];
    vectors.extend(read()?);
    Ok(vectors)
}

fn made(name: &str, state: DoorState, tag_key: [u8; 16]) -> Result<Fields, Error> {
    let (nonce_key, counter, random) = (cast::bytes("door nonce key"), 7, cast::bytes(name));
    let nonce = hello::nonce(&nonce_key, counter, &random);
    let hello = Hello::new(state, nonce, &TagKey::from_bytes(tag_key));
    let (head, named) = hello.as_bytes().split_at(16);
    let expected = formula::first::<4>(formula::kdf(&tag_key, labels::HELLO_NAME.text(), head)?);
    agree(&named, &expected.as_slice(), "hello name")?;
    Ok(vector(name, "4.5", "hello")
        .with("factory_fresh", state == DoorState::FactoryFresh)
        .with("nonce_key", nonce_key)
        .with("leap_counter", i64::try_from(counter).unwrap_or(0))
        .with("random", random)
        .with("nonce", nonce)
        .with("tag_key", tag_key)
        .with("name_bytes", expected)
        .with("hello", hello.as_bytes()))
}

/// What a phone makes of twenty bytes under one tag key: `named` if it may answer, `foreign` if no key that it holds fits,
/// `refused` if this is no hello for it.
fn read() -> Result<Vec<Fields>, Error> {
    let tag_key = cast::bytes::<16>(cast::TAG_KEY_NAME);
    let good = *cast::hello("hello").as_bytes();
    let rewritten = |header: u8, highest: u8, lowest: u8, flags: u8| {
        let [_, _, _, _, rest @ ..] = good;
        let head = [[header, highest, lowest, flags].as_slice(), rest.get(..12).unwrap_or_default()].concat();
        let name = formula::first::<4>(formula::kdf(&tag_key, labels::HELLO_NAME.text(), &head)?);
        Ok::<_, Error>([head.as_slice(), &name].concat())
    };
    [
        ("this door's", good.to_vec(), "named"),
        (
            "a door's that also speaks version 2, with a flag of that version",
            rewritten(0xc1, 2, 1, 0x80)?,
            "named",
        ),
        ("another nonce under the same name", formula::flipped(&good, 10, 1)?, "foreign"),
        ("flag bit 1", rewritten(0xc1, 1, 1, 2)?, "refused"),
        ("a door's that no longer speaks version 1", rewritten(0xc1, 2, 2, 0)?, "refused"),
        ("a door's that speaks only version 0", rewritten(0xc1, 0, 0, 0)?, "refused"),
        ("highest version below the lowest", rewritten(0xc1, 1, 2, 0)?, "refused"),
        ("header of an unfinished message", rewritten(0x81, 1, 1, 0)?, "refused"),
        ("header of another type", rewritten(0xc2, 1, 1, 0)?, "refused"),
        ("19 bytes", formula::shortened(&good)?, "refused"),
        ("21 bytes", [good.as_slice(), &[0]].concat(), "refused"),
    ]
    .into_iter()
    .map(|(name, bytes, reading)| {
        match reading {
            "refused" => refused(Hello::parse(&bytes), name)?,
            _ => {
                let named = Hello::parse(&bytes)?.is_named_by(&TagKey::from_bytes(tag_key));
                agree(&named, &(reading == "named"), name)?;
            }
        }
        Ok(vector(name, "4.5", "hello-read")
            .with("tag_key", tag_key)
            .with("hello", bytes)
            .with("reading", crate::json::text(reading)))
    })
    .collect()
}
