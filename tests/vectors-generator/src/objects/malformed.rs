//! Objects that are correctly signed by the right key, or nearly, and still must be refused.

use super::*;
use crate::formula::replaced;

pub(super) fn vectors() -> Result<Vec<Fields>, Error> {
    let grant = body(&cast::grant(cast::phone("resident").public().id())?)?;
    let share = body(&cast::share())?;
    let rotation = body(&KeyRotation::new(
        cast::property(),
        Generation(2),
        cast::signing("property signing 2").public(),
        cast::exchange("property sealing 2").public(),
        cast::instant(0),
    ))?;
    let mut vectors = Vec::new();
    for (reason, body) in grants(&grant)? {
        vectors.push(refusal::<Grant>(reason, "3.4", "grant", &body, labels::GRANT)?);
    }
    vectors.push(refusal::<Grant>("signed as a share", "1.5", "grant", &grant, labels::SHARE)?);
    vectors.push(refusal::<Share>("signed as a grant", "1.5", "share", &share, labels::GRANT)?);
    let unknown_version = replaced(&share, 0, 1, &[2])?;
    vectors.push(refusal::<Share>("unknown version", "3.5", "share", &unknown_version, labels::SHARE)?);
    let first_generation = replaced(&rotation, 9, 2, &[1])?;
    let name = "a rotation to the first generation";
    vectors.push(refusal::<KeyRotation>(name, "3.3", "rotation", &first_generation, labels::ROTATION)?);
    vectors.extend(foreign_keys(&grant)?);
    vectors.extend(credentials()?);
    Ok(vectors)
}

/// Where the parts of the grant of two windows begin, by its fixed sizes.
struct Layout {
    generation: usize,
    roles: usize,
    min_list_version: usize,
    not_before: usize,
    not_after: usize,
    schedule: usize,
}

/// version 1, property 8, generation 1, door 8, door_key 4, phone 16, holder 8, serial 3, lease_end 5.
const LAYOUT: Layout =
    Layout { generation: 9, roles: 54, min_list_version: 55, not_before: 56, not_after: 61, schedule: 67 };

fn grants(grant: &[u8]) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let not_before = formula::varint(cast::NOW);
    let window = |days: u8| [days, 0x1c, 0x24, 0x74];
    let nine: Vec<u8> = (1..=9).flat_map(window).collect();
    let schedule = |windows: &[u8], count: u8| {
        let head = grant.get(..LAYOUT.schedule).ok_or(Error::Disagree("grant layout"))?;
        Ok::<_, Error>([head, &[1, count], windows].concat())
    };
    let two = grant.get(LAYOUT.schedule + 2..).ok_or(Error::Disagree("grant layout"))?;
    let (first, second) = two.split_at_checked(4).ok_or(Error::Disagree("grant layout"))?;
    Ok(vec![
        ("unknown version", replaced(grant, 0, 1, &[2])?),
        ("a trailing byte", [grant, &[0]].concat()),
        ("the last byte missing", formula::shortened(grant)?),
        ("generation as an overlong varint", replaced(grant, LAYOUT.generation, 1, &[0x81, 0x00])?),
        (
            "generation above 2^32 − 1",
            replaced(grant, LAYOUT.generation, 1, &[0x80, 0x80, 0x80, 0x80, 0x10])?,
        ),
        ("unknown role bit 5", replaced(grant, LAYOUT.roles, 3, &[0x23])?),
        ("unknown role bit 15", replaced(grant, LAYOUT.roles, 3, &formula::varint(0x8003))?),
        (
            "min_list_version as an overlong varint",
            replaced(grant, LAYOUT.min_list_version, 0, &[0x80, 0x00])?,
        ),
        ("not_before above 2^40 − 1", {
            let head = grant.get(..LAYOUT.not_before).ok_or(Error::Disagree("grant layout"))?;
            [head, &formula::varint(1 << 40), &[0, 0]].concat()
        }),
        ("not_after equal to not_before", {
            let head = grant.get(..=LAYOUT.not_after).ok_or(Error::Disagree("grant layout"))?;
            [head, &not_before, &[0]].concat()
        }),
        ("an option that is neither 00 nor 01", replaced(grant, LAYOUT.not_after, 1, &[2])?),
        ("a schedule without windows", schedule(&[], 0)?),
        ("a schedule of nine windows", schedule(&nine, 9)?),
        ("windows out of order", schedule(&[second, first].concat(), 2)?),
        ("a window twice", schedule(&[first, first].concat(), 2)?),
        ("a window without days", schedule(&window(0), 1)?),
        ("a window on an eighth day", schedule(&window(0x81), 1)?),
        ("a window that ends when it starts", schedule(&[1, 0x1c, 0x21, 0xc2], 1)?),
        ("a window that ends after 24:00", schedule(&[1, 0x1c, 0x25, 0xa1], 1)?),
        ("a count of windows beyond the bytes", schedule(&window(1), 2)?),
        ("2^32 − 1 windows", {
            let head = grant.get(..=LAYOUT.schedule).ok_or(Error::Disagree("grant layout"))?;
            [head, &[0xff, 0xff, 0xff, 0xff, 0x0f], &window(1)].concat()
        }),
    ])
}

