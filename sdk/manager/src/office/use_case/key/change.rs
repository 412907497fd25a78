//! Changing the doors of a Key, for everybody who holds it.

use crate::access::KeyDoor;
use crate::ids::KeyId;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::task::{DoorTask, Reason};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, lists, store};

/// Puts these doors in the place of a Key's, which changes everybody who holds it at once, and doors without a network with their update
/// . Gives the tasks that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeKey {
    /// The Key.
    pub key: KeyId,
    /// At least one door, none twice.
    pub doors: Vec<KeyDoor>,
}

impl Sealed for ChangeKey {}

impl UseCase for ChangeKey {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "change key";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    fn subject(&self) -> Subject {
        Subject::Key(self.key)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        super::require_changeable(work, self.key).await?;
        super::check(work, &self.doors).await?;
        store::key::set_doors(work.connection(), property, self.key, &self.doors).await?;
        let holders = store::key::holders(work.connection(), property, self.key, now).await?;
        lists::reconcile(work, &holders, Some(Reason::KeyEdited)).await
    }
}
