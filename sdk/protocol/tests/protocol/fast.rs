//! Tickets and the fast path (spec §6).

use std::collections::HashSet;

use proptest::prelude::*;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::ticket::{Counters, FastAnswer, FastRequest, MAX_ATTEMPT, MAX_PRESS, Ticket};

use crate::{cast, damage, strategies};

fn ticket() -> Ticket {
    Ticket::from_secret([0x51; 32])
}

fn request(press: u8, attempt: u8) -> FastRequest {
    ticket().open().request(&cast::hello(1), Counters { press, attempt }, OperationKind::Unlock).unwrap()
}

/// What a door does with a frame: parse the payload behind its header, look the id up, check the tag.
fn door_accepts(ticket: &Ticket, frame: &[u8]) -> bool {
    let Some((0xc5, payload)) = frame.split_first() else { return false };
    FastRequest::parse(payload).is_ok_and(|request| {
        request.ticket_id() == ticket.id() && ticket.open().verifies(&cast::hello(1), &request)
    })
}

fn phone_accepts(request: &FastRequest, frame: &[u8]) -> bool {
    let Some((0xc6, payload)) = frame.split_first() else { return false };
    FastAnswer::parse(payload)
        .is_ok_and(|answer| ticket().open().read_answer(&cast::hello(1), request, &answer).is_ok())
}

proptest! {
    #[test]
    fn every_request_and_answer_survive_the_way(
        secret: [u8; 32],
        press in 1..=MAX_PRESS,
        attempt in 1..=MAX_ATTEMPT,
        answer in strategies::answer(),
    ) {
        let (ticket, hello) = (Ticket::from_secret(secret), cast::hello(1));
        let counters = Counters { press, attempt };
        let sent = ticket.open().request(&hello, counters, OperationKind::Unlock).unwrap();
        let heard = FastRequest::parse(&sent.as_bytes()[1..]).unwrap();
        prop_assert_eq!(heard, sent);
        prop_assert_eq!(heard.counters(), counters);
        prop_assert_eq!(heard.kind(), OperationKind::Unlock);
        prop_assert_eq!(heard.ticket_id(), ticket.id());
        prop_assert!(ticket.open().verifies(&hello, &heard));

        let (response, door_session) = ticket.open().answer(&hello, &heard, answer);
        let response = FastAnswer::parse(&response.as_bytes()[1..]).unwrap();
        let (read, phone_session) = ticket.open().read_answer(&hello, &sent, &response).unwrap();
        prop_assert_eq!(read, answer);
        prop_assert_eq!(phone_session.dangerous_bytes(), door_session.dangerous_bytes());
    }

    #[test]
    fn what_is_parsed_is_what_was_sent(payload: [u8; 19]) {
        if let Ok(request) = FastRequest::parse(&payload) {
            prop_assert_eq!(&request.as_bytes()[1..], &payload[..]);
            prop_assert_eq!(request.as_bytes()[0], 0xc5);
        }
        let answer = FastAnswer::parse(&payload).unwrap();
        prop_assert_eq!(&answer.as_bytes()[1..], &payload[..]);
    }
}

#[test]
fn every_damaged_request_is_refused() {
    let good = request(3, 2);
    assert!(door_accepts(&ticket(), good.as_bytes()));
    for damaged in damage::all(good.as_bytes()) {
        assert!(!door_accepts(&ticket(), &damaged), "{damaged:02x?}");
    }
}

#[test]
fn every_damaged_answer_is_refused() {
    let request = request(3, 2);
    let (good, _) = ticket().open().answer(&cast::hello(1), &request, cast::accepted());
    assert!(phone_accepts(&request, good.as_bytes()));
    for damaged in damage::all(good.as_bytes()) {
        assert!(!phone_accepts(&request, &damaged), "{damaged:02x?}");
    }
}

#[test]
fn a_recorded_request_is_worth_nothing_on_another_hello() {
    assert!(!ticket().open().verifies(&cast::hello(2), &request(1, 1)));
}

#[test]
fn a_request_is_worth_nothing_under_any_other_ticket_of_its_chain() {
    assert!(!ticket().next().open().verifies(&cast::hello(1), &request(1, 1)));
    assert!(!ticket().next().next().open().verifies(&cast::hello(1), &request(1, 1)));
}

