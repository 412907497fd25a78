//! Taking everything away.

use thumbturn_protocol::ids::HolderId;

use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::store::grant::Ending;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, lists, store};

use super::revoke_grants;

/// Takes all Keys from somebody, what the person was given as a guest, and every guest access that the person gave. The person can be
/// given Keys again later. Gives the tasks that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeAll {
    /// From whom.
    pub person: HolderId,
}

impl Sealed for RevokeAll {}

impl UseCase for RevokeAll {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "revoke all keys";

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let property = work.property();
        store::person::account(work.connection(), property, self.person)
            .await?
            .ok_or(Error::NotFound(Thing::Person))?;
        revoke_all(work, self.person, Ending::Revoked).await
    }
}

/// Ends everything that a person holds, has been given and has given. Whoever manages some Keys only may do that to people who hold no other.
pub(super) async fn revoke_all(
    work: &mut Work<'_>,
    person: HolderId,
    ending: Ending,
) -> Result<Vec<DoorTask>, Error> {
    let (property, now) = (work.property(), work.now);
    let grants = store::grant::live(work.connection(), property, person, now).await?;
    work.require(&Need::Keys(grants.iter().map(|record| record.grant.key).collect()))?;
    // Before the grants: then nothing is left to be cut down to what other Keys cover.
    let guests = store::grant::end_guests_of(work.connection(), property, person, now).await?;
    store::grant::end_visits_of(work.connection(), property, person, now).await?;
    let mut affected = revoke_grants(work, &grants, ending).await?;
    affected.extend(guests);
    affected.insert(person);
    lists::reconcile(work, &affected, None).await
}
