//! A property that issues real credentials, for the tests of this crate.

use std::sync::Arc;

use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::ids::{DoorId, Generation, HolderId, PhoneId, PropertyId, Serial, TagKey};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::testing::{TestingKeyStore, TestingStorage};
use crate::wallet::{TrustAnchor, Wallet};

/// SplitMix64: repeatable, and good enough to be different every time.
pub(crate) struct TestRandom(pub(crate) u64);

impl SecureRandom for TestRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.0;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let word = (word ^ (word >> 31)).to_le_bytes();
            let length = chunk.len();
            chunk.copy_from_slice(&word[..length]);
        }
        Ok(())
    }
}

pub(crate) fn seconds(value: u64) -> UnixSeconds {
    UnixSeconds::new(value).unwrap()
}

pub(crate) const BEGIN: u64 = 1_700_000_000;

/// A property with its keys.
pub(crate) struct Property {
    pub(crate) id: PropertyId,
    pub(crate) generation: Generation,
    pub(crate) root: SigningKeyPair,
    pub(crate) signing: SigningKeyPair,
}

impl Property {
    pub(crate) fn new(random: &mut TestRandom) -> Self {
        Self {
            id: PropertyId::random(random).unwrap(),
            generation: Generation(1),
            root: SigningKeyPair::generate(random).unwrap(),
            signing: SigningKeyPair::generate(random).unwrap(),
        }
    }

    pub(crate) fn anchor(&self) -> TrustAnchor {
        TrustAnchor::new(self.id, self.generation, self.root.public(), self.signing.public())
    }

    pub(crate) fn grant(&self, door: &Door, phone: PhoneId, serial: u32) -> Grant {
        let subject = GrantSubject {
            property: self.id,
            generation: self.generation,
            door: door.id,
            door_key: door.public.id(),
            phone,
            holder: HolderId([9; 8]),
            serial: Serial(serial),
        };
        Grant::new(subject, Validity::from(seconds(BEGIN)), seconds(BEGIN + 1_000_000))
    }

    pub(crate) fn shareable_grant(&self, door: &Door, phone: PhoneId, serial: u32) -> Grant {
        let mut grant = self.grant(door, phone, serial);
        grant.roles = Roles::UNLOCK.and(Roles::MAY_SHARE);
        grant
    }

    pub(crate) fn credential(&self, door: &Door, grant: &Grant) -> Credential {
        let certificate =
            DoorCertificate::new(self.id, self.generation, door.id, door.public, seconds(door.issued));
        Credential::new(
            Received::from(certificate.sign(&self.signing).unwrap()),
            door.tag_key.clone(),
            Received::from(grant.sign(&self.signing).unwrap()),
            None,
        )
    }
}

/// A door's keys and name.
pub(crate) struct Door {
    pub(crate) id: DoorId,
    pub(crate) tag_key: TagKey,
    pub(crate) session: ExchangeKeyPair,
    pub(crate) public: DoorPublicKeys,
    pub(crate) issued: u64,
}

impl Door {
    pub(crate) fn new(random: &mut TestRandom) -> Self {
        let session = ExchangeKeyPair::generate(random).unwrap();
        let public = DoorPublicKeys {
            session_key: session.public(),
            sealing_key: ExchangeKeyPair::generate(random).unwrap().public(),
            receipt_key: SigningKeyPair::generate(random).unwrap().public(),
        };
        Self {
            id: DoorId::random(random).unwrap(),
            tag_key: TagKey::generate(random).unwrap(),
            session,
            public,
            issued: BEGIN,
        }
    }

    /// The same door after a reset and a new claim.
    pub(crate) fn claimed_anew(&self, random: &mut TestRandom) -> Self {
        Self { id: self.id, issued: self.issued + 1_000, ..Self::new(random) }
    }
}

/// A phone: what outlives its wallet.
pub(crate) struct Phone {
    pub(crate) storage: TestingStorage,
    pub(crate) keystore: Arc<TestingKeyStore>,
    pub(crate) random: TestRandom,
}

impl Phone {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            storage: TestingStorage::new(),
            keystore: Arc::new(TestingKeyStore::new()),
            random: TestRandom(seed),
        }
    }

    pub(crate) fn enrol(&mut self, property: &Property) -> Wallet {
        let wallet =
            Wallet::enrol(Box::new(self.storage.clone()), self.keystore.clone(), &mut self.random).unwrap();
        wallet.trust(property.anchor(), &mut self.random).unwrap();
        wallet
    }

    pub(crate) fn open(&mut self) -> Result<Wallet, crate::wallet::WalletError> {
        Wallet::open(Box::new(self.storage.clone()), self.keystore.clone(), &mut self.random)
    }

    /// Gives `wallet` a grant for `door`.
    pub(crate) fn receive_grant(&mut self, wallet: &Wallet, property: &Property, door: &Door, serial: u32) {
        let credential = property.credential(door, &property.grant(door, wallet.phone_id(), serial));
        wallet.import(&credential.to_bytes().unwrap(), &mut self.random).unwrap();
    }
}
