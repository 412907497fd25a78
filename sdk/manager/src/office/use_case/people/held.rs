//! What somebody holds.

use thumbturn_protocol::ids::HolderId;

use crate::access::KeyGrant;
use crate::ids::KeyGrantId;
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// The Keys that somebody holds, or is to hold later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldKeys {
    /// Who.
    pub person: HolderId,
}

impl Sealed for HeldKeys {}

impl Question for HeldKeys {
    type Answer = Vec<(KeyGrantId, KeyGrant)>;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<(KeyGrantId, KeyGrant)>, Error> {
        let (property, now) = (view.property(), view.now);
        let live = store::grant::live(view.connection(), property, self.person, now).await?;
        Ok(live.into_iter().map(|record| (record.id, record.grant)).collect())
    }
}
