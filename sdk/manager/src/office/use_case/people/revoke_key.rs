//! Taking one Key away.

use std::collections::BTreeSet;

use crate::ids::KeyGrantId;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::store::grant::Ending;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, lists, store};

use super::revoke_grants;

/// Takes one Key from somebody (F-059). Guests keep the doors that another Key of the person covers, and so does the person's
/// doorcode. Gives the tasks that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeKey {
    /// Which.
    pub grant: KeyGrantId,
}

impl Sealed for RevokeKey {}

impl UseCase for RevokeKey {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "revoke key";

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    fn subject(&self) -> Subject {
        Subject::KeyGrant(self.grant)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        let record = store::grant::find(work.connection(), property, self.grant).await?;
        let record = record.filter(|record| record.ended_at.is_none() && !record.grant.term.is_over(now));
        let record = record.ok_or(Error::NotFound(Thing::KeyGrant))?;
        work.require(&Need::Keys(BTreeSet::from([record.grant.key])))?;
        let affected = revoke_grants(work, &[record], Ending::Revoked).await?;
        lists::reconcile(work, &affected, None).await
    }
}
