//! Whole full handshakes, from hello to the first record, and requests that must be refused (spec §5).

use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::full::{self, RequestPayload, Responder};
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{ListVersion, OperationId};
use thumbturn_protocol::keys::{ExchangeKeyPair, PhoneKeys};
use thumbturn_protocol::labels;
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::share::ShareChain;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::ticket::Ticket;

use crate::error::{Error, agree};
use crate::json::{Fields, Json, vector};
use crate::transcript::{self, Inputs};
use crate::{answers, cast, fast, formula, objects, records};

mod malformed;

pub(crate) use malformed::stage;

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = vec![
        Scenario::new("first unlock")?.vector()?,
        retry()?,
        guest()?,
        fallback()?,
        update_required()?,
        denied()?,
        delivery()?,
    ];
    vectors.extend(malformed::vectors()?);
    Ok(vectors)
}

/// The same operation again, because its answer was lost: attempt 2, on a new hello.
fn retry() -> Result<Fields, Error> {
    let mut scenario = Scenario::new("retry of the first unlock after its answer was lost")?;
    scenario.operation = Operation {
        id: OperationId(cast::bytes("first unlock operation")),
        attempt: 2,
        ..scenario.operation
    };
    scenario.answer = answers::already_done();
    scenario.moved = false;
    scenario.vector()
}

fn guest() -> Result<Fields, Error> {
    let mut scenario = Scenario::new("guest behind the resident's grant")?;
    scenario.phone = cast::phone("guest");
    scenario.share = Some(cast::share_chain()?);
    scenario.vector()
}

/// A ticket that the door has forgotten: the handshake carries the operation id of the press under it, as attempt 2.
fn fallback() -> Result<Fields, Error> {
    let mut scenario = Scenario::new("fallback from a ticket that the door has forgotten")?;
    let ticket = fast::ticket();
    scenario.operation.id = ticket.operation_id(fast::FORGOTTEN_PRESS);
    scenario.operation.attempt = 2;
    let vector = scenario.vector()?;
    Ok(vector
        .with("fallback_from_ticket", ticket.secret())
        .with("fallback_from_press", fast::FORGOTTEN_PRESS))
}

fn update_required() -> Result<Fields, Error> {
    let mut scenario = Scenario::new("the door's list is too old")?;
    let mut grant = cast::grant(cast::phone("resident").public().id())?;
    grant.min_list_version = ListVersion(answers::LIST_VERSION.0 + 1);
    scenario.grant = grant.sign(&cast::property_signing())?.into();
    scenario.answer = answers::refusal(Outcome::UpdateRequired);
    scenario.moved = false;
    scenario.vector()
}

fn denied() -> Result<Fields, Error> {
    let mut scenario = Scenario::new("denied: no ticket starts")?;
    scenario.answer = answers::refusal(Outcome::Denied);
    scenario.moved = false;
    scenario.vector()
}

/// A phone that delivers and opens nothing. Neither a ticket starts nor does anything move.
fn delivery() -> Result<Fields, Error> {
    let mut scenario = Scenario::new("a courier's delivery")?;
    let mut grant = cast::grant(cast::phone("resident").public().id())?;
    grant.roles = Roles::COURIER;
    scenario.grant = grant.sign(&cast::property_signing())?.into();
    scenario.operation.kind = OperationKind::Deliver;
    scenario.answer = answers::refusal(Outcome::Ready);
    scenario.moved = false;
    scenario.vector()
}

/// The number of a kind of operation (spec §5.4).
pub(crate) const fn kind_code(kind: OperationKind) -> Result<u8, Error> {
    match kind {
        OperationKind::Unlock => Ok(0),
        OperationKind::Deliver => Ok(1),
        _ => Err(Error::Disagree("kind of operation")),
    }
}

/// The secret of a session that nothing else is known about.
pub(crate) fn session(name: &str) -> Result<SessionSecret, Error> {
    Ok(Scenario::new(name)?.run()?.session)
}

/// A handshake before it happens.
struct Scenario {
    name: String,
    phone: PhoneKeys,
    operation: Operation,
    grant: Received<Grant>,
    share: Option<ShareChain>,
    answer: Answer,
    /// Whether a record tells that the bolt has moved.
    moved: bool,
}

/// What went over the air, and what both sides have then.
struct Exchange {
    hello: Hello,
    ephemerals: (ExchangeKeyPair, ExchangeKeyPair),
    payload: Vec<u8>,
    request: Vec<u8>,
    response: Vec<u8>,
    session: SessionSecret,
}

impl Scenario {
    /// The resident opens the door with a grant of two windows.
    fn new(name: &str) -> Result<Self, Error> {
        Ok(Self {
            name: name.to_owned(),
            phone: cast::phone("resident"),
            operation: Operation {
                kind: OperationKind::Unlock,
                id: OperationId(cast::bytes(&format!("{name} operation"))),
                attempt: 1,
            },
            grant: cast::resident_grant()?,
            share: None,
            answer: answers::accepted(),
            moved: true,
        })
    }

