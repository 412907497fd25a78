//! What the authority gives a phone to carry.

use std::collections::BTreeSet;
use std::sync::Arc;

use thumbturn_protocol::bulletin::{BulletinHeader, BulletinReader, ENTRY, Entry};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::{Generation, PropertyId};
use thumbturn_protocol::limits;
use thumbturn_protocol::log::Acknowledgement;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::{Received, Signable, Verified};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::TimeToken;
use thumbturn_protocol::update::header::UpdateHeader;
use thumbturn_protocol::update::parcel::Parcel;

use super::Inbox;
use super::document::HeldBulletin;
use super::parcels::{self, HeldParcel};
use crate::wallet::{ImportError, TrustAnchor, WalletError};

/// Length of a signed bulletin header.
const BULLETIN_HEADER: usize = limits::BULLETIN_HEADER + limits::SIGNATURE;

/// What became of an update that was given to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// It is carried.
    Yes,
    /// There are better ones for the bytes that the phone carries, or its door does not need it any more. Nothing to show; another
    /// phone may take it.
    No,
}

impl Inbox {
    /// Takes a property's next keys (spec §3.3) for the wallet and for doors.
    ///
    /// # Errors
    ///
    /// [`ImportError::Older`] when the wallet knows a later generation; see [`ImportError`].
    pub fn take_rotation(&self, rotation: &[u8], random: &mut dyn SecureRandom) -> Result<(), ImportError> {
        let received = Received::<KeyRotation>::from_bytes(rotation)?;
        let claimed = received.peek_unverified()?;
        let anchor = self.anchor_of(claimed.property)?;
        let verified = received.verify(&anchor.root_key)?;
        match verified.generation.cmp(&anchor.generation) {
            core::cmp::Ordering::Less => return Err(ImportError::Older),
            core::cmp::Ordering::Equal => {}
            core::cmp::Ordering::Greater => self.wallet.rotate(rotation, random)?,
        }
        self.change(&mut self.state(), random, |draft| {
            let shelf = draft.contents.property_mut(verified.property).ok_or(WalletError::Full)?;
            shelf.rotation = Some((verified.generation, received));
            Ok(())
        })
    }

