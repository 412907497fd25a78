//! The full handshake (spec §5).

use proptest::prelude::*;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::full::{self, RequestPayload, check_gate};
use thumbturn_protocol::ids::{Generation, ListVersion, Serial, TagKey};
use thumbturn_protocol::keys::{ExchangeKeyPair, PhonePublicKeys};
use thumbturn_protocol::limits;
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::share::ShareChain;
use thumbturn_protocol::signed::Signable;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::{cast, damage, strategies};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_request_and_answer_survive_the_way(
        operation in strategies::operation(),
        grant in strategies::grant(),
        share in proptest::option::of(strategies::share()),
        answer in strategies::answer(),
        [phone, door, one, two] in any::<[[u8; 32]; 4]>(),
    ) {
        prop_assume!(one != two);
        let (phone, door) = (ExchangeKeyPair::from_secret(phone), ExchangeKeyPair::from_secret(door));
        let granter = cast::resident();
        let payload = RequestPayload {
            phone_signing_key: cast::guest().public().signing_key,
            operation,
            grant: grant.sign(&cast::property()).unwrap().into(),
            share: share.map(|share| ShareChain {
                granter: granter.public(),
                share: share.sign(&granter.signing).unwrap().into(),
            }),
        };
        let hello = cast::hello(1);
        let (initiator, request) =
            full::request(&phone, door.public(), &cast::tag_key(), &hello, &payload, cast::ephemeral(6)).unwrap();
        prop_assert!(request.len() <= limits::UNAUTHENTICATED_MESSAGE);

        let message = check_gate(&cast::tag_key(), &hello, &request).unwrap();
        let (responder, read) = full::Responder::read(&door, &hello, message, cast::ephemeral(7)).unwrap();
        prop_assert_eq!(&read, &payload);
        let keys = PhonePublicKeys { session_key: phone.public(), signing_key: payload.phone_signing_key };
        prop_assert_eq!(responder.phone(), &keys);

        let (response, door_session) = responder.answer(answer).unwrap();
        let (heard, phone_session) = initiator.finish(&response).unwrap();
        prop_assert_eq!(heard, answer);
        prop_assert_eq!(phone_session.dangerous_bytes(), door_session.dangerous_bytes());
    }
}

#[test]
fn the_largest_request_fits() {
    let minute = |minute| Minute::new(minute).unwrap();
    let window = |hour: u16| Window::new(Days::EVERY_DAY, minute(hour), minute(hour + 1)).unwrap();
    let schedule = Schedule::new(&(0..8).map(window).collect::<Vec<_>>()).unwrap();
    let before = UnixSeconds::new(UnixSeconds::MAX.seconds() - 1).unwrap();
    let validity = Validity::from(before).until(UnixSeconds::MAX).within(schedule);
    let mut grant = cast::grant_for(cast::resident().public().id());
    grant.generation = Generation(u32::MAX);
    grant.serial = Serial(u32::MAX);
    grant.lease_end = UnixSeconds::MAX;
    grant.min_list_version = ListVersion(u32::MAX);
    grant.validity = validity.clone();
    let mut share = cast::share_draft();
    share.generation = Generation(u32::MAX);
    share.granter_serial = Serial(u32::MAX);
    share.validity = validity;

    let (phone, granter) = (cast::guest(), cast::resident());
    let mut payload = cast::payload(&phone, None);
    payload.grant = grant.sign(&cast::property()).unwrap().into();
    let share = share.sign(&granter.signing).unwrap().into();
    payload.share = Some(ShareChain { granter: granter.public(), share });
    let door = cast::door().public();
    let hello = cast::hello(1);
    let (_, request) =
        full::request(&phone.session, door, &cast::tag_key(), &hello, &payload, cast::ephemeral(6)).unwrap();
    assert_eq!(request.len(), 547);
    assert!(request.len() <= limits::UNAUTHENTICATED_MESSAGE);
}

#[test]
fn no_damaged_request_passes_the_gate() {
    let hello = cast::hello(1);
    for share in [None, Some(cast::share_chain())] {
        let (_, request) = cast::full_request(&hello, share);
        assert!(check_gate(&cast::tag_key(), &hello, &request).is_ok());
        for damaged in damage::all(&request) {
            assert!(check_gate(&cast::tag_key(), &hello, &damaged).is_err());
        }
    }
}

/// Whoever holds the tag key can make a gate for anything. Behind it the handshake stands alone.
#[test]
fn every_flip_and_truncation_behind_a_good_gate_is_refused() {
    let hello = cast::hello(1);
    for share in [None, Some(cast::share_chain())] {
        let (_, request) = cast::full_request(&hello, share);
        let message = &request[4..];
        assert!(cast::read(&hello, message).is_ok());
        for (bit, flipped) in damage::flips(message) {
            assert!(cast::read(&hello, &flipped).is_err(), "bit {bit}");
        }
        for cut in damage::truncations(message) {
            assert!(cast::read(&hello, cut).is_err(), "{} bytes", cut.len());
        }
        for longer in damage::extensions(message) {
            assert!(cast::read(&hello, &longer).is_err());
        }
    }
}

