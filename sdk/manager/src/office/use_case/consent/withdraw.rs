//! Taking a consent back.

use thumbturn_protocol::ids::HolderId;

use super::{Channel, reconcile, require};
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, store};

/// Somebody withdraws what he has consented to. Where the property asks for consent, everything that doors have of the person is taken from
/// them, and what the person's guests have with it: gives the tasks. Keys stay in the person's hand, for a later consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawConsent {
    /// Who.
    pub person: HolderId,
    /// How the person said so.
    pub channel: Channel,
}

impl Sealed for WithdrawConsent {}

impl UseCase for WithdrawConsent {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "withdraw consent";

    fn need(&self) -> Need {
        self.channel.need(self.person)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        require(work, self.person, self.channel).await?;
        store::consent::withdraw(work.connection(), (property, self.person), now).await?;
        reconcile(work, self.person).await
    }
}
