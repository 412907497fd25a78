//! Bulletins: subjects, entries, headers, and whom they refuse (spec §11.1, §11.2).

use thumbturn_protocol::bulletin::{
    BulletinDraft, BulletinHeader, BulletinReader, BulletinSubject, BulletinVersion, Denial, Entry, Lookup,
};
use thumbturn_protocol::ids::{BulletinEpoch, CardToken, Generation, HolderId, PhoneId, Serial, ShareId};
use thumbturn_protocol::signed::{Received, Signable};

use crate::cast;
use crate::error::{Error, refused};
use crate::formula;
use crate::json::{Fields, Json, text, vector};
use crate::objects::seconds;

const VERSION: BulletinVersion =
    BulletinVersion { generation: Generation(1), epoch: BulletinEpoch(1_137_000) };

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors =
        vec![bulletin("every kind of subject", denials())?, bulletin("nobody is refused", Vec::new())?];
    vectors.extend(refusals()?);
    vectors.extend(lookups()?);
    Ok(vectors)
}

fn denials() -> Vec<Denial> {
    let below = |subject, void_before| Denial { subject, void_before: Serial(void_before), until: None };
    let daily = BulletinSubject::DailyCode { door: cast::door(), day: -3, kind: 1, slot: 300 };
    vec![
        below(BulletinSubject::Holder(HolderId(cast::bytes("holder"))), cast::SERIAL + 1),
        below(BulletinSubject::Phone(PhoneId(cast::bytes("lost phone"))), u32::MAX),
        Denial {
            until: Some(cast::instant(86_400)),
            ..below(BulletinSubject::Share(ShareId(cast::bytes("share"))), cast::SERIAL)
        },
        below(BulletinSubject::Card(CardToken(cast::bytes("card token"))), 5),
        Denial { until: Some(cast::instant(2 * 86_400)), ..below(daily, u32::MAX) },
        below(BulletinSubject::Everybody, 1_000_000),
    ]
}

fn draft(denials: Vec<Denial>) -> BulletinDraft {
    BulletinDraft { property: cast::property(), version: VERSION, issued: cast::instant(0), denials }
}

fn subject_fields(subject: BulletinSubject) -> Result<Fields, Error> {
    let fields = Fields::new();
    Ok(match subject {
        BulletinSubject::Holder(id) => fields.with("subject", text("holder")).with("id", id.0),
        BulletinSubject::Phone(id) => fields.with("subject", text("phone")).with("id", id.0),
        BulletinSubject::Share(id) => fields.with("subject", text("share")).with("id", id.0),
        BulletinSubject::Card(id) => fields.with("subject", text("card")).with("id", id.0),
        BulletinSubject::DailyCode { door, day, kind, slot } => fields
            .with("subject", text("daily code"))
            .with("door", door.0)
            .with("day", day)
            .with("code_kind", kind)
            .with("slot", slot),
        BulletinSubject::Everybody => fields.with("subject", text("everybody")),
        _ => return Err(Error::Disagree("subjects")),
    })
}

fn entries_json(entries: &[Entry]) -> Json {
    Json::List(entries.iter().map(|entry| entry.to_bytes().into()).collect())
}

fn bulletin(name: &str, denials: Vec<Denial>) -> Result<Fields, Error> {
    let signer = cast::property_signing();
    let made = draft(denials.clone()).sign(&signer)?;
    let header = Received::from(made.header.clone()).verify(&signer.public())?;
    let mut reader = BulletinReader::new(header.clone());
    reader.take(VERSION.epoch, 0, &made.entries)?;
    reader.finish()?;
    let denials = denials.into_iter().map(|denial| {
        let fields = subject_fields(denial.subject)?
            .with("void_before", denial.void_before.0)
            .with("until", denial.until.map(seconds));
        Ok(fields.into())
    });
    Ok(vector(name, "11.1", "bulletin")
        .with("signing_secret", signer.secret())
        .with("signing_key", signer.public().0)
        .with("property", cast::property().0)
        .with("generation", VERSION.generation.0)
        .with("epoch", VERSION.epoch.0)
        .with("issued", seconds(cast::instant(0)))
        .with("denials", Json::List(denials.collect::<Result<_, Error>>()?))
        .with("entries", entries_json(&made.entries))
        .with("entries_hash", header.entries_hash)
        .with("header", made.header.as_bytes()))
}

