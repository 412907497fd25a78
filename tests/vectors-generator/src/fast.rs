//! Whole fast exchanges, along one chain of tickets, and frames that must be refused (spec §6).

use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::labels;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::ticket::{Counters, FastAnswer, FastRequest, MAX_ATTEMPT, MAX_PRESS, Ticket};

use crate::error::{Error, agree, refused};
use crate::json::{Fields, Json, text, vector};
use crate::{answers, cast, formula, full, records};

/// The press of `full.json`'s fallback.
pub(crate) const FORGOTTEN_PRESS: u8 = 2;

/// A ticket's secret, the first of the chain.
pub(crate) fn ticket() -> Ticket {
    Ticket::from_secret(cast::bytes("ticket"))
}

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let first = ticket();
    let second = first.next();
    let done = answers::already_done();
    let jammed = answers::refusal(Outcome::DoorFault(thumbturn_protocol::answer::Fault::Jammed));
    let mut vectors = vec![
        exchange("repeat unlock", &first, (1, 1), answers::accepted(), Moves::Yes)?,
        delivery("a delivery under a ticket", &first, (2, 1), answers::refusal(Outcome::Ready))?,
        exchange(
            "retry after a lost answer: the previous ticket, attempt 2",
            &first,
            (1, 2),
            done,
            Moves::No,
        )?,
        exchange("the next unlock uses the next ticket", &second, (1, 1), answers::accepted(), Moves::Yes)?,
        exchange("a refusal advances no ticket", &second.next(), (1, 1), jammed, Moves::No)?,
        exchange("a second press under one ticket", &second.next(), (2, 1), answers::accepted(), Moves::Yes)?,
        exchange(
            "the last press and attempt of a ticket",
            &first,
            (MAX_PRESS, MAX_ATTEMPT),
            answers::accepted(),
            Moves::Yes,
        )?,
        fallback()?,
    ];
    vectors.extend(requests()?);
    vectors.extend(answers_refused()?);
    Ok(vectors)
}

/// Whether a record tells that the bolt has moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moves {
    Yes,
    No,
}

fn exchange(
    name: &str,
    ticket: &Ticket,
    counters: (u8, u8),
    answer: Answer,
    moves: Moves,
) -> Result<Fields, Error> {
    exchange_of(OperationKind::Unlock, name, ticket, counters, answer, moves)
}

fn delivery(name: &str, ticket: &Ticket, counters: (u8, u8), answer: Answer) -> Result<Fields, Error> {
    exchange_of(OperationKind::Deliver, name, ticket, counters, answer, Moves::No)
}

fn exchange_of(
    kind: OperationKind,
    name: &str,
    ticket: &Ticket,
    (press, attempt): (u8, u8),
    answer: Answer,
    moves: Moves,
) -> Result<Fields, Error> {
    let hello = cast::hello(&format!("{name} hello"));
    let request = ticket.open().request(&hello, Counters { press, attempt }, kind)?;
    let (_, payload) = request.as_bytes().split_at(1);
    agree(&FastRequest::parse(payload)?, &request, "fast request")?;
    agree(&ticket.open().verifies(&hello, &request), &true, "fast request")?;
    let (sent, session) = ticket.open().answer(&hello, &request, answer);
    let (_, payload) = sent.as_bytes().split_at(1);
    let (read, same) = ticket.open().read_answer(&hello, &request, &FastAnswer::parse(payload)?)?;
    agree(&read, &answer, "fast answer")?;
    agree(same.dangerous_bytes(), session.dangerous_bytes(), "session secret")?;

    let code = full::kind_code(kind)?;
    let formulas = Formulas::new(ticket, &hello, (press, code << 5 | attempt), answer)?;
    agree(&formulas.request, request.as_bytes(), "fast request")?;
    agree(&formulas.answer, sent.as_bytes(), "fast answer")?;
    agree(&formulas.session, session.dangerous_bytes(), "session secret")?;
    let operation = ticket.operation_id(press);
    let records = match moves {
        Moves::Yes => records::moved(&session, operation)?,
        Moves::No => Json::List(vec![]),
    };
    Ok(vector(name, "6", "fast-exchange")
        .with("hello", hello.as_bytes())
        .with("ticket", ticket.secret())
        .with("ticket_id", ticket.id().0)
        .with("kind_of_operation", code)
        .with("press", press)
        .with("attempt", attempt)
        .with("operation_id", operation.0)
        .with("request_tag", formulas.request_tag)
        .with("request", request.as_bytes())
        .with("answer_fields", answers::fields(answer))
        .with("answer_body", answer.to_bytes())
        .with("answer_mask", formulas.mask)
        .with("answer_tag", formulas.answer_tag)
        .with("answer", sent.as_bytes())
        .with("session_secret", session.dangerous_bytes())
        .with("next_ticket", answer.ticket.then(|| *ticket.next().secret()))
        .with("records", records))
}

