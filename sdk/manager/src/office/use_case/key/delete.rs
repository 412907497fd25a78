//! Deleting a Key.

use crate::ids::KeyId;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::store::grant::Ending;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::people::revoke_grants;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, lists, store};

/// Revokes a Key from everybody, then forgets it. Gives the tasks that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteKey {
    /// The Key.
    pub key: KeyId,
}

impl Sealed for DeleteKey {}

impl UseCase for DeleteKey {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "delete key";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    fn subject(&self) -> Subject {
        Subject::Key(self.key)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        super::require_changeable(work, self.key).await?;
        let grants = store::grant::of_key(work.connection(), property, self.key, now).await?;
        let affected = revoke_grants(work, &grants, Ending::KeyDeleted).await?;
        store::key::delete(work.connection(), property, self.key).await?;
        lists::reconcile(work, &affected, None).await
    }
}
