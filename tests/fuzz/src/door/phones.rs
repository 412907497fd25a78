//! What the phones around the door say, and what they make of its words.

use thumbturn_protocol::claim;
use thumbturn_protocol::frame::{Message, MessageType};
use thumbturn_protocol::full::{self, RequestPayload};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::ticket::{Counters, FastAnswer, Ticket};

use super::World;
use super::estate::{configuration, grant, resident};
use crate::{claim_secret, ephemeral, tag_key};

impl World {
    /// A phone hears a message of the door.
    pub(super) fn heard(&mut self, at: usize, message: &Message) {
        let air = &mut self.air[at];
        match message.message_type {
            MessageType::Hello => {
                let frame = [[0xc1].as_slice(), &message.payload].concat();
                air.hello = Some(Hello::parse(&frame).expect("a door says good hellos"));
            }
            MessageType::FullAnswer => {
                let Some(initiator) = air.full.take() else { return };
                let (answer, session) = initiator.finish(&message.payload).expect("an honest answer");
                if answer.ticket {
                    self.ticket = Some(Ticket::first(&session));
                }
                self.air[at].records = Some(Records::new(&session, Side::Phone));
            }
            MessageType::FastAnswer => {
                let Some((ticket, hello, request)) = air.fast.take() else { return };
                let heard = FastAnswer::parse(&message.payload).expect("19 bytes");
                let (answer, session) =
                    ticket.open().read_answer(&hello, &request, &heard).expect("an honest answer");
                if answer.ticket {
                    self.ticket = Some(ticket.next());
                }
                self.air[at].records = Some(Records::new(&session, Side::Phone));
            }
            MessageType::Record => {
                let Some(records) = &mut air.records else { return };
                let record = records.open(&message.payload).expect("an honest record");
                air.claimed |= record == Record::Claimed;
            }
            MessageType::ClaimAnswer => {
                let Some(claimer) = air.claimer.take() else { return };
                let (keys, session) = claimer.finish(&message.payload).expect("an honest answer");
                let mut records = Records::new(&session, Side::Phone);
                let confirm = records.seal(&Record::ClaimConfirm).expect("a short record");
                air.records = Some(records);
                self.keys = Some(keys);
                self.write_later(at, MessageType::Record, confirm);
            }
            MessageType::NotAccepted => {
                assert!(matches!(message.payload.as_slice(), [1..=3]));
                (air.full, air.fast) = (None, None);
            }
            other => panic!("a door never says {other:?}"),
        }
    }

    /// A phone asks for a new hello.
    pub fn ask_hello(&mut self, at: usize) {
        self.write(at, MessageType::HelloRequest, Vec::new());
    }

    /// The resident's full request, with an operation out of 256, on the last hello that was heard.
    pub fn full_request(&mut self, at: usize, operation: u8, attempt: u8, serial: u8) {
        let (Some(hello), Some(keys)) = (self.air[at].hello, self.keys) else { return };
        let phone = resident();
        let operation = Operation {
            kind: OperationKind::Unlock,
            id: OperationId([operation; 8]),
            attempt: attempt.max(1),
        };
        let payload = RequestPayload {
            phone_signing_key: phone.public().signing_key,
            operation,
            grant: grant(&keys, serial),
            share: None,
        };
        let made = full::request(&phone.session, keys.session_key, &tag_key(), &hello, &payload, ephemeral());
        let (initiator, request) = made.expect("a good request");
        self.asked_on.insert(*hello.as_bytes());
        self.asked_for.insert(operation.id);
        self.air[at].full = Some(initiator);
        self.write(at, MessageType::FullRequest, request);
    }

    /// The resident's fast request, on the last hello that was heard.
    pub fn fast_request(&mut self, at: usize, press: u8, attempt: u8) {
        let (Some(hello), Some(ticket)) = (self.air[at].hello, self.ticket.clone()) else { return };
        let counters = Counters { press: press.max(1), attempt: attempt % 31 + 1 };
        let request = ticket.open().request(&hello, counters, OperationKind::Unlock).expect("in range");
        self.asked_on.insert(*hello.as_bytes());
        self.asked_for.insert(ticket.operation_id(counters.press));
        self.air[at].fast = Some((ticket, hello, request));
        self.write(at, MessageType::FastRequest, request.as_bytes()[1..].to_vec());
    }

    /// A claim by somebody who has read the claim secret. Confirmed as soon as it is answered.
    pub fn claim(&mut self, at: usize) {
        let Some(hello) = self.air[at].hello else { return };
        let configuration = configuration();
        let (claimer, request) =
            claim::request(&claim_secret(), &hello, &configuration, ephemeral()).expect("a good claim");
        self.air[at].claimer = Some(claimer);
        self.write(at, MessageType::ClaimRequest, request);
    }
}