/// A door that does not know the ticket says *not accepted 01*; what the phone then sends is `full.json`'s fallback.
fn fallback() -> Result<Fields, Error> {
    let ticket = ticket();
    let name = "fallback from a ticket that the door has forgotten";
    let hello = cast::hello(&format!("{name} hello"));
    let counters = Counters { press: FORGOTTEN_PRESS, attempt: 1 };
    let request = ticket.open().request(&hello, counters, OperationKind::Unlock)?;
    Ok(vector("a ticket that the door has forgotten", "6", "fast-not-accepted")
        .with("hello", hello.as_bytes())
        .with("ticket", ticket.secret())
        .with("press", counters.press)
        .with("attempt", counters.attempt)
        .with("operation_id", ticket.operation_id(counters.press).0)
        .with("request", request.as_bytes())
        .with("answer", [0xca, 0x01])
        .with("then", text(&format!("full.json: {name}"))))
}

/// The fast path by the specification's formulas.
struct Formulas {
    request_tag: [u8; 14],
    request: [u8; 20],
    mask: [u8; 5],
    answer_tag: [u8; 14],
    answer: [u8; 20],
    session: [u8; 32],
}

impl Formulas {
    fn new(
        ticket: &Ticket,
        hello: &Hello,
        (press, kind_and_attempt): (u8, u8),
        answer: Answer,
    ) -> Result<Self, Error> {
        let (secret, hello) = (ticket.secret(), hello.as_bytes().as_slice());
        let id: [u8; 3] = formula::first(formula::kdf(secret, labels::TICKET_ID.text(), &[])?);
        let head = [[0xc5].as_slice(), &id, &[press, kind_and_attempt]].concat();
        let request_tag: [u8; 14] =
            formula::first(formula::kdf(secret, labels::FAST_REQUEST.text(), &[hello, &head].concat())?);
        let request = twenty(&[head.as_slice(), &request_tag].concat())?;
        let asked = [hello, &request].concat();
        let mask: [u8; 5] = formula::first(formula::kdf(secret, labels::FAST_MASK.text(), &asked)?);
        let tagged = [asked.as_slice(), &[0xc6], &answer.to_bytes()].concat();
        let answer_tag: [u8; 14] = formula::first(formula::kdf(secret, labels::FAST_ANSWER.text(), &tagged)?);
        let masked = formula::xor(answer.to_bytes(), mask);
        let answer = twenty(&[[0xc6].as_slice(), &masked, &answer_tag].concat())?;
        let exchanged = [asked.as_slice(), &answer].concat();
        let session = formula::kdf(secret, labels::FAST_SESSION.text(), &exchanged)?;
        Ok(Self { request_tag, request, mask, answer_tag, answer, session })
    }
}

fn twenty(bytes: &[u8]) -> Result<[u8; 20], Error> {
    bytes.try_into().map_err(|_| Error::Disagree("fast frame length"))
}

