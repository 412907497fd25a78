//! Whole updates: header, body, key, chunks and tree, and headers and bodies that a door refuses (spec §10.3 to §10.6).

use std::ops::Deref;

use thumbturn_protocol::deny::DenySubject;
use thumbturn_protocol::ids::{Generation, ListVersion};
use thumbturn_protocol::keys::ExchangeKeyPair;
use thumbturn_protocol::signed::{Received, Verified};
use thumbturn_protocol::update::body::{Body, BodyReader, Delta};
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::header::{UpdateHeader, UpdateKind, UpdateSubject};
use thumbturn_protocol::update::parcel::{Issue, Parcel};
use thumbturn_protocol::update::row::{Change, Row};
use thumbturn_protocol::update::seal::BodyKey;
use thumbturn_protocol::update::settings::Settings;
use thumbturn_protocol::update::size::BodySize;
use thumbturn_protocol::update::tree::ChunkTree;
use thumbturn_protocol::update::verifier::ChunkVerifier;

use super::rows::{card, deny, deny_holder, doorcode, kind_text, phone, residence};
use crate::cast;
use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, Json, vector};
use crate::objects::seconds;

/// Of the door's list in all vectors.
const FROM: ListVersion = ListVersion(1_137_000);
const TO: ListVersion = ListVersion(1_137_120);

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = updates()?;
    vectors.extend(refused_headers()?);
    vectors.extend(refused_bodies()?);
    Ok(vectors)
}

fn door_sealing() -> ExchangeKeyPair {
    cast::exchange("door sealing")
}

fn list_key() -> ListKey {
    ListKey::from_bytes(cast::bytes("list key"))
}

fn issue() -> Issue {
    let subject = UpdateSubject {
        property: cast::property(),
        generation: Generation(1),
        door: cast::door(),
        door_key: cast::door_key_id(),
    };
    Issue { subject, to: TO, issued: cast::instant(0), apply_until: cast::instant(30 * 86_400) }
}

/// What an update leads to, and what it brings.
struct Story {
    name: &'static str,
    /// The list at the update's version, rising.
    list: Vec<Row>,
    settings: Settings,
    body: Body,
    changes: Vec<Change>,
    with_settings: bool,
}

fn updates() -> Result<Vec<Fields>, Error> {
    let cards = (0..70).map(card).collect::<Result<Vec<_>, _>>()?;
    [
        delta(
            "delta: one holder is denied",
            vec![doorcode()?, deny_holder()],
            vec![Change::Set(deny_holder())],
            false,
        )?,
        delta(
            "delta: a hand-over with new settings",
            vec![card(7)?, deny(DenySubject::Phone(phone())), deny(DenySubject::EverybodyButStaff)],
            vec![
                Change::Remove(doorcode()?.key()),
                Change::Set(card(7)?),
                Change::Set(deny(DenySubject::EverybodyButStaff)),
            ],
            true,
        )?,
        snapshot("snapshot of nothing", Vec::new())?,
        snapshot("snapshot of 70 cards, in two chunks", cards)?,
    ]
    .iter()
    .map(update)
    .collect()
}

fn delta(
    name: &'static str,
    list: Vec<Row>,
    changes: Vec<Change>,
    with_settings: bool,
) -> Result<Story, Error> {
    let settings = residence()?;
    let digest = ListDigest::from_bytes(digest(&list, &settings)?);
    let rows = u32::try_from(list.len()).map_err(|_| Error::Disagree("rows"))?;
    let key = list_key();
    let sent = with_settings.then_some(&settings);
    let body = Body::delta(&Delta { list_key: &key, digest, rows, changes: &changes, settings: sent }, FROM)?;
    Ok(Story { name, list, settings, body, changes, with_settings })
}

