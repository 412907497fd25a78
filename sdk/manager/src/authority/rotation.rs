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

/// Makes the keys that follow `keys`. Those before are valid until `previous_until`, or void at once. No door of the property will
/// believe in a time before `now`.
///
/// # Errors
///
/// [`AuthorityError::NumbersUsedUp`] after the last generation, [`AuthorityError::Random`].
pub fn rotate(
    keys: &GenerationKeys,
    root: &SigningKeyPair,
    previous_until: Option<UnixSeconds>,
    now: UnixSeconds,
    random: &mut dyn SecureRandom,
) -> Result<Rotated, AuthorityError> {
    let next = keys.generation().0.checked_add(1).ok_or(AuthorityError::NumbersUsedUp)?;
    let keys = GenerationKeys::generate(keys.property(), Generation(next), random)?;
    let (signing, sealing) = (keys.signing_key(), keys.sealing_key());
    let mut rotation = KeyRotation::new(keys.property(), keys.generation(), signing, sealing, now);
    rotation.previous_until = previous_until;
    Ok(Rotated { announcement: rotation.sign(root)?, keys })
}
