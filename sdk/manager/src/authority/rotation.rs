//! The next generation of a property's keys (spec §2.2, §3.3, §11.4).

use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::{Signable, Signed};
use thumbturn_protocol::time::UnixSeconds;

use super::error::AuthorityError;
use super::generation_keys::GenerationKeys;

/// Keys of the next generation, and the certificate by which the portfolio's root announces them.
#[derive(Debug)]
pub struct Rotated {
    /// The new keys. Epochs and serials are counted anew with them; list versions go on.
    pub keys: GenerationKeys,
    /// For every phone and door.
    pub announcement: Signed<KeyRotation>,
}

/// What the root is to sign so that `next` follow `keys`. Those before are valid until `previous_until`, or void at once. No door of the
/// property will believe in a time before `now`.
#[must_use]
pub fn announcement(
    next: &GenerationKeys,
    previous_until: Option<UnixSeconds>,
    now: UnixSeconds,
) -> KeyRotation {
    let (signing, sealing) = (next.signing_key(), next.sealing_key());
    let mut rotation = KeyRotation::new(next.property(), next.generation(), signing, sealing, now);
    rotation.previous_until = previous_until;
    rotation
}

/// The generation that follows these keys.
///
/// # Errors
///
/// [`AuthorityError::NumbersUsedUp`] after the last one.
pub fn next_generation(keys: &GenerationKeys) -> Result<Generation, AuthorityError> {
    keys.generation().0.checked_add(1).map(Generation).ok_or(AuthorityError::NumbersUsedUp)
}

/// Makes the keys that follow `keys`, for an authority that has the root key at hand.
///
/// # Errors
///
/// [`AuthorityError::NumbersUsedUp`], [`AuthorityError::Random`].
pub fn rotate(
    keys: &GenerationKeys,
    root: &SigningKeyPair,
    previous_until: Option<UnixSeconds>,
    now: UnixSeconds,
    random: &mut dyn SecureRandom,
) -> Result<Rotated, AuthorityError> {
    let keys = GenerationKeys::generate(keys.property(), next_generation(keys)?, random)?;
    Ok(Rotated { announcement: announcement(&keys, previous_until, now).sign(root)?, keys })
}
