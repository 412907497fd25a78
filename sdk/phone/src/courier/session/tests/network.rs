//! An instant from the authority for this one session (spec §13.2).

use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::signed::Signable;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::MTU;
use crate::courier::scene::Scene;
use crate::courier::{Capacity, CourierSession, CourierStep, End, Occasion};
use crate::fixture::{BEGIN, seconds};

const BEGUN: u64 = 1_000;

/// A session that has asked for an instant, all else being done; and the nonce it asked with.
fn asked(scene: &mut Scene) -> (CourierSession, TimeNonce) {
    let door = scene.door();
    let cargo = scene.inbox.cargo(door.origin.door).unwrap();
    let mut session = CourierSession::new(cargo, Occasion::Accepted, Millis(BEGUN)).with_network();
    assert_eq!(step(&mut session, BEGUN), CourierStep::Send(Record::Ask));
    session.receive(Record::State(door.state()), Millis(BEGUN));
    loop {
        match step(&mut session, BEGUN) {
            CourierStep::FetchTime { property, nonce } => {
                assert_eq!((property, nonce), (scene.property.id, door.state().nonce));
                return (session, nonce);
            }
            CourierStep::Keep(_) | CourierStep::Report(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn step(session: &mut CourierSession, now: u64) -> CourierStep {
    session.poll(AttMtu::new(MTU).unwrap(), Capacity::Free, Millis(now))
}

fn token(scene: &Scene, nonce: Option<TimeNonce>) -> Vec<u8> {
    let plain = TimeToken::new(scene.property.id, scene.property.generation, seconds(BEGIN + 5));
    let token = nonce.map_or_else(|| plain.clone(), |nonce| plain.clone().for_session(nonce));
    token.sign(&scene.property.signing).unwrap().as_bytes().to_vec()
}

/// Whether what the authority said at `now` goes to the door. The session ends in any case.
fn is_handed_over(session: &mut CourierSession, answer: Option<&[u8]>, now: u64) -> bool {
    assert!(
        matches!(step(session, BEGUN), CourierStep::Wait { .. }),
        "waits for the network, and for nothing else"
    );
    session.time_signed(answer, Millis(now));
    let mut handed_over = false;
    for _ in 0..10 {
        match step(session, now) {
            CourierStep::Send(Record::Time { elapsed: None, .. }) => handed_over = true,
            CourierStep::Report(_) => {}
            CourierStep::Done(end) => {
                assert_eq!(end, End::Complete);
                return handed_over;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("a session without end");
}

#[test]
fn an_instant_for_this_session_is_handed_over() {
    let mut scene = Scene::new(60);
    let (mut session, nonce) = asked(&mut scene);
    let token = token(&scene, Some(nonce));
    assert!(is_handed_over(&mut session, Some(&token), BEGUN + 400));
}

#[test]
fn nothing_else_is_handed_over() {
    let mut scene = Scene::new(61);
    let good = |scene: &Scene| token(scene, Some(TimeNonce([1; 8])));
    let other_nonce = token(&scene, Some(TimeNonce([2; 8])));
    let plain = token(&scene, None);
    let mut forged = good(&scene);
    *forged.last_mut().unwrap() ^= 1;
    let unknown = {
        let later =
            TimeToken::new(scene.property.id, Generation(9), seconds(BEGIN)).for_session(TimeNonce([1; 8]));
        later.sign(&scene.property.signing).unwrap().as_bytes().to_vec()
    };
    for answer in [None, Some(other_nonce), Some(plain), Some(forged), Some(unknown), Some(Vec::new())] {
        let (mut session, _) = asked(&mut scene);
        assert!(!is_handed_over(&mut session, answer.as_deref(), BEGUN + 400), "{answer:?}");
    }
}

#[test]
fn a_network_that_does_not_answer_holds_the_session_for_a_moment_only() {
    let mut scene = Scene::new(62);
    let (mut session, nonce) = asked(&mut scene);
    let CourierStep::Wait { until } = step(&mut session, BEGUN) else { panic!() };
    assert!(until.0 <= BEGUN + 1_500);
    assert_eq!(step(&mut session, until.0), CourierStep::Done(End::Complete));
    session.time_signed(Some(&token(&scene, Some(nonce))), Millis(until.0 + 1));
    assert_eq!(step(&mut session, until.0 + 1), CourierStep::Done(End::Complete));
}

#[test]
fn without_a_network_nobody_is_asked() {
    let mut scene = Scene::new(63);
    let door = scene.door();
    let cargo = scene.inbox.cargo(door.origin.door).unwrap();
    let mut session = CourierSession::new(cargo, Occasion::Accepted, Millis(BEGUN));
    assert_eq!(step(&mut session, BEGUN), CourierStep::Send(Record::Ask));
    session.receive(Record::State(door.state()), Millis(BEGUN));
    loop {
        match step(&mut session, BEGUN) {
            CourierStep::Keep(_) => {}
            CourierStep::Done(End::Complete) => return,
            other => panic!("{other:?}"),
        }
    }
}
