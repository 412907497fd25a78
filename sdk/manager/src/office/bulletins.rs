//! What every door of a property is to refuse: signed as one bulletin, which any phone carries to any door (design §5, spec §11).
//!
//! A list reaches a door with a phone that has the update for this door; a bulletin, with any phone of the property. So what is denied
//! everywhere stands in both.

use thumbturn_protocol::bulletin::{BulletinHeader, BulletinSubject, BulletinVersion, Denial, Entry};
use thumbturn_protocol::code::{DailyCode, LocalDay};
use thumbturn_protocol::ids::{BulletinEpoch, CardToken, DoorId, HolderId, Serial};
use thumbturn_protocol::limits::{BULLETIN_ENTRIES, BULLETIN_HEADER, SIGNATURE};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::UnixSeconds;

use super::error::{Error, Invalid};
use super::store::bulletin::{BulletinRecord, DenialRecord};
use super::store::{self, StoreError};
use super::work::Work;
use crate::authority::bulletin_book::BulletinBook;
use crate::authority::generation_keys::GenerationKeys;

const DAY: u64 = 86_400;
/// Seconds for which a bulletin denies what lies in lists: as long as doors apply the updates that take it out.
const LISTED: u64 = 90 * DAY;

/// Denies the phones of a person that hold nothing but void grants; the person as such, where nothing at all may be opened any more.
pub(crate) async fn deny_lost(work: &mut Work<'_>, holder: HolderId, has_access: bool) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let held = store::phone::held_by(work.connection(), property, holder, now).await?;
    if !has_access {
        let last = held.iter().map(|held| held.until).max();
        let until = last.map_or_else(|| now.plus(LISTED), |last| last.max(now.plus(LISTED)));
        // Above the serials of the doorcodes and the card, too.
        let void_before = store::property::next_numbers(work.connection(), property, now).await?.serial;
        return deny(work, BulletinSubject::Holder(holder), (void_before, until)).await;
    }
    for lost in held.iter().filter(|held| held.good == 0) {
        let void_before = Serial(lost.serial.0.saturating_add(1));
        deny(work, BulletinSubject::Phone(lost.phone), (void_before, lost.until)).await?;
    }
    Ok(())
}

/// Denies a person no more, who may open something again: a keycard has the serial that it had. The person's phones stay denied, as far as
/// they hold what is void.
pub(crate) async fn readmit(work: &mut Work<'_>, holder: HolderId) -> Result<(), Error> {
    let (property, revision, now) = (work.property(), work.revision(), work.now);
    let subject = BulletinSubject::Holder(holder).to_bytes().map_err(|_| StoreError::Damaged("denial"))?;
    if store::bulletin::end(work.connection(), property, &subject, (revision, now)).await? {
        deny_lost(work, holder, true).await?;
    }
    Ok(())
}

/// Denies a card as it was activated.
pub(crate) async fn deny_card(work: &mut Work<'_>, card: CardToken) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let void_before = store::property::next_numbers(work.connection(), property, now).await?.serial;
    deny(work, BulletinSubject::Card(card), (void_before, now.plus(LISTED))).await
}

/// Denies a daily code.
pub(crate) async fn deny_daily_code(work: &mut Work<'_>, door: DoorId, code: DailyCode) -> Result<(), Error> {
    let LocalDay(day) = code.day;
    let subject = BulletinSubject::DailyCode { door, day, kind: code.kind.code(), slot: code.slot.0 };
    // In every zone the day is over a day after it is over in UTC.
    let seconds = u64::try_from(day).unwrap_or(0).saturating_add(2).saturating_mul(DAY);
    let until = UnixSeconds::new(seconds).ok_or(StoreError::Damaged("day"))?;
    deny(work, subject, (Entry::EVERY_SERIAL, until)).await
}

