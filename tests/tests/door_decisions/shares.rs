//! Guests, and shares that do not fit their grant (spec §8.5 steps 3 and 7).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{DoorId, DoorKeyId, Generation, OperationId, PhoneId, Serial};
use thumbturn_protocol::schedule::Days;
use thumbturn_protocol::share::Share;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

use super::time::hours;
use super::{ACCEPTED, NOT_RECOGNISED, grant_of, guest_of, resident};

/// What the door says to a guest with this share of a granter with these roles.
fn try_share(roles: Roles, change: impl FnOnce(&mut Share)) -> Outcome {
    let mut property = Property::new(432);
    let mut granter = property.phone(&grant_of(roles));
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    let chain = guest.credential().share.clone().expect("a share");
    let mut share = chain.share.peek_unverified().expect("a share");
    change(&mut share);
    guest.keep(granter.sign_share(&share));
    let outcome = guest.unlock_full(&mut property.door);
    assert_eq!(property.door.bolt_moves().is_empty(), outcome != ACCEPTED);
    outcome
}

const MAY_SHARE: Roles = Roles::UNLOCK.and(Roles::MAY_SHARE);

#[test]
fn a_share_that_does_not_fit_is_denied() {
    assert_eq!(try_share(MAY_SHARE, |_| {}), ACCEPTED);
    assert_eq!(try_share(Roles::UNLOCK, |_| {}), Outcome::Denied, "the granter may not share");
    assert_eq!(try_share(Roles::MAY_SHARE, |_| {}), Outcome::Denied, "the granter may not unlock");
    assert_eq!(try_share(MAY_SHARE, |share| share.guest = PhoneId([1; 16])), Outcome::Denied);
    assert_eq!(try_share(MAY_SHARE, |share| share.door = DoorId([1; 8])), Outcome::Denied);
    assert_eq!(try_share(MAY_SHARE, |share| share.door_key = DoorKeyId([1; 4])), Outcome::Denied);
    assert_eq!(try_share(MAY_SHARE, |share| share.generation = Generation(2)), Outcome::Denied);
    for off_by in [-1, 1] {
        let wrong = |share: &mut Share| {
            share.granter_serial = Serial(share.granter_serial.0.saturating_add_signed(off_by));
        };
        assert_eq!(try_share(MAY_SHARE, wrong), Outcome::Denied);
    }
}

#[test]
fn a_share_lives_within_its_own_window_and_hours() {
    let with = |validity: Validity| try_share(MAY_SHARE, |share| share.validity = validity);
    assert_eq!(with(Validity::from(at(1))), Outcome::NotYet);
    assert_eq!(with(Validity::from(at(-2)).until(at(0))), Outcome::Expired);
    // A Monday, 12:00.
    let later = hours(Days::EVERY_DAY, (12, 1), (24, 0));
    assert_eq!(with(Validity::from(at(-1)).within(later)), Outcome::OutOfSchedule);
    let now = hours(Days::EVERY_DAY, (12, 0), (12, 1));
    assert_eq!(with(Validity::from(at(-1)).within(now)), ACCEPTED);
}

#[test]
fn a_guest_under_a_ticket_is_held_to_share_and_grant() {
    let limits: [(GrantTerms, Validity, Outcome); 4] = [
        (GrantTerms { lease_end: at(60), ..resident() }, Validity::from(at(-1)), Outcome::LeaseEnded),
        (resident(), Validity::from(at(-1)).until(at(60)), Outcome::Expired),
        (
            resident(),
            Validity::from(at(-1)).within(hours(Days::EVERY_DAY, (12, 0), (12, 1))),
            Outcome::OutOfSchedule,
        ),
        (
            GrantTerms { validity: Validity::from(at(-60)).until(at(60)), ..resident() },
            Validity::from(at(-1)),
            Outcome::Expired,
        ),
    ];
    for (terms, validity, outcome) in limits {
        let mut property = Property::new(433);
        let mut granter = property.phone(&terms);
        let mut guest = guest_of(&mut granter, validity);
        assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
        property.door.pass(59_999);
        assert_eq!(guest.unlock_fast(&mut property.door), ACCEPTED);
        property.door.pass(1);
        assert_eq!(guest.unlock_fast(&mut property.door), outcome);
        assert_eq!(guest.unlock_full(&mut property.door), outcome);
    }
}

#[test]
fn a_guest_cannot_share_what_was_shared_with_him() {
    let mut property = Property::new(434);
    let mut granter = property.phone(&resident());
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    let mut third = ManualPhone::new(4_340);
    // A share that the guest signs, behind the granter's grant.
    third.keep(guest.share(third.id(), Validity::from(at(-1))));
    assert_eq!(third.unlock_full(&mut property.door), Outcome::Denied);
    // The same, in the granter's name.
    let mut payload = third.payload(OperationId([1; 8]), 1);
    let chain = payload.share.as_mut().expect("a share");
    chain.granter = granter.keys.public();
    assert_eq!(third.try_full_with(&mut property.door, &payload), NOT_RECOGNISED);
    // The guest's own share, shown by the third.
    third.keep(guest.credential().clone());
    assert_eq!(third.unlock_full(&mut property.door), Outcome::Denied);
    // The granter's grant alone, shown by the guest.
    let grant = granter.credential().clone();
    guest.keep(grant);
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied);
    assert_eq!(property.door.bolt_moves(), []);
}

#[test]
fn a_share_does_not_go_on_with_a_newer_grant() {
    let mut property = Property::new(435);
    let mut granter = property.phone(&resident());
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    let share = guest.credential().share.clone();
    property.grant_again(&mut granter, &resident());
    let new = granter.credential().clone();
    guest.keep(Credential::new(new.certificate, new.tag_key, new.grant, share));
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied);
}
