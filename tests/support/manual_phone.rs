//! A phone that speaks the protocol by hand: each message is made when the test says so, and can be changed before it is sent.

use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_protocol::full::{self, Initiator, RequestPayload};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{OperationId, PhoneId, ShareId};
use thumbturn_protocol::keys::PhoneKeys;
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::share::{Share, ShareChain};
use thumbturn_protocol::signed::Signable;
use thumbturn_protocol::ticket::{Counters, FastAnswer, FastRequest, Ticket};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::random::SeededRandom;

use crate::bench_door::BenchDoor;

/// A phone without any policy.
pub struct ManualPhone {
    /// Its keys.
    pub keys: PhoneKeys,
    /// Its random source.
    pub random: SeededRandom,
    credential: Option<Credential>,
    /// Its ticket, once it has one.
    pub ticket: Option<Ticket>,
    /// The press of its next intent under the ticket.
    pub press: u8,
}

/// A request that left the phone.
pub enum Sent {
    /// A full handshake.
    Full(Box<Initiator>),
    /// The fast path, with the ticket it was made under.
    Fast(Ticket, FastRequest, Hello),
}

impl ManualPhone {
    /// A phone with new keys.
    ///
    /// # Panics
    ///
    /// Never: a seeded source does not fail.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = SeededRandom::new(seed);
        let keys = PhoneKeys::generate(&mut random).expect("a seeded source");
        Self { keys, random, credential: None, ticket: None, press: 1 }
    }

    /// Its phone id.
    #[must_use]
    pub fn id(&self) -> PhoneId {
        self.keys.public().id()
    }

    /// Takes a credential in the place of the one before.
    pub fn keep(&mut self, credential: Credential) {
        self.credential = Some(credential);
    }

    /// Its credential.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        self.credential.as_ref().expect("a credential")
    }

    /// Makes a share of its grant for a guest's phone.
    ///
    /// # Panics
    ///
    /// When it has no credential.
    #[must_use]
    pub fn share(&mut self, guest: PhoneId, validity: Validity) -> Credential {
        let credential = self.credential().clone();
        let grant = credential.grant.peek_unverified().expect("a grant");
        let id = ShareId::random(&mut self.random).expect("a seeded source");
        let share = Share::new(grant.door, grant.door_key, grant.serial, guest, id, validity);
        let share = share.sign(&self.keys.signing).expect("a share").into();
        let chain = ShareChain { granter: self.keys.public(), share };
        Credential::new(credential.certificate, credential.tag_key, credential.grant, Some(chain))
    }

    /// A new operation id.
    pub fn new_operation(&mut self) -> OperationId {
        OperationId::random(&mut self.random).expect("a seeded source")
    }

    /// The payload of message 1 for an operation.
    #[must_use]
    pub fn payload(&self, operation: OperationId, attempt: u8) -> RequestPayload {
        let credential = self.credential();
        RequestPayload {
            phone_signing_key: self.keys.public().signing_key,
            operation: Operation { kind: OperationKind::Unlock, id: operation, attempt },
            grant: credential.grant.clone(),
            share: credential.share.clone(),
        }
    }

    /// A full request for a hello.
    ///
    /// # Panics
    ///
    /// When the certificate cannot be read.
    pub fn full_request(&mut self, hello: &Hello, operation: OperationId, attempt: u8) -> (Sent, Vec<u8>) {
        let payload = self.payload(operation, attempt);
        let credential = self.credential.as_ref().expect("a credential");
        let door = credential.certificate.peek_unverified().expect("a certificate").keys.session_key;
        let ephemeral = Ephemeral::generate(&mut self.random).expect("a seeded source");
        let (initiator, request) =
            full::request(&self.keys.session, door, &credential.tag_key, hello, &payload, ephemeral)
                .expect("a request");
        (Sent::Full(Box::new(initiator)), request)
    }

    /// A fast request for a hello.
    ///
    /// # Panics
    ///
    /// Without a ticket.
    #[must_use]
    pub fn fast_request(&self, hello: &Hello, press: u8, attempt: u8) -> (Sent, Vec<u8>) {
        let ticket = self.ticket.clone().expect("a ticket");
        let counters = Counters { press, attempt };
        let request = ticket.request(hello, counters, OperationKind::Unlock).expect("counters in range");
        let [_, payload @ ..] = request.as_bytes();
        (Sent::Fast(ticket, request, *hello), payload.to_vec())
    }

    /// Reads an answer; moves to the new ticket when there is one.
    ///
    /// # Panics
    ///
    /// When the message is no authentic answer to `sent`.
    pub fn read(&mut self, sent: Sent, message: &Message) -> (Answer, Records) {
        self.try_read(sent, message).expect("an authentic answer")
    }

    /// The same, for answers that may not be authentic.
    pub fn try_read(&mut self, sent: Sent, message: &Message) -> Option<(Answer, Records)> {
        let (answer, session) = match sent {
            Sent::Full(initiator) if message.message_type == MessageType::FullAnswer => {
                let (answer, session) = initiator.finish(&message.payload).ok()?;
                self.start_chain(&answer, &session);
                (answer, session)
            }
            Sent::Fast(ticket, request, hello) if message.message_type == MessageType::FastAnswer => {
                let bytes = FastAnswer::parse(&message.payload).ok()?;
                let (answer, session) = ticket.read_answer(&hello, &request, &bytes).ok()?;
                if answer.ticket {
                    self.ticket = Some(ticket.next());
                    self.press = 1;
                }
                (answer, session)
            }
            Sent::Full(_) | Sent::Fast(..) => return None,
        };
        Some((answer, Records::new(&session, Side::Phone)))
    }

    fn start_chain(&mut self, answer: &Answer, session: &SessionSecret) {
        self.ticket = answer.ticket.then(|| Ticket::first(session));
        self.press = 1;
    }

    /// One whole unlock by a full handshake on a new connection.
    pub fn unlock_full(&mut self, door: &mut BenchDoor) -> Outcome {
        let operation = self.new_operation();
        let connection = door.connect();
        let hello = door.hello(connection);
        let (sent, request) = self.full_request(&hello, operation, 1);
        door.send(connection, MessageType::FullRequest, &request);
        self.finish(door, connection, sent)
    }

    /// One whole unlock by the fast path on a new connection.
    ///
    /// # Panics
    ///
    /// Without a ticket.
    pub fn unlock_fast(&mut self, door: &mut BenchDoor) -> Outcome {
        let press = self.press;
        self.press += 1;
        let connection = door.connect();
        let hello = door.hello(connection);
        let (sent, request) = self.fast_request(&hello, press, 1);
        door.send(connection, MessageType::FastRequest, &request);
        self.finish(door, connection, sent)
    }

    /// Reads the answer and what the bolt did, and hangs up.
    fn finish(&mut self, door: &mut BenchDoor, connection: ConnectionId, sent: Sent) -> Outcome {
        let messages = door.messages(connection);
        let (first, rest) = messages.split_first().expect("an answer");
        let (answer, mut records) = self.read(sent, first);
        for record in rest {
            assert!(matches!(records.open(&record.payload), Ok(Record::Actuator { .. })));
        }
        door.disconnect(connection);
        answer.outcome
    }
}