async fn deny(
    work: &mut Work<'_>,
    subject: BulletinSubject,
    (void_before, until): (Serial, UnixSeconds),
) -> Result<(), Error> {
    let (property, revision) = (work.property(), work.revision());
    let subject = subject.to_bytes().map_err(|_| StoreError::Damaged("denial"))?;
    let record = DenialRecord { subject, void_before, until };
    Ok(store::bulletin::deny(work.connection(), property, &record, revision).await?)
}

/// The newest bulletin: signed now, where there is something new to refuse. `None`: there was never anything to refuse.
pub(crate) async fn newest(
    work: &mut Work<'_>,
    keys: &GenerationKeys,
) -> Result<Option<BulletinRecord>, Error> {
    let (property, generation, now) = (work.property(), keys.generation(), work.now);
    let known = store::bulletin::newest(work.connection(), property, generation).await?;
    let changed = store::bulletin::changed(work.connection(), property).await?;
    let is_signed =
        known.as_ref().map_or(changed == 0, |known| known.content.is_some() && changed <= known.revision);
    if is_signed {
        return Ok(known);
    }
    store::bulletin::drop_ended(work.connection(), property, now).await?;
    // Beyond what a bulletin holds, the lists of the doors alone say it.
    let limit = u32::try_from(BULLETIN_ENTRIES).unwrap_or(u32::MAX);
    let records = store::bulletin::denials(work.connection(), property, (now, limit)).await?;
    let denials = records.iter().map(denial).collect::<Result<_, _>>()?;
    let mut book = BulletinBook::new(generation).resumed(known.map_or(BulletinEpoch(0), |known| known.epoch));
    let content = book.sign(keys, denials, now)?.to_bytes();
    let record =
        BulletinRecord { epoch: book.version().epoch, revision: work.revision(), content: Some(content) };
    store::bulletin::set(work.connection(), property, generation, &record).await?;
    Ok(Some(record))
}

pub(crate) fn denial(record: &DenialRecord) -> Result<Denial, StoreError> {
    let subject = BulletinSubject::from_bytes(&record.subject).map_err(|_| StoreError::Damaged("denial"))?;
    Ok(Denial { subject, void_before: record.void_before, until: Some(record.until) })
}

/// Learns which bulletin a door has. Gives the revision whose denials these are; `None`: it is an older one, or one that an authority
/// signed whose books are lost, and which the next one takes the place of.
pub(crate) async fn heard(work: &mut Work<'_>, version: BulletinVersion) -> Result<Option<u64>, Error> {
    let (property, now) = (work.property(), work.now);
    let known = store::bulletin::newest(work.connection(), property, version.generation).await?;
    let epoch = known.as_ref().map_or(BulletinEpoch(0), |known| known.epoch);
    if version.epoch <= epoch {
        return Ok(known.filter(|known| known.epoch == version.epoch).map(|known| known.revision));
    }
    let mut book = BulletinBook::new(version.generation).resumed(epoch);
    book.learn_version(version, now);
    let (epoch, content) = (book.version().epoch, None);
    let record = BulletinRecord { epoch, revision: 0, content };
    store::bulletin::set(work.connection(), property, version.generation, &record).await?;
    Ok(None)
}

/// Takes a bulletin that a phone has heard from a door.
pub(crate) async fn take(work: &mut Work<'_>, bulletin: &[u8]) -> Result<(), Error> {
    let header = bulletin.get(..BULLETIN_HEADER.saturating_add(SIGNATURE)).ok_or(Invalid::Foreign)?;
    let header = Received::<BulletinHeader>::from_bytes(header).map_err(|_| Invalid::Foreign)?;
    let generation = header.peek_unverified().map_err(|_| Invalid::Foreign)?.generation;
    let keys = super::books::keys_of(work, generation).await.map_err(|_| Invalid::Foreign)?;
    let header = header.verify(&keys.signing_key()).map_err(|_| Invalid::Foreign)?;
    if header.property != work.property() {
        return Err(Invalid::Foreign.into());
    }
    heard(work, BulletinVersion { generation, epoch: header.epoch }).await.map(drop)
}
