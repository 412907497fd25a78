//! A property, a door and a phone for the tests of the courier. The door is a script over the protocol's own types: it verifies,
//! stages and answers as the specification says (§7.2–7.3, §10–§13), and can be made to lie.

mod door;

use std::sync::Arc;

use thumbturn_protocol::bulletin::{
    Bulletin, BulletinDraft, BulletinSubject, BulletinVersion, Denial, Entry,
};
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{
    BulletinEpoch, DoorId, EventNumber, Generation, HolderId, ListVersion, PhoneId, Serial, TagKey,
};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::log::{Acknowledgement, LogHead};
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::TimeToken;
use thumbturn_protocol::update::body::{Body, Delta};
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::header::UpdateSubject;
use thumbturn_protocol::update::parcel::{Issue, Parcel};
use thumbturn_protocol::update::row::{Change, Row};

pub(crate) use self::door::ScriptedDoor;
use crate::courier::Inbox;
use crate::fixture::{BEGIN, Phone, Property, TestRandom, seconds};
use crate::wallet::Wallet;

/// Everybody.
pub(crate) struct Scene {
    pub(crate) property: Property,
    /// The property's sealing key.
    pub(crate) sealing: ExchangeKeyPair,
    pub(crate) phone: Phone,
    pub(crate) wallet: Arc<Wallet>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) random: TestRandom,
}

/// A door's keys, as the door has them.
pub(crate) struct DoorKeys {
    pub(crate) door: DoorId,
    pub(crate) sealing: ExchangeKeyPair,
    pub(crate) receipt: SigningKeyPair,
    pub(crate) public: DoorPublicKeys,
}

impl DoorKeys {
    pub(crate) fn new(random: &mut TestRandom) -> Self {
        let sealing = ExchangeKeyPair::generate(random).unwrap();
        let receipt = SigningKeyPair::generate(random).unwrap();
        let public = DoorPublicKeys {
            session_key: ExchangeKeyPair::generate(random).unwrap().public(),
            sealing_key: sealing.public(),
            receipt_key: receipt.public(),
        };
        Self { door: DoorId::random(random).unwrap(), sealing, receipt, public }
    }
}

