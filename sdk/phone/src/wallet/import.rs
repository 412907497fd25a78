//! How credentials, trust and rotations come into a wallet, and how they leave.

use std::sync::Arc;

use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Received;

use crate::wallet::anchor::TrustAnchor;
use crate::wallet::document::{ANCHORS, CREDENTIALS};
use crate::wallet::pass::Pass;
use crate::wallet::{Wallet, WalletError};

/// Most shares for one door: beyond it the share imported longest ago makes room.
const SHARES_OF_A_DOOR: usize = 8;

/// Why a credential, or something for the inbox, was not taken. Wallet and inbox are unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Not what it was given as, or changed on its way: scan or fetch it again.
    #[error("not what it was given as, or changed on its way: scan or fetch it again")]
    Malformed,
    /// Made for a newer version of the app: update the app.
    #[error("made for a newer version of the app: update the app")]
    AppTooOld,
    /// A signature does not verify: changed on its way, or whoever made it is not who it says. Fetch it again from the authority itself.
    #[error("not authentic: fetch it again from the authority itself")]
    NotAuthentic,
    /// Of a property that this wallet does not trust: get its anchor from the authority first.
    #[error("of a property that this wallet does not trust: get its anchor first")]
    UnknownProperty,
    /// Signed by a generation of the property's key that is not known yet: take the rotation first; or that is void: fetch it anew.
    #[error("of another generation of the property's keys: take the rotation first, or fetch it anew")]
    UnknownGeneration,
    /// The wallet holds a door of another property under this id: remove that one first, if it is the wrong one.
    #[error("the wallet holds a door of another property under this id: remove that one first")]
    DoorOfAnotherProperty,
    /// Its parts do not belong together, or a time token is for one session only: whoever made it has made a mistake.
    #[error("its parts do not belong together: ask for a new one")]
    Inconsistent,
    /// For another phone: the authority or the host has to name this phone's id.
    #[error("for another phone: it must name this phone's id")]
    NotForThisPhone,
    /// A share behind a grant that may not be shared: no door would take it.
    #[error("the grant behind this share may not be shared")]
    NotShareable,
    /// The phone has it already, or something newer: there is nothing to do.
    #[error("the phone has this or something newer: nothing to do")]
    Older,
    /// The wallet could not be changed.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl From<Error> for ImportError {
    fn from(error: Error) -> Self {
        match error {
            Error::UnsupportedVersion(_) => Self::AppTooOld,
            Error::NotAuthentic | Error::InvalidKey => Self::NotAuthentic,
            _ => Self::Malformed,
        }
    }
}

impl Wallet {
    /// Takes a credential: a grant from the authority or a share from a holder, at most [`Credential::MAX_BYTES`] long.
    ///
    /// Its signatures are checked against the anchors of this wallet. A renewed grant takes the place of the old one; one that the
    /// wallet holds already changes nothing.
    /// Gives the door that it opens.
    ///
    /// # Errors
    ///
    /// See [`ImportError`]; the wallet is unchanged.
    pub fn import(&self, credential: &[u8], random: &mut dyn SecureRandom) -> Result<DoorId, ImportError> {
        let credential = Credential::from_bytes(credential)?;
        let mut state = self.state();
        let mut contents = state.contents.clone();
        let pass = Arc::new(Pass::verify(credential, &contents.anchors, self.phone_id())?);
        let door = pass.door();
        admit(&mut contents.passes, pass)?;
        if contents.passes.len() > CREDENTIALS {
            return Err(WalletError::Full.into());
        }
        state.commit(self.keys(), contents, random)?;
        Ok(door)
    }

    /// Trusts a property, or replaces its anchor. The anchor must come over a channel that the app trusts.
    ///
    /// # Errors
    ///
    /// [`ImportError::Older`] when a later generation is known already; [`ImportError::Wallet`].
    pub fn trust(&self, anchor: TrustAnchor, random: &mut dyn SecureRandom) -> Result<(), ImportError> {
        let mut state = self.state();
        let mut contents = state.contents.clone();
        match contents.anchors.iter_mut().find(|known| known.property == anchor.property) {
            Some(known) if known.generation > anchor.generation => return Err(ImportError::Older),
            Some(known) => *known = anchor,
            None => contents.anchors.push(anchor),
        }
        if contents.anchors.len() > ANCHORS {
            return Err(WalletError::Full.into());
        }
        Ok(state.commit(self.keys(), contents, random)?)
    }

