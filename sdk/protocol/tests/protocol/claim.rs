//! Claiming (spec §9).

use proptest::prelude::*;
use thumbturn_protocol::claim::{self, ClaimResponder, DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::full::check_gate;
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{
    ClaimSecret, DoorId, Generation, ListVersion, PhoneId, PropertyId, Serial, TagKey,
};
use thumbturn_protocol::keys::ExchangeKey;
use thumbturn_protocol::limits;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{Transition, UtcOffset, Zone};

use crate::{cast, damage, strategies};

fn secret() -> ClaimSecret {
    ClaimSecret::from_bytes([0x61; 16])
}

fn hello(nonce: u8) -> Hello {
    Hello::new(DoorState::FactoryFresh, [nonce; 12], &secret().tag_key())
}

fn configuration() -> DoorConfiguration {
    let keys = PropertyKeys {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        root_key: cast::root().public(),
        signing_key: cast::property().public(),
        sealing_key: ExchangeKey([9; 32]),
    };
    let zone = Zone::fixed(UtcOffset::UTC);
    DoorConfiguration::new(keys, DoorId([2; 8]), cast::tag_key(), DoorKind::Residence, cast::now(), zone)
}

fn request(configuration: &DoorConfiguration) -> (claim::Claimer, Vec<u8>) {
    claim::request(&secret(), &hello(1), configuration, cast::ephemeral(6)).unwrap()
}

fn read(hello: &Hello, message: &[u8]) -> Result<(ClaimResponder, DoorConfiguration), Error> {
    ClaimResponder::read(&secret(), hello, message, cast::ephemeral(7))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_claim_survives_the_way(configuration in strategies::configuration(), keys in strategies::door_keys()) {
        let (claimer, request) = request(&configuration);
        prop_assert!(request.len() <= limits::UNAUTHENTICATED_MESSAGE);
        let message = check_gate(&secret().tag_key(), &hello(1), &request).unwrap();
        let (responder, heard) = read(&hello(1), message).unwrap();
        prop_assert_eq!(heard, configuration);
        let (response, door_session) = responder.answer(&keys).unwrap();
        let (heard, claimer_session) = claimer.finish(&response).unwrap();
        prop_assert_eq!(heard, keys);
        prop_assert_eq!(claimer_session.dangerous_bytes(), door_session.dangerous_bytes());
    }
}

#[test]
fn the_largest_configuration_fits() {
    let mut largest = configuration();
    largest.generation = Generation(u32::MAX);
    largest.now = UnixSeconds::MAX;
    largest.list_version = ListVersion(u32::MAX);
    let offset = UtcOffset::new(-64_800).unwrap();
    let last = UnixSeconds::MAX.seconds();
    let transitions =
        (0..16).map(|index| Transition { at: UnixSeconds::new(last - 15 + index).unwrap(), offset });
    largest.zone = Zone::new(UtcOffset::new(64_800).unwrap(), transitions.collect()).unwrap();
    let entry = DenyEntry { subject: DenySubject::Phone(PhoneId([0xff; 16])), void_before: Serial(u32::MAX) };
    largest.deny = vec![entry; limits::CLAIM_DENY_ENTRIES];
    let (_, request) = request(&largest);
    assert_eq!(request.len(), 700);
    assert!(request.len() <= limits::UNAUTHENTICATED_MESSAGE);
    assert_eq!(read(&hello(1), &request[4..]).unwrap().1, largest);
}

#[test]
fn a_claimer_refuses_what_a_door_would_refuse() {
    let refused = |configuration: &DoorConfiguration| {
        claim::request(&secret(), &hello(1), configuration, cast::ephemeral(6)).is_err()
    };
    assert!(!refused(&configuration()));
    for relock_seconds in 0..=255 {
        let mut configuration = configuration();
        configuration.relock_seconds = relock_seconds;
        assert_eq!(refused(&configuration), !(1..=240).contains(&relock_seconds));
    }
    let mut configuration = configuration();
    let entry = DenyEntry { subject: DenySubject::EverybodyButStaff, void_before: Serial(1) };
    configuration.deny = vec![entry; limits::CLAIM_DENY_ENTRIES + 1];
    assert!(refused(&configuration));
}

#[test]
fn every_damaged_request_is_refused_at_the_gate_and_behind_it() {
    let (_, request) = request(&configuration());
    let (tag_key, message) = (secret().tag_key(), &request[4..]);
    assert!(check_gate(&tag_key, &hello(1), &request).is_ok());
    assert!(read(&hello(1), message).is_ok());
    for damaged in damage::all(&request) {
        assert!(check_gate(&tag_key, &hello(1), &damaged).is_err());
    }
    for damaged in damage::all(message) {
        assert!(read(&hello(1), &damaged).is_err());
    }
}

#[test]
fn every_damaged_answer_is_refused() {
    let answer = |damaged: Option<&[u8]>| {
        let (claimer, request) = request(&configuration());
        let (response, _) = read(&hello(1), &request[4..]).unwrap().0.answer(&cast::door_keys()).unwrap();
        claimer.finish(damaged.unwrap_or(&response)).map(|_| response)
    };
    for damaged in damage::all(&answer(None).unwrap()) {
        assert!(answer(Some(&damaged)).is_err());
    }
}

#[test]
fn only_the_claim_secret_opens_a_claim() {
    let (_, request) = request(&configuration());
    let other = ClaimSecret::from_bytes([0x62; 16]);
    assert_ne!(other.tag_key(), secret().tag_key());
    assert_eq!(check_gate(&other.tag_key(), &hello(1), &request), Err(Error::NotAuthentic));
    let read = ClaimResponder::read(&other, &hello(1), &request[4..], cast::ephemeral(7));
    assert_eq!(read.err(), Some(Error::NotAuthentic));
}

#[test]
fn a_recorded_claim_is_worth_nothing_on_another_hello() {
    let (_, request) = request(&configuration());
    assert_eq!(check_gate(&secret().tag_key(), &hello(2), &request), Err(Error::NotAuthentic));
    assert_eq!(read(&hello(2), &request[4..]).err(), Some(Error::NotAuthentic));
}

/// Claim and full requests have the same frame around them and still are nothing to each other.
#[test]
fn a_full_request_is_no_claim_and_a_claim_no_full_request() {
    let tag_key: TagKey = secret().tag_key();
    let hello = hello(1);
    let phone = cast::resident();
    let payload = cast::payload(&phone, None);
    let (_, full) = thumbturn_protocol::full::request(
        &phone.session,
        cast::door().public(),
        &tag_key,
        &hello,
        &payload,
        cast::ephemeral(6),
    )
    .unwrap();
    let message = check_gate(&tag_key, &hello, &full).unwrap();
    assert_eq!(read(&hello, message).err(), Some(Error::NotAuthentic));
    let (_, claim) = request(&configuration());
    assert!(cast::read(&hello, &claim[4..]).is_err());
}