fn body<T: Signable>(draft: &T) -> Result<Vec<u8>, Error> {
    let signed = draft.sign(&cast::property_signing())?;
    let (body, _) =
        signed.as_bytes().split_last_chunk::<{ limits::SIGNATURE }>().ok_or(Error::Disagree(T::NAME))?;
    Ok(body.to_vec())
}

/// A body under a good signature of the property's key (the verifier is told so) that must be refused.
fn refusal<T: Signable>(
    reason: &'static str,
    section: &'static str,
    kind: &'static str,
    body: &[u8],
    label: Label,
) -> Result<Fields, Error> {
    let key = cast::property_signing();
    let signature = formula::sign(key.secret(), label.text(), body);
    let signed = [body, &signature].concat();
    let cause = Received::<T>::from_bytes(&signed).and_then(|received| received.verify(&key.public())).err();
    let wrong_label = cause == Some(thumbturn_protocol::error::Error::NotAuthentic);
    agree(&wrong_label, &(label != T::LABEL), reason)?;
    rejected::<T>(reason, section, kind, &key.public(), &signed)
}

fn rejected<T: Signable>(
    reason: &'static str,
    section: &'static str,
    kind: &'static str,
    key: &VerifyingKey,
    signed: &[u8],
) -> Result<Fields, Error> {
    refused(Received::<T>::from_bytes(signed).and_then(|received| received.verify(key)), reason)?;
    Ok(vector(format!("{kind}: {reason}"), section, kind)
        .with("accepted", false)
        .with("signing_key", key.0)
        .with("signed", signed))
}

/// Keys and signatures that only a strict verifier refuses, and a key that is simply another.
fn foreign_keys(grant: &[u8]) -> Result<Vec<Fields>, Error> {
    let key = cast::property_signing();
    let signature = formula::sign(key.secret(), labels::GRANT.text(), grant);
    let signed = [grant, &signature].concat();
    let other = cast::signing("another property").public();
    let grown = grown_scalar(signature)?;
    // The neutral element is a point of order 1: with R neutral too and S = 0, a verifier that is not strict accepts every body.
    let mut neutral = [0; 32];
    if let Some(first) = neutral.first_mut() {
        *first = 1;
    }
    let everything = [grant, &neutral, &[0; 32]].concat();
    // y = p + 1 is the neutral element again, written in a second way.
    let mut second_writing = [0xff; 32];
    second_writing[0] = 0xee;
    second_writing[31] = 0x7f;
    let rejected = rejected::<Grant>;
    Ok(vec![
        rejected("another key", "1.4", "grant", &other, &signed)?,
        rejected("S not below L", "1.4", "grant", &key.public(), &[grant, &grown].concat())?,
        rejected("a key of small order", "1.4", "grant", &VerifyingKey(neutral), &everything)?,
        rejected("a key that is not canonical", "1.4", "grant", &VerifyingKey(second_writing), &everything)?,
        rejected("a key that is no point", "1.4", "grant", &VerifyingKey(no_point()), &signed)?,
        rejected("shorter than a signature", "3.1", "grant", &key.public(), &signature)?,
    ])
}

/// y = 2: x² has no root.
const fn no_point() -> [u8; 32] {
    let mut y = [0; 32];
    y[0] = 2;
    y
}

/// The same signature with S + L: RFC 8032 refuses it, older libraries do not.
fn grown_scalar(signature: [u8; 64]) -> Result<[u8; 64], Error> {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut grown = signature;
    let mut carry = 0_u16;
    for (byte, add) in grown.iter_mut().skip(32).zip(L) {
        let [high, low] = (u16::from(*byte) + u16::from(add) + carry).to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
    if carry == 0 { Ok(grown) } else { Err(Error::Disagree("S + L")) }
}

fn credentials() -> Result<Vec<Fields>, Error> {
    let bytes = credential(None)?.to_bytes()?;
    let guest = credential(Some(cast::share_chain()?))?.to_bytes()?;
    let too_long = [&[1, 0xff, 0x07], [0; 2_000].as_slice()].concat();
    [
        ("unknown version", replaced(&bytes, 0, 1, &[2])?),
        ("a trailing byte", [bytes.as_slice(), &[0]].concat()),
        ("cut inside the share", guest.get(..guest.len() - 10).unwrap_or_default().to_vec()),
        ("a certificate of 1,023 bytes", too_long),
        (
            "a certificate of 2^32 − 1 bytes",
            [[1, 0xff, 0xff, 0xff, 0xff, 0x0f].as_slice(), &[0; 100]].concat(),
        ),
    ]
    .into_iter()
    .map(|(reason, bytes)| {
        refused(Credential::from_bytes(&bytes), reason)?;
        let head = vector(format!("credential: {reason}"), "3.7", "credential");
        Ok(head.with("accepted", false).with("encoded", bytes))
    })
    .collect()
}
