//! Hellos: silence, other doors, newer protocols, and how long each of them lives (spec §4.5).

use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::time::Millis;

use crate::conversation::{Conversation, GiveUp, HangUp, Recognition, Step};
use crate::fixture::{Door, TestRandom};
use crate::unlock::ledger::HELLO_DEAD_MS;
use crate::unlock::{UnlockError, UnlockPath};

use super::{DEADLINE, MTU, Stage, accepted};

#[test]
fn silent_door_is_asked_for_its_hello_after_300_ms() {
    let mut stage = Stage::new();
    stage.connect();
    assert_eq!(stage.step(), Step::Wait { until: Millis(300) });
    stage.now = 299;
    assert!(stage.written().is_empty());
    stage.now = 300;
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
}

#[test]
fn link_without_any_hello_is_given_up_for_a_new_connection() {
    let mut stage = Stage::new();
    stage.connect();
    loop {
        let _ = stage.written();
        match stage.conversation.poll(MTU, Millis(stage.now)) {
            Step::Wait { until } => stage.now = until.0,
            Step::HangUp(reason) => {
                assert_eq!(reason, HangUp::Silent);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(stage.now <= 2_000, "after {} ms", stage.now);
    assert!(stage.conversation.wants_connection());
}

#[test]
fn hello_of_another_door_gets_no_word() {
    let mut stage = Stage::new();
    stage.connect();
    let other = Door::new(&mut TestRandom(4));
    stage.notify(Hello::new(DoorState::Claimed, [1; 12], &other.tag_key).as_bytes());
    assert!(stage.written().is_empty());
    assert_eq!(stage.step(), Step::HangUp(HangUp::WrongDoor));
}

/// A hello in a version to come, as anybody can make it (spec §4.5).
const NEWER: [u8; 20] = [0xc1, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn newer_protocol_is_the_app_s_age_only_of_the_recognised_door_and_at_the_end() {
    let mut stage = Stage::new();
    stage.connect();
    stage.notify(&NEWER);
    assert_eq!(stage.step(), Step::HangUp(HangUp::WrongDoor));
    assert!(stage.conversation.wants_connection());
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::AppTooOld));

    let mut stage = Stage::new();
    stage.conversation.prepare(&mut stage.random);
    stage.conversation.begin(Recognition::Unresolved, Millis(0));
    stage.notify(&NEWER);
    assert_eq!(stage.step(), Step::HangUp(HangUp::WrongDoor));
    stage.lost();
    stage.conversation.give_up(GiveUp::ConnectionLost);
    assert_eq!(stage.result(), Err(UnlockError::ConnectionLost));
}

/// Whoever repeats the door's advertisement can say so, and must not end the intent with it.
#[test]
fn newer_protocol_of_an_impostor_does_not_keep_the_door_from_opening() {
    let mut stage = Stage::new();
    stage.connect();
    stage.notify(&NEWER);
    assert!(stage.written().is_empty());
    stage.lost();
    let hello = stage.connect_and_greet();
    stage.answer_full(&hello, accepted());
    assert_eq!(stage.result().unwrap().path, UnlockPath::Full);
}

#[test]
fn newer_protocol_of_an_impostor_is_not_reported_once_the_door_has_named_itself() {
    for impostor_first in [true, false] {
        let mut stage = Stage::new();
        if impostor_first {
            stage.connect();
            stage.notify(&NEWER);
            stage.lost();
        }
        stage.connect_and_greet();
        stage.lost();
        if !impostor_first {
            stage.connect();
            stage.notify(&NEWER);
            stage.lost();
        }
        stage.conversation.give_up(GiveUp::ConnectionLost);
        assert_eq!(stage.result(), Err(UnlockError::ConnectionLost));
    }
}

#[test]
fn stale_hello_is_replaced() {
    let mut stage = Stage::new();
    stage.connect_and_greet();
    assert_eq!(stage.only_written().message_type, MessageType::FullRequest);
    stage.say(MessageType::NotAccepted, &[3]);
    assert_eq!(stage.only_written().message_type, MessageType::HelloRequest);
    let hello = stage.hello();
    stage.notify(hello.as_bytes());
    stage.answer_full(&hello, accepted());
    stage.lost();
    assert_eq!(stage.result().unwrap().attempts, 2);
}

#[test]
fn hello_too_late_to_die_before_the_deadline_gets_no_request() {
    let mut stage = Stage::new();
    stage.connect();
    stage.now = DEADLINE - HELLO_DEAD_MS + 1;
    let hello = stage.hello();
    stage.notify(hello.as_bytes());
    assert!(stage.written().is_empty());
    assert_eq!(stage.result(), Err(UnlockError::ConnectionLost));
}
