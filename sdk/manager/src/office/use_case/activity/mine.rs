//! The activity that somebody may see who lives or comes here.

use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;

use super::{ActivityId, ActivityPage, PAGE_ENTRIES, limit, page, window};
use crate::office::permission::{Need, NotPermitted};
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Actor, Error, store};

/// What the actor did, at private doors only where the actor lived then; what the actor's guests did; and everything at the private door
/// behind which the actor lived then and lives now. For the person alone: not for managers, and not for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MyActivity {
    /// The actor, at this property.
    pub person: HolderId,
    /// Only at this door.
    pub door: Option<DoorId>,
    /// Only from this instant on.
    pub from: Option<UnixSeconds>,
    /// Only before this instant.
    pub until: Option<UnixSeconds>,
    /// After which entry to go on: `next` of the page before.
    pub after: Option<ActivityId>,
    /// Fewer entries at once than 500; 0: as many.
    pub most: u32,
}

impl MyActivity {
    /// All of it.
    #[must_use]
    pub const fn of(person: HolderId) -> Self {
        Self { person, door: None, from: None, until: None, after: None, most: 0 }
    }
}

impl Sealed for MyActivity {}

impl Question for MyActivity {
    type Answer = ActivityPage;

    fn need(&self) -> Need {
        Need::Oneself(self.person)
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ActivityPage, Error> {
        let (property, now) = (view.property(), view.now);
        let account = store::person::account(view.connection(), property, self.person).await?;
        if account.is_none_or(|account| view.actor != Actor::Account(account)) {
            return Err(NotPermitted::OthersActivity.into());
        }
        let limit = limit(self.most, PAGE_ENTRIES);
        let which = (&window((self.from, self.until), self.after, limit), self.door);
        let viewer = (property, self.person);
        let shown = store::activity::to_person(view.connection(), viewer, which, now).await?;
        Ok(page(shown, limit))
    }
}
