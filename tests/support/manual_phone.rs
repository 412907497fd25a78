//! A phone that speaks the protocol by hand: each message is made when the test says so, and can be changed before it is sent.

use thumbturn_lock::input::ConnectionId;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_protocol::full::{self, Initiator, RequestPayload};
use thumbturn_protocol::grant::Grant;
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
    /// What it asks for.
    pub kind: OperationKind,
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
        Self { keys, random, credential: None, ticket: None, press: 1, kind: OperationKind::Unlock }
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

    /// Its grant.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn grant(&self) -> Grant {
        self.credential().grant.peek_unverified().expect("a grant")
    }

    /// Makes a share of its grant for a guest's phone.
    ///
    /// # Panics
    ///
    /// When it has no credential.
    #[must_use]
    pub fn share(&mut self, guest: PhoneId, validity: Validity) -> Credential {
        let grant = self.grant();
        let id = ShareId::random(&mut self.random).expect("a seeded source");
        self.sign_share(&Share::new(
            grant.door,
            grant.door_key,
            grant.generation,
            grant.serial,
            guest,
            id,
            validity,
        ))
    }

    /// Signs a share as it is, sensible or not, and puts it behind its grant.
    ///
    /// # Panics
    ///
    /// When it has no credential.
    #[must_use]
    pub fn sign_share(&self, share: &Share) -> Credential {
        let credential = self.credential().clone();
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
            operation: Operation { kind: self.kind, id: operation, attempt },
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
        self.full_request_with(hello, &payload)
    }

    /// A full request with a payload of the test's own.
    ///
    /// # Panics
    ///
    /// When the certificate cannot be read.
    pub fn full_request_with(&mut self, hello: &Hello, payload: &RequestPayload) -> (Sent, Vec<u8>) {
        let credential = self.credential.as_ref().expect("a credential");
        let door = credential.certificate.peek_unverified().expect("a certificate").keys.session_key;
        let ephemeral = Ephemeral::generate(&mut self.random).expect("a seeded source");
        let (initiator, request) =
            full::request(&self.keys.session, door, &credential.tag_key, hello, payload, ephemeral)
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
        let request = ticket.open().request(hello, counters, self.kind).expect("counters in range");
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
                let (answer, session) = ticket.open().read_answer(&hello, &request, &bytes).ok()?;
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
        self.try_full(door, operation, 1).outcome()
    }

    /// One whole unlock by the fast path on a new connection.
    ///
    /// # Panics
    ///
    /// Without a ticket.
    pub fn unlock_fast(&mut self, door: &mut BenchDoor) -> Outcome {
        let press = self.press;
        self.press += 1;
        self.try_fast(door, press, 1).outcome()
    }

    /// A fast unlock at a door whose power may be failing: `None` when it did not open.
    pub fn unlock_fast_or_not(&mut self, door: &mut BenchDoor) -> Option<Outcome> {
        self.ticket.as_ref()?;
        let press = self.press;
        self.press = press.checked_add(1)?;
        match self.try_fast(door, press, 1) {
            Reply::Answer(answer) => Some(answer.outcome),
            Reply::NotAccepted(_) | Reply::Silence => None,
        }
    }

    /// One try of an operation by a full handshake on a new connection.
    pub fn try_full(&mut self, door: &mut BenchDoor, operation: OperationId, attempt: u8) -> Reply {
        let payload = self.payload(operation, attempt);
        self.try_full_with(door, &payload)
    }

    /// The same, with a payload of the test's own.
    pub fn try_full_with(&mut self, door: &mut BenchDoor, payload: &RequestPayload) -> Reply {
        let connection = door.connect();
        let hello = door.hello(connection);
        let (sent, request) = self.full_request_with(&hello, payload);
        let messages = door.ask(connection, MessageType::FullRequest, &request);
        door.disconnect(connection);
        self.read_reply(sent, &messages)
    }

    /// One try of a press by the fast path on a new connection.
    ///
    /// # Panics
    ///
    /// Without a ticket.
    pub fn try_fast(&mut self, door: &mut BenchDoor, press: u8, attempt: u8) -> Reply {
        let connection = door.connect();
        let reply = self.try_fast_on(door, connection, press, attempt);
        door.disconnect(connection);
        reply
    }

    /// The same, on a connection whose hello waits.
    ///
    /// # Panics
    ///
    /// Without a ticket or a hello.
    pub fn try_fast_on(
        &mut self,
        door: &mut BenchDoor,
        connection: ConnectionId,
        press: u8,
        attempt: u8,
    ) -> Reply {
        let hello = door.hello(connection);
        let (sent, request) = self.fast_request(&hello, press, attempt);
        let messages = door.ask(connection, MessageType::FastRequest, &request);
        self.read_reply(sent, &messages)
    }

    /// What the door says to a request. Records behind the answer must tell what the bolt did.
    ///
    /// # Panics
    ///
    /// When an answer is not authentic, or something else follows it.
    pub fn read_reply(&mut self, sent: Sent, messages: &[Message]) -> Reply {
        let Some((first, rest)) = messages.split_first() else { return Reply::Silence };
        if first.message_type == MessageType::NotAccepted {
            assert!(rest.is_empty(), "nothing follows a refusal");
            let [code] = first.payload.as_slice() else { panic!("one byte") };
            return Reply::NotAccepted(*code);
        }
        let (answer, mut records) = self.read(sent, first);
        for record in rest {
            assert!(matches!(records.open(&record.payload), Ok(Record::Actuator { .. })));
        }
        Reply::Answer(answer)
    }
}

/// What a door says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An authentic answer.
    Answer(Answer),
    /// *Not accepted*, with its code (spec §4.6).
    NotAccepted(u8),
    /// Nothing.
    Silence,
}

impl Reply {
    /// The outcome of an answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Answer(answer) => answer.outcome,
            Self::NotAccepted(code) => panic!("not accepted {code}"),
            Self::Silence => panic!("silence"),
        }
    }
}
