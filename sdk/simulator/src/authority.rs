//! A small property authority: the keys of one property, and everything they sign. For tests and stories.
//!
//! What is signed, sealed, planned and believed is the manager core's ([`thumbturn_manager::authority`]); here are only a seed, so that a
//! run can be replayed, one property's books, and what a test may want to sign against all sense.

use std::collections::BTreeMap;

use thumbturn_manager::authority::bulletin_book::BulletinBook;
use thumbturn_manager::authority::error::AuthorityError as ManagerError;
use thumbturn_manager::authority::generation_keys::GenerationKeys;
use thumbturn_manager::authority::numbering::next_number;
use thumbturn_manager::authority::receipt_book::ReceiptBook;
use thumbturn_manager::authority::rotation::{Rotated, rotate};
use thumbturn_phone::wallet::TrustAnchor;
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::ids::{
    DoorId, Generation, HolderId, ListVersion, PhoneId, PropertyId, Serial, TagKey,
};
use thumbturn_protocol::keys::{DoorPublicKeys, SigningKeyPair};
use thumbturn_protocol::random::RandomFailed;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::{Received, Signed};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;
use thumbturn_protocol::zone::Zone;

use crate::random::SeededRandom;

mod delivery;
mod door_log;

pub use door_log::DoorLog;
mod updates;

pub use updates::DoorList;

/// The lease of a grant unless told otherwise: a week.
const LEASE_SECONDS: u64 = 7 * 86_400;

/// What a grant says. Begin with [`GrantTerms::resident`] and change what the test is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantTerms {
    /// When it holds.
    pub validity: Validity,
    /// The phone must have renewed it before this second.
    pub lease_end: UnixSeconds,
    /// What it lets the phone do.
    pub roles: Roles,
    /// The door refuses it while its list is older; 0: never.
    pub min_list_version: ListVersion,
}

impl GrantTerms {
    /// Unlock and share, at any hour, from now on, with a lease of a week.
    ///
    /// Begins five minutes ago: a door whose clock is slow, or was set a few seconds before, shall not say *not yet*.
    #[must_use]
    pub const fn resident(now: UnixSeconds) -> Self {
        Self {
            validity: Validity::from(shortly_before(now)),
            lease_end: now.plus(LEASE_SECONDS),
            roles: Roles::UNLOCK.and(Roles::MAY_SHARE),
            min_list_version: ListVersion(0),
        }
    }
}

/// Five minutes earlier: more than honest clocks differ.
#[must_use]
pub const fn shortly_before(now: UnixSeconds) -> UnixSeconds {
    match UnixSeconds::new(now.seconds().saturating_sub(300)) {
        Some(earlier) => earlier,
        None => now,
    }
}