    /// Takes a bulletin: its signed header and all its entries, one after the other (spec §11.1).
    ///
    /// # Errors
    ///
    /// [`ImportError::Older`] unless it is newer than the one that is carried; see [`ImportError`].
    pub fn take_bulletin(&self, bulletin: &[u8], random: &mut dyn SecureRandom) -> Result<(), ImportError> {
        let (header, entries) =
            bulletin.split_first_chunk::<BULLETIN_HEADER>().ok_or(ImportError::Malformed)?;
        let header = Received::<BulletinHeader>::from_bytes(header)?;
        let (_, verified) = self.verified(&header, |header| (header.property, header.generation))?;
        let entries = entries
            .chunks(ENTRY)
            .map(|bytes| {
                let bytes = bytes.try_into().map_err(|_| Error::Malformed("bulletin entries"))?;
                Entry::from_bytes(bytes)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut reader = BulletinReader::new(verified);
        let epoch = reader.header().epoch;
        reader.take(epoch, 0, &entries)?;
        let complete = reader.finish()?;
        let held =
            HeldBulletin { generation: complete.header().generation, epoch, header, entries, upload: None };
        let property = complete.header().property;
        self.change(&mut self.state(), random, |draft| {
            let shelf = draft.contents.property_mut(property).ok_or(WalletError::Full)?;
            match &mut shelf.bulletin {
                Some(present) if present.version() > held.version() => return Err(ImportError::Older),
                // What a door has told, the authority has said now: there is no news in it.
                Some(present) if present.version() == held.version() => present.upload = None,
                present => *present = Some(held),
            }
            Ok(())
        })
    }

    /// Takes a time token without nonce (spec §13.2), received at `now` of the
    /// [`Timer`](crate::timer::Timer) that the radio has.
    ///
    /// # Errors
    ///
    /// [`ImportError::Older`] unless it is later than the one that is carried; [`ImportError::Inconsistent`] for one with a nonce,
    /// which is for one session; see [`ImportError`].
    pub fn take_time(
        &self,
        token: &[u8],
        now: Millis,
        random: &mut dyn SecureRandom,
    ) -> Result<(), ImportError> {
        let received = Received::<TimeToken>::from_bytes(token)?;
        let (_, token) = self.verified(&received, |token| (token.property, token.generation))?;
        if token.nonce.is_some() {
            return Err(ImportError::Inconsistent);
        }
        let mut state = self.state();
        self.change(&mut state, random, |draft| {
            let shelf = draft.contents.property_mut(token.property).ok_or(WalletError::Full)?;
            let present = shelf.time.as_ref().and_then(|present| present.peek_unverified().ok());
            if present.is_some_and(|present| present.at >= token.at) {
                return Err(ImportError::Older);
            }
            shelf.time = Some(received);
            Ok(())
        })?;
        state.time_received.insert(token.property, now);
        Ok(())
    }

    /// Takes an update for a door: the signed header and all sealed chunks (spec §10). Others may have to make room for it.
    ///
    /// # Errors
    ///
    /// [`WalletError::Full`] when it is one that a credential of this phone waits for and there are too many of those; see
    /// [`ImportError`].
    pub fn take_parcel(&self, parcel: &[u8], random: &mut dyn SecureRandom) -> Result<Carried, ImportError> {
        let held = Arc::new(self.verified_parcel(parcel)?);
        let carried = self.carry(vec![held], random)?;
        Ok(if carried > 0 { Carried::Yes } else { Carried::No })
    }

    /// An update that its property signed.
    pub(super) fn verified_parcel(&self, parcel: &[u8]) -> Result<HeldParcel, ImportError> {
        let parcel = Parcel::parse(parcel)?;
        let of_header = |header: &UpdateHeader| (header.subject.property, header.subject.generation);
        let (_, header) = self.verified(parcel.header(), of_header)?;
        Ok(HeldParcel::new(parcel, *header))
    }

    /// Takes updates whose signatures were checked; others may have to make room for them. Gives how many of them are carried.
    pub(super) fn carry(
        &self,
        new: Vec<Arc<HeldParcel>>,
        random: &mut dyn SecureRandom,
    ) -> Result<usize, WalletError> {
        if new.is_empty() {
            return Ok(0);
        }
        let ids: BTreeSet<_> = new.iter().map(|held| held.id).collect();
        let needs = self.needs();
        let mut state = self.state();
        let (likelihood, budget) = (state.likelihood(), state.budget);
        self.change(&mut state, random, |draft| {
            draft.parcels.extend(new);
            draft.drop_useless_parcels();
            let all = core::mem::take(&mut draft.parcels);
            draft.parcels = parcels::choose(all, &needs, &likelihood, budget).ok_or(WalletError::Full)?;
            Ok::<_, WalletError>(())
        })?;
        Ok(state.parcels.iter().filter(|held| ids.contains(&held.id)).count())
    }

    /// Takes the authority's word that it has a door's events (spec §12.4).
    ///
    /// # Errors
    ///
    /// [`ImportError::Older`] unless it covers more than the one that is carried; see [`ImportError`].
    pub fn take_acknowledgement(
        &self,
        acknowledgement: &[u8],
        random: &mut dyn SecureRandom,
    ) -> Result<(), ImportError> {
        let received = Received::<Acknowledgement>::from_bytes(acknowledgement)?;
        let of_origin = |word: &Acknowledgement| (word.origin.property, word.origin.generation);
        let (_, word) = self.verified(&received, of_origin)?;
        self.change(&mut self.state(), random, |draft| {
            let shelf = draft.contents.door_mut(&word.origin).ok_or(WalletError::Full)?;
            if shelf.acknowledgement.as_ref().is_some_and(|(present, _)| *present >= word.sequence) {
                return Err(ImportError::Older);
            }
            shelf.acknowledgement = Some((word.sequence, received));
            Ok(())
        })
    }

    /// Checks the signature of something that its property signed.
    fn verified<T: Signable>(
        &self,
        received: &Received<T>,
        of: impl FnOnce(&T) -> (PropertyId, Generation),
    ) -> Result<(TrustAnchor, Verified<T>), ImportError> {
        let (property, generation) = of(&received.peek_unverified()?);
        let anchor = self.anchor_of(property)?;
        let key = *anchor.key_of(generation).ok_or(ImportError::UnknownGeneration)?;
        Ok((anchor, received.verify(&key)?))
    }

    fn anchor_of(&self, property: PropertyId) -> Result<TrustAnchor, ImportError> {
        self.wallet.anchor(property).ok_or(ImportError::UnknownProperty)
    }
}
