//! The time, for a door that a phone talks to just now (spec §13.2).

use thumbturn_protocol::ids::PhoneId;
use thumbturn_protocol::time_token::TimeNonce;

use super::clock;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, books, store};

/// Signs the time for the session whose nonce it is: what a phone's time source asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignTime {
    /// Which phone asks: one of the actor's.
    pub phone: PhoneId,
    /// The nonce that the door has drawn.
    pub nonce: TimeNonce,
}

impl Sealed for SignTime {}

impl UseCase for SignTime {
    type Answer = Vec<u8>;
    const NAME: &'static str = "sign time";
    const IS_AUDITED: bool = false;

    fn need(&self) -> Need {
        Need::Belonging
    }

    fn subject(&self) -> Subject {
        Subject::Phone(self.phone)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<u8>, Error> {
        let (property, now) = (work.property(), work.now);
        let holder = store::phone::holder(work.connection(), property, self.phone).await?;
        work.require(&Need::Oneself(holder.ok_or(Error::NotFound(Thing::Phone))?))?;
        clock::note(work).await?;
        let (keys, _) = books::keys(work).await?;
        Ok(keys.time_token(now, Some(self.nonce))?.as_bytes().to_vec())
    }
}
