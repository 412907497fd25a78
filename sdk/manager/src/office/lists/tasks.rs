//! Which doors somebody has to update, and why.

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::UnixSeconds;

use super::changes;
use crate::office::daily::earliest_day;
use crate::office::error::{Error, Invalid};
use crate::office::store;
use crate::office::store::task::{TaskRecord, Waiting};
use crate::office::task::{DoorTask, Reason, Reasons};
use crate::office::work::Work;

/// As many rows as a door takes.
const LIST_ROWS: u64 = 20_000;

/// Why somebody has to go to doors.
#[derive(Default)]
pub(super) struct Errands {
    /// Of all changes, where it is not that somebody came or went.
    because: Option<Reason>,
    doors: BTreeMap<DoorId, Errand>,
    /// Doors whose lists may have grown.
    grown: BTreeSet<DoorId>,
}

/// What changed at one door, and from when on it matters.
struct Errand {
    reasons: Reasons,
    due: UnixSeconds,
}

impl Errands {
    /// All for one reason.
    pub(super) fn because(reason: Option<Reason>) -> Self {
        Self { because: reason, ..Self::default() }
    }

    /// Something changed at a door, which matters from an instant on.
    pub(super) fn note(&mut self, door: DoorId, reason: Reason, due: UnixSeconds) {
        let errand = self.doors.entry(door).or_insert_with(|| Errand { reasons: Reasons::default(), due });
        errand.reasons = errand.reasons.and(self.because.unwrap_or(reason));
        errand.due = errand.due.min(due);
    }

    /// The list of a door may have grown.
    pub(super) fn note_growth(&mut self, door: DoorId) {
        self.grown.insert(door);
    }
}

/// Opens the tasks of doors that changed, or cancels them where nothing is left to bring. A connected door needs none: it is reached without
/// anybody.
pub(super) async fn follow(work: &mut Work<'_>, errands: Errands) -> Result<(), Error> {
    let (property, revision, now) = (work.property(), work.revision(), work.now);
    let grown: Vec<DoorId> = errands.grown.into_iter().collect();
    if store::list::is_fuller_than(work.connection(), property, &grown, LIST_ROWS).await? {
        return Err(Invalid::ListFull.into());
    }
    let doors: Vec<DoorId> = errands.doors.keys().copied().collect();
    let waiting = store::task::waiting(work.connection(), property, &doors, earliest_day(now)).await?;
    let (mut settled, mut records) = (Vec::new(), Vec::new());
    for (door, Errand { reasons, due }) in errands.doors {
        match waiting.get(&door) {
            None | Some(Waiting { is_connected: true, .. }) => {}
            Some(Waiting { has_news: true, .. }) => {
                let revocation = changes::revocation(work, door).await?;
                work.changes.open(DoorTask { door, reasons, due, revocation });
                records.push(TaskRecord { door, reasons: reasons.bits(), due });
            }
            Some(_) => {
                work.changes.cancel(door);
                settled.push(door);
            }
        }
    }
    store::task::cancel(work.connection(), property, &settled, now).await?;
    Ok(store::task::open(work.connection(), property, revision, &records).await?)
}

/// The tasks that this transaction opened, by door.
pub(crate) fn tasks(work: &Work<'_>) -> Vec<DoorTask> {
    work.changes.tasks()
}

/// Whether a door is to hear of something that has not left for it, of a daily code that was taken back, or of new keys.
pub(crate) async fn is_outdated(work: &mut Work<'_>, door: DoorId) -> Result<bool, Error> {
    let (property, today) = (work.property(), earliest_day(work.now));
    let waiting = store::task::waiting(work.connection(), property, &[door], today).await?;
    Ok(waiting.get(&door).is_some_and(|waiting| waiting.has_news))
}

/// A door is to hear of what no list says: that its device is new and knows nothing, that its clock is to tell the time of another zone, or that
/// the property has new keys.
pub(crate) async fn open_task(work: &mut Work<'_>, door: DoorId, reason: Reason) -> Result<(), Error> {
    let mut errands = Errands::default();
    errands.note(door, reason, work.now);
    follow(work, errands).await
}

/// Opens the task of a door that is to hear of daily codes that were taken back, the last of which would have ended then.
pub(crate) async fn deny_daily_codes(
    work: &mut Work<'_>,
    door: DoorId,
    end: UnixSeconds,
) -> Result<Option<DoorTask>, Error> {
    let now = work.now;
    work.changes.lose_daily_codes(door, end, now);
    open_task(work, door, Reason::AccessRemoved).await?;
    Ok(work.changes.task(door))
}
