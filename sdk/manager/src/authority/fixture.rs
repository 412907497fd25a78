//! A property and a door for the tests: the door's half is played with the protocol's own readers.

use std::collections::BTreeMap;

use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{
    BulletinEpoch, DoorId, EventNumber, Generation, HolderId, ListVersion, PropertyId, ReceiptNumber, Serial,
    TagKey,
};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::log::LogHead;
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::receipt::{Receipt, ReceiptBody, ReceiptFlags, ReceiptHeader, SealedReceipt};
use thumbturn_protocol::statement::StatementKeys;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::body::BodyReader;
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::header::{self, ListOrigin, UpdateSubject};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::{Change, Row, RowKey};
use thumbturn_protocol::update::seal::BodyKey;
use thumbturn_protocol::update::settings::Settings;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::generation_keys::GenerationKeys;
use super::list_book::ListBook;
use super::parcel::{Address, PlannedUpdate};

/// Counts: every draw is another, and nothing is secret.
pub(super) struct Counting(pub(super) u64);

impl SecureRandom for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for piece in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = self.0.to_be_bytes();
            piece.copy_from_slice(&number[..piece.len()]);
        }
        Ok(())
    }
}

/// So many minutes after the beginning of 2024.
pub(super) fn minute(minutes: u64) -> UnixSeconds {
    UnixSeconds::new(1_704_067_200 + minutes * 60).unwrap()
}

pub(super) fn property() -> GenerationKeys {
    let signing = SigningKeyPair::from_secret([1; 32]);
    let sealing = ExchangeKeyPair::from_secret([2; 32]);
    GenerationKeys::new(PropertyId([3; 8]), Generation(1), Box::new(signing), sealing)
}

pub(super) fn settings() -> Settings {
    Settings {
        tag_key: TagKey::from_bytes([4; 16]),
        kind: DoorKind::Residence,
        relock_seconds: 5,
        zone: Zone::fixed(UtcOffset::UTC),
        schedules: Vec::new(),
        code_length: CodeLength::SEVEN,
        daily_codes: None,
    }
}

pub(super) fn book() -> ListBook {
    ListBook::claimed(&configuration(), &mut Counting(0)).unwrap()
}

/// What the door was claimed with.
pub(super) fn configuration() -> DoorConfiguration {
    let keys = property().public(SigningKeyPair::from_secret([9; 32]).public());
    let Settings { tag_key, kind, zone, .. } = settings();
    DoorConfiguration::new(keys, Door::id(), tag_key, kind, minute(0), zone)
}

/// The row that denies a holder everything below a serial.
pub(super) fn deny(holder: u8, void_before: u32) -> Row {
    let subject = DenySubject::Holder(HolderId([holder; 8]));
    Row::Deny(DenyEntry { subject, void_before: Serial(void_before) })
}

/// A door that believes what it should, and nothing more (spec §10.7).
pub(super) struct Door {
    pub(super) receipt_key: SigningKeyPair,
    sealing: ExchangeKeyPair,
    pub(super) version: ListVersion,
    origin: ListOrigin,
    pub(super) rows: BTreeMap<RowKey, Row>,
    key: Option<ListKey>,
    settings: Vec<u8>,
    pub(super) wants_snapshot: bool,
    pub(super) receipts: u32,
    pub(super) bulletin: BulletinEpoch,
    pub(super) log: (EventNumber, LogHead),
}

impl Door {
    pub(super) fn claimed() -> Self {
        let receipt_key = SigningKeyPair::from_secret([5; 32]);
        let mut door = Self {
            receipt_key,
            sealing: ExchangeKeyPair::from_secret([6; 32]),
            version: ListVersion(1),
            origin: ListOrigin::Claim,
            rows: BTreeMap::new(),
            key: None,
            settings: settings().to_bytes().unwrap().to_vec(),
            wants_snapshot: false,
            receipts: 0,
            bulletin: BulletinEpoch(0),
            log: (EventNumber(0), LogHead([0; 32])),
        };
        door.log.1 = LogHead::start(door.keys().id());
        door
    }

    pub(super) const fn id() -> DoorId {
        DoorId([7; 8])
    }

    pub(super) fn keys(&self) -> DoorPublicKeys {
        DoorPublicKeys {
            session_key: self.sealing.public(),
            sealing_key: self.sealing.public(),
            receipt_key: self.receipt_key.public(),
        }
    }

    pub(super) fn digest(&self) -> ListDigest {
        let Some(key) = &self.key else { return ListDigest::EMPTY };
        let digester = key.digester();
        let settings = ListDigest::EMPTY.plus(&digester.settings(&self.settings));
        self.rows.values().fold(settings, |sum, row| sum.plus(&digester.row(&row.to_bytes())))
    }

