//! Hellos, and the ends of connections that say nothing (§4.5, §4.7).

use core::time::Duration;

use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::{DoorState, HELLO_REQUESTS};

use super::case::{Deviation, Verdict};
use super::subject::Subject;

const SECOND: Duration = Duration::from_secs(1);

pub(super) async fn a_hello_is_pushed_and_names_its_door(subject: &Subject) -> Verdict {
    let mut talk = subject.connect().await?;
    talk.subscribe().await?;
    let hello = talk.hello().await?;
    if !hello.is_named_by(&subject.door().configuration.tag_key) {
        return Err(Deviation::new("the door's name in its hello", "another one"));
    }
    match hello.state() {
        DoorState::Claimed => Ok(()),
        DoorState::FactoryFresh => Err(Deviation::new("a claimed door", "it says that it is factory-fresh")),
    }
}

pub(super) async fn each_hello_is_another_and_the_fifth_request_gets_none(subject: &Subject) -> Verdict {
    let (mut talk, first) = subject.greet().await?;
    let mut hellos = vec![*first.as_bytes()];
    for _ in 0..HELLO_REQUESTS {
        let hello = talk.renew().await?;
        if hellos.contains(hello.as_bytes()) {
            return Err(Deviation::new("a new nonce in each hello", "one that was said before"));
        }
        hellos.push(*hello.as_bytes());
    }
    talk.send(MessageType::HelloRequest, &[]).await?;
    talk.expect_silence("the fifth request for a hello").await
}

pub(super) async fn a_request_before_the_subscription_does_not_count(subject: &Subject) -> Verdict {
    let mut talk = subject.connect().await?;
    talk.send(MessageType::HelloRequest, &[]).await?;
    talk.subscribe().await?;
    talk.hello().await?;
    for _ in 0..HELLO_REQUESTS {
        talk.renew().await?;
    }
    Ok(())
}

pub(super) async fn a_hello_request_with_a_payload_is_ignored(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    talk.send(MessageType::HelloRequest, &[0]).await?;
    talk.expect_silence("a request for a hello with a payload").await?;
    talk.renew().await.map(|_| ())
}

pub(super) async fn a_silent_phone_is_sent_away_after_three_seconds(subject: &Subject) -> Verdict {
    let (mut talk, _) = subject.greet().await?;
    tokio::time::sleep(SECOND * 2).await;
    talk.renew().await?;
    talk.expect_end(SECOND * 5 / 2, SECOND * 5, "three seconds after the newest hello").await
}

pub(super) async fn who_does_not_subscribe_is_sent_away_after_ten_seconds(subject: &Subject) -> Verdict {
    let mut talk = subject.connect().await?;
    talk.expect_end(SECOND * 9, SECOND * 14, "ten seconds after a connection without subscription").await
}

pub(super) async fn three_phones_are_served_at_once(subject: &Subject) -> Verdict {
    let (mut first, _) = subject.greet().await?;
    let (mut second, _) = subject.greet().await?;
    let (mut third, _) = subject.greet().await?;
    for talk in [&mut first, &mut second, &mut third] {
        talk.renew().await?;
    }
    Ok(())
}
