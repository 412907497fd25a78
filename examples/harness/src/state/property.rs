//! The test property: all its keys come from one seed.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use thumbturn_manager::authority::generation_keys::GenerationKeys;
use thumbturn_manager::authority::numbering::next_number;
use thumbturn_phone::wallet::TrustAnchor;
use thumbturn_protocol::card::CardMaster;
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::ids::{DoorId, Generation, HolderId, PhoneId, PropertyId, Serial, TagKey};
use thumbturn_protocol::keys::{DoorPublicKeys, SigningKeyPair};
use thumbturn_protocol::random::random_bytes;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::file;
use super::hexadecimal::Hexadecimal;
use crate::entropy::{SeededStream, SystemRandom};
use crate::failure::Failure;

/// The streams of the seed.
const KEYS: u64 = 0;
const CARDS: u64 = 1;

/// The lease of a grant: a week. Each run renews it.
const LEASE_SECONDS: u64 = 7 * 86_400;
/// How long before the present a grant begins: more than honest clocks differ.
const SLACK_SECONDS: u64 = 300;

/// The authority of the doors that this harness claims.
pub(crate) struct Property {
    path: PathBuf,
    seed: [u8; 32],
    root: SigningKeyPair,
    keys: GenerationKeys,
    last_serial: Mutex<Serial>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    seed: Hexadecimal,
    last_serial: u32,
}

/// For whom a grant is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bearer {
    /// The phone.
    pub(crate) phone: PhoneId,
    /// Its person.
    pub(crate) holder: HolderId,
}

/// The door of a grant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrantedDoor<'a> {
    /// Its configuration.
    pub(crate) configuration: &'a DoorConfiguration,
    /// Its keys.
    pub(crate) keys: DoorPublicKeys,
}

impl Property {
    /// Reads the property, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let content = match file::read_json::<Content>(path)? {
            Some(content) => content,
            None => {
                let seed: [u8; 32] = random_bytes(&mut SystemRandom)?;
                let content = Content { seed: Hexadecimal(seed.to_vec()), last_serial: 0 };
                file::replace_json(path, &content)?;
                content
            }
        };
        let seed: [u8; 32] = content.seed.0.as_slice().try_into().map_err(|_| {
            let next = "move the file away; its doors must be reset and commissioned again";
            Failure::new("state-malformed", format!("{}: no seed", path.display()), next)
        })?;
        let mut random = SeededStream::new(seed, KEYS);
        let property = PropertyId::random(&mut random)?;
        let root = SigningKeyPair::generate(&mut random)?;
        let keys = GenerationKeys::generate(property, Generation(1), &mut random)?;
        let last_serial = Mutex::new(Serial(content.last_serial));
        Ok(Self { path: path.to_path_buf(), seed, root, keys, last_serial })
    }

    /// What it signs with.
    pub(crate) const fn keys(&self) -> &GenerationKeys {
        &self.keys
    }

    /// What phones must know to trust it.
    pub(crate) fn trust_anchor(&self) -> TrustAnchor {
        let keys = &self.keys;
        TrustAnchor::new(keys.property(), keys.generation(), self.root.public(), keys.signing_key())
    }

    /// The master of its keycards.
    pub(crate) fn cards(&self) -> Result<CardMaster, Failure> {
        Ok(CardMaster::from_bytes(random_bytes(&mut SeededStream::new(self.seed, CARDS))?))
    }

    /// What a factory-fresh door is claimed with; a door id and a tag key are drawn.
    pub(crate) fn configure(
        &self,
        kind: DoorKind,
        relock_seconds: u8,
        now: UnixSeconds,
    ) -> Result<DoorConfiguration, Failure> {
        let keys = self.keys.public(self.root.public());
        let (door, tag_key) = (DoorId::random(&mut SystemRandom)?, TagKey::generate(&mut SystemRandom)?);
        let zone = Zone::fixed(UtcOffset::UTC);
        let mut configuration = DoorConfiguration::new(keys, door, tag_key, kind, now, zone);
        configuration.relock_seconds = relock_seconds;
        Ok(configuration)
    }

    /// A serial that was never given before.
    pub(crate) fn next_serial(&self, now: UnixSeconds) -> Result<Serial, Failure> {
        let mut last = self.last_serial.lock().unwrap_or_else(PoisonError::into_inner);
        let serial = Serial(next_number(last.0, now)?);
        let content = Content { seed: Hexadecimal(self.seed.to_vec()), last_serial: serial.0 };
        file::replace_json(&self.path, &content)?;
        *last = serial;
        Ok(serial)
    }

    /// A grant to open a door, to share it and to deliver to it, under a new serial.
    pub(crate) fn grant(
        &self,
        door: GrantedDoor<'_>,
        bearer: Bearer,
        now: UnixSeconds,
    ) -> Result<Grant, Failure> {
        let (property, generation) = (self.keys.property(), self.keys.generation());
        let GrantedDoor { configuration, keys } = door;
        let subject = GrantSubject {
            property,
            generation,
            door: configuration.door,
            door_key: keys.id(),
            phone: bearer.phone,
            holder: bearer.holder,
            serial: self.next_serial(now)?,
        };
        let validity = Validity::from(now.minus(SLACK_SECONDS));
        let mut grant = Grant::new(subject, validity, now.plus(LEASE_SECONDS));
        grant.roles = Roles::UNLOCK.and(Roles::MAY_SHARE).and(Roles::COURIER);
        Ok(grant)
    }

    /// Signs a grant as it is, and puts all beside it that a phone needs.
    pub(crate) fn credential_of(&self, door: GrantedDoor<'_>, grant: &Grant) -> Result<Credential, Failure> {
        let (property, generation) = (self.keys.property(), self.keys.generation());
        let GrantedDoor { configuration, keys } = door;
        // The same instant each time: of two certificates of one life, none is newer.
        let issued = configuration.now;
        let certificate = DoorCertificate::new(property, generation, configuration.door, keys, issued);
        let (certificate, grant) = (self.keys.sign(&certificate)?.into(), self.keys.sign(grant)?.into());
        Ok(Credential::new(certificate, configuration.tag_key.clone(), grant, None))
    }
}
