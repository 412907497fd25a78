//! The plain story on the bench: a first unlock, repeat unlocks, a guest, a stranger.

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::validity::Validity;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };

#[test]
fn a_first_unlock_and_many_repeats_move_the_bolt_once_each() {
    let mut property = Property::new(1);
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    for _ in 0..20 {
        property.door.pass(1_000);
        assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
    }
    assert_eq!(property.door.bolt_moves().len(), 21);
}

#[test]
fn a_guest_opens_behind_the_granters_grant() {
    let mut property = Property::new(2);
    let mut resident = property.resident();
    let mut guest = ManualPhone::new(77);
    guest.keep(resident.share(guest.id(), Validity::from(at(-1))));
    assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
    assert_eq!(guest.unlock_fast(&mut property.door), ACCEPTED);
}

#[test]
fn a_claimed_door_stays_claimed_over_a_power_cut_and_knows_its_tickets() {
    let mut property = Property::new(3);
    let mut phone = property.resident();
    assert_eq!(phone.unlock_full(&mut property.door), ACCEPTED);
    property.door = property.door.reboot();
    assert!(property.door.engine().is_claimed());
    // A resident of a residence door without hours: opens although the clock is lost.
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED);
}
