//! Frames that no phone sends (§4.3, §4.4).

use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::limits::UNAUTHENTICATED_MESSAGE;

use super::case::Verdict;
use super::heard::Refusal;
use super::subject::Subject;
use super::talk::Talk;

/// Header bits.
const FIRST: u8 = 0x80;
const LAST: u8 = 0x40;
/// The type of a full request.
const FULL: u8 = 0x03;
/// Payload of a frame at the smallest MTU.
const SMALL: usize = 19;

/// One frame.
fn frame(header: u8, payload: &[u8]) -> Vec<u8> {
    [&[header], payload].concat()
}

/// Sends a full request of nonsense, whose answer shows that it was put together.
async fn nonsense(talk: &mut Talk, length: usize) -> Verdict {
    talk.send(MessageType::FullRequest, &vec![0x5a; length]).await
}

/// The connection must still be served.
async fn still_served(talk: &mut Talk) -> Verdict {
    talk.renew().await.map(|_| ())
}

pub(super) async fn frames_in_order_are_one_message(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    let whole = [0x5a; 3 * SMALL];
    let [first, second, third] =
        [0, 1, 2].map(|part| whole.get(part * SMALL..(part + 1) * SMALL).unwrap_or_default());
    talk.write(&frame(FIRST | FULL, first)).await?;
    talk.write(&frame(1, second)).await?;
    talk.write(&frame(LAST | 2, third)).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "a full request of nonsense in three frames").await
}

pub(super) async fn unknown_types_are_ignored(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    for code in [0x00, 0x0b, 0x20, 0x3f] {
        talk.write(&frame(FIRST | LAST | code, &[1; 8])).await?;
    }
    talk.expect_silence("messages of unknown types").await?;
    still_served(&mut talk).await
}

pub(super) async fn types_of_the_door_are_ignored(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    for message_type in [
        MessageType::Hello,
        MessageType::FullAnswer,
        MessageType::FastAnswer,
        MessageType::ClaimAnswer,
        MessageType::NotAccepted,
    ] {
        talk.write(&frame(message_type.single_frame_header(), &[1; SMALL])).await?;
    }
    talk.expect_silence("messages that only doors send").await?;
    still_served(&mut talk).await
}

pub(super) async fn records_before_a_session_are_ignored(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.send(MessageType::Record, &[7; 40]).await?;
    talk.expect_silence("a record without a session").await?;
    still_served(&mut talk).await
}

pub(super) async fn a_later_frame_without_a_first_is_ignored(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.write(&frame(1, &[1; 8])).await?;
    talk.write(&frame(LAST | 1, &[1; 8])).await?;
    talk.write(&frame(LAST, &[1; 8])).await?;
    talk.expect_silence("later frames of no message").await?;
    still_served(&mut talk).await
}

pub(super) async fn a_later_frame_without_payload_is_ignored(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.write(&frame(FIRST | FULL, &[0x5a; SMALL])).await?;
    talk.write(&[1]).await?;
    talk.write(&frame(LAST | 1, &[0x5a; SMALL])).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "a message with an empty later frame between its frames")
        .await
}

pub(super) async fn a_missing_frame_drops_the_message(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.write(&frame(FIRST | FULL, &[0x5a; SMALL])).await?;
    talk.write(&frame(LAST | 2, &[0x5a; SMALL])).await?;
    talk.write(&frame(LAST | 1, &[0x5a; SMALL])).await?;
    talk.expect_silence("a message whose second frame is missing").await?;
    still_served(&mut talk).await
}

pub(super) async fn a_repeated_frame_drops_the_message(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.write(&frame(FIRST | FULL, &[0x5a; SMALL])).await?;
    talk.write(&frame(1, &[0x5a; SMALL])).await?;
    talk.write(&frame(1, &[0x5a; SMALL])).await?;
    talk.write(&frame(LAST | 2, &[0x5a; SMALL])).await?;
    talk.expect_silence("a message with a frame twice").await?;
    still_served(&mut talk).await
}

pub(super) async fn a_first_frame_forgets_the_message_before(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.write(&frame(FIRST | FULL, &[0x5a; SMALL])).await?;
    talk.write(&frame(MessageType::FastRequest.single_frame_header(), &[0x5a; SMALL])).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "a fast request of nonsense within another message").await?;
    talk.write(&frame(LAST | 1, &[0x5a; SMALL])).await?;
    talk.expect_silence("the end of a message that was forgotten").await
}

pub(super) async fn an_unknown_first_frame_forgets_it_too(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    for unknown in [FIRST | 0x3f, MessageType::Hello.single_frame_header()] {
        talk.write(&frame(FIRST | FULL, &[0x5a; SMALL])).await?;
        talk.write(&frame(unknown, &[0x5a; 8])).await?;
        talk.write(&frame(LAST | 1, &[0x5a; SMALL])).await?;
    }
    talk.expect_silence("the end of messages that were forgotten").await?;
    still_served(&mut talk).await
}

pub(super) async fn the_longest_message_is_taken(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.raise_mtu().await?;
    nonsense(&mut talk, UNAUTHENTICATED_MESSAGE).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, "a full request of 704 bytes").await
}

pub(super) async fn a_longer_message_is_dropped(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.raise_mtu().await?;
    nonsense(&mut talk, UNAUTHENTICATED_MESSAGE + 1).await?;
    talk.expect_silence("a full request of 705 bytes").await?;
    still_served(&mut talk).await
}

pub(super) async fn an_empty_value_is_ignored(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.write(&[]).await?;
    talk.expect_silence("a value of no bytes").await?;
    still_served(&mut talk).await
}