#[test]
fn every_flip_and_truncation_of_an_answer_is_refused() {
    let hello = cast::hello(1);
    let answer = |damaged: Option<&[u8]>| {
        let (initiator, request) = cast::full_request(&hello, None);
        let (response, _) = cast::read(&hello, &request[4..]).unwrap().0.answer(cast::accepted()).unwrap();
        initiator.finish(damaged.unwrap_or(&response)).map(|(answer, _)| (answer, response))
    };
    let (heard, response) = answer(None).unwrap();
    assert_eq!(heard, cast::accepted());
    for (bit, flipped) in damage::flips(&response) {
        assert!(answer(Some(&flipped)).is_err(), "bit {bit}");
    }
    for cut in damage::truncations(&response) {
        assert!(answer(Some(cut)).is_err());
    }
    for longer in damage::extensions(&response) {
        assert!(answer(Some(&longer)).is_err());
    }
}

#[test]
fn a_recorded_request_is_worth_nothing_on_another_hello() {
    let (said, later) = (cast::hello(1), cast::hello(2));
    let (_, request) = cast::full_request(&said, None);
    assert_eq!(check_gate(&cast::tag_key(), &later, &request), Err(Error::NotAuthentic));
    assert_eq!(cast::read(&later, &request[4..]).err(), Some(Error::NotAuthentic));
}

#[test]
fn a_request_for_one_door_is_worth_nothing_at_another() {
    let hello = cast::hello(1);
    let (_, request) = cast::full_request(&hello, None);
    let other_tag_key = TagKey::from_bytes([0x99; 16]);
    assert_eq!(check_gate(&other_tag_key, &hello, &request), Err(Error::NotAuthentic));
    let other_door = ExchangeKeyPair::from_secret([0x98; 32]);
    let read = full::Responder::read(&other_door, &hello, &request[4..], cast::ephemeral(7));
    assert_eq!(read.err(), Some(Error::NotAuthentic));
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let hello = cast::hello(1);
    let (_, first) = cast::full_request(&hello, None);
    let (second, _) = cast::full_request(&cast::hello(2), None);
    let (response, _) = cast::read(&hello, &first[4..]).unwrap().0.answer(cast::accepted()).unwrap();
    assert_eq!(second.finish(&response).err(), Some(Error::NotAuthentic));
}

/// The two static keys that a small-order point would make useless are refused by their all-zero result.
#[test]
fn all_zero_results_end_the_handshake_on_both_sides() {
    let hello = cast::hello(1);
    let points = [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }];
    for point in points {
        let (_, request) = cast::full_request(&hello, None);
        let message = [&point, &request[4 + 32..]].concat();
        assert_eq!(cast::read(&hello, &message).err(), Some(Error::InvalidKey));

        let (initiator, request) = cast::full_request(&hello, None);
        let (response, _) = cast::read(&hello, &request[4..]).unwrap().0.answer(cast::accepted()).unwrap();
        let response = [&point, &response[32..]].concat();
        assert_eq!(initiator.finish(&response).err(), Some(Error::InvalidKey));

        let door = thumbturn_protocol::keys::ExchangeKey(point);
        let phone = cast::resident();
        let payload = cast::payload(&phone, None);
        let refused =
            full::request(&phone.session, door, &cast::tag_key(), &hello, &payload, cast::ephemeral(6));
        assert_eq!(refused.err(), Some(Error::InvalidKey));
    }
}

/// The signing key is only named by the request: another one is another phone, for which the grant is not.
#[test]
fn another_signing_key_in_the_request_is_another_phone() {
    let hello = cast::hello(1);
    let phone = cast::resident();
    let mut payload = cast::payload(&phone, None);
    payload.phone_signing_key = cast::guest().public().signing_key;
    let (_, request) = full::request(
        &phone.session,
        cast::door().public(),
        &cast::tag_key(),
        &hello,
        &payload,
        cast::ephemeral(6),
    )
    .unwrap();
    let (responder, _) = cast::read(&hello, &request[4..]).unwrap();
    assert_ne!(responder.phone().id(), cast::grant().peek_unverified().unwrap().phone);
}

#[test]
fn attempt_0_is_never_sent() {
    let phone = cast::resident();
    let mut payload = cast::payload(&phone, None);
    payload.operation.attempt = 0;
    let door = cast::door().public();
    let refused =
        full::request(&phone.session, door, &cast::tag_key(), &cast::hello(1), &payload, cast::ephemeral(6));
    assert!(refused.is_err());
}

#[test]
fn sessions_of_two_handshakes_have_nothing_in_common() {
    let (one, other) = (cast::session(&cast::hello(1)), cast::session(&cast::hello(2)));
    assert_ne!(one.dangerous_bytes(), other.dangerous_bytes());
}