    fn run(&self) -> Result<Exchange, Error> {
        let hello = cast::hello(&format!("{} hello", self.name));
        let (phone_ephemeral, phone_pair) = cast::ephemeral(&format!("{} phone ephemeral", self.name))?;
        let (door_ephemeral, door_pair) = cast::ephemeral(&format!("{} door ephemeral", self.name))?;
        let (door, tag_key) = (cast::door_session(), cast::tag_key());
        let payload = RequestPayload {
            phone_signing_key: self.phone.public().signing_key,
            operation: self.operation,
            grant: self.grant.clone(),
            share: self.share.clone(),
        };
        let (initiator, request) =
            full::request(&self.phone.session, door.public(), &tag_key, &hello, &payload, phone_ephemeral)?;

        let message = full::check_gate(&tag_key, &hello, &request)?;
        let (responder, read) = Responder::read(&door, &hello, message, door_ephemeral)?;
        agree(&read, &payload, "request payload")?;
        agree(responder.phone(), &self.phone.public(), "phone keys")?;
        let (response, session) = responder.answer(self.answer)?;

        let (answer, same) = initiator.finish(&response)?;
        agree(&answer, &self.answer, "answer")?;
        agree(same.dangerous_bytes(), session.dangerous_bytes(), "session secret")?;
        let ephemerals = (phone_pair, door_pair);
        Ok(Exchange { hello, ephemerals, payload: self.payload_bytes(), request, response, session })
    }

    /// The payload of message 1, written by hand (spec §5.4).
    fn payload_bytes(&self) -> Vec<u8> {
        let embedded = |bytes: &[u8]| {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            [formula::varint(length).as_slice(), bytes].concat()
        };
        let head = [
            self.phone.public().signing_key.0.as_slice(),
            &[kind_code(self.operation.kind).unwrap_or(u8::MAX)],
            &self.operation.id.0,
            &[self.operation.attempt],
            &embedded(self.grant.as_bytes()),
        ]
        .concat();
        let share = self.share.as_ref().map_or_else(
            || vec![0],
            |chain| {
                let granter = [chain.granter.session_key.0, chain.granter.signing_key.0].concat();
                [[1].as_slice(), &granter, &embedded(chain.share.as_bytes())].concat()
            },
        );
        [head, share].concat()
    }

    fn vector(&self) -> Result<Fields, Error> {
        let exchange = self.run()?;
        let (phone, door) = (&self.phone, cast::door_session());
        let prologue = [labels::PROLOGUE.text().as_bytes(), exchange.hello.as_bytes()].concat();
        let body = self.answer.to_bytes();
        let outputs = transcript::ik(
            &phone.session,
            &door,
            &Inputs {
                prologue: &prologue,
                initiator_ephemeral: &exchange.ephemerals.0,
                responder_ephemeral: &exchange.ephemerals.1,
                first_payload: &exchange.payload,
                second_payload: &body,
            },
        )?;
        let gate = gate(&exchange.hello, &outputs.first_message)?;
        agree(&[gate.as_slice(), &outputs.first_message].concat(), &exchange.request, "full request")?;
        agree(&outputs.second_message, &exchange.response, "full answer")?;
        let (k1, k2) = outputs.keys;
        let secret = formula::kdf(&outputs.handshake_hash, labels::SESSION.text(), &[k1, k2].concat())?;
        agree(&secret, exchange.session.dangerous_bytes(), "session secret")?;

        let first = Ticket::first(&exchange.session);
        let ticket = self.answer.ticket.then_some(first);
        let records = if self.moved {
            records::moved(&exchange.session, self.operation.id)?
        } else {
            Json::List(vec![])
        };
        Ok(self
            .inputs(&exchange)
            .with("payload", &exchange.payload)
            .with("prologue", prologue)
            .with("noise", outputs.steps)
            .with("message_1", outputs.first_message)
            .with("gate", gate)
            .with("request", exchange.request)
            .with("answer", answers::fields(self.answer))
            .with("answer_body", body)
            .with("message_2", outputs.second_message)
            .with("session_secret", secret)
            .with("first_ticket", ticket.as_ref().map(|ticket| *ticket.secret()))
            .with("first_ticket_id", ticket.as_ref().map(|ticket| ticket.id().0))
            .with("records", records))
    }

    fn inputs(&self, exchange: &Exchange) -> Fields {
        let (phone, door) = (&self.phone, cast::door_session());
        vector(self.name.as_str(), "5", "full-exchange")
            .with("tag_key", cast::bytes::<16>(cast::TAG_KEY_NAME))
            .with("hello", exchange.hello.as_bytes())
            .with("phone_session_secret", phone.session.secret())
            .with("phone_session_key", phone.session.public().0)
            .with("phone_signing_key", phone.signing.public().0)
            .with("phone_id", phone.public().id().0)
            .with("phone_ephemeral_secret", exchange.ephemerals.0.secret())
            .with("door_session_secret", door.secret())
            .with("door_session_key", door.public().0)
            .with("door_ephemeral_secret", exchange.ephemerals.1.secret())
            .with("property_signing_key", cast::property_signing().public().0)
            .with(
                "operation",
                Fields::new()
                    .with("kind", kind_code(self.operation.kind).unwrap_or(u8::MAX))
                    .with("id", self.operation.id.0)
                    .with("attempt", self.operation.attempt),
            )
            .with("grant", self.grant.as_bytes())
            .with("share", objects::share_chain_fields(self.share.as_ref()))
    }
}

/// `KDF(tag key, "thumbturn/1/gate", hello ‖ message)[..4]`.
fn gate(hello: &Hello, message: &[u8]) -> Result<[u8; 4], Error> {
    let gated = [hello.as_bytes().as_slice(), message].concat();
    Ok(formula::first(formula::kdf(&cast::bytes::<16>(cast::TAG_KEY_NAME), labels::GATE.text(), &gated)?))
}
