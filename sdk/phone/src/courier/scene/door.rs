//! A door that follows a script.

use std::collections::{BTreeMap, VecDeque};

use thumbturn_protocol::bounded::{Bytes, List};
use thumbturn_protocol::bulletin::{BulletinHeader, BulletinReader, BulletinVersion, Entry};
use thumbturn_protocol::ids::{BulletinEpoch, EventNumber, Generation, ListVersion, ReceiptNumber, UpdateId};
use thumbturn_protocol::keys::{ExchangeKey, VerifyingKey};
use thumbturn_protocol::log::{BatchDraft, LogHead};
use thumbturn_protocol::receipt::{Receipt, ReceiptBody, ReceiptFlags, ReceiptHeader, SealedReceipt};
use thumbturn_protocol::record::{
    DoorKnowledge, DoorObject, Progress, Record, Staged, TakenObject, UpdateRefusal,
};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::statement::{Origin, StatementKeys};
use thumbturn_protocol::time_token::TimeNonce;
use thumbturn_protocol::update::header::{UpdateHeader, UpdateKind};
use thumbturn_protocol::update::seal::BodyKey;
use thumbturn_protocol::update::tree::Node;
use thumbturn_protocol::update::verifier::ChunkVerifier;

use super::{DoorKeys, Scene};
use crate::fixture::{BEGIN, TestRandom, seconds};

/// Bytes of a log batch in one record.
const LOG_PIECE: usize = 900;

pub(crate) struct ScriptedDoor {
    pub(crate) keys: DoorKeys,
    pub(crate) origin: Origin,
    root: VerifyingKey,
    signing: VerifyingKey,
    sealing: ExchangeKey,
    /// The generation whose keys have signed its list.
    pub(crate) list_generation: Generation,
    pub(crate) list_version: ListVersion,
    pub(crate) bulletin: Option<HeldBulletin>,
    incoming: Option<(BulletinReader, HeldBulletin)>,
    pub(crate) receipt: u32,
    /// Events that were not acknowledged, by number.
    pub(crate) events: BTreeMap<u32, Vec<u8>>,
    pub(crate) next_event: u32,
    pub(crate) times: Vec<Option<u32>>,
    pub(crate) taken: Vec<EventNumber>,
    pub(crate) staged: BTreeMap<UpdateId, Vec<Vec<u8>>>,
    transfer: Option<Incoming>,
    /// What it says next.
    pub(crate) says: VecDeque<Record>,
    /// Everything that it was told.
    pub(crate) heard: Vec<Record>,
    /// Set when a phone broke a rule.
    pub(crate) offence: Option<&'static str>,
    pub(crate) busy_with_another_phone: bool,
    random: TestRandom,
}

#[derive(Clone)]
pub(crate) struct HeldBulletin {
    pub(crate) version: BulletinVersion,
    pub(crate) header: Received<BulletinHeader>,
    pub(crate) entries: Vec<Entry>,
}

struct Incoming {
    id: UpdateId,
    header: thumbturn_protocol::signed::Verified<UpdateHeader>,
    verifier: ChunkVerifier,
    proof: (u16, Vec<Node>),
    chunk: Vec<u8>,
    complained: bool,
    failures: u8,
    /// The farthest place that a progress named, in bytes from the beginning: a phone may not have heard of a later gap yet.
    confirmed: usize,
}

impl ScriptedDoor {
    pub(super) fn new(scene: &Scene, keys: DoorKeys) -> Self {
        Self {
            origin: scene.origin(&keys),
            keys,
            root: scene.property.root.public(),
            signing: scene.property.signing.public(),
            sealing: scene.sealing.public(),
            list_generation: scene.property.generation,
            list_version: ListVersion(10),
            bulletin: None,
            incoming: None,
            receipt: 0,
            events: BTreeMap::new(),
            next_event: 1,
            times: Vec::new(),
            taken: Vec::new(),
            staged: BTreeMap::new(),
            transfer: None,
            says: VecDeque::new(),
            heard: Vec::new(),
            offence: None,
            busy_with_another_phone: false,
            random: TestRandom(77),
        }
    }

