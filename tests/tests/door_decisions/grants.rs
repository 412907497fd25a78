//! Grants that are for something else, or that somebody else signed (spec §8.5 steps 2 and 3).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::event::{Event, Refusal};
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::ids::{DoorKeyId, Generation, OperationId, PhoneId, PropertyId};
use thumbturn_simulator::authority::Authority;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at, claim_door};

use super::{ACCEPTED, NOT_RECOGNISED};

/// What the door says to a phone with this grant, signed by the property as it is.
fn try_grant(property: &mut Property, change: impl FnOnce(&mut Grant)) -> Reply {
    let mut phone = property.resident();
    let mut grant = phone.grant();
    change(&mut grant);
    let own = phone.credential().clone();
    let signed = property.authority.credential(&grant).expect("a door of the property");
    phone.keep(Credential::new(own.certificate, own.tag_key, signed.grant, None));
    phone.try_full(&mut property.door, OperationId([1; 8]), 1)
}

#[test]
fn a_grant_for_something_else_is_denied() {
    let mut property = Property::new(428);
    let mut elsewhere = BenchDoor::new(4_280);
    let other = property
        .authority
        .configure(DoorKind::Residence, property.configuration.zone.clone(), at(0))
        .expect("a seeded source");
    let keys = claim_door(&mut elsewhere, &other);
    property.authority.enter(&other, keys, at(0)).expect("certified");
    type Change = Box<dyn FnOnce(&mut Grant)>;
    let changes: [(&str, Change); 6] = [
        ("property", Box::new(|grant| grant.property = PropertyId([1; 8]))),
        ("generation", Box::new(|grant| grant.generation = Generation(2))),
        ("door", Box::new(move |grant| grant.door = other.door)),
        ("door key", Box::new(|grant| grant.door_key = DoorKeyId([1; 4]))),
        ("phone", Box::new(|grant| grant.phone = PhoneId([1; 16]))),
        ("roles", Box::new(|grant| grant.roles = Roles::COURIER.and(Roles::MAY_SHARE).and(Roles::STAFF))),
    ];
    for (what, change) in changes {
        assert_eq!(try_grant(&mut property, change).outcome(), Outcome::Denied, "{what}");
    }
    assert_eq!(property.door.bolt_moves(), []);
    let is_denial = |event: &Event| matches!(event, Event::Refused { reason: Refusal::Denied, .. });
    let logged = property.door.log().into_iter().filter(|logged| is_denial(&logged.event)).count();
    assert_eq!(logged, 5, "each whose signature could be checked is in the log");
    assert_eq!(try_grant(&mut property, |_| {}).outcome(), ACCEPTED);
}

#[test]
fn a_grant_that_another_key_signed_is_not_accepted() {
    let mut property = Property::new(429);
    let mut phone = property.resident();
    // Another property, whose authority knows all about the door.
    let mut stranger = Authority::new(SeededRandom::new(4_290)).expect("a seeded source");
    let keys = property.authority.door_keys(property.configuration.door).expect("claimed");
    stranger.enter(&property.configuration, keys, at(0)).expect("entered");
    let own = phone.credential().clone();
    let forged = stranger.credential(&phone.grant()).expect("signed");
    phone.keep(Credential::new(own.certificate, own.tag_key, forged.grant, None));
    assert_eq!(phone.try_full(&mut property.door, OperationId([1; 8]), 1), NOT_RECOGNISED);
    // The next generation of the property's own keys, which this door does not know: its phone must be able to bring them.
    let _ = property.authority.rotate(None, at(0)).expect("rotated");
    let mut late = property.resident();
    assert_eq!(late.unlock_full(&mut property.door), Outcome::Denied);
    assert_eq!(property.door.bolt_moves(), []);
}

#[test]
fn a_grant_is_worthless_in_another_phone() {
    let mut property = Property::new(430);
    let owner = property.resident();
    let mut thief = ManualPhone::new(4_300);
    thief.keep(owner.credential().clone());
    assert_eq!(thief.unlock_full(&mut property.door), Outcome::Denied);
    // The thief shows the owner's signing key beside his own session key.
    let mut payload = thief.payload(OperationId([1; 8]), 1);
    payload.phone_signing_key = owner.keys.public().signing_key;
    assert_eq!(thief.try_full_with(&mut property.door, &payload).outcome(), Outcome::Denied);
    assert_eq!(property.door.bolt_moves(), []);
}

#[test]
fn a_signing_key_of_another_phone_is_denied() {
    let mut property = Property::new(431);
    let mut phone = property.resident();
    let mut payload = phone.payload(OperationId([1; 8]), 1);
    payload.phone_signing_key = ManualPhone::new(4_310).keys.public().signing_key;
    assert_eq!(phone.try_full_with(&mut property.door, &payload).outcome(), Outcome::Denied);
}