/// Headers and sets that are refused, each signed by the property unless it says otherwise.
fn refusals() -> Result<Vec<Fields>, Error> {
    let signer = cast::property_signing();
    let made = draft(denials()).sign(&signer)?;
    let (header, entries) = (made.header.as_bytes(), made.entries.as_slice());
    let with = |index: usize, bytes: &[u8]| -> Result<Vec<u8>, Error> {
        let (body, _) = header.split_last_chunk::<64>().ok_or(Error::Disagree("header"))?;
        let mut body = body.to_vec();
        body.get_mut(index..index + bytes.len()).ok_or(Error::Disagree("header"))?.copy_from_slice(bytes);
        let signature = formula::sign(signer.secret(), BulletinHeader::LABEL.text(), &body);
        Ok([body.as_slice(), &signature].concat())
    };
    let good = || header.to_vec();
    let without_first = entries.iter().skip(1).copied().collect::<Vec<_>>();
    let reversed = entries.iter().rev().copied().collect::<Vec<_>>();
    let doubled = entries.iter().chain(entries.last()).copied().collect::<Vec<_>>();
    let entries = || entries.to_vec();
    [
        ("another version", with(0, &[2])?, entries()),
        ("epoch 0", with(13, &[0; 4])?, entries()),
        ("an instant above 2^40", with(17, &[1])?, entries()),
        ("257 entries", with(25, &[1, 1])?, entries()),
        ("a reserved byte", with(27, &[1])?, entries()),
        ("one entry less than signed", with(25, &[0, 7])?, entries()),
        ("one entry more than signed", with(25, &[0, 5])?, entries()),
        ("another hash", with(28, &[0; 32])?, entries()),
        ("a flipped bit in the signature", formula::flipped(header, 80, 1)?, entries()),
        ("an entry is missing", good(), without_first),
        ("not in order", good(), reversed),
        ("an entry twice", good(), doubled),
    ]
    .into_iter()
    .map(|(reason, header, entries)| {
        refused(read(&header, &entries), reason)?;
        Ok(vector("refused", "11.1", "bulletin-refused")
            .with("reason", text(reason))
            .with("signing_key", signer.public().0)
            .with("header", header)
            .with("entries", entries_json(&entries)))
    })
    .collect()
}

fn read(header: &[u8], entries: &[Entry]) -> Result<(), Error> {
    let header =
        Received::<BulletinHeader>::from_bytes(header)?.verify(&cast::property_signing().public())?;
    let mut reader = BulletinReader::new(header);
    reader.take(VERSION.epoch, 0, entries)?;
    reader.finish()?;
    Ok(())
}

fn lookups() -> Result<Vec<Fields>, Error> {
    let made = draft(denials()).sign(&cast::property_signing())?;
    let holder = BulletinSubject::Holder(HolderId(cast::bytes("holder")));
    let other = BulletinSubject::Holder(HolderId(cast::bytes("another holder")));
    let share = BulletinSubject::Share(ShareId(cast::bytes("share")));
    let phone = BulletinSubject::Phone(PhoneId(cast::bytes("lost phone")));
    let serial = cast::SERIAL;
    [
        ("the holder's grant", serial, vec![other, holder], Some(0), true),
        ("the holder's newer grant", serial + 1, vec![holder], Some(0), false),
        ("another holder", serial, vec![other], Some(0), false),
        ("a lost phone, with any serial", u32::MAX, vec![other, phone], Some(0), true),
        ("a share before the end of its entry", serial - 1, vec![share], Some(86_399), true),
        ("a share at the end of its entry", serial - 1, vec![share], Some(86_400), false),
        ("a share, by a clock that is unsure", serial - 1, vec![share], None, true),
        ("everybody below a serial", 999_999, vec![other], Some(0), true),
        ("somebody at that serial", 1_000_000, vec![other], Some(0), false),
    ]
    .into_iter()
    .map(|(name, serial, subjects, after, denied)| {
        let now = after.map(cast::instant);
        let lookup = Lookup::new(cast::property(), VERSION, Serial(serial), &subjects)?;
        if lookup.is_denied_by(&made.entries, now) != denied {
            return Err(Error::Disagree("whom a bulletin refuses"));
        }
        let subjects = subjects.into_iter().map(|subject| Ok(subject_fields(subject)?.into()));
        Ok(vector(name, "11.2", "bulletin-lookup")
            .with("property", cast::property().0)
            .with("epoch", VERSION.epoch.0)
            .with("entries", entries_json(&made.entries))
            .with("serial", serial)
            .with("subjects", Json::List(subjects.collect::<Result<_, Error>>()?))
            .with("now", now.map(seconds))
            .with("denied", denied))
    })
    .collect()
}
