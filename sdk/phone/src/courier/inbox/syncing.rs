//! An exchange with the authority: what goes out, and how its answer is kept (spec §15).

use std::collections::BTreeSet;
use std::sync::Arc;

use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::sync::{Handed, Statement, SyncAnswer, SyncRequest};
use thumbturn_protocol::time::Millis;

use super::{Inbox, UploadId, UploadObject};
use crate::vault::storage::VaultRecord;
use crate::wallet::{ImportError, TrustAnchor, WalletError};

/// What an answer brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Synced {
    /// Credentials that are new.
    pub credentials: usize,
    /// Doors that the phone may open no more.
    pub removed: usize,
    /// Updates that it took along.
    pub parcels: usize,
    /// What doors had said, and the authority has now.
    pub handed_in: usize,
    /// What did not verify. It comes again with the next exchange; a number that does not fall is the authority's fault.
    pub refused: usize,
}

impl Synced {
    /// This and what another answer brought.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            credentials: self.credentials + other.credentials,
            removed: self.removed + other.removed,
            parcels: self.parcels + other.parcels,
            handed_in: self.handed_in + other.handed_in,
            // Those of the last one come again.
            refused: other.refused,
        }
    }
}

impl Inbox {
    /// What to say to the authority of a property.
    ///
    /// # Errors
    ///
    /// None that a caller can cause.
    pub fn sync_request(&self, property: PropertyId) -> Result<SyncRequest, Error> {
        let handed = self.to_upload().into_iter().filter(|upload| upload.property == property);
        let handed =
            handed.map(|upload| Ok(Handed { number: upload.id.0, statement: statement(&upload.object)? }));
        let handed = handed.collect::<Result<Vec<_>, Error>>()?;
        let state = self.state();
        let mut request = SyncRequest::new(self.wallet.phone_id(), state.cursors.of(property))?;
        let carried: usize = state.parcels.iter().map(|held| held.length()).sum();
        request.room = u32::try_from(state.budget.saturating_sub(carried)).unwrap_or(u32::MAX);
        request.carries = state.parcels.iter().map(|held| held.id).collect::<Vec<_>>().try_into()?;
        request.handed = handed.try_into()?;
        Ok(request)
    }

    /// Keeps what the authority of a property answered, received at `now` of the [`Timer`](crate::timer::Timer) that the radio has. The answer
    /// must have come over a channel that the app trusts: it introduces a property that this wallet does not know.
    ///
    /// Whatever was kept before a crash is kept; the next exchange begins where the last whole one ended.
    ///
    /// # Errors
    ///
    /// [`ImportError::NotAuthentic`] when the property has another root key than the one that is trusted, [`ImportError::Older`] when the
    /// answer is that of an earlier generation of its keys, [`ImportError::UnknownGeneration`] when the rotation to a later one is missing;
    /// [`ImportError::Wallet`].
    pub fn take_answer(
        &self,
        property: PropertyId,
        answer: &SyncAnswer,
        now: Millis,
        random: &mut dyn SecureRandom,
    ) -> Result<Synced, ImportError> {
        self.meet(property, answer, random)?;
        let doors: BTreeSet<_> = answer.doors.iter().copied().collect();
        let credentials = answer.credentials.iter().map(|bytes| &**bytes);
        let refreshed = self.wallet.refresh(property, &doors, credentials, random)?;
        let mut refused = refreshed.refused;
        let mut count = |taken: Result<(), ImportError>| match taken {
            Err(ImportError::Wallet(error)) => Err(error),
            Err(ImportError::Older) | Ok(()) => Ok(()),
            Err(_) => {
                refused += 1;
                Ok(())
            }
        };
        let mut parcels = Vec::new();
        for parcel in answer.parcels.iter() {
            count(self.verified_parcel(parcel).map(|held| parcels.push(Arc::new(held))))?;
        }
        let parcels = self.carry(parcels, random)?;
        for word in answer.acknowledgements.iter() {
            count(self.take_acknowledgement(word, random))?;
        }
        if let Some(bulletin) = &answer.bulletin {
            count(self.take_bulletin(bulletin, random))?;
        }
        count(self.take_time(&answer.time, now, random))?;
        let taken: Vec<_> = answer.taken.iter().copied().map(UploadId).collect();
        if !taken.is_empty() {
            self.uploaded(&taken, random)?;
        }
        if refused == 0 {
            self.advance(property, answer, random)?;
        }
        let (credentials, removed) = (refreshed.added, refreshed.removed);
        Ok(Synced { credentials, removed, parcels, handed_in: taken.len(), refused })
    }

    /// Gets to know the property, or its next keys.
    fn meet(
        &self,
        property: PropertyId,
        answer: &SyncAnswer,
        random: &mut dyn SecureRandom,
    ) -> Result<(), ImportError> {
        let keys = &answer.property;
        if keys.property != property {
            return Err(ImportError::Inconsistent);
        }
        let anchor = TrustAnchor::new(property, keys.generation, keys.root_key, keys.signing_key);
        let Some(known) = self.wallet.anchor(property) else { return self.wallet.trust(anchor, random) };
        if known.root_key != keys.root_key {
            return Err(ImportError::NotAuthentic);
        }
        if let Some(rotation) = &answer.rotation {
            match self.take_rotation(rotation, random) {
                Ok(()) | Err(ImportError::Older) => {}
                Err(error) => return Err(error),
            }
        }
        let known = self.wallet.anchor(property).ok_or(ImportError::UnknownProperty)?;
        match keys.generation.cmp(&known.generation) {
            core::cmp::Ordering::Less => Err(ImportError::Older),
            core::cmp::Ordering::Greater => Err(ImportError::UnknownGeneration),
            core::cmp::Ordering::Equal if keys.signing_key == known.signing_key => Ok(()),
            core::cmp::Ordering::Equal => Err(ImportError::NotAuthentic),
        }
    }

    /// The last write of an exchange.
    fn advance(
        &self,
        property: PropertyId,
        answer: &SyncAnswer,
        random: &mut dyn SecureRandom,
    ) -> Result<(), WalletError> {
        let mut state = self.state();
        if state.cursors.of(property) == answer.cursor {
            return Ok(());
        }
        let cursors = state.cursors.with(property, answer.cursor);
        self.wallet.write_sealed(VaultRecord::Cursors, &cursors.encode()?, random)?;
        state.cursors = cursors;
        Ok(())
    }
}

/// An update that this phone carries, by what travels of it.
fn statement(object: &UploadObject) -> Result<Statement, Error> {
    let bytes = object.to_bytes();
    Ok(match object {
        UploadObject::Receipt(_) => Statement::Receipt(bytes.try_into()?),
        UploadObject::LogBatch(_) => Statement::LogBatch(bytes.try_into()?),
        UploadObject::Bulletin { .. } => Statement::Bulletin(bytes.try_into()?),
    })
}
