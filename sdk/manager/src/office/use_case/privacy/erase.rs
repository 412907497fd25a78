//! Forgetting somebody who asks for it.

use thumbturn_protocol::ids::HolderId;

use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::people::delete_person;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, store};

/// Forgets somebody before retention ends: deletes the person as
/// [`DeletePerson`](crate::office::use_case::people::DeletePerson) does, unless that was done, and then whatever names the person here. The
/// activity says no more who it was. The audit log stays: it names accounts by numbers, and an account whose last property this was has
/// neither name nor address any more. Staff do it on request: whoever has something to hide is not to wipe his own tracks. Gives the tasks that
/// follow. What doors are yet to unlearn, a number without a name, is forgotten when they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasePerson {
    /// Whom; also somebody who was deleted.
    pub person: HolderId,
}

impl Sealed for ErasePerson {}

impl UseCase for ErasePerson {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "erase person";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        let who = (property, self.person);
        if !store::erasure::is_known(work.connection(), property, self.person).await? {
            return Err(Error::NotFound(Thing::Person));
        }
        let account = store::person::account(work.connection(), property, self.person).await?;
        let mut tasks = Vec::new();
        if let Some(account) = account {
            store::erasure::erase_account(work.connection(), property, account).await?;
            tasks = delete_person(work, self.person, account).await?;
        }
        store::erasure::erase(work.connection(), who, now).await?;
        Ok(tasks)
    }
}
