//! What one transaction changes at doors: tasks, and what somebody loses there until the door has heard (design §5).

use core::time::Duration;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Terms;

use super::doors::Doors;
use super::schedules;
use crate::office::error::Error;
use crate::office::store;
use crate::office::store::list::RowRecord;
use crate::office::store::visit::VisitsRecord;
use crate::office::task::DoorTask;
use crate::office::work::Work;
use crate::revocation::{Credential, RevocationTime, Visits, revocation_time};

/// Shortest time, in seconds, from which a rate is told: a door that was claimed an hour ago has no visits of a day yet.
const SHORTEST: u64 = 86_400;

/// What one transaction changes at doors.
#[derive(Default)]
pub(crate) struct Changes {
    /// Doors that somebody has to update.
    tasks: BTreeMap<DoorId, DoorTask>,
    /// Of what somebody loses at a door, what lives longest there.
    lost: BTreeMap<DoorId, Credential>,
}

impl Changes {
    /// The tasks, by door.
    pub(super) fn tasks(&self) -> Vec<DoorTask> {
        self.tasks.values().copied().collect()
    }

    /// The task of a door.
    pub(super) fn task(&self, door: DoorId) -> Option<DoorTask> {
        self.tasks.get(&door).copied()
    }

    /// A task for whatever was changed at the door before, too.
    pub(super) fn open(&mut self, task: DoorTask) {
        match self.tasks.entry(task.door) {
            Entry::Vacant(entry) => {
                entry.insert(task);
            }
            Entry::Occupied(mut entry) => {
                let (reasons, due) = (entry.get().reasons.or(task.reasons), entry.get().due.min(task.due));
                entry.insert(DoorTask { reasons, due, ..task });
            }
        }
    }

    /// Nobody has to update the door.
    pub(super) fn cancel(&mut self, door: DoorId) {
        self.tasks.remove(&door);
    }

    /// A phone loses its grants for a door, the last of which ends then.
    pub(super) fn lose_grants(&mut self, door: DoorId, end: UnixSeconds, now: UnixSeconds) {
        self.lose(door, Credential::App { lease_ends_in: Duration::from_secs(end.since(now)) });
    }

    /// A door is to remove a row, or one that says less takes its place.
    pub(super) fn lose_row(&mut self, door: DoorId, row: &RowRecord, now: UnixSeconds) {
        if row.held_until > now {
            let ends_in = Duration::from_secs(row.held_until.since(now));
            let ends_in = (row.held_until < UnixSeconds::MAX).then_some(ends_in);
            self.lose(door, Credential::Stored { ends_in });
        }
    }

    /// Daily codes of a door are void, the last of which ends then.
    pub(super) fn lose_daily_codes(&mut self, door: DoorId, end: UnixSeconds, now: UnixSeconds) {
        if end > now {
            self.lose(door, Credential::Stored { ends_in: Some(Duration::from_secs(end.since(now))) });
        }
    }

    fn lose(&mut self, door: DoorId, credential: Credential) {
        let longest = self.lost.entry(door).or_insert(credential);
        *longest = longest.longer(credential);
    }
}

/// For how long a door may go on letting in whoever loses access there in this transaction; `None`: nobody does.
pub(super) async fn revocation(work: &mut Work<'_>, door: DoorId) -> Result<Option<RevocationTime>, Error> {
    let (place, now) = ((work.property(), door), work.now);
    let Some(lost) = work.changes.lost.get(&door).copied() else { return Ok(None) };
    let counted = store::visit::count(work.connection(), place, now).await?;
    let visits = counted.as_ref().map_or(Visits::NONE, rate).with_rounds(work.property.round_days);
    Ok(Some(revocation_time(lost, &visits)))
}

fn rate(counted: &VisitsRecord) -> Visits {
    let days = Duration::from_secs(counted.of_seconds.max(SHORTEST)).as_secs_f64() / 86_400.0;
    Visits::per_day(f64::from(counted.hours) / days).unwrap_or(Visits::NONE)
}

/// Whether a row says less than another in its place did: whoever came by the one may not by the other.
pub(super) async fn says_less(
    work: &mut Work<'_>,
    doors: &mut Doors,
    door: DoorId,
    (before, after): (&Terms, &Terms),
) -> Result<bool, Error> {
    let now = work.now;
    let begins_later = after.not_before() > before.not_before().max(now);
    let ends_earlier =
        after.not_after().is_some_and(|after| before.not_after().is_none_or(|before| after < before));
    if begins_later || ends_earlier || before.schedule() == after.schedule() {
        return Ok(begins_later || ends_earlier);
    }
    let before = schedules::hours(work, doors, door, before.schedule()).await?;
    let after = schedules::hours(work, doors, door, after.schedule()).await?;
    Ok(!before.is_within(&after))
}