fn snapshot(name: &'static str, list: Vec<Row>) -> Result<Story, Error> {
    let settings = residence()?;
    let (body, found) = Body::snapshot(&list_key(), &settings, &list)?;
    agree(found.as_bytes(), &digest(&list, &settings)?, "digest")?;
    let changes = list.iter().cloned().map(Change::Set).collect();
    Ok(Story { name, list, settings, body, changes, with_settings: true })
}

/// The sum of §10.6, in limbs of 32 bits.
fn digest(list: &[Row], settings: &Settings) -> Result<[u8; 32], Error> {
    let key = cast::bytes::<16>("list key");
    let mut parts = vec![formula::kdf(&key, "thumbturn/1/list-settings", &settings.to_bytes()?)?];
    for row in list {
        parts.push(formula::kdf(&key, "thumbturn/1/list-row", &*row.to_bytes())?);
    }
    let mut sum = [0_u8; 32];
    for part in parts {
        let (limbs, _) = sum.as_chunks_mut::<4>();
        let mut carry = 0;
        for (limb, added) in limbs.iter_mut().zip(part.as_chunks::<4>().0).rev() {
            let total = u64::from(u32::from_be_bytes(*limb)) + u64::from(u32::from_be_bytes(*added)) + carry;
            let [.., a, b, c, d] = total.to_be_bytes();
            *limb = [a, b, c, d];
            carry = total >> 32;
        }
    }
    Ok(sum)
}

fn update(story: &Story) -> Result<Fields, Error> {
    let property = cast::property_signing();
    let randomness = format!("randomness of: {}", story.name);
    let parcel =
        story.body.seal(&issue(), &door_sealing().public(), &property, &mut cast::random(&randomness))?;
    agree(&Parcel::parse(&parcel.to_bytes())?, &parcel, "parcel")?;
    let header = parcel.header().verify(&property.public())?;
    let opened = open(&parcel, &header, &story.changes)?;
    let signed = parcel.header().as_bytes();
    let (body, signature) = signed.split_last_chunk::<64>().ok_or(Error::Disagree("header"))?;
    agree(&formula::sign(property.secret(), "thumbturn/1/update", body), signature, "signature")?;
    let id: [u8; 8] = formula::first(formula::hash("thumbturn/1/update-id", signed));
    agree(&parcel.id().0, &id, "update id")?;
    Ok(vector(story.name, "10.4", "update")
        .with("signing_secret", property.secret())
        .with("signing_key", property.public().0)
        .with("door_sealing_secret", door_sealing().secret())
        .with("door_sealing_key", door_sealing().public().0)
        .with("randomness", cast::bytes::<32>(&randomness))
        .with("fields", header_fields(&header))
        .with("list_key", cast::bytes::<16>("list key"))
        .with("list", rows_json(story.list.iter().map(Row::to_bytes)))
        .with("list_settings", &*story.settings.to_bytes()?)
        .with("with_settings", story.with_settings)
        .with("digest", digest(&story.list, &story.settings)?)
        .with("changes", rows_json(story.changes.iter().map(Change::to_bytes)))
        .with("body", opened)
        .with("chunks", Json::List(parcel.chunks().map(Json::from).collect()))
        .with("root", header.root.0)
        .with("encapsulation", header.encapsulation.0)
        .with("header", body)
        .with("signature", *signature)
        .with("update_id", id))
}

fn rows_json<T: Deref<Target = [u8; 64]>>(rows: impl Iterator<Item = T>) -> Json {
    Json::List(rows.map(|row| Json::from(*row)).collect())
}

/// The plain body, as a door verifies, opens and reads it.
fn open(parcel: &Parcel, header: &Verified<UpdateHeader>, changes: &[Change]) -> Result<Vec<u8>, Error> {
    let key = BodyKey::recover(header, &door_sealing())?;
    let tree = ChunkTree::of(parcel);
    let (mut verifier, mut reader) = (ChunkVerifier::new(header), BodyReader::new(header));
    let (mut body, mut read) = (Vec::new(), Vec::new());
    for (chunk, number) in parcel.chunks().zip(0..) {
        verifier.accept(number, chunk, &tree.continuation(number))?;
        let mut chunk = chunk.to_vec();
        key.open(number, &mut chunk)?;
        for row in reader.read(&chunk)?.changes {
            read.push(Change::parse(row)?);
        }
        body.extend_from_slice(&chunk);
    }
    reader.finish()?;
    agree(&read.as_slice(), &changes, "rows of an update")?;
    Ok(body)
}

