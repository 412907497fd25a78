//! What a door opens for, once, and what it repeats (§6, §8.2). The bolt moves twice.

use core::time::Duration;

use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::ticket::{Counters, FastAnswer, FastRequest, Ticket};

use super::case::{Deviation, Verdict};
use super::heard::Refusal;
use super::subject::{Session, Subject};
use super::talk::Talk;

/// How long a motor may keep a door busy.
const MOTOR: Duration = Duration::from_secs(1);
/// Tries while the motor runs.
const TRIES: u8 = 6;

/// Opens by the full handshake; waits while the motor of an earlier opening runs.
async fn open(subject: &Subject) -> Result<Session, Deviation> {
    for _ in 0..TRIES {
        let session = subject.ask(&subject.grant()?, OperationKind::Unlock).await?;
        match session.answer.outcome {
            Outcome::Accepted { .. } => return Ok(session),
            Outcome::Busy => {
                subject.clear().await;
                tokio::time::sleep(MOTOR).await;
            }
            other => return Err(Deviation::new("accepted", format!("{other:?}"))),
        }
    }
    Err(Deviation::new("a motor that stops within 5 s (§8.7)", "a door that stays busy"))
}

/// One fast request on a connection of its own.
async fn fast(subject: &Subject, ticket: &Ticket, counters: Counters) -> Result<Answer, Deviation> {
    let (mut talk, hello) = subject.greet().await?;
    let request: FastRequest = ticket.open().request(&hello, counters, OperationKind::Unlock)?;
    talk.write(request.as_bytes()).await?;
    let answer = FastAnswer::parse(&talk.expect(MessageType::FastAnswer).await?)?;
    Ok(ticket.open().read_answer(&hello, &request, &answer)?.0)
}

pub(super) async fn an_accepted_request_is_followed_by_the_bolts_word(subject: &Subject) -> Verdict {
    let mut session = open(subject).await?;
    let Session { talk, records, .. } = &mut session;
    match talk.record(records).await? {
        Record::Actuator { .. } => Ok(()),
        other => Err(Deviation::new("what the bolt did (§7.2)", format!("{other:?}"))),
    }
}

pub(super) async fn a_ticket_opens_once_for_each_intent(subject: &Subject) -> Verdict {
    let session = open(subject).await?;
    if !session.answer.ticket {
        return Err(Deviation::new("a ticket with an accepted full request (§6.1)", "none"));
    }
    let ticket = Ticket::first(&session.secret);
    subject.clear().await;
    let mut counters = Counters { press: 2, attempt: 1 };
    let mut answer = fast(subject, &ticket, counters).await?;
    while answer.outcome == Outcome::Busy && counters.attempt < TRIES {
        subject.clear().await;
        tokio::time::sleep(MOTOR).await;
        counters.attempt += 1;
        answer = fast(subject, &ticket, counters).await?;
    }
    let Outcome::Accepted { .. } = answer.outcome else {
        return Err(Deviation::new("accepted, by the fast path", format!("{:?}", answer.outcome)));
    };
    // The same operation once more is repeated, and does not move the bolt (§8.2).
    counters.attempt += 1;
    let again = fast(subject, &ticket, counters).await?;
    let Outcome::AlreadyDone { .. } = again.outcome else {
        return Err(Deviation::new("already done, for the same operation", format!("{:?}", again.outcome)));
    };
    lower_press(subject, &ticket).await?;
    counters.press += 1;
    nothing_else_opens(subject, &ticket, Counters { attempt: 1, ..counters }).await
}

/// A press below one that was seen authenticates nobody.
async fn lower_press(subject: &Subject, ticket: &Ticket) -> Verdict {
    let (mut talk, hello): (Talk, _) = subject.greet().await?;
    let counters = Counters { press: 1, attempt: 1 };
    let request = ticket.open().request(&hello, counters, OperationKind::Unlock)?;
    talk.write(request.as_bytes()).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "a press that is lower than one before").await
}

/// The ticket that has just opened authenticates nobody who has heard a request, and nobody who knows its id alone (§4.5, §6.2).
async fn nothing_else_opens(subject: &Subject, ticket: &Ticket, counters: Counters) -> Verdict {
    let (mut talk, earlier): (Talk, _) = subject.greet().await?;
    let open = ticket.open();
    // Never said before: a new hello voids the one that it was made for.
    let recorded = open.request(&earlier, counters, OperationKind::Unlock)?;
    let hello = talk.renew().await?;
    talk.write(recorded.as_bytes()).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "a fast request for an earlier hello").await?;
    let mut changed = *open.request(&hello, counters, OperationKind::Unlock)?.as_bytes();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    talk.write(&changed).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "a fast request whose tag was changed").await
}
