//! What every door of a property is to refuse: signed as one bulletin, which any phone carries to any door (design §5, spec §11).
//!
//! A list reaches a door with a phone that has the update for this door; a bulletin, with any phone of the property. So what is denied
//! everywhere stands in both.

use std::collections::{BTreeMap, BTreeSet};

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

/// Follows what the lists have come to: denies those of `losers` whose phones hold nothing but void grants, or who may open nothing at all
/// any more, and denies nobody as such who is `inside`, that is, may open something now or later: a keycard has the serial that it had.
pub(crate) async fn follow(
    work: &mut Work<'_>,
    inside: &BTreeSet<HolderId>,
    losers: &BTreeSet<HolderId>,
) -> Result<(), Error> {
    // The phones of whoever comes back stay denied, as far as they hold what is void.
    let mut denied = readmit(work, inside).await?;
    denied.extend(losers);
    if denied.is_empty() {
        return Ok(());
    }
    let (property, now) = (work.property(), work.now);
    let holders: Vec<HolderId> = denied.into_iter().collect();
    let (mut denials, mut leases) = (Vec::new(), BTreeMap::new());
    for (holder, held) in store::phone::held_by(work.connection(), property, &holders, now).await? {
        if !inside.contains(&holder) {
            let last = leases.entry(holder).or_insert(held.until);
            *last = held.until.max(*last);
        } else if held.good == 0 {
            let void_before = Serial(held.serial.0.saturating_add(1));
            denials.push((BulletinSubject::Phone(held.phone), void_before, held.until));
        }
    }
    let outside: Vec<HolderId> = holders.into_iter().filter(|holder| !inside.contains(holder)).collect();
    if !outside.is_empty() {
        // Above the serials of the doorcodes and the cards, too.
        let void_before = store::property::next_numbers(work.connection(), property, now).await?.serial;
        let listed = now.plus(LISTED);
        let until = |holder| leases.get(&holder).map_or(listed, |last| listed.max(*last));
        let denial = |holder| (BulletinSubject::Holder(holder), void_before, until(holder));
        denials.extend(outside.into_iter().map(denial));
    }
    deny(work, &denials).await
}

/// Denies people no more as such. Gives those who were denied.
async fn readmit(work: &mut Work<'_>, holders: &BTreeSet<HolderId>) -> Result<BTreeSet<HolderId>, Error> {
    let (property, revision, now) = (work.property(), work.revision(), work.now);
    if holders.is_empty() || store::bulletin::changed(work.connection(), property).await? == 0 {
        return Ok(BTreeSet::new());
    }
    let mut subjects = BTreeMap::new();
    for holder in holders {
        subjects.insert(encoded(&BulletinSubject::Holder(*holder))?, *holder);
    }
    let denied: Vec<&[u8]> = subjects.keys().map(Vec::as_slice).collect();
    let ended = store::bulletin::end(work.connection(), property, &denied, (revision, now)).await?;
    Ok(ended.iter().filter_map(|subject| subjects.get(subject)).copied().collect())
}

/// Denies a card as it was activated.
pub(crate) async fn deny_card(work: &mut Work<'_>, card: CardToken) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let void_before = store::property::next_numbers(work.connection(), property, now).await?.serial;
    deny(work, &[(BulletinSubject::Card(card), void_before, now.plus(LISTED))]).await
}

/// Denies a daily code.
pub(crate) async fn deny_daily_code(work: &mut Work<'_>, door: DoorId, code: DailyCode) -> Result<(), Error> {
    let LocalDay(day) = code.day;
    let subject = BulletinSubject::DailyCode { door, day, kind: code.kind.code(), slot: code.slot.0 };
    // In every zone the day is over a day after it is over in UTC.
    let seconds = u64::try_from(day).unwrap_or(0).saturating_add(2).saturating_mul(DAY);
    let until = UnixSeconds::new(seconds).ok_or(StoreError::Damaged("day"))?;
    deny(work, &[(subject, Entry::EVERY_SERIAL, until)]).await
}

/// Denies credentials of subjects, no two the same, below a serial and until an instant.
async fn deny(work: &mut Work<'_>, denials: &[(BulletinSubject, Serial, UnixSeconds)]) -> Result<(), Error> {
    let (property, revision) = (work.property(), work.revision());
    let mut records = Vec::new();
    for (subject, void_before, until) in denials {
        let subject = encoded(subject)?;
        records.push(DenialRecord { subject, void_before: *void_before, until: *until });
    }
    Ok(store::bulletin::deny(work.connection(), property, &records, revision).await?)
}

fn encoded(subject: &BulletinSubject) -> Result<Vec<u8>, StoreError> {
    subject.to_bytes().map_err(|_| StoreError::Damaged("denial"))
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
