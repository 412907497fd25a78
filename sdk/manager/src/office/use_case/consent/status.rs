//! Whether somebody is still to consent.

use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;

use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// To which text the property asks somebody's consent, and whether there is one. For the person and for managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentStatusOf {
    /// Whose.
    pub person: HolderId,
}

/// Whether somebody is still to consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentStatus {
    /// The property asks for none.
    NotAsked,
    /// To this text; nothing of the person's goes to a lock before.
    Missing {
        /// Its version.
        version: u32,
    },
    /// The person has consented to the present text.
    Given {
        /// Its version.
        version: u32,
        /// When.
        at: UnixSeconds,
    },
}

impl Sealed for ConsentStatusOf {}

impl Question for ConsentStatusOf {
    type Answer = ConsentStatus;

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.person)
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ConsentStatus, Error> {
        let property = view.property();
        let version = store::consent::wanted(view.connection(), property).await?;
        if version == 0 {
            return Ok(ConsentStatus::NotAsked);
        }
        let given = store::consent::given(view.connection(), (property, self.person), version).await?;
        Ok(given.map_or(ConsentStatus::Missing { version }, |at| ConsentStatus::Given { version, at }))
    }
}