    pub(super) fn receipt(&mut self, property: &GenerationKeys) -> SealedReceipt {
        self.receipts += 1;
        let header = ReceiptHeader {
            origin: property.origin(Self::id(), &self.keys()),
            number: ReceiptNumber(self.receipts),
            list_version: self.version,
            flags: ReceiptFlags { wants_snapshot: self.wants_snapshot, ..ReceiptFlags::default() },
        };
        let body = ReceiptBody {
            list_digest: *self.digest().as_bytes(),
            bulletin_epoch: self.bulletin,
            clock: minute(0),
            clock_error: 1,
            battery: 90,
            firmware: 1,
            log_next: EventNumber(self.log.0.0 + 1),
            log_head: self.log.1,
            lost_events: 0,
        };
        let keys = StatementKeys { receipt_key: &self.receipt_key, sealing_key: &property.sealing_key() };
        Receipt { header, body }.seal(&keys, &mut Counting(u64::from(self.receipts))).unwrap()
    }

    /// Applies an update that is of use, with every check. Returns whether it did.
    pub(super) fn apply(&mut self, update: &Opened, now: UnixSeconds, property: &GenerationKeys) -> bool {
        let edition = Edition { generation: property.generation(), version: self.version };
        let list = header::DoorList { edition, origin: self.origin };
        let subject = UpdateSubject {
            property: property.property(),
            generation: property.generation(),
            door: Self::id(),
            door_key: self.keys().id(),
        };
        if update.header.serves(&subject, &list, now).is_err() {
            return false;
        }
        let mut rows = match update.is_snapshot {
            true => BTreeMap::new(),
            false => self.rows.clone(),
        };
        for change in &update.changes {
            match change {
                Change::Set(row) => drop(rows.insert(row.key(), row.clone())),
                Change::Remove(key) => drop(rows.remove(key)),
            }
        }
        let before = (core::mem::replace(&mut self.rows, rows), self.settings.clone(), self.key.clone());
        if let Some(settings) = &update.settings {
            self.settings.clone_from(settings);
        }
        let fits = update.is_snapshot || self.key.as_ref() == Some(&update.key);
        self.key = Some(update.key.clone());
        if !fits || self.digest() != update.digest {
            (self.rows, self.settings, self.key) = before;
            self.wants_snapshot = true;
            return false;
        }
        (self.version, self.origin, self.wants_snapshot) = (update.header.to, ListOrigin::Snapshot, false);
        true
    }

    /// Seals a planned update to this door, and reads it back as the door would.
    pub(super) fn open(
        &self,
        planned: &PlannedUpdate,
        property: &GenerationKeys,
        now: UnixSeconds,
    ) -> Opened {
        let address = Address { door: Self::id(), keys: &self.keys(), apply_until: now.plus(90 * 86_400) };
        let parcel = planned.seal(&address, property, now, &mut Counting(9)).unwrap();
        self.read(&parcel, property)
    }

    fn read(&self, parcel: &Parcel, property: &GenerationKeys) -> Opened {
        let header = parcel.header().verify(&property.signing_key()).unwrap();
        let key = BodyKey::recover(&header, &self.sealing).unwrap();
        let mut reader = BodyReader::new(&header);
        let (mut head, mut changes) = (None, Vec::new());
        for (number, chunk) in (0..).zip(parcel.chunks()) {
            let mut plain = chunk.to_vec();
            key.open(number, &mut plain).unwrap();
            let piece = reader.read(&plain).unwrap();
            head = head.or(piece.head);
            changes.extend(piece.changes.iter().map(|row| Change::parse(row).unwrap()));
        }
        reader.finish().unwrap();
        let head = head.unwrap();
        Opened {
            is_snapshot: matches!(header.kind, header::UpdateKind::Snapshot),
            header: parcel.header().peek_unverified().unwrap(),
            key: head.list_key.clone(),
            digest: head.digest,
            settings: head.settings.as_ref().map(|settings| settings.to_bytes().unwrap().to_vec()),
            changes,
        }
    }
}

/// An update as its door reads it.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) header: header::UpdateHeader,
    pub(super) is_snapshot: bool,
    key: ListKey,
    digest: ListDigest,
    settings: Option<Vec<u8>>,
    pub(super) changes: Vec<Change>,
}

impl Opened {
    pub(super) fn keys(&self) -> Vec<RowKey> {
        self.changes.iter().map(Change::key).collect()
    }
}
