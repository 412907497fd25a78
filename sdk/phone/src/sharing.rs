//! Guest sharing: a holder lets a guest's phone use a door, offline (spec §3.5, §3.7).
//!
//! The guest's phone shows its [`PhoneId`]; the holder's phone answers with [`Invitation::bytes`], which the guest's phone gives
//! to [`Wallet::import`]. Both fit a QR code, and neither phone needs a network.

#[cfg(test)]
mod tests;

use core::fmt;

use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{DoorId, ListVersion, PhoneId, ShareId};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::share::{Share, ShareChain};
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::validity::Validity;

use crate::wallet::Wallet;
use crate::wallet::pass::Pass;

/// What the holder's phone gives to the guest's phone.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invitation {
    /// A credential as raw bytes, at most [`Credential::MAX_BYTES`]: a QR code in byte mode holds it. Whoever sees it learns the
    /// door's tag key, so it is shown to the guest alone; only the guest's phone can use it.
    pub bytes: Vec<u8>,
    /// Names the share, should the manager have to void it.
    pub share_id: ShareId,
    /// The door refuses it until its list is this new: the guest's phone must fetch the door's update, too. `None`: it works at once.
    pub needs_list_version: Option<ListVersion>,
}

/// Without the bytes: they hold the door's tag key.
impl fmt::Debug for Invitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Invitation").field("share_id", &self.share_id).finish_non_exhaustive()
    }
}

/// Why a share could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// This phone holds no grant of its own for the door: a guest cannot share on.
    #[error("no grant for this door")]
    NoGrant,
    /// The grant may not be shared: ask the manager.
    #[error("the grant may not be shared")]
    NotAllowed,
    /// A phone cannot be its own guest.
    #[error("the guest is this phone")]
    OwnPhone,
    /// The times are empty, or end before the grant begins or begin after it ends: choose others.
    #[error("the share would never be valid")]
    NeverValid,
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

impl Wallet {
    /// Shares a door with a guest's phone.
    ///
    /// The door checks grant and share one after the other, so `validity` may be wider than the grant's own times but
    /// never gives more than they do; the guest lives no longer than the holder's current lease.
    ///
    /// # Errors
    ///
    /// See [`ShareError`].
    pub fn share(
        &self,
        door: DoorId,
        guest: PhoneId,
        validity: Validity,
        random: &mut dyn SecureRandom,
    ) -> Result<Invitation, ShareError> {
        let pass =
            self.passes(door).into_iter().find(|pass| pass.share.is_none()).ok_or(ShareError::NoGrant)?;
        if !pass.grant.roles.contains(Roles::MAY_SHARE) {
            return Err(ShareError::NotAllowed);
        }
        if guest == self.phone_id() {
            return Err(ShareError::OwnPhone);
        }
        if !overlap(&pass.grant.validity, &validity) {
            return Err(ShareError::NeverValid);
        }
        let share_id = ShareId::random(random)?;
        let grant = &pass.grant;
        let share =
            Share::new(door, pass.door_key(), grant.generation, grant.serial, guest, share_id, validity);
        let share = share.sign(&self.keys().signing).map_err(|_| ShareError::NeverValid)?;
        let bytes = self.invitation(&pass, Received::from(share)).map_err(|_| ShareError::NeverValid)?;
        let needed = pass.grant.min_list_version;
        let needs_list_version = (needed != ListVersion(0)).then_some(needed);
        Ok(Invitation { bytes, share_id, needs_list_version })
    }

    fn invitation(&self, pass: &Pass, share: Received<Share>) -> Result<Vec<u8>, Error> {
        let chain = ShareChain { granter: self.public_keys(), share };
        let held = &pass.credential;
        Credential::new(held.certificate.clone(), held.tag_key.clone(), held.grant.clone(), Some(chain))
            .to_bytes()
    }
}

/// Whether there is an instant inside both windows.
fn overlap(grant: &Validity, share: &Validity) -> bool {
    let begins = grant.not_before.max(share.not_before);
    [grant.not_after, share.not_after].into_iter().flatten().all(|end| begins < end)
}
