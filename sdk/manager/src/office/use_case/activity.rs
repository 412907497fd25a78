//! What happened at doors, newest first, for whoever may see it.

mod list;
mod mine;
mod report;

use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::record::ActuatorResult;
use thumbturn_protocol::time::UnixSeconds;

use crate::office::model::{Happening, Method};
use crate::office::store::activity::{Named, Shown, Window};

pub use self::list::Activity;
pub use self::mine::MyActivity;
pub use self::report::ActivityReport;

/// Most entries of one page.
pub const PAGE_ENTRIES: u32 = 500;

/// Some of the activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityPage {
    /// Newest first.
    pub lines: Vec<ActivityLine>,
    /// After which entry to go on; `None`: that was all.
    pub next: Option<ActivityId>,
}

/// The name of an entry, and its place in the activity of its property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivityId {
    at: UnixSeconds,
    revision: u64,
    door: DoorId,
    place: u32,
}

/// Something that happened at a door. Its `Debug` shows no names.
#[derive(Clone, PartialEq, Eq)]
pub struct ActivityLine {
    /// Its name.
    pub id: ActivityId,
    /// When; of what is beyond retention, the hour in which it was.
    pub at: UnixSeconds,
    /// The door's clock was unsure: it was then, or later.
    pub is_unsure: bool,
    /// Where.
    pub door: DoorId,
    /// The door's name.
    pub door_name: String,
    /// By what somebody came.
    pub method: Method,
    /// What happened.
    pub happening: Happening,
    /// What the bolt did, where that is known.
    pub bolt: Option<ActuatorResult>,
    /// Who it was. `None`: it was nobody who is known here, or it is beyond retention.
    pub person: Option<Somebody>,
    /// Whether as a guest.
    pub is_guest: bool,
    /// Who had let the guest in.
    pub guest_of: Option<Somebody>,
    /// Whether the person lived behind this private door then.
    pub is_resident: bool,
    /// It is beyond retention, and says no more whom it was about.
    pub is_anonymous: bool,
}

/// Somebody in the activity; also who was deleted, until retention ends. Its `Debug` does not show the name.
#[derive(Clone, PartialEq, Eq)]
pub struct Somebody {
    /// Who.
    pub person: HolderId,
    /// First and last name; `None`: forgotten.
    pub name: Option<String>,
}

impl core::fmt::Debug for ActivityLine {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "ActivityLine({:?}, {:?}, {:?})", self.id, self.method, self.happening)
    }
}

impl core::fmt::Debug for Somebody {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "Somebody({:?})", self.person)
    }
}

impl From<Named> for Somebody {
    fn from(named: Named) -> Self {
        Self { person: named.holder, name: named.name }
    }
}

impl From<Shown> for ActivityLine {
    fn from(shown: Shown) -> Self {
        Self {
            id: ActivityId { at: shown.at, revision: shown.revision, door: shown.door, place: shown.place },
            at: shown.at,
            is_unsure: shown.is_unsure,
            door: shown.door,
            door_name: shown.door_name,
            method: shown.method,
            happening: shown.happening,
            bolt: shown.bolt,
            person: shown.person.map(Somebody::from),
            is_guest: shown.is_guest,
            guest_of: shown.granter.map(Somebody::from),
            is_resident: shown.is_resident,
            is_anonymous: shown.is_anonymous,
        }
    }
}

/// Which stretch is asked for: from an instant on, before another, and after an entry of the page before.
pub(super) fn window(
    (from, until): (Option<UnixSeconds>, Option<UnixSeconds>),
    after: Option<ActivityId>,
    limit: u32,
) -> Window {
    let from = from.unwrap_or(UnixSeconds::ZERO);
    let end = (until.unwrap_or(UnixSeconds::MAX), 0, DoorId([0; 8]), 0);
    let before = after.map_or(end, |id| (id.at, id.revision, id.door, id.place));
    Window { from, before, limit }
}

/// How many entries a page has.
const fn limit(most: u32, page: u32) -> u32 {
    if most == 0 || most > page { page } else { most }
}

fn page(shown: Vec<Shown>, limit: u32) -> ActivityPage {
    let is_full = u32::try_from(shown.len()).is_ok_and(|count| count == limit);
    let lines: Vec<_> = shown.into_iter().map(ActivityLine::from).collect();
    let next = lines.last().filter(|_| is_full).map(|line| line.id);
    ActivityPage { lines, next }
}