fn header_fields(header: &UpdateHeader) -> Fields {
    let (is_snapshot, from) = match header.kind {
        UpdateKind::Delta { from } => (false, from.0),
        UpdateKind::Snapshot => (true, 0),
    };
    Fields::new()
        .with("kind", kind_text(is_snapshot))
        .with("property", header.subject.property.0)
        .with("generation", header.subject.generation.0)
        .with("door", header.subject.door.0)
        .with("door_key", header.subject.door_key.0)
        .with("from", from)
        .with("to", header.to.0)
        .with("size", header.size.bytes())
        .with("issued", seconds(header.issued))
        .with("apply_until", seconds(header.apply_until))
}

fn refused_headers() -> Result<Vec<Fields>, Error> {
    let story = delta("", vec![deny_holder()], vec![Change::Set(deny_holder())], false)?;
    let mut random = cast::random("refused headers");
    let parcel =
        story.body.seal(&issue(), &door_sealing().public(), &cast::property_signing(), &mut random)?;
    let good = parcel.header().as_bytes().to_vec();
    let body = good.get(..118).ok_or(Error::Disagree("header"))?;
    let with = |index: usize, bytes: &[u8]| {
        let (head, tail) = body.split_at_checked(index).ok_or(Error::Disagree("where a field lies"))?;
        let body = [head, bytes, tail.get(bytes.len()..).unwrap_or_default()].concat();
        Ok::<_, Error>([body.as_slice(), &sign(&body)].concat())
    };
    let size = |size: u32| size.to_be_bytes();
    let cases = [
        ("a flipped bit in the root", formula::flipped(&good, 90, 1)?),
        ("a flipped bit in the signature", formula::flipped(&good, 150, 1)?),
        ("one byte less", formula::shortened(&good)?),
        ("a trailing byte", [good.as_slice(), &[0]].concat()),
        ("no signature", body.to_vec()),
        ("another version", with(0, &[2])?),
        ("firmware", with(1, &[2])?),
        ("a snapshot that has a first version", with(1, &[1])?),
        ("from no lower than to", with(26, &TO.0.to_be_bytes())?),
        ("no body", with(34, &size(0))?),
        ("a body that is no multiple of 256", with(34, &size(320))?),
        ("a delta too long", with(34, &size(123_136))?),
        ("an issue beyond 2^40", with(38, &[0, 0, 1, 0, 0, 0, 0, 0])?),
        ("an end before the issue", with(46, &[0; 8])?),
    ];
    let door = cast::property_signing().public();
    cases
        .into_iter()
        .map(|(reason, header)| {
            let verified =
                Received::<UpdateHeader>::from_bytes(&header).and_then(|header| header.verify(&door));
            refused(verified, reason)?;
            Ok(vector(reason, "10.3", "update-header-refused")
                .with("signing_key", door.0)
                .with("header", header))
        })
        .collect()
}

/// A faulty authority's signature.
fn sign(body: &[u8]) -> [u8; 64] {
    formula::sign(cast::property_signing().secret(), "thumbturn/1/update", body)
}

/// A body of 512 bytes, laid out here by hand.
struct Layout<'a> {
    version: u8,
    rows: u8,
    changes: u8,
    settings: &'a [u8],
    content: &'a [[u8; 64]],
}

