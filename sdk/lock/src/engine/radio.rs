//! Connections, frames and the dispatch of messages (spec §4).

use alloc::vec::Vec;

use thumbturn_protocol::frame::{AttMtu, Message, MessageType};
use thumbturn_protocol::record::Record;
use thumbturn_protocol::time::Millis;

use super::Engine;
use crate::connection::Stage;
use crate::input::ConnectionId;
use crate::output::Output;
use crate::platform::Platform;
use crate::work::Work;

/// Why a request was not accepted, as far as the peer is told (spec §4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAccepted {
    /// Unknown ticket, wrong tag, or a handshake that does not verify.
    NotRecognised,
    /// Too many handshakes.
    Busy,
    /// No hello is live.
    Stale,
}

impl NotAccepted {
    const fn code(self) -> u8 {
        match self {
            Self::NotRecognised => 1,
            Self::Busy => 2,
            Self::Stale => 3,
        }
    }
}

impl<P: Platform> Engine<P> {
    pub(super) fn connected(&mut self, now: Millis, id: ConnectionId) {
        // The adapter may give a new connection the number of one that has ended.
        self.leaving.retain(|leaving| *leaving != id);
        self.motor.forget_listener(id);
        if !self.connections.add(id, now) {
            self.leaving.push_back(id);
            return;
        }
        if let Some(evicted) = self.connections.to_evict(id, now) {
            self.end(evicted);
        }
        self.advertising.connection_opened();
    }

    pub(super) fn disconnected(&mut self, now: Millis, id: ConnectionId) {
        self.connections.remove(id);
        if self.connections.is_empty() {
            self.advertising.last_connection_closed(now);
        }
    }

    pub(super) fn subscribed(&mut self, now: Millis, id: ConnectionId) {
        let Some(connection) = self.connections.get(id) else { return };
        // A second subscription changes nothing: a phone that wants another hello asks for it.
        if !core::mem::replace(&mut connection.subscribed, true) {
            self.push_hello(now, id);
        }
    }

    pub(super) fn mtu_changed(&mut self, id: ConnectionId, mtu: AttMtu) {
        if let Some(connection) = self.connections.get(id) {
            connection.mtu = mtu;
        }
    }

    pub(super) fn writable(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get(id) {
            connection.writable();
        }
    }

    pub(super) fn received(&mut self, now: Millis, id: ConnectionId, frame: &[u8]) {
        let message = self.connections.get(id).and_then(|connection| connection.receive(frame));
        if let Some(message) = message {
            self.received_message(now, id, message);
        }
    }

    fn received_message(&mut self, now: Millis, id: ConnectionId, message: Message) {
        let Message { message_type, payload } = message;
        match message_type {
            MessageType::HelloRequest => self.hello_requested(now, id),
            MessageType::FastRequest => self.fast_requested(now, id, &payload),
            MessageType::FullRequest => self.full_requested(now, id, &payload),
            MessageType::ClaimRequest => self.claim_requested(now, id, &payload),
            MessageType::Record => self.received_record(now, id, payload),
            // A door's own messages: the reassembler does not let them through.
            MessageType::Hello
            | MessageType::FullAnswer
            | MessageType::FastAnswer
            | MessageType::ClaimAnswer
            | MessageType::NotAccepted => {}
        }
    }

    /// A record that cannot be opened ends the session, whoever sent it (spec §7.1).
    fn received_record(&mut self, now: Millis, id: ConnectionId, payload: Vec<u8>) {
        let Some(connection) = self.connections.get(id) else { return };
        let Stage::Session(session) = &mut connection.stage else { return };
        session.heard(now);
        self.work.add(Work::sealed_bytes(payload.len()));
        let record = session.records.open_in_place(payload);
        let claims = session.claim.is_some();
        match record {
            Ok(Record::ClaimConfirm) => self.claim_confirmed(now, id),
            // Whoever claims has shown the secret of a label, and no grant of anybody.
            Ok(record) if !claims && self.is_claimed() => self.delivered(now, id, record),
            Ok(_) | Err(_) => self.end(id),
        }
    }

    /// Says that a request was not accepted; too many of these end the connection.
    pub(super) fn refuse(&mut self, id: ConnectionId, reason: NotAccepted) {
        if reason == NotAccepted::NotRecognised {
            self.housekeeping.count_failure();
        }
        let Some(connection) = self.connections.get(id) else { return };
        connection.send(MessageType::NotAccepted, alloc::vec![reason.code()]);
        if connection.failed() {
            self.end(id);
        }
    }

    /// Ends a connection at the next poll. What it still had to say is lost.
    pub(super) fn end(&mut self, id: ConnectionId) {
        self.connections.remove(id);
        self.leaving.push_back(id);
    }

    /// The next frame that some connection can send.
    pub(super) fn next_notification(&mut self) -> Option<Output> {
        self.connections
            .iter_mut()
            .find_map(|connection| Some(Output::Notify(connection.id, connection.next_frame()?)))
    }

    /// Ends connections whose time is up.
    pub(super) fn drop_expired(&mut self, now: Millis) {
        loop {
            let expired = self.connections.iter().find(|connection| connection.deadline() <= now);
            let Some(id) = expired.map(|connection| connection.id) else { return };
            self.end(id);
        }
    }
}
