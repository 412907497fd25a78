//! Consenting.

use thumbturn_protocol::ids::HolderId;

use super::{Channel, reconcile, require};
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, store};

/// Somebody consents to the text that the property asks consent to. What the person was given goes to the doors from now on: gives the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GiveConsent {
    /// Who.
    pub person: HolderId,
    /// Version of the text that the person has read: the present one.
    pub version: u32,
    /// How the person said so.
    pub channel: Channel,
}

impl Sealed for GiveConsent {}

impl UseCase for GiveConsent {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "give consent";

    fn need(&self) -> Need {
        self.channel.need(self.person)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let (property, now) = (work.property(), work.now);
        require(work, self.person, self.channel).await?;
        let wanted = store::consent::wanted(work.connection(), property).await?;
        if wanted == 0 || self.version != wanted {
            return Err(Invalid::ConsentVersion.into());
        }
        let given = (self.version, self.channel.code());
        store::consent::give(work.connection(), (property, self.person), given, now).await?;
        reconcile(work, self.person).await
    }
}