impl Scene {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = TestRandom(seed);
        let property = Property::new(&mut random);
        let sealing = ExchangeKeyPair::generate(&mut random).unwrap();
        let mut phone = Phone::new(seed + 1_000);
        let wallet = Arc::new(phone.enrol(&property));
        let inbox = Arc::new(Inbox::open(Arc::clone(&wallet)).unwrap());
        Self { property, sealing, phone, wallet, inbox, random }
    }

    /// The process dies and starts again: what is not at rest is gone.
    pub(crate) fn restart(&mut self) {
        let gone = Arc::new(Phone::new(1).enrol(&self.property));
        self.inbox = Arc::new(Inbox::open(Arc::clone(&gone)).unwrap());
        self.wallet = gone;
        self.wallet = Arc::new(self.phone.open().unwrap());
        self.inbox = Arc::new(Inbox::open(Arc::clone(&self.wallet)).unwrap());
    }

    /// A door for which the phone holds a grant, with a list at version 10.
    pub(crate) fn door(&mut self) -> ScriptedDoor {
        self.door_with(Roles::UNLOCK, ListVersion(0))
    }

    pub(crate) fn door_with(&mut self, roles: Roles, min_list_version: ListVersion) -> ScriptedDoor {
        let keys = DoorKeys::new(&mut self.random);
        self.grant(&keys, roles, min_list_version);
        ScriptedDoor::new(self, keys)
    }

    /// Gives the phone a grant for a door.
    pub(crate) fn grant(&mut self, keys: &DoorKeys, roles: Roles, min_list_version: ListVersion) {
        let phone: PhoneId = self.wallet.phone_id();
        let certificate = DoorCertificate::new(
            self.property.id,
            self.property.generation,
            keys.door,
            keys.public,
            seconds(BEGIN),
        );
        let door = crate::fixture::Door {
            id: keys.door,
            tag_key: TagKey::from_bytes([3; 16]),
            session: ExchangeKeyPair::from_secret([1; 32]),
            public: keys.public,
            issued: BEGIN,
        };
        let mut grant = self.property.grant(&door, phone, 5 + min_list_version.0);
        grant.roles = roles;
        grant.min_list_version = min_list_version;
        let credential = Credential::new(
            Received::from(certificate.sign(&self.property.signing).unwrap()),
            TagKey::from_bytes([3; 16]),
            Received::from(grant.sign(&self.property.signing).unwrap()),
            None,
        );
        self.wallet.import(&credential.to_bytes().unwrap(), &mut self.phone.random).unwrap();
    }

    pub(crate) fn origin(&self, keys: &DoorKeys) -> Origin {
        Origin::new(self.property.id, self.property.generation, keys.door, &keys.public)
    }

    /// An update from one list version to another with this many rows: 64 bytes each.
    pub(crate) fn parcel(&mut self, keys: &DoorKeys, from: u32, to: u32, rows: u32) -> Parcel {
        self.parcel_of(self.property.generation, keys, from, to, rows)
    }

    pub(crate) fn parcel_of(
        &mut self,
        generation: Generation,
        keys: &DoorKeys,
        from: u32,
        to: u32,
        rows: u32,
    ) -> Parcel {
        let list_key = ListKey::generate(&mut self.random).unwrap();
        let changes: Vec<Change> = (0..rows)
            .map(|row| {
                let holder = HolderId(u64::from(row).to_be_bytes());
                let subject = DenySubject::Holder(holder);
                Change::Set(Row::Deny(DenyEntry { subject, void_before: Serial(9) }))
            })
            .collect();
        let delta =
            Delta { list_key: &list_key, digest: ListDigest::EMPTY, rows, changes: &changes, settings: None };
        let issue = Issue {
            subject: UpdateSubject {
                property: self.property.id,
                generation,
                door: keys.door,
                door_key: keys.public.id(),
            },
            to: ListVersion(to),
            issued: seconds(BEGIN + u64::from(to)),
            apply_until: seconds(BEGIN + 1_000_000),
        };
        let body = Body::delta(&delta, ListVersion(from)).unwrap();
        body.seal(&issue, &keys.public.sealing_key, &self.property.signing, &mut self.random).unwrap()
    }

    pub(crate) fn carry(&mut self, parcel: &Parcel) {
        self.inbox.take_parcel(&parcel.to_bytes(), &mut self.phone.random).unwrap();
    }

    pub(crate) fn bulletin(&self, epoch: u32, entries: u32) -> Bulletin {
        let denials = (0..entries).map(|number| Denial {
            subject: BulletinSubject::Holder(HolderId(u64::from(number).to_be_bytes())),
            void_before: Entry::EVERY_SERIAL,
            until: None,
        });
        let draft = BulletinDraft {
            property: self.property.id,
            version: BulletinVersion { generation: self.property.generation, epoch: BulletinEpoch(epoch) },
            issued: seconds(BEGIN),
            denials: denials.collect(),
        };
        draft.sign(&self.property.signing).unwrap()
    }

    pub(crate) fn take_bulletin(&mut self, bulletin: &Bulletin) -> Result<(), crate::wallet::ImportError> {
        self.inbox.take_bulletin(&bulletin.to_bytes(), &mut self.phone.random)
    }

    pub(crate) fn time(&mut self, at: u64, now: Millis) -> Result<(), crate::wallet::ImportError> {
        let token = TimeToken::new(self.property.id, self.property.generation, seconds(at));
        let token = token.sign(&self.property.signing).unwrap();
        self.inbox.take_time(token.as_bytes(), now, &mut self.phone.random)
    }

    pub(crate) fn acknowledgement(&self, origin: Origin, sequence: u32) -> Vec<u8> {
        let word = Acknowledgement::new(origin, EventNumber(sequence), LogHead([7; 32]));
        word.sign(&self.property.signing).unwrap().as_bytes().to_vec()
    }

    /// New keys for the property, announced by its root.
    pub(crate) fn rotate(&mut self) -> Vec<u8> {
        let signing = SigningKeyPair::generate(&mut self.random).unwrap();
        let sealing = ExchangeKeyPair::generate(&mut self.random).unwrap();
        let generation = Generation(self.property.generation.0 + 1);
        let mut rotation = KeyRotation::new(
            self.property.id,
            generation,
            signing.public(),
            sealing.public(),
            seconds(BEGIN),
        );
        rotation.previous_until = Some(seconds(BEGIN + 1_000_000));
        let rotation = rotation.sign(&self.property.root).unwrap();
        self.property.signing = signing;
        self.property.generation = generation;
        self.sealing = sealing;
        rotation.as_bytes().to_vec()
    }
}
