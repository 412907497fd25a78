//! The activity of doors, for managers.

use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;

use super::{ActivityId, ActivityPage, PAGE_ENTRIES, limit, page, window};
use crate::office::permission::Need;
use crate::office::store::activity::Filter;
use crate::office::use_case::Question;
use crate::office::use_case::report::scope;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// What happened at the doors in the Keys that the actor manages, as far as it is a manager's to see: everything at public
/// doors; at private ones, what others did than those who lived there, and what managers did. What is hidden is not counted either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Only at this door.
    pub door: Option<DoorId>,
    /// Only what this person did, who may have been deleted since.
    pub person: Option<HolderId>,
    /// Only from this instant on.
    pub from: Option<UnixSeconds>,
    /// Only before this instant.
    pub until: Option<UnixSeconds>,
    /// After which entry to go on: `next` of the page before.
    pub after: Option<ActivityId>,
    /// Fewer entries at once than 500; 0: as many.
    pub most: u32,
}

impl Sealed for Activity {}

impl Question for Activity {
    type Answer = ActivityPage;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ActivityPage, Error> {
        let (of, now) = ((view.property(), scope(view)), view.now);
        let limit = limit(self.most, PAGE_ENTRIES);
        let shown = store::activity::to_managers(view.connection(), of, &self.filter(limit), now).await?;
        Ok(page(shown, limit))
    }
}

impl Activity {
    pub(super) fn filter(&self, limit: u32) -> Filter {
        let window = window((self.from, self.until), self.after, limit);
        Filter { window, door: self.door, person: self.person }
    }
}