    /// A new session: whatever was under way on the last one is over, what is staged stays.
    pub(crate) fn begin_session(&mut self) {
        self.transfer = None;
        self.incoming = None;
        self.says.clear();
        self.heard.clear();
    }

    pub(crate) fn happen(&mut self, events: u32) {
        for _ in 0..events {
            self.events.insert(self.next_event, vec![7; 40]);
            self.next_event += 1;
        }
    }

    pub(crate) fn take_bulletin(&mut self, bulletin: &thumbturn_protocol::bulletin::Bulletin) {
        let header = Received::from(bulletin.header.clone());
        let version = header.verify(&self.signing).unwrap().version();
        self.bulletin = Some(HeldBulletin { version, header, entries: bulletin.entries.clone() });
    }

    pub(crate) fn state(&self) -> DoorKnowledge {
        let staged = self
            .staged
            .iter()
            .take(2)
            .map(|(update, chunks)| Staged { update: *update, chunk: u16::try_from(chunks.len()).unwrap() });
        let epoch = self
            .bulletin
            .as_ref()
            .filter(|held| held.version.generation == self.origin.generation)
            .map_or(BulletinEpoch(0), |held| held.version.epoch);
        DoorKnowledge {
            generation: self.origin.generation,
            list_version: self.list_version,
            bulletin_epoch: epoch,
            receipt: ReceiptNumber(self.receipt),
            log_first: EventNumber(self.events.keys().next().copied().unwrap_or(0)),
            log_next: EventNumber(self.next_event),
            nonce: TimeNonce([1; 8]),
            staged: staged.collect::<Vec<_>>().try_into().unwrap(),
        }
    }

    pub(crate) fn receive(&mut self, record: Record) {
        self.heard.push(record.clone());
        match record {
            Record::Ask => self.says.push_back(Record::State(self.state())),
            Record::Rotation(rotation) => {
                let rotation = rotation.verify(&self.root).unwrap();
                self.origin.generation = rotation.generation.max(self.origin.generation);
                self.signing = rotation.signing_key;
                self.sealing = rotation.sealing_key;
            }
            Record::BulletinHeader(header) => self.on_bulletin_header(header),
            Record::BulletinEntries { epoch, first, entries } => {
                let Some((mut reader, mut held)) = self.incoming.take() else { return };
                if reader.take(epoch, first, &entries).is_ok() {
                    held.entries.extend_from_slice(&entries);
                    self.incoming = Some((reader, held));
                    self.complete_bulletin();
                }
            }
            Record::Fetch(DoorObject::Bulletin) => self.give_bulletin(),
            Record::Fetch(DoorObject::Receipt) => {
                let answer = if self.receipt == 0 {
                    Record::Nothing(DoorObject::Receipt)
                } else {
                    Record::Receipt(self.make_receipt(self.receipt))
                };
                self.says.push_back(answer);
            }
            Record::Fetch(DoorObject::LogBatch) => self.give_batch(),
            Record::Time { token, elapsed } => {
                token.verify(&self.signing).unwrap();
                self.times.push(elapsed);
            }
            Record::Offer(header) => self.on_offer(&header),
            Record::Proof { chunk, nodes } => {
                // One of a chunk that is not the next came behind a gap: it comes again.
                if let Some(transfer) = &mut self.transfer
                    && usize::from(chunk) == self.staged.get(&transfer.id).map_or(0, Vec::len)
                {
                    transfer.proof = (chunk, nodes.to_vec());
                }
            }
            Record::Piece { chunk, offset, bytes } => self.on_piece(chunk, offset, &bytes),
            Record::Taken(TakenObject::LogBatch { first }) => self.taken.push(first),
            Record::Acknowledgement(word) => {
                let word = word.verify(&self.signing).unwrap();
                self.events.retain(|number, _| *number > word.sequence.0);
            }
            _ => self.offence = Some("a record that phones do not send"),
        }
    }