    /// Takes a rotation certificate of a trusted property, signed by its portfolio's root (spec §3.3).
    ///
    /// # Errors
    ///
    /// [`ImportError::Older`] unless its generation is higher; else as [`Wallet::import`].
    pub fn rotate(&self, rotation: &[u8], random: &mut dyn SecureRandom) -> Result<(), ImportError> {
        let rotation = Received::<KeyRotation>::from_bytes(rotation)?;
        let claimed = rotation.peek_unverified()?;
        let mut state = self.state();
        let mut contents = state.contents.clone();
        let anchor = contents
            .anchors
            .iter_mut()
            .find(|anchor| anchor.property == claimed.property)
            .ok_or(ImportError::UnknownProperty)?;
        let rotation = rotation.verify(&anchor.root_key)?;
        if rotation.generation <= anchor.generation {
            return Err(ImportError::Older);
        }
        *anchor = anchor.rotated(&rotation);
        Ok(state.commit(self.keys(), contents, random)?)
    }

    /// Forgets all credentials and the ticket of a door.
    ///
    /// # Errors
    ///
    /// See [`WalletError`]; the wallet is unchanged.
    pub fn remove(&self, door: DoorId, random: &mut dyn SecureRandom) -> Result<(), WalletError> {
        let mut state = self.state();
        let mut contents = state.contents.clone();
        contents.passes.retain(|pass| pass.door() != door);
        state.commit(self.keys(), contents, random)?;
        // The ticket opens the door by itself, so it goes too; should this write fail, the door is not in the list any
        // more and nothing uses the ticket.
        state.tickets.remove(door);
        state.write_tickets(random)
    }
}

/// Puts `pass` in place of those that it supersedes.
pub(super) fn admit(passes: &mut Vec<Arc<Pass>>, pass: Arc<Pass>) -> Result<(), ImportError> {
    // Each property numbers its own doors: what one says of a door is nothing to the doors of another.
    if passes.iter().any(|held| held.door() == pass.door() && held.grant.property != pass.grant.property) {
        return Err(ImportError::DoorOfAnotherProperty);
    }
    if passes.iter().any(|held| held.door() == pass.door() && is_of_later_keys(held, &pass)) {
        return Err(ImportError::Older);
    }
    // Nothing made for an earlier life of the door opens it any more.
    passes.retain(|held| held.door() != pass.door() || held.door_key() == pass.door_key());
    if let Some(position) = passes.iter().position(|held| is_same_line(held, &pass)) {
        if passes.get(position).is_some_and(|held| is_later(held, &pass)) {
            return Err(ImportError::Older);
        }
        if passes.get(position).is_some_and(|held| is_signed_alike(held, &pass)) {
            // The tag key beside them is not signed: the one that came first stays.
            return Ok(());
        }
        passes.remove(position);
    }
    if pass.share.is_some() {
        make_room_for_share(passes, pass.door());
    }
    passes.push(pass);
    Ok(())
}

fn is_of_later_keys(held: &Pass, pass: &Pass) -> bool {
    held.door_key() != pass.door_key() && held.certificate.issued > pass.certificate.issued
}

/// Whether both are the phone's own grant for a door, or the same share of the same granter.
fn is_same_line(held: &Pass, pass: &Pass) -> bool {
    held.door() == pass.door()
        && held.grant.phone == pass.grant.phone
        && held.share.as_ref().map(|share| share.share_id) == pass.share.as_ref().map(|share| share.share_id)
}

/// Whether `held` was issued after `pass`: by serial, and the renewals of one serial by their lease.
fn is_later(held: &Pass, pass: &Pass) -> bool {
    let order = |pass: &Pass| (pass.grant.generation, pass.grant.serial, pass.grant.lease_end);
    order(held) > order(pass)
}

/// Whether both hold the same grant and share.
fn is_signed_alike(held: &Pass, pass: &Pass) -> bool {
    held.credential.grant == pass.credential.grant && held.credential.share == pass.credential.share
}

fn make_room_for_share(passes: &mut Vec<Arc<Pass>>, door: DoorId) {
    let is_share = |pass: &Arc<Pass>| pass.door() == door && pass.share.is_some();
    if passes.iter().filter(|pass| is_share(pass)).count() >= SHARES_OF_A_DOOR
        && let Some(oldest) = passes.iter().position(is_share)
    {
        passes.remove(oldest);
    }
}
