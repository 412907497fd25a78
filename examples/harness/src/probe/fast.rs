//! Fast requests that authenticate nobody (§4.6, §6.3).

use core::time::Duration;

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::record::{Records, Side};

use super::case::{Deviation, Verdict};
use super::heard::{Heard, Refusal};
use super::subject::Subject;

/// Requests that are not accepted before the connection ends (§4.7).
const REFUSALS: usize = 8;
/// The first of several intents, the first try of it.
const PRESS_AND_TRY: [u8; 2] = [1, 1];

/// A fast request under a ticket that nobody holds.
fn request([press, kind_and_attempt]: [u8; 2]) -> [u8; 20] {
    let mut frame = [0x77; 20];
    let head = [MessageType::FastRequest.single_frame_header(), 0xab, 0xcd, 0xef, press, kind_and_attempt];
    for (to, from) in frame.iter_mut().zip(head) {
        *to = from;
    }
    frame
}

pub(super) async fn an_unknown_ticket_spends_no_hello(subject: &Subject) -> Verdict {
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    talk.write(&request(PRESS_AND_TRY)).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "an unknown ticket").await?;
    let (initiator, full) = subject.request(&hello, &subject.grant()?, OperationKind::Deliver)?;
    talk.send(MessageType::FullRequest, &full).await?;
    let (answer, _) = initiator.finish(&talk.expect(MessageType::FullAnswer).await?)?;
    match answer.outcome {
        // The deliveries of a door are counted; the hello was good all the same.
        Outcome::Ready | Outcome::Busy => Ok(()),
        other => Err(Deviation::new("ready, on the same hello", format!("{other:?}"))),
    }
}

pub(super) async fn impossible_counters_are_not_recognised(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    for (counters, what) in [([0, 1], "press 0"), ([1, 0], "attempt 0"), ([1, 0xe1], "an unknown kind")] {
        talk.write(&request(counters)).await?;
        talk.expect_refusal(Refusal::NOT_RECOGNISED, what).await?;
    }
    Ok(())
}

pub(super) async fn a_short_request_is_not_recognised(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    for length in [1, 2, 19] {
        let request = request(PRESS_AND_TRY);
        talk.write(request.get(..length).unwrap_or_default()).await?;
        talk.expect_refusal(Refusal::NOT_RECOGNISED, "a fast request that is too short").await?;
    }
    Ok(())
}

pub(super) async fn the_eighth_refusal_ends_the_connection(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    for number in 1..=REFUSALS {
        talk.write(&request(PRESS_AND_TRY)).await?;
        if number < REFUSALS {
            talk.expect_refusal(Refusal::NOT_RECOGNISED, "an unknown ticket").await?;
        }
    }
    talk.expect_end(Duration::ZERO, Duration::from_secs(2), "with the eighth refusal").await
}

pub(super) async fn a_spent_hello_is_stale(subject: &Subject) -> Verdict {
    let mut session = subject.deliver().await?;
    session.talk.write(&request(PRESS_AND_TRY)).await?;
    session.talk.expect_refusal(Refusal::STALE, "a request on a hello that is spent").await?;
    // The session goes on.
    let mut records = Records::new(&session.secret, Side::Phone);
    session.talk.send_record(&mut records, &thumbturn_protocol::record::Record::Ask).await?;
    match session.talk.hear(Duration::from_secs(2)).await? {
        Heard::Message(message) if message.message_type == MessageType::Record => Ok(()),
        other => Err(Deviation::new("a session that goes on", other.to_string())),
    }
}