/// Frames of 20 bytes, header included, as a door takes them for the ticket that their id names.
fn requests() -> Result<Vec<Fields>, Error> {
    let ticket = ticket();
    let hello = cast::hello("refused fast request hello");
    let good =
        *ticket.open().request(&hello, Counters { press: 3, attempt: 2 }, OperationKind::Unlock)?.as_bytes();
    let flipped = |index| formula::flipped(&good, index, 1);
    // Tagged as it should be, so that only the rule about the field stands against it.
    let tagged = |press: u8, kind_and_attempt: u8| {
        let id = ticket.id().0;
        let head = [[0xc5].as_slice(), &id, &[press, kind_and_attempt]].concat();
        let message = [hello.as_bytes().as_slice(), &head].concat();
        let tag: [u8; 14] =
            formula::first(formula::kdf(ticket.secret(), labels::FAST_REQUEST.text(), &message)?);
        Ok::<_, Error>([head.as_slice(), &tag].concat())
    };
    [
        ("another press", flipped(4)?),
        ("another attempt", flipped(5)?),
        ("another ticket id", flipped(1)?),
        ("another tag", flipped(19)?),
        ("press 0", tagged(0, 1)?),
        ("attempt 0", tagged(1, 0)?),
        ("an unknown kind of operation", tagged(1, 0x41)?),
        ("19 bytes", formula::shortened(&good)?),
        ("21 bytes", [good.as_slice(), &[0]].concat()),
    ]
    .into_iter()
    .map(|(reason, frame)| {
        let (_, payload) = frame.split_first().ok_or(Error::Disagree("frame"))?;
        let verified = FastRequest::parse(payload).is_ok_and(|request| {
            request.ticket_id() == ticket.id() && ticket.open().verifies(&hello, &request)
        });
        agree(&verified, &false, reason)?;
        Ok(vector(format!("request: {reason}"), "6.3", "fast-request-refused")
            .with("hello", hello.as_bytes())
            .with("ticket", ticket.secret())
            .with("request", frame))
    })
    .collect()
}

fn answers_refused() -> Result<Vec<Fields>, Error> {
    let ticket = ticket();
    let hello = cast::hello("refused fast answer hello");
    let request = ticket.open().request(&hello, Counters { press: 3, attempt: 2 }, OperationKind::Unlock)?;
    let (good, _) = ticket.open().answer(&hello, &request, answers::accepted());
    let flipped = |index| formula::flipped(good.as_bytes(), index, 1);
    let earlier = ticket.open().request(&hello, Counters { press: 3, attempt: 1 }, OperationKind::Unlock)?;
    let (of_earlier, _) = ticket.open().answer(&hello, &earlier, answers::accepted());
    let other_hello = cast::hello("another hello");
    let (of_other_hello, _) = ticket.open().answer(&other_hello, &request, answers::accepted());
    let (of_next, _) = ticket.next().open().answer(&hello, &request, answers::accepted());
    let unknown = {
        let asked = [hello.as_bytes().as_slice(), request.as_bytes()].concat();
        let body = [0x0d, 0, 0, 0, 0];
        let mask: [u8; 5] = formula::first(formula::kdf(ticket.secret(), labels::FAST_MASK.text(), &asked)?);
        let tagged = [asked.as_slice(), &[0xc6], &body].concat();
        let tag: [u8; 14] =
            formula::first(formula::kdf(ticket.secret(), labels::FAST_ANSWER.text(), &tagged)?);
        [[0xc6].as_slice(), &formula::xor(body, mask), &tag].concat()
    };
    [
        ("another body", flipped(1)?),
        ("another tag", flipped(19)?),
        ("the answer to an earlier attempt", of_earlier.as_bytes().to_vec()),
        ("the answer on another hello", of_other_hello.as_bytes().to_vec()),
        ("an answer under the next ticket", of_next.as_bytes().to_vec()),
        ("an authentic unknown outcome", unknown),
        ("19 bytes", formula::shortened(good.as_bytes())?),
        ("21 bytes", [good.as_bytes().as_slice(), &[0]].concat()),
    ]
    .into_iter()
    .map(|(reason, frame)| {
        let (_, payload) = frame.split_first().ok_or(Error::Disagree("frame"))?;
        let read = FastAnswer::parse(payload)
            .and_then(|answer| ticket.open().read_answer(&hello, &request, &answer));
        refused(read, reason)?;
        Ok(vector(format!("answer: {reason}"), "6.4", "fast-answer-refused")
            .with("hello", hello.as_bytes())
            .with("ticket", ticket.secret())
            .with("request", request.as_bytes())
            .with("answer", frame))
    })
    .collect()
}
