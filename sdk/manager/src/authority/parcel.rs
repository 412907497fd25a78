//! From a planned update to a parcel that any phone may carry (spec §10.3–§10.5).

use thumbturn_protocol::ids::{DoorId, ListVersion};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::body::Body;
use thumbturn_protocol::update::header::UpdateSubject;
use thumbturn_protocol::update::parcel::{Issue, Parcel};

use super::error::AuthorityError;
use super::generation_keys::GenerationKeys;

/// A plain body and the version that it leads to, before it is sealed to one door.
#[derive(Debug)]
pub struct PlannedUpdate {
    /// The list version at which the door will be.
    pub to: ListVersion,
    /// What it brings.
    pub body: Body,
}

/// For whom, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The door.
    pub door: DoorId,
    /// Its certified keys.
    pub keys: &'a DoorPublicKeys,
    /// The door applies it before this second only, so that one lost on a phone does not come up after years. The simulator takes 90
    /// days.
    pub apply_until: UnixSeconds,
}

impl PlannedUpdate {
    /// Seals it to one door and signs it. Sealed twice, it makes two parcels: a door applies one, and neither goes on with what
    /// the other began. So keep [`Parcel::to_bytes`] for every phone that comes.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] when `apply_until` is not after `now`, or the door's sealing key is no key;
    /// [`AuthorityError::Random`].
    pub fn seal(
        &self,
        address: &Address<'_>,
        keys: &GenerationKeys,
        now: UnixSeconds,
        random: &mut dyn SecureRandom,
    ) -> Result<Parcel, AuthorityError> {
        let subject = UpdateSubject {
            property: keys.property(),
            generation: keys.generation(),
            door: address.door,
            door_key: address.keys.id(),
        };
        let issue = Issue { subject, to: self.to, issued: now, apply_until: address.apply_until };
        Ok(self.body.seal(&issue, &address.keys.sealing_key, &*keys.signing, random)?)
    }
}
