//! The fast path: one lookup, a handful of HMACs, one event, one answer (spec §6).

use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::record::{Records, Side};
use thumbturn_protocol::ticket::{FastRequest, OpenTicket};
use thumbturn_protocol::time::Millis;

use super::Engine;
use super::radio::NotAccepted;
use super::serve::Asked;
use crate::connection::{Session, Stage};
use crate::facts::Facts;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::{Chain, ChainTicket, NewestOperation};
use crate::work::Work;

/// Request tag, operation id, mask, answer tag, session secret, two record keys.
const MACS: u32 = 7;

impl<P: Platform> Engine<P> {
    pub(super) fn fast_requested(&mut self, now: Millis, id: ConnectionId, payload: &[u8]) {
        let hello = self.connections.get(id).and_then(|connection| connection.live_hello(now));
        let Some(hello) = hello else {
            return self.refuse(id, NotAccepted::Stale);
        };
        match self.recognise(&hello, payload) {
            Some(recognised) => self.answer_fast(now, id, &hello, &recognised),
            None => self.refuse(id, NotAccepted::NotRecognised),
        }
    }

    /// The chain whose current or previous ticket made this request. The id is a hint, the tag decides; both fail alike.
    fn recognise(&mut self, hello: &Hello, payload: &[u8]) -> Option<Recognised> {
        self.identity.as_ref()?;
        let request = FastRequest::parse(payload).ok()?;
        let candidates = self.chains_with_ticket(request.ticket_id()).ok()?;
        for chain in candidates {
            self.work.add(Work::macs(1));
            let Some((used, open)) = used_ticket(&chain, hello, &request) else { continue };
            let facts = Facts::from_bytes(&chain.facts)?;
            return Some(Recognised { chain, used, open, facts, request });
        }
        None
    }

    fn answer_fast(&mut self, now: Millis, id: ConnectionId, hello: &Hello, recognised: &Recognised) {
        if let Some(connection) = self.connections.get(id) {
            connection.hello = None;
        }
        let ticket = &recognised.open;
        let press = recognised.request.counters().press;
        let asked = Asked {
            facts: &recognised.facts,
            operation: ticket.operation_id(press),
            kind: recognised.request.kind(),
            connection: id,
        };
        let newest = recognised.chain.newest.map(|newest| newest.id);
        let outcome = match self.known_outcome(now, &asked, newest) {
            Some(outcome) => outcome,
            // A stale press of an operation that the door does not hold any more.
            None if press < recognised.used.press => return self.refuse(id, NotAccepted::NotRecognised),
            None => self.serve(now, &asked),
        };
        let answer = self.advance(recognised, &asked, outcome);
        let (frame, session) = ticket.answer(hello, &recognised.request, answer);
        self.work.add(Work::macs(MACS));

        let Some(connection) = self.connections.get(id) else { return };
        let [_, payload @ ..] = frame.as_bytes();
        connection.send(MessageType::FastAnswer, payload.to_vec());
        let records = Records::new(&session, Side::Door);
        connection.stage = Stage::Session(alloc::boxed::Box::new(Session::new(
            records,
            Some(recognised.facts.visitor()),
            now,
        )));
    }

    /// What the outcome does to the chain (spec §6.1); written to flash after the answer.
    fn advance(&mut self, recognised: &Recognised, asked: &Asked<'_>, outcome: Outcome) -> Answer {
        let answer = self.answer(outcome);
        let Recognised { chain, used, request, .. } = recognised;
        let press = request.counters().press;
        let advanced = || advanced(chain, used, &recognised.open, press);
        match outcome {
            Outcome::Accepted { .. } => {
                let newest = Some(newest(asked.operation, answer));
                let kept = self.keep_chain(Chain { newest, ..advanced() });
                if kept { answer.with_ticket() } else { answer }
            }
            Outcome::AlreadyDone { .. } => {
                let kept = self.keep_chain(advanced());
                if kept { answer.with_ticket() } else { answer }
            }
            Outcome::Denied => {
                self.forget_chain(chain.phone);
                answer
            }
            // The press was seen: a lower one is stale from now on. Written once for each press, of which a ticket has 255.
            _ => {
                if press > used.press {
                    self.keep_chain(pressed(chain, used, press));
                }
                answer
            }
        }
    }
}

/// The chain after an answer with the next ticket.
fn advanced(chain: &Chain, used: &ChainTicket, open: &OpenTicket, press: u8) -> Chain {
    let next = open.next();
    let current = if next.secret() == chain.current.ticket.secret() {
        // The previous ticket was used: presses under the current one stay seen.
        chain.current.clone()
    } else {
        ChainTicket::new(next)
    };
    let previous = ChainTicket { press: press.max(used.press), ..used.clone() };
    Chain { current, previous: Some(previous), ..chain.clone() }
}

/// The chain after a press under one of its tickets that opened nothing.
fn pressed(chain: &Chain, used: &ChainTicket, press: u8) -> Chain {
    let mut chain = chain.clone();
    for held in core::iter::once(&mut chain.current).chain(&mut chain.previous) {
        if held.ticket.secret() == used.ticket.secret() {
            held.press = press;
        }
    }
    chain
}

/// An authentic fast request.
struct Recognised {
    chain: Chain,
    used: ChainTicket,
    open: OpenTicket,
    facts: Facts,
    request: FastRequest,
}

/// The ticket of a chain that made the request: the current one, or the one before it when its answer was lost. The tag
/// decides; the id, which was only a hint, need not be derived again.
fn used_ticket(chain: &Chain, hello: &Hello, request: &FastRequest) -> Option<(ChainTicket, OpenTicket)> {
    let tickets = core::iter::once(&chain.current).chain(&chain.previous);
    let mut opened = tickets.map(|held| (held, held.ticket.open()));
    let (used, open) = opened.find(|(_, open)| open.verifies(hello, request))?;
    Some((used.clone(), open))
}

/// What a chain remembers of its newest operation.
pub(super) fn newest(id: OperationId, answer: Answer) -> NewestOperation {
    let [code, detail, ..] = answer.to_bytes();
    NewestOperation { id, outcome: [code, detail] }
}
