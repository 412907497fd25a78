//! The secret keys of one generation of a property, and what they sign by themselves.

use core::fmt;

use thumbturn_protocol::claim::PropertyKeys;
use thumbturn_protocol::ids::{DoorId, Generation, PropertyId};
use thumbturn_protocol::keys::{
    DoorPublicKeys, ExchangeKey, ExchangeKeyPair, Signer, SigningKeyPair, VerifyingKey,
};
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::signed::{Signable, Signed};
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::error::AuthorityError;

/// Signing and sealing key of one generation. Wiped when dropped, never cloned, never printed.
pub struct GenerationKeys {
    property: PropertyId,
    generation: Generation,
    pub(super) signing: Box<dyn Signer>,
    pub(super) sealing: ExchangeKeyPair,
}

impl GenerationKeys {
    /// Keys as the owner has them: a signer, which may keep its key elsewhere, and the key to which doors seal.
    #[must_use]
    pub fn new(
        property: PropertyId,
        generation: Generation,
        signing: Box<dyn Signer>,
        sealing: ExchangeKeyPair,
    ) -> Self {
        Self { property, generation, signing, sealing }
    }

    /// New keys, in memory.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`].
    pub fn generate(
        property: PropertyId,
        generation: Generation,
        random: &mut dyn SecureRandom,
    ) -> Result<Self, AuthorityError> {
        let signing = Box::new(SigningKeyPair::generate(random)?);
        let sealing = ExchangeKeyPair::generate(random)?;
        Ok(Self { property, generation, signing, sealing })
    }

    /// The secret half of the sealing key, for the owner's sealed storage.
    #[must_use]
    pub fn sealing_secret(&self) -> &[u8; 32] {
        self.sealing.secret()
    }

    /// Signs whatever needs nothing but a signature: grants, door certificates.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] for a draft that no verifier would accept.
    pub fn sign<T: Signable>(&self, draft: &T) -> Result<Signed<T>, AuthorityError> {
        Ok(draft.sign(&*self.signing)?)
    }

    /// Signs that it is `at` now (spec §13.2): with the nonce of one session for that session, without one for all doors.
    ///
    /// # Errors
    ///
    /// None that a caller can cause.
    pub fn time_token(
        &self,
        at: UnixSeconds,
        nonce: Option<TimeNonce>,
    ) -> Result<Signed<TimeToken>, AuthorityError> {
        let plain = TimeToken::new(self.property, self.generation, at);
        self.sign(&nonce.map_or_else(|| plain.clone(), |nonce| plain.clone().for_session(nonce)))
    }

    /// How a door with these keys names itself in this generation.
    #[must_use]
    pub fn origin(&self, door: DoorId, keys: &DoorPublicKeys) -> Origin {
        Origin::new(self.property, self.generation, door, keys)
    }

    /// What a door is claimed with.
    #[must_use]
    pub fn public(&self, root_key: VerifyingKey) -> PropertyKeys {
        PropertyKeys {
            property: self.property,
            generation: self.generation,
            root_key,
            signing_key: self.signing_key(),
            sealing_key: self.sealing_key(),
        }
    }

    /// The property.
    #[must_use]
    pub const fn property(&self) -> PropertyId {
        self.property
    }

    /// The generation.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// What doors and phones verify with.
    #[must_use]
    pub fn signing_key(&self) -> VerifyingKey {
        self.signing.public()
    }

    /// What doors seal to.
    #[must_use]
    pub const fn sealing_key(&self) -> ExchangeKey {
        self.sealing.public()
    }
}

impl fmt::Debug for GenerationKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GenerationKeys")
    }
}
