//! Taking back what guests were given: one access, or all of a guest.

use std::collections::BTreeSet;

use thumbturn_protocol::ids::HolderId;

use super::require_over;
use crate::ids::GuestGrantId;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, lists, store};

/// Takes back one guest access. A door without a network hears of it with its update: gives the tasks that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeGuestAccess {
    /// Who gave it.
    pub granter: HolderId,
    /// Which.
    pub access: GuestGrantId,
}

impl Sealed for RevokeGuestAccess {}

impl UseCase for RevokeGuestAccess {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "revoke guest access";

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.granter)
    }

    fn subject(&self) -> Subject {
        Subject::GuestAccess(self.access)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        let place = (self.granter, self.access);
        let guest = store::guest::find(work.connection(), property, place, now).await?;
        let guest = guest.ok_or(Error::NotFound(Thing::GuestAccess))?;
        end(work, self.granter, self.access).await?;
        lists::reconcile(work, &BTreeSet::from([guest]), None).await
    }
}

/// Takes back everything that one person gave a guest. What others gave the guest stays, as do the guest's own Keys: for all of it there is
/// [`RevokeAll`](crate::office::use_case::people::RevokeAll).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeGuest {
    /// Who gave it.
    pub granter: HolderId,
    /// To whom.
    pub guest: HolderId,
}

impl Sealed for RevokeGuest {}

impl UseCase for RevokeGuest {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "revoke guest";

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.granter)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.guest)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        let mut given = store::grant::guests_of(work.connection(), property, self.granter, now).await?;
        given.retain(|(_, guest)| *guest == self.guest);
        if given.is_empty() {
            return Err(Error::NotFound(Thing::GuestAccess));
        }
        for (access, _) in given {
            end(work, self.granter, access).await?;
        }
        lists::reconcile(work, &BTreeSet::from([self.guest]), None).await
    }
}

async fn end(work: &mut Work<'_>, granter: HolderId, access: GuestGrantId) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let doors = store::grant::doors_of_guest(work.connection(), property, access).await?;
    require_over(&mut work.view, granter, &doors).await?;
    Ok(store::guest::end(work.connection(), property, access, now).await?)
}