impl Layout<'_> {
    fn body(&self) -> Result<Vec<u8>, Error> {
        let fixed = [cast::bytes::<16>("list key").as_slice(), &[0; 32]].concat();
        let head = [&[self.version], fixed.as_slice(), &[self.rows, self.changes], self.settings].concat();
        let length = u16::try_from(head.len()).map_err(|_| Error::Disagree("head"))?;
        let mut body = [length.to_be_bytes().as_slice(), &head].concat();
        body.resize(body.len().next_multiple_of(64), 0);
        body.extend(self.content.as_flattened());
        body.resize(512, 0);
        Ok(body)
    }
}

fn refused_bodies() -> Result<Vec<Fields>, Error> {
    let settings = [[1].as_slice(), &residence()?.to_bytes()?].concat();
    let [first, second] = [*card(1)?.to_bytes(), *card(2)?.to_bytes()];
    let removed = *Change::Remove(card(1)?.key()).to_bytes();
    let delta = Layout { version: 1, rows: 2, changes: 2, settings: &[0], content: &[first, second] };
    let snapshot = Layout { settings: &settings, ..delta };
    let good = delta.body()?;
    agree(&reads(false, &good), &true, "a good delta")?;
    agree(&reads(true, &snapshot.body()?), &true, "a good snapshot")?;
    [
        ("another version", false, Layout { version: 2, ..delta }.body()?),
        ("fewer rows than promised", false, Layout { changes: 3, ..delta }.body()?),
        ("more rows than promised", false, Layout { changes: 1, ..delta }.body()?),
        ("rows that fall", false, Layout { content: &[second, first], ..delta }.body()?),
        ("a row twice", false, Layout { content: &[first, first], ..delta }.body()?),
        ("a row that is none", false, Layout { content: &[first, [0xff; 64]], ..delta }.body()?),
        ("a snapshot without settings", true, good.clone()),
        ("a snapshot that does not hold all rows", true, Layout { rows: 3, ..snapshot }.body()?),
        ("a snapshot with a removed row", true, Layout { content: &[removed, second], ..snapshot }.body()?),
        ("a byte behind the head", false, formula::flipped(&good, 63, 1)?),
        ("a byte behind the rows", false, formula::flipped(&good, 511, 1)?),
        ("a head longer than it is", false, formula::flipped(&good, 1, 8)?),
        ("a head longer than its chunk", false, formula::flipped(&good, 0, 0x80)?),
    ]
    .into_iter()
    .map(|(reason, is_snapshot, body)| {
        agree(&reads(is_snapshot, &body), &false, reason)?;
        let head = vector(reason, "10.4", "update-body-refused");
        Ok(head.with("update", kind_text(is_snapshot)).with("body", body))
    })
    .collect()
}

/// Whether a door reads a body of one chunk to its end.
fn reads(is_snapshot: bool, body: &[u8]) -> bool {
    let read = || {
        let size = u32::try_from(body.len()).ok().and_then(BodySize::new).ok_or(Error::Disagree("size"))?;
        let issue = issue();
        let header = UpdateHeader {
            subject: issue.subject,
            kind: if is_snapshot { UpdateKind::Snapshot } else { UpdateKind::Delta { from: FROM } },
            to: issue.to,
            size,
            issued: issue.issued,
            apply_until: issue.apply_until,
            encapsulation: thumbturn_protocol::sealing::Encapsulation([0; 32]),
            root: thumbturn_protocol::update::tree::ChunkRoot([0; 32]),
        };
        let mut reader = BodyReader::new(&header);
        reader.read(body)?;
        Ok::<_, Error>(reader.finish()?)
    };
    read().is_ok()
}

/// A snapshot of so many chunks.
pub(super) fn parcel_of(chunks: u32) -> Result<Parcel, Error> {
    let rows = (0..chunks * 63 - 40).map(card).collect::<Result<Vec<_>, _>>()?;
    let (body, _) = Body::snapshot(&list_key(), &residence()?, &rows)?;
    let mut random = cast::random("proofs");
    let parcel = body.seal(&issue(), &door_sealing().public(), &cast::property_signing(), &mut random)?;
    agree(&u32::from(parcel.size().chunks()), &chunks, "chunks")?;
    Ok(parcel)
}
