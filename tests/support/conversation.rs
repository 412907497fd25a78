//! A session on the bench after the answer: records said and heard by hand.

use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::bounded::List;
use thumbturn_protocol::bulletin::{Bulletin, Entry};
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::ids::EventNumber;
use thumbturn_protocol::limits;
use thumbturn_protocol::log::SealedBatch;
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::record::{DoorKnowledge, DoorObject, Record, Records, TakenObject};
use thumbturn_protocol::signed::Received;

use crate::bench_door::{BenchDoor, frames};
use crate::manual_phone::ManualPhone;

/// An open session of a phone.
pub struct Conversation {
    /// Its connection.
    pub connection: ConnectionId,
    /// The answer with which it began.
    pub answer: Answer,
    records: Records,
}

impl Conversation {
    /// Unlocks with a full handshake and stays.
    ///
    /// # Panics
    ///
    /// When the door gives no answer.
    pub fn begin(phone: &mut ManualPhone, door: &mut BenchDoor) -> Self {
        let connection = door.connect();
        let hello = door.hello(connection);
        let operation = phone.new_operation();
        let (sent, request) = phone.full_request(&hello, operation, 1);
        let messages = door.ask(connection, MessageType::FullRequest, &request);
        let (first, rest) = messages.split_first().expect("an answer");
        let (answer, mut records) = phone.read(sent, first);
        for record in rest {
            assert!(matches!(records.open(&record.payload), Ok(Record::Actuator { .. })));
        }
        Self { connection, answer, records }
    }

    /// Says a record, and gives what the door says to it.
    ///
    /// # Panics
    ///
    /// When the door says something that is no record of this session.
    pub fn say(&mut self, door: &mut BenchDoor, record: &Record) -> Vec<Record> {
        let payload = self.records.seal(record).expect("a session that lives");
        let heard = door.ask(self.connection, MessageType::Record, &payload);
        heard.iter().map(|message| self.records.open(&message.payload).expect("a record")).collect()
    }

    /// Says a record and lets the door do nothing yet.
    ///
    /// # Panics
    ///
    /// When the session is over.
    pub fn say_unpolled(&mut self, door: &mut BenchDoor, record: &Record) {
        let payload = self.records.seal(record).expect("a session that lives");
        for frame in frames(MessageType::Record, &payload, AttMtu::MAXIMUM) {
            door.write_unpolled(self.connection, &frame);
        }
    }

    /// What the door has said since.
    ///
    /// # Panics
    ///
    /// When it said something that is no record of this session.
    pub fn heard(&mut self, door: &mut BenchDoor) -> Vec<Record> {
        let heard = door.messages(self.connection);
        heard.iter().map(|message| self.records.open(&message.payload).expect("a record")).collect()
    }

    /// Asks for a new hello on the same connection and unlocks once more; the session ends.
    ///
    /// # Panics
    ///
    /// When the door gives no answer.
    pub fn unlock_again(self, phone: &mut ManualPhone, door: &mut BenchDoor) -> Outcome {
        let hello = door.ask_hello(self.connection).expect("a hello");
        let operation = phone.new_operation();
        let (sent, request) = phone.full_request(&hello, operation, 1);
        let messages = door.ask(self.connection, MessageType::FullRequest, &request);
        let answer = phone.read(sent, messages.first().expect("an answer")).0;
        door.disconnect(self.connection);
        answer.outcome
    }

    /// What the door knows and lacks.
    ///
    /// # Panics
    ///
    /// When it does not say so.
    pub fn state(&mut self, door: &mut BenchDoor) -> DoorKnowledge {
        match self.say(door, &Record::Ask).as_slice() {
            [Record::State(state)] => state.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The door's newest receipt.
    ///
    /// # Panics
    ///
    /// When the door says something else.
    pub fn receipt(&mut self, door: &mut BenchDoor) -> Option<SealedReceipt> {
        match self.say(door, &Record::Fetch(DoorObject::Receipt)).as_slice() {
            [Record::Receipt(receipt)] => Some(receipt.clone()),
            [Record::Nothing(DoorObject::Receipt)] | [] => None,
            other => panic!("{other:?}"),
        }
    }

    /// The events that the door gives this phone, and whether it is told that they are kept.
    ///
    /// # Panics
    ///
    /// When the door says something else.
    pub fn batch(&mut self, door: &mut BenchDoor, keeps: bool) -> Option<SealedBatch> {
        let mut bytes = Vec::new();
        let heard = self.say(door, &Record::Fetch(DoorObject::LogBatch));
        if matches!(heard.as_slice(), [] | [Record::Nothing(DoorObject::LogBatch)]) {
            return None;
        }
        let mut batch = EventNumber(0);
        for record in heard {
            let Record::LogPiece { first, total, offset, bytes: piece } = record else {
                panic!("{record:?}")
            };
            assert_eq!(usize::from(offset), bytes.len());
            bytes.extend_from_slice(&piece);
            assert!(bytes.len() <= usize::from(total));
            batch = first;
        }
        let sealed = SealedBatch::from_bytes(&bytes).expect("a batch");
        assert_eq!(sealed.peek_unverified().expect("a header").first, batch);
        if keeps {
            let taken = Record::Taken(TakenObject::LogBatch { first: batch });
            assert_eq!(self.say(door, &taken), []);
        }
        Some(sealed)
    }

    /// Hands a bulletin over; `false`: the door did not ask for its entries.
    ///
    /// # Panics
    ///
    /// When the door says something else.
    pub fn hand_over(&mut self, door: &mut BenchDoor, bulletin: &Bulletin) -> bool {
        let wanted = self.say(door, &Record::BulletinHeader(bulletin.header.clone().into()));
        if wanted != [Record::Fetch(DoorObject::Bulletin)] {
            assert_eq!(wanted, []);
            return false;
        }
        for record in entries(bulletin) {
            assert_eq!(self.say(door, &record), []);
        }
        true
    }
}

/// The entries of a bulletin, in as few records as can be.
///
/// # Panics
///
/// When the bulletin is longer than a bulletin can be.
#[must_use]
pub fn entries(bulletin: &Bulletin) -> Vec<Record> {
    let header = Received::from(bulletin.header.clone()).peek_unverified();
    let epoch = header.expect("a header").epoch;
    let chunks = bulletin.entries.chunks(limits::RECORD_ENTRIES);
    let record = |(index, entries): (usize, &[Entry])| Record::BulletinEntries {
        epoch,
        first: u16::try_from(index * limits::RECORD_ENTRIES).expect("a short bulletin"),
        entries: List::try_from(entries.to_vec()).expect("a chunk"),
    };
    chunks.enumerate().map(record).collect()
}
