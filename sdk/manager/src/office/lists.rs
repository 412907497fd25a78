//! From what people may open to what doors are to know: rows of lists, doorcodes, and the tasks that follow.
//!
//! Only here are rows made. The rule of [`access`](crate::access) says what they have to be, and what is there already stays as it is where it
//! says the same, so that a door learns nothing twice.

mod cards;
mod changes;
mod codes;
mod passes;
mod residence;
mod rows;
mod schedules;

pub(crate) use self::cards::note_doors;
pub(crate) use self::changes::Changes;
pub(crate) use self::codes::{at_door as codes_at, open as open_code};
pub(crate) use self::passes::COURIER;
#[cfg(feature = "testing")]
pub(crate) use self::rows::open_row;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Row;

use super::bulletins;
use super::daily::earliest_day;
use super::error::{Error, Invalid};
use super::store::card::CardRecord;
use super::store::door::Door;
use super::store::list::RowRecord;
use super::store::{self, task::TaskRecord};
use super::task::{DoorTask, Reason, Reasons};
use super::work::Work;
use crate::access::{Access, Spell, stretch};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What changed at one door, and from when on it matters.
#[derive(Clone, Copy)]
struct Change {
    reasons: Reasons,
    due: UnixSeconds,
}

/// Brings the lists of all doors of these people in line with what they may open now, and answers the tasks of the doors that this transaction
/// changes. `reason`: of all changes, where it is not that somebody came or went.
pub(crate) async fn reconcile(
    work: &mut Work<'_>,
    holders: &BTreeSet<HolderId>,
    reason: Option<Reason>,
) -> Result<Vec<DoorTask>, Error> {
    let (property, now) = (work.property(), work.now);
    let access = store::access::of(work.connection(), property, holders, now).await?;
    let has_denials = store::bulletin::changed(work.connection(), property).await? > 0;
    let mut changes: BTreeMap<DoorId, Change> = BTreeMap::new();
    let mut known = BTreeMap::new();
    for holder in holders {
        let card = store::card::live_of(work.connection(), property, *holder).await?;
        let (mut next, mut has_lost) = (None, false);
        let mut doors = access.doors(*holder);
        doors.extend(store::list::doors_of(work.connection(), property, *holder).await?);
        doors.extend(store::phone::doors_with_passes(work.connection(), property, *holder, now).await?);
        for id in doors {
            let door = match known.entry(id) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    entry.insert(store::door::find(work.connection(), property, id).await?)
                }
            };
            let Some(door) = door else { continue };
            let open = stretch(&access.spells(*holder, door.id), now);
            let denials = passes::denials(work, (*holder, door.id), open.as_ref()).await?;
            let end = open.as_ref().and_then(|open| open.term.end());
            next = next.into_iter().chain(end).chain(denials.until).min();
            let mut wanted =
                wanted_rows(work, &access, (*holder, door), open.as_ref(), card.as_ref()).await?;
            wanted.extend(denials.rows);
            for (what, due) in replace_rows(work, (*holder, door), wanted, &denials.ends).await? {
                has_lost |= what == Reason::AccessRemoved;
                let due = due.minus(u64::from(work.property.preload_days) * DAY).max(now);
                let change =
                    changes.entry(door.id).or_insert_with(|| Change { reasons: Reasons::default(), due });
                change.reasons = change.reasons.and(reason.unwrap_or(what));
                change.due = change.due.min(due);
            }
        }
        residence::note(work, *holder, &access, &known).await?;
        store::person::set_next_change(work.connection(), property, *holder, next).await?;
        let opens = |door| stretch(&access.spells(*holder, door), now).is_some();
        let has_access = access.doors(*holder).into_iter().any(opens);
        if has_access && has_denials {
            bulletins::readmit(work, *holder).await?;
        }
        if has_lost {
            bulletins::deny_lost(work, *holder, has_access).await?;
        }
    }
    for (door, change) in changes {
        if store::list::count(work.connection(), property, door).await? > LIST_ROWS {
            return Err(Invalid::ListFull.into());
        }
        task_of(work, door, change).await?;
    }
    Ok(tasks(work))
}

/// The rows that a door is to have for a person.
async fn wanted_rows(
    work: &mut Work<'_>,
    access: &Access,
    (holder, door): (HolderId, &Door),
    open: Option<&Spell>,
    card: Option<&CardRecord>,
) -> Result<Vec<Row>, Error> {
    let (place, mut wanted) = ((work.property(), door.id), Vec::new());
    match open {
        Some(open) if access.has_doorcode(holder, door.id, work.now) => {
            let (code, numbers) = codes::ensure(work, holder, door).await?;
            let terms = rows::terms(work, (holder, door.id), &numbers, open).await?;
            wanted.push(Row::Doorcode(code, terms));
        }
        _ => codes::retire(work, place, holder).await?,
    }
    if let (Some(open), Some(card)) = (open, card) {
        wanted.push(cards::row(work, card, door, open).await?);
    }
    Ok(wanted)
}