    fn on_bulletin_header(&mut self, header: Received<BulletinHeader>) {
        let verified = header.verify(&self.signing).unwrap();
        let version = verified.version();
        if self.bulletin.as_ref().is_some_and(|held| held.version >= version) {
            self.offence = Some("a bulletin that is not newer");
            return;
        }
        let held = HeldBulletin { version, header, entries: Vec::new() };
        self.incoming = Some((BulletinReader::new(verified), held));
        self.says.push_back(Record::Fetch(DoorObject::Bulletin));
        self.complete_bulletin();
    }

    fn complete_bulletin(&mut self) {
        if !self.incoming.as_ref().is_some_and(|(reader, _)| reader.is_full()) {
            return;
        }
        let (reader, held) = self.incoming.take().unwrap();
        if reader.finish().is_ok() {
            self.bulletin = Some(held);
            self.receipt += 1;
        }
    }

    fn give_bulletin(&mut self) {
        let Some(held) = self.bulletin.clone() else {
            self.says.push_back(Record::Nothing(DoorObject::Bulletin));
            return;
        };
        self.says.push_back(Record::BulletinHeader(held.header));
        let mut first = 0;
        for some in held.entries.chunks(32) {
            let entries = List::try_from(some.to_vec()).unwrap();
            self.says.push_back(Record::BulletinEntries { epoch: held.version.epoch, first, entries });
            first += u16::try_from(some.len()).unwrap();
        }
    }

    pub(crate) fn make_receipt(&mut self, number: u32) -> SealedReceipt {
        let header = ReceiptHeader {
            origin: self.origin,
            number: ReceiptNumber(number),
            list_version: self.list_version,
            flags: ReceiptFlags::default(),
        };
        let body = ReceiptBody {
            list_digest: [1; 32],
            bulletin_epoch: BulletinEpoch(0),
            clock: seconds(BEGIN),
            clock_error: 0,
            battery: 80,
            firmware: 1,
            log_next: EventNumber(self.next_event),
            log_head: LogHead([0; 32]),
            lost_events: 0,
        };
        let keys = StatementKeys { receipt_key: &self.keys.receipt, sealing_key: &self.sealing };
        Receipt { header, body }.seal(&keys, &mut self.random).unwrap()
    }

    pub(crate) fn batch_bytes(&mut self) -> Option<(u32, Vec<u8>)> {
        let first = *self.events.keys().next()?;
        let mut draft = BatchDraft::new(self.origin, EventNumber(first), LogHead([0; 32]), 0).unwrap();
        for event in self.events.values() {
            if !draft.push(event).unwrap() {
                break;
            }
        }
        let keys = StatementKeys { receipt_key: &self.keys.receipt, sealing_key: &self.sealing };
        Some((first, draft.seal(&keys, &mut self.random).unwrap().as_bytes().to_vec()))
    }

    fn give_batch(&mut self) {
        let Some((first, bytes)) = self.batch_bytes() else {
            self.says.push_back(Record::Nothing(DoorObject::LogBatch));
            return;
        };
        let total = u16::try_from(bytes.len()).unwrap();
        let mut offset = 0;
        for piece in bytes.chunks(LOG_PIECE) {
            let bytes = Bytes::try_from(piece).unwrap();
            self.says.push_back(Record::LogPiece { first: EventNumber(first), total, offset, bytes });
            offset += u16::try_from(piece.len()).unwrap();
        }
    }

    fn progress(&mut self, update: UpdateId, progress: Progress) {
        if let (Some(transfer), Progress::Next { chunk, offset } | Progress::Gap { chunk, offset }) =
            (&mut self.transfer, progress)
        {
            transfer.confirmed = transfer.confirmed.max(place(chunk, offset));
        }
        self.says.push_back(Record::Progress { update, progress });
    }

