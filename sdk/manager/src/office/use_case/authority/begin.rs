//! The first keys of a property.

use thumbturn_protocol::claim::PropertyKeys;
use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::keys::VerifyingKey;

use crate::office::permission::Need;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, books, store};

/// Makes the keys of a property's first generation. They stay in the store, sealed; only a rotation that the root signs takes their place.
/// Asked again, it gives the public keys that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MakeKeys {
    /// The public key of the portfolio's root, whose secret key is kept offline, with a backup: losing it means to claim every door anew.
    pub root_key: VerifyingKey,
}

impl Sealed for MakeKeys {}

impl UseCase for MakeKeys {
    type Answer = PropertyKeys;
    const NAME: &'static str = "make keys";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<PropertyKeys, Error> {
        let (property, now) = (work.property(), work.now);
        if store::generation::newest(work.connection(), property).await?.is_none() {
            let (_, record) = books::make_keys(work, Generation(1), self.root_key)?;
            store::generation::insert(work.connection(), property, &record, now).await?;
        }
        let (keys, root_key) = books::keys(work).await?;
        Ok(keys.public(root_key))
    }
}
