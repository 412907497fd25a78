//! Service data: made, resolved, refused (spec §4.2).

use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::answer::DoorStatus;
use thumbturn_protocol::ids::{ListVersion, TagKey};
use thumbturn_protocol::labels;

use crate::cast;
use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, vector};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let quiet = DoorStatus::default();
    let loud = DoorStatus { clock_unsure: true, logs_waiting: true, battery_low: true };
    let clock = DoorStatus { clock_unsure: true, ..quiet };
    let logs = DoorStatus { logs_waiting: true, ..quiet };
    let battery = DoorStatus { battery_low: true, ..quiet };
    let mut vectors = vec![
        made("nothing to say", ListVersion(1), quiet)?,
        made("everything to say, version above 65,535", ListVersion(0x0001_1234), loud)?,
        made("clock unsure", ListVersion(0xffff), clock)?,
        made("logs waiting", ListVersion(0x1_0000), logs)?,
        made("battery low", ListVersion(2), battery)?,
    ];
    vectors.extend(unresolved()?);
    Ok(vectors)
}

fn made(name: &str, list_version: ListVersion, status: DoorStatus) -> Result<Fields, Error> {
    let (tag_key, salt) = (cast::bytes::<16>(cast::TAG_KEY_NAME), cast::bytes::<4>(name));
    let advertisement = Advertisement::new(&TagKey::from_bytes(tag_key), salt, list_version, status);
    let head = [&[1], salt.as_slice()].concat();
    let tag = formula::first::<5>(formula::kdf(&tag_key, labels::ADVERTISEMENT_TAG.text(), &head)?);
    let mask = formula::first::<3>(formula::kdf(&tag_key, labels::ADVERTISEMENT_HINT.text(), &head)?);
    let flags = u8::from(status.clock_unsure)
        | u8::from(status.logs_waiting) << 1
        | u8::from(status.battery_low) << 2;
    let [_, _, high, low] = list_version.0.to_be_bytes();
    let plain = [high, low, flags];
    let expected = [head.as_slice(), &tag, &formula::xor(plain, mask)].concat();
    agree(&advertisement.as_bytes().as_slice(), &expected.as_slice(), "advertisement")?;
    Ok(vector(name, "4.2", "advertisement")
        .with("tag_key", tag_key)
        .with("salt", salt)
        .with("list_version", list_version.0)
        .with("clock_unsure", status.clock_unsure)
        .with("logs_waiting", status.logs_waiting)
        .with("battery_low", status.battery_low)
        .with("tag", tag)
        .with("hint_mask", mask)
        .with("plain_hint", plain)
        .with("service_data", expected))
}

fn unresolved() -> Result<Vec<Fields>, Error> {
    let tag_key = cast::bytes::<16>(cast::TAG_KEY_NAME);
    let key = TagKey::from_bytes(tag_key);
    let good =
        *Advertisement::new(&key, cast::bytes("salt"), ListVersion(1), DoorStatus::default()).as_bytes();
    let flipped = |index, mask| formula::flipped(&good, index, mask);
    [
        ("another salt under the same tag", flipped(1, 1)?),
        ("another tag", flipped(9, 1)?),
        ("unknown hint flag bit 3", flipped(12, 8)?),
        ("unknown version", flipped(0, 3)?),
        ("12 bytes", formula::shortened(&good)?),
        ("14 bytes", [good.as_slice(), &[0]].concat()),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        let resolved = Advertisement::parse(&bytes).ok().and_then(|data| data.resolve(&key)).ok_or(());
        refused(resolved, name)?;
        let head = vector(name, "4.2", "advertisement-unresolved");
        Ok(head.with("tag_key", tag_key).with("service_data", bytes))
    })
    .collect()
}