    fn on_offer(&mut self, header: &[u8]) {
        let received = Received::<UpdateHeader>::from_bytes(header).unwrap();
        let id = received.id();
        let Ok(header) = received.verify(&self.signing) else {
            return self.progress(id, Progress::Refused(UpdateRefusal::NotAuthentic));
        };
        let subject = &header.subject;
        if (subject.door, subject.door_key, subject.generation)
            != (self.origin.door, self.origin.door_key, self.origin.generation)
        {
            return self.progress(id, Progress::Refused(UpdateRefusal::NotForThisDoor));
        }
        if (subject.generation, header.to) <= (self.list_generation, self.list_version) {
            return self.progress(id, Progress::Refused(UpdateRefusal::NotNewer));
        }
        if matches!(header.kind, UpdateKind::Delta { from } if from > self.list_version) {
            return self.progress(id, Progress::Refused(UpdateRefusal::DoesNotContinue));
        }
        if core::mem::take(&mut self.busy_with_another_phone) {
            return self.progress(id, Progress::Refused(UpdateRefusal::TransferUnderWay));
        }
        let chunk = u16::try_from(self.staged.entry(id).or_default().len()).unwrap();
        self.transfer = Some(Incoming {
            id,
            verifier: ChunkVerifier::new(&header),
            header,
            proof: (0, Vec::new()),
            chunk: Vec::new(),
            complained: false,
            failures: 0,
            confirmed: 0,
        });
        self.progress(id, Progress::Next { chunk, offset: 0 });
    }

    fn on_piece(&mut self, chunk: u16, offset: u16, bytes: &[u8]) {
        let Some(transfer) = &mut self.transfer else { return };
        if place(chunk, offset) + bytes.len() > transfer.confirmed + 8_192 {
            self.offence = Some("more than the window");
        }
        let id = transfer.id;
        let chunks = self.staged.entry(id).or_default();
        let expected = u16::try_from(chunks.len()).unwrap();
        if (chunk, usize::from(offset)) != (expected, transfer.chunk.len()) {
            if !core::mem::replace(&mut transfer.complained, true) {
                let offset = u16::try_from(transfer.chunk.len()).unwrap();
                self.progress(id, Progress::Gap { chunk: expected, offset });
            }
            return;
        }
        transfer.complained = false;
        transfer.chunk.extend_from_slice(bytes);
        let size = transfer.header.size;
        if Some(transfer.chunk.len()) < size.sealed_chunk(chunk) {
            return;
        }
        let sealed = core::mem::take(&mut transfer.chunk);
        let proof = if transfer.proof.0 == chunk { transfer.proof.1.clone() } else { Vec::new() };
        if transfer.verifier.accept(chunk, &sealed, &proof).is_err() {
            transfer.failures += 1;
            // A proof that vanished is no offence.
            if transfer.failures > 8 {
                self.offence = Some("chunks that do not lead to the root");
            }
            return self.progress(id, Progress::Gap { chunk, offset: 0 });
        }
        chunks.push(sealed);
        if chunks.len() < usize::from(size.chunks()) {
            return self.progress(id, Progress::Next { chunk: chunk + 1, offset: 0 });
        }
        self.apply();
    }

    fn apply(&mut self) {
        let transfer = self.transfer.take().unwrap();
        let key = BodyKey::recover(&transfer.header, &self.keys.sealing).unwrap();
        let chunks = self.staged.remove(&transfer.id).unwrap();
        for (number, mut chunk) in (0..).zip(chunks) {
            key.open(number, &mut chunk).unwrap();
        }
        self.progress(transfer.id, Progress::Applying);
        self.list_generation = transfer.header.subject.generation;
        self.list_version = transfer.header.to;
        self.receipt += 1;
        self.progress(transfer.id, Progress::Applied { list_version: self.list_version });
    }
}

fn place(chunk: u16, offset: u16) -> usize {
    usize::from(chunk) * 4_048 + usize::from(offset)
}