#[test]
fn a_recorded_answer_is_worth_nothing_for_any_other_try() {
    let asked = request(3, 2);
    let (answer, _) = ticket().open().answer(&cast::hello(1), &asked, cast::accepted());
    for other in [request(3, 1), request(3, 3), request(2, 2), request(4, 2)] {
        assert!(!phone_accepts(&other, answer.as_bytes()));
    }
    let elsewhere = ticket().open().read_answer(&cast::hello(2), &asked, &answer);
    assert_eq!(elsewhere.err(), Some(Error::NotAuthentic));
    let under_next = ticket().next().open().read_answer(&cast::hello(1), &asked, &answer);
    assert_eq!(under_next.err(), Some(Error::NotAuthentic));
}

/// The tag covers the try by itself, not only through the mask: tag and mask of two tries do not mix.
#[test]
fn the_tag_of_one_try_is_worth_nothing_under_the_mask_of_another() {
    let answered = |hello: u8, attempt: u8| {
        let hello = cast::hello(hello);
        let counters = Counters { press: 3, attempt };
        let asked = ticket().open().request(&hello, counters, OperationKind::Unlock).unwrap();
        let (answer, _) = ticket().open().answer(&hello, &asked, cast::accepted());
        (asked, *answer.as_bytes())
    };
    let (asked, good) = answered(1, 2);
    assert!(phone_accepts(&asked, &good));
    for (hello, attempt) in [(1, 1), (2, 2)] {
        let (_, other) = answered(hello, attempt);
        let mixed = [&good[..6], &other[6..]].concat();
        assert!(!phone_accepts(&asked, &mixed), "hello {hello} attempt {attempt}");
    }
}

/// An eavesdropper sees neither the outcome nor whether two answers are the same.
#[test]
fn equal_answers_look_different_each_time() {
    let masked = |attempt| {
        let (answer, _) = ticket().open().answer(&cast::hello(1), &request(1, attempt), cast::accepted());
        answer.as_bytes()[1..6].to_vec()
    };
    let seen: HashSet<_> = (1..=MAX_ATTEMPT).map(masked).collect();
    assert_eq!(seen.len(), usize::from(MAX_ATTEMPT));
}

#[test]
fn counters_out_of_range_are_never_sent_and_never_heard() {
    let hello = cast::hello(1);
    for press in 0..=255 {
        for attempt in 0..=255 {
            let sent = ticket().open().request(&hello, Counters { press, attempt }, OperationKind::Unlock);
            let possible = press > 0 && (1..=MAX_ATTEMPT).contains(&attempt);
            assert_eq!(sent.is_ok(), possible, "press {press} attempt {attempt}");
        }
    }
    let good = request(1, 1);
    for press in 0..=255 {
        for kind_and_attempt in 0..=255 {
            let mut payload = good.as_bytes()[1..].to_vec();
            (payload[3], payload[4]) = (press, kind_and_attempt);
            let known = press > 0 && kind_and_attempt & 0x1f > 0 && kind_and_attempt >> 5 <= 1;
            assert_eq!(FastRequest::parse(&payload).is_ok(), known, "{press} {kind_and_attempt:#x}");
        }
    }
}

#[test]
fn tickets_ratchet_the_same_way_on_both_sides_and_never_repeat() {
    let session = cast::session(&cast::hello(1));
    let (mut phone, mut door) = (Ticket::first(&session), Ticket::first(&session));
    let mut secrets = HashSet::new();
    for _ in 0..1_000 {
        assert_eq!(phone.secret(), door.secret());
        assert_eq!(phone.id(), door.id());
        assert!(secrets.insert(*phone.secret()));
        (phone, door) = (phone.next(), door.next());
    }
    assert!(!secrets.contains(session.dangerous_bytes()));
}

#[test]
fn every_press_of_every_ticket_is_another_operation() {
    let (one, other) = (ticket(), ticket().next());
    let ids: HashSet<_> =
        (0..=255).flat_map(|press| [one.operation_id(press), other.operation_id(press)]).collect();
    assert_eq!(ids.len(), 512);
}

#[test]
fn the_session_depends_on_hello_request_and_answer() {
    let session = |hello: u8, attempt: u8, answer: thumbturn_protocol::answer::Answer| {
        let hello = cast::hello(hello);
        let counters = Counters { press: 1, attempt };
        let request = ticket().open().request(&hello, counters, OperationKind::Unlock).unwrap();
        *ticket().open().answer(&hello, &request, answer).1.dangerous_bytes()
    };
    let mut other = cast::accepted();
    other.list_version += 1;
    let sessions: HashSet<_> = [
        session(1, 1, cast::accepted()),
        session(2, 1, cast::accepted()),
        session(1, 2, cast::accepted()),
        session(1, 1, other),
    ]
    .into();
    assert_eq!(sessions.len(), 4);
}