/// Puts rows in the place of those that a door was to have for a person. Gives what that changes for somebody, and from when on: a row
/// that is over by itself is nobody's errand, and goes along with the next one. `ends`: of the grants that the person's phones have lost.
async fn replace_rows(
    work: &mut Work<'_>,
    (holder, door): (HolderId, &Door),
    wanted: Vec<Row>,
    ends: &BTreeMap<PhoneId, UnixSeconds>,
) -> Result<Vec<(Reason, UnixSeconds)>, Error> {
    let (place, now) = ((work.property(), door.id), work.now);
    let known = rows::of(work, place, holder).await?;
    let mut changed = Vec::new();
    for (record, row) in &known {
        if wanted.iter().any(|wanted| wanted.key() == row.key()) {
            continue;
        }
        rows::remove(work, place, record, row).await?;
        // A deny row goes when the lease of what it voids has ended.
        let is_over = row.terms().is_none_or(|terms| terms.not_after().is_some_and(|end| end <= now));
        changed.extend((!is_over).then_some((Reason::AccessRemoved, now)));
        if row.terms().is_some() {
            work.changes.lose_row(door.id, record, now);
        }
    }
    for row in &wanted {
        let before = known.iter().find(|(_, known)| known.key() == row.key());
        if before.is_some_and(|(_, before)| rows::says_the_same(before, row, now)) {
            continue;
        }
        note_loss(work, door.id, (before, row), ends).await?;
        rows::set(work, place, holder, row).await?;
        changed.push(row.terms().map_or((Reason::AccessRemoved, now), |terms| {
            (Reason::AccessAdded, terms.not_before().max(now))
        }));
    }
    Ok(changed)
}

/// Notes what somebody loses where a row takes the place of another, or denies a phone.
async fn note_loss(
    work: &mut Work<'_>,
    door: DoorId,
    (before, row): (Option<&(RowRecord, Row)>, &Row),
    ends: &BTreeMap<PhoneId, UnixSeconds>,
) -> Result<(), Error> {
    let now = work.now;
    if let Row::Deny(DenyEntry { subject: DenySubject::Phone(phone), .. }) = row {
        if let Some(end) = ends.get(phone) {
            work.changes.lose_grants(door, *end, now);
        }
        return Ok(());
    }
    let Some((record, before)) = before else { return Ok(()) };
    if let (Some(before), Some(after)) = (before.terms(), row.terms())
        && changes::says_less(work, door, (before, after)).await?
    {
        work.changes.lose_row(door, record, now);
    }
    Ok(())
}

/// As many as a door takes.
const LIST_ROWS: u64 = 20_000;

/// A door is to hear of what no list says: that its device is new and knows nothing, that its clock is to tell the time of another zone, or that
/// the property has new keys.
pub(crate) async fn open_task(work: &mut Work<'_>, door: DoorId, reason: Reason) -> Result<(), Error> {
    let change = Change { reasons: Reasons::default().and(reason), due: work.now };
    task_of(work, door, change).await
}

/// The tasks that this transaction opened, by door.
pub(crate) fn tasks(work: &Work<'_>) -> Vec<DoorTask> {
    work.changes.tasks()
}

/// Opens the task of a door, or cancels it where nothing is left to bring. A connected door needs none: it is reached without anybody.
async fn task_of(work: &mut Work<'_>, door: DoorId, change: Change) -> Result<(), Error> {
    let (property, revision, now) = (work.property(), work.revision(), work.now);
    let known = store::door::find(work.connection(), property, door).await?;
    if known.is_none_or(|known| known.is_connected) {
        return Ok(());
    }
    if !is_outdated(work, door).await? {
        store::task::cancel(work.connection(), property, door, now).await?;
        work.changes.cancel(door);
        return Ok(());
    }
    let Change { reasons, due } = change;
    let record = TaskRecord { door, reasons: reasons.bits(), due };
    store::task::open(work.connection(), property, revision, record).await?;
    let revocation = changes::revocation(work, door).await?;
    work.changes.open(DoorTask { door, reasons, due, revocation });
    Ok(())
}

/// Whether a door is to hear of something that has not left for it, of a daily code that was taken back, or of new keys.
pub(crate) async fn is_outdated(work: &mut Work<'_>, door: DoorId) -> Result<bool, Error> {
    let property = work.property();
    let today = earliest_day(work.now);
    Ok(store::list::has_changes(work.connection(), property, door).await?
        || store::daily_code::has_denials(work.connection(), property, door, today).await?
        || store::generation::is_behind(work.connection(), property, door).await?)
}

/// Opens the task of a door that is to hear of daily codes that were taken back, the last of which would have ended then.
pub(crate) async fn deny_daily_codes(
    work: &mut Work<'_>,
    door: DoorId,
    end: UnixSeconds,
) -> Result<Option<DoorTask>, Error> {
    let (reasons, now) = (Reasons::default().and(Reason::AccessRemoved), work.now);
    work.changes.lose_daily_codes(door, end, now);
    task_of(work, door, Change { reasons, due: now }).await?;
    Ok(work.changes.task(door))
}
