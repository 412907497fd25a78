//! What follows the answer: records in both directions (spec §7.2). Signatures wait for `poll`, one slice each.

use alloc::vec::Vec;

use heapless::Deque;
use thumbturn_protocol::bounded::List;
use thumbturn_protocol::bulletin::BulletinHeader;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::log::Acknowledgement;
use thumbturn_protocol::record::{DoorKnowledge, DoorObject, Record, TakenObject};
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};
use thumbturn_protocol::update::header::UpdateHeader;

use super::Engine;
use super::logs::GivenBatch;
use crate::connection::Session;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::work::Work;
use thumbturn_protocol::event::Sequence;

/// Signed objects of one session that wait for their signature to be checked. What comes on top is dropped; the phone sees in
/// the door's state that it was not taken.
const TASKS: usize = 3;

/// What a session delivers and collects.
#[derive(Default)]
pub(crate) struct Delivery {
    tasks: Deque<Task, TASKS>,
    /// The nonce of the newest state record, and when it was drawn.
    pub(super) nonce: Option<(TimeNonce, Millis)>,
    /// The next entry of the bulletin that is being given to the phone.
    pub(super) giving: Option<u16>,
    /// The phone asked for the newest receipt.
    pub(super) wants_receipt: bool,
    /// The phone asked for events.
    pub(super) wants_batch: bool,
    /// The events that the phone is given.
    pub(super) batch: Option<GivenBatch>,
}

impl Delivery {
    pub(crate) const fn wants_batch(&self) -> bool {
        self.wants_batch
    }
}

/// A signed object whose signature is to be checked.
pub(super) enum Task {
    Rotation(Received<KeyRotation>),
    Bulletin(Received<BulletinHeader>),
    Offer(Received<UpdateHeader>),
    Time { token: Received<TimeToken>, elapsed: Option<u32>, heard: Millis },
    Acknowledgement(Received<Acknowledgement>),
}

impl<P: Platform> Engine<P> {
    /// Takes a record of a session. What only doors say, and what this door does not speak, ends the session.
    pub(super) fn delivered(&mut self, now: Millis, id: ConnectionId, record: Record) {
        match record {
            Record::Ask => self.tell_state(now, id),
            Record::Rotation(rotation) => self.put_task(id, Task::Rotation(rotation)),
            Record::BulletinHeader(header) => self.put_task(id, Task::Bulletin(header)),
            Record::Time { token, elapsed } => self.put_task(id, Task::Time { token, elapsed, heard: now }),
            Record::BulletinEntries { epoch, first, entries } => {
                self.take_entries(now, id, epoch, first, &entries)
            }
            Record::Offer(header) => self.put_offer(id, &header),
            Record::Proof { chunk, nodes } => self.take_proof(now, id, chunk, &nodes),
            Record::Piece { chunk, offset, bytes } => self.take_piece(now, id, chunk, offset, &bytes),
            Record::Fetch(DoorObject::Bulletin) => self.give_bulletin(id),
            Record::Fetch(DoorObject::Receipt) => self.want_receipt(id),
            Record::Fetch(DoorObject::LogBatch) => self.want_batch(id),
            Record::Taken(TakenObject::LogBatch { first }) => self.batch_taken(now, id, first),
            Record::Acknowledgement(word) => self.put_task(id, Task::Acknowledgement(word)),
            _ => self.end(id),
        }
    }

    /// Does one piece of what sessions wait for. `false`: none does.
    pub(super) fn step_delivery(&mut self, now: Millis) -> bool {
        let waiting = self.connections.iter_mut().find_map(|connection| {
            let id = connection.id;
            connection.session().and_then(|session| session.delivery.tasks.pop_front()).map(|task| (id, task))
        });
        match waiting {
            Some((_, Task::Rotation(rotation))) => self.take_rotation(now, &rotation),
            Some((id, Task::Bulletin(header))) => self.take_header(now, id, &header),
            Some((id, Task::Offer(header))) => self.take_offer(now, id, header),
            Some((id, Task::Time { token, elapsed, heard })) => self.take_time(heard, id, &token, elapsed),
            Some((_, Task::Acknowledgement(word))) => self.take_acknowledgement(now, &word),
            None => return self.give_entries() || self.give_piece() || self.give_receipt(now),
        }
        true
    }

    /// Says something on a session.
    pub(super) fn tell(&mut self, id: ConnectionId, record: &Record) {
        let Some(connection) = self.connections.get(id) else { return };
        let Some(session) = connection.session() else { return };
        if let Ok(payload) = session.records.seal(record) {
            connection.send(MessageType::Record, payload);
            self.work.add(Work::seals(1));
        }
    }

    pub(super) fn session(&mut self, id: ConnectionId) -> Option<&mut Session> {
        self.connections.get(id)?.session()
    }

    fn put_task(&mut self, id: ConnectionId, task: Task) {
        if let Some(session) = self.session(id) {
            let _ = session.delivery.tasks.push_back(task);
        }
    }

    /// A task that has to wait for something is the next one again.
    pub(super) fn put_back(&mut self, id: ConnectionId, task: Task) {
        if let Some(session) = self.session(id) {
            let _ = session.delivery.tasks.push_front(task);
        }
    }

    fn put_offer(&mut self, id: ConnectionId, header: &[u8]) {
        if let Ok(header) = Received::from_bytes(header) {
            self.put_task(id, Task::Offer(header));
        }
    }

    fn tell_state(&mut self, now: Millis, id: ConnectionId) {
        let Ok(nonce) = TimeNonce::random(&mut self.random) else { return };
        let Ok(staged) = List::try_from(self.staged_updates().collect::<Vec<_>>()) else { return };
        let waiting = self.storage.logs_waiting();
        let first = if waiting { self.storage.acknowledged().next() } else { Sequence(0) };
        let state = DoorKnowledge {
            generation: self
                .identity
                .as_ref()
                .map_or(Generation(0), |identity| identity.configuration.generation),
            list_version: self.list_version(),
            bulletin_epoch: self.bulletin_epoch(),
            receipt: self.receipt_number(now),
            log_first: self.storage.event_number(first),
            log_next: self.storage.event_number(self.storage.newest_event().next()),
            nonce,
            staged,
        };
        let Some(session) = self.session(id) else { return };
        session.delivery.nonce = Some((nonce, now));
        self.tell(id, &Record::State(state));
    }
}
