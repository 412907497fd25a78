//! What an authority says a phone holds, taken in as a whole: new credentials come, and those that it names no more go.

use std::collections::BTreeSet;
use std::sync::Arc;

use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::ids::{DoorId, PropertyId};
use thumbturn_protocol::random::SecureRandom;

use super::document::CREDENTIALS;
use super::import::admit;
use super::pass::Pass;
use super::{ImportError, Wallet, WalletError};

/// What became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refreshed {
    /// Credentials that are new.
    pub(crate) added: usize,
    /// Doors whose own grant is gone.
    pub(crate) removed: usize,
    /// Credentials that did not verify.
    pub(crate) refused: usize,
}

impl Wallet {
    /// Takes credentials of a property, and forgets the phone's own grants of all its doors but these. Shares of others stay. One write,
    /// and none where nothing is new.
    ///
    /// # Errors
    ///
    /// [`WalletError::Full`], and those of the storage; the wallet is unchanged.
    pub(crate) fn refresh<'a>(
        &self,
        property: PropertyId,
        doors: &BTreeSet<DoorId>,
        credentials: impl Iterator<Item = &'a [u8]>,
        random: &mut dyn SecureRandom,
    ) -> Result<Refreshed, WalletError> {
        let (mut state, mut refreshed) = (self.state(), Refreshed::default());
        let mut contents = state.contents.clone();
        for bytes in credentials {
            let verified = Credential::from_bytes(bytes)
                .map_err(ImportError::from)
                .and_then(|credential| Pass::verify(credential, &contents.anchors, self.phone_id()));
            let pass = verified.ok().filter(|pass| pass.grant.property == property).map(Arc::new);
            match pass.map(|pass| admit(&mut contents.passes, pass)) {
                Some(Ok(())) => refreshed.added += 1,
                Some(Err(ImportError::Older)) => {}
                Some(Err(_)) | None => refreshed.refused += 1,
            }
        }
        let is_kept = |pass: &Pass| {
            pass.grant.property != property || pass.share.is_some() || doors.contains(&pass.door())
        };
        let gone: BTreeSet<DoorId> =
            contents.passes.iter().filter(|pass| !is_kept(pass)).map(|pass| pass.door()).collect();
        refreshed.removed = gone.len();
        contents.passes.retain(|pass| is_kept(pass));
        if contents.passes.len() > CREDENTIALS {
            return Err(WalletError::Full);
        }
        let is_same = contents.passes.len() == state.contents.passes.len()
            && contents.passes.iter().zip(&state.contents.passes).all(|(new, old)| Arc::ptr_eq(new, old));
        if is_same {
            return Ok(refreshed);
        }
        state.commit(self.keys(), contents, random)?;
        // A ticket opens by itself what its grant opened.
        if !gone.is_empty() {
            gone.iter().for_each(|door| state.tickets.remove(*door));
            state.write_tickets(random)?;
        }
        Ok(refreshed)
    }
}
