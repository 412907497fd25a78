//! A phone is lost.

use std::collections::BTreeSet;

use thumbturn_protocol::ids::PhoneId;

use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, lists, store};

/// Revokes one phone, and nothing else of its person: by the person, or by a manager. Gives the tasks that follow: a phone that is offline
/// opens a door until its lease ends, or somebody has brought the door the news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokePhone {
    /// Which.
    pub phone: PhoneId,
}

impl Sealed for RevokePhone {}

impl UseCase for RevokePhone {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "revoke phone";

    fn need(&self) -> Need {
        Need::Belonging
    }

    fn subject(&self) -> Subject {
        Subject::Phone(self.phone)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        let holder = store::phone::holder(work.connection(), property, self.phone).await?;
        let holder = holder.ok_or(Error::NotFound(Thing::Phone))?;
        work.require(&Need::SelfOrSomeKeys(holder))?;
        store::phone::revoke(work.connection(), property, (self.phone, holder), now).await?;
        lists::reconcile(work, &BTreeSet::from([holder]), None).await
    }
}
