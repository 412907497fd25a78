//! Whose word about doors a wallet takes.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::ids::{Generation, PropertyId};
use thumbturn_protocol::keys::VerifyingKey;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Verified;

/// A property that the wallet trusts. It comes from the authority over a channel that the app trusts (its own backend,
/// an invitation link), never from a door or another phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustAnchor {
    /// The property.
    pub property: PropertyId,
    /// The generation of `signing_key`.
    pub generation: Generation,
    /// The portfolio's root key: signs rotations of `signing_key`.
    pub root_key: VerifyingKey,
    /// The property's signing key: signs door certificates and grants.
    pub signing_key: VerifyingKey,
    /// The generation before, while it is still valid (spec §3.3).
    pub previous: Option<(Generation, VerifyingKey)>,
}

impl TrustAnchor {
    /// An anchor for the present generation of a property's keys.
    #[must_use]
    pub const fn new(
        property: PropertyId,
        generation: Generation,
        root_key: VerifyingKey,
        signing_key: VerifyingKey,
    ) -> Self {
        Self { property, generation, root_key, signing_key, previous: None }
    }

    /// The key that signs for `generation`, if that generation is valid.
    pub(crate) fn key_of(&self, generation: Generation) -> Option<&VerifyingKey> {
        if generation == self.generation {
            return Some(&self.signing_key);
        }
        self.previous.as_ref().filter(|(previous, _)| *previous == generation).map(|(_, key)| key)
    }

    /// The anchor after `rotation`; the caller has checked that it is this property's and its generation higher.
    pub(crate) fn rotated(&self, rotation: &Verified<KeyRotation>) -> Self {
        Self {
            property: self.property,
            generation: rotation.generation,
            root_key: self.root_key,
            signing_key: rotation.signing_key,
            previous: rotation.previous_until.map(|_| (self.generation, self.signing_key)),
        }
    }
}