/// Why the authority could not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// It has never claimed this door.
    #[error("not a door of this property")]
    UnknownDoor,
    /// A receipt as new was opened before.
    #[error("a receipt as new was taken")]
    NotNewer,
    /// A batch contradicts what the door said before: its storage or its receipt key is not what it was.
    #[error("the door's log contradicts itself")]
    Forked,
    /// A number is the last one that there is, or the changes since a version are forgotten.
    #[error("{0}")]
    Books(ManagerError),
    /// What it was asked to sign would be refused by every verifier.
    #[error(transparent)]
    Protocol(#[from] Error),
    /// Its random source failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

impl From<ManagerError> for AuthorityError {
    fn from(error: ManagerError) -> Self {
        match error {
            ManagerError::NotNewer => Self::NotNewer,
            ManagerError::Forked => Self::Forked,
            ManagerError::Protocol(error) => Self::Protocol(error),
            ManagerError::Random(error) => Self::Random(error),
            other => Self::Books(other),
        }
    }
}

/// A door of the property.
#[derive(Clone, Debug)]
struct ClaimedDoor {
    configuration: DoorConfiguration,
    keys: DoorPublicKeys,
    certificate: Received<DoorCertificate>,
    receipts: ReceiptBook,
    log: DoorLog,
}

/// One property: its keys of the present generation, the portfolio's root key, its doors.
#[derive(Debug)]
pub struct Authority {
    root: SigningKeyPair,
    keys: GenerationKeys,
    last_serial: Serial,
    bulletins: BulletinBook,
    doors: BTreeMap<DoorId, ClaimedDoor>,
    random: SeededRandom,
}

impl Authority {
    /// A property with keys from `random`.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`], which a seeded source never gives.
    pub fn new(mut random: SeededRandom) -> Result<Self, AuthorityError> {
        let property = PropertyId::random(&mut random)?;
        let root = SigningKeyPair::generate(&mut random)?;
        let keys = GenerationKeys::generate(property, Generation(1), &mut random)?;
        let bulletins = BulletinBook::new(keys.generation());
        Ok(Self { root, keys, last_serial: Serial(0), bulletins, doors: BTreeMap::new(), random })
    }

    /// What phones must know to trust this property.
    #[must_use]
    pub fn trust_anchor(&self) -> TrustAnchor {
        TrustAnchor::new(self.property(), self.generation(), self.root.public(), self.keys.signing_key())
    }

    /// The property's id.
    #[must_use]
    pub const fn property(&self) -> PropertyId {
        self.keys.property()
    }

    /// The generation of its keys.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.keys.generation()
    }

    /// A new person.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`].
    pub fn new_holder(&mut self) -> Result<HolderId, AuthorityError> {
        Ok(HolderId::random(&mut self.random)?)
    }

    /// The configuration with which a factory-fresh door is claimed, with a new door id and tag key.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`].
    pub fn configure(
        &mut self,
        kind: DoorKind,
        zone: Zone,
        now: UnixSeconds,
    ) -> Result<DoorConfiguration, AuthorityError> {
        let keys = self.keys.public(self.root.public());
        let door = DoorId::random(&mut self.random)?;
        let tag_key = TagKey::generate(&mut self.random)?;
        Ok(DoorConfiguration::new(keys, door, tag_key, kind, now, zone))
    }

    /// Takes a claimed door into the books and certifies its keys.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`].
    pub fn enter(
        &mut self,
        configuration: &DoorConfiguration,
        keys: DoorPublicKeys,
        now: UnixSeconds,
    ) -> Result<(), AuthorityError> {
        let certificate = self.certify(configuration.door, keys, now)?;
        let door = ClaimedDoor {
            configuration: configuration.clone(),
            keys,
            certificate,
            receipts: ReceiptBook::new(configuration.door, keys),
            log: DoorLog::new(configuration.door, keys),
        };
        self.doors.insert(configuration.door, door);
        Ok(())
    }

    /// Issues a grant with a new serial, and everything the phone needs beside it.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`], or [`AuthorityError::Protocol`] for terms that no door would accept.
    pub fn issue(
        &mut self,
        door: DoorId,
        phone: PhoneId,
        holder: HolderId,
        terms: &GrantTerms,
        now: UnixSeconds,
    ) -> Result<Credential, AuthorityError> {
        let serial = Serial(next_number(self.last_serial.0, now)?);
        self.last_serial = serial;
        self.renew(door, phone, holder, serial, terms)
    }

    /// Issues a grant again under a serial it had before: the renewal of a lease.
    ///
    /// # Errors
    ///
    /// As [`Authority::issue`].
    pub fn renew(
        &self,
        door: DoorId,
        phone: PhoneId,
        holder: HolderId,
        serial: Serial,
        terms: &GrantTerms,
    ) -> Result<Credential, AuthorityError> {
        let claimed = self.doors.get(&door).ok_or(AuthorityError::UnknownDoor)?;
        let subject = GrantSubject {
            property: self.property(),
            generation: self.generation(),
            door,
            door_key: claimed.keys.id(),
            phone,
            holder,
            serial,
        };
        let mut grant = Grant::new(subject, terms.validity.clone(), terms.lease_end);
        grant.roles = terms.roles;
        grant.min_list_version = terms.min_list_version;
        self.credential(&grant)
    }

    /// Signs a grant as it is, sensible or not, and puts it into a credential: for tests of what doors refuse.
    ///
    /// # Errors
    ///
    /// As [`Authority::issue`].
    pub fn credential(&self, grant: &Grant) -> Result<Credential, AuthorityError> {
        let claimed = self.doors.get(&grant.door).ok_or(AuthorityError::UnknownDoor)?;
        let grant = self.keys.sign(grant)?.into();
        Ok(Credential::new(claimed.certificate.clone(), claimed.configuration.tag_key.clone(), grant, None))
    }

    /// The serial given last.
    #[must_use]
    pub const fn last_serial(&self) -> Serial {
        self.last_serial
    }

    /// The tag key of a door.
    #[must_use]
    pub fn tag_key(&self, door: DoorId) -> Option<TagKey> {
        self.doors.get(&door).map(|claimed| claimed.configuration.tag_key.clone())
    }

    /// The public keys of a door.
    #[must_use]
    pub fn door_keys(&self, door: DoorId) -> Option<DoorPublicKeys> {
        self.doors.get(&door).map(|claimed| claimed.keys)
    }

    /// Makes the keys of the next generation; the root signs the announcement. The keys before are valid until
    /// `previous_until`, or void at once. Certificates are made anew.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`], [`AuthorityError::Protocol`].
    pub fn rotate(
        &mut self,
        previous_until: Option<UnixSeconds>,
        now: UnixSeconds,
    ) -> Result<Signed<KeyRotation>, AuthorityError> {
        let Rotated { keys, announcement } =
            rotate(&self.keys, &self.root, previous_until, now, &mut self.random)?;
        // Serials and epochs are counted anew in each generation (spec §2.6).
        self.last_serial = Serial(0);
        self.bulletins = BulletinBook::new(keys.generation());
        self.keys = keys;
        let doors: Vec<_> = self.doors.iter().map(|(id, door)| (*id, door.keys)).collect();
        for (id, keys) in doors {
            let certificate = self.certify(id, keys, now)?;
            self.doors.entry(id).and_modify(|door| door.certificate = certificate);
        }
        Ok(announcement)
    }

    fn certify(
        &self,
        door: DoorId,
        keys: DoorPublicKeys,
        now: UnixSeconds,
    ) -> Result<Received<DoorCertificate>, AuthorityError> {
        let certificate = DoorCertificate::new(self.property(), self.generation(), door, keys, now);
        Ok(self.keys.sign(&certificate)?.into())
    }
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::keys::ExchangeKeyPair;

    use super::*;

    /// 2024-01-01T00:00Z.
    const SERIAL_EPOCH: u64 = 1_704_067_200;

    fn at(seconds: u64) -> UnixSeconds {
        UnixSeconds::new(seconds).expect("in range")
    }

    fn authority_with_door() -> (Authority, DoorId) {
        let mut authority = Authority::new(SeededRandom::new(1)).expect("seeded");
        let zone = Zone::fixed(thumbturn_protocol::zone::UtcOffset::UTC);
        let configuration =
            authority.configure(DoorKind::Residence, zone, at(SERIAL_EPOCH)).expect("configured");
        let mut random = SeededRandom::new(2);
        let keys = DoorPublicKeys {
            session_key: ExchangeKeyPair::generate(&mut random).expect("seeded").public(),
            sealing_key: ExchangeKeyPair::generate(&mut random).expect("seeded").public(),
            receipt_key: SigningKeyPair::generate(&mut random).expect("seeded").public(),
        };
        authority.enter(&configuration, keys, at(SERIAL_EPOCH)).expect("certified");
        (authority, configuration.door)
    }

    #[test]
    fn serials_rise_with_the_minutes_and_never_repeat_within_one() {
        let (mut authority, door) = authority_with_door();
        let now = at(SERIAL_EPOCH + 600);
        let terms = GrantTerms::resident(now);
        let mut serials = Vec::new();
        for _ in 0..3 {
            authority.issue(door, PhoneId([1; 16]), HolderId([2; 8]), &terms, now).expect("issued");
            serials.push(authority.last_serial().0);
        }
        authority.issue(door, PhoneId([1; 16]), HolderId([2; 8]), &terms, now.plus(6_000)).expect("issued");
        serials.push(authority.last_serial().0);
        assert_eq!(serials, [10, 11, 12, 110]);
    }

    #[test]
    fn a_grant_verifies_under_the_anchor_and_not_after_a_rotation() {
        let (mut authority, door) = authority_with_door();
        let now = at(SERIAL_EPOCH);
        let terms = GrantTerms::resident(now);
        let anchor = authority.trust_anchor();
        let credential =
            authority.issue(door, PhoneId([1; 16]), HolderId([2; 8]), &terms, now).expect("issued");
        assert!(credential.grant.verify(&anchor.signing_key).is_ok());
        let rotation: Received<KeyRotation> = authority.rotate(None, now).expect("rotated").into();
        assert!(rotation.verify(&anchor.root_key).is_ok());
        let renewed = authority.issue(door, PhoneId([1; 16]), HolderId([2; 8]), &terms, now).expect("issued");
        assert!(renewed.grant.verify(&anchor.signing_key).is_err());
    }

    #[test]
    fn a_stranger_gets_no_grant() {
        let (mut authority, _) = authority_with_door();
        let now = at(SERIAL_EPOCH);
        let issued = authority.issue(
            DoorId([9; 8]),
            PhoneId([1; 16]),
            HolderId([2; 8]),
            &GrantTerms::resident(now),
            now,
        );
        assert_eq!(issued.unwrap_err(), AuthorityError::UnknownDoor);
    }
}
