//! Every outcome that an app can act on, end to end on both paths, and every credential that must not open (spec §8.4–§8.6).

mod bolt;
mod grants;
mod list;
mod shares;
mod time;

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const NOT_RECOGNISED: Reply = Reply::NotAccepted(1);

fn resident() -> GrantTerms {
    GrantTerms::resident(at(-60))
}

fn grant_of(roles: Roles) -> GrantTerms {
    GrantTerms { roles, ..resident() }
}

/// Two phones with such a grant: one without a ticket, and one that has unlocked before.
fn phones(property: &mut Property, terms: &GrantTerms) -> [ManualPhone; 2] {
    let mut phones = [property.phone(terms), property.phone(terms)];
    assert_eq!(phones[1].unlock_full(&mut property.door), ACCEPTED);
    phones
}

/// The outcomes for a phone without a ticket and for one with.
fn outcomes(door: &mut BenchDoor, [first, repeat]: &mut [ManualPhone; 2]) -> [Outcome; 2] {
    [first.unlock_full(door), repeat.unlock_fast(door)]
}

/// On both paths the outcome is this, and the bolt rests.
fn assert_refused(door: &mut BenchDoor, phones: &mut [ManualPhone; 2], outcome: Outcome) {
    let moves = door.bolt_moves().len();
    assert_eq!(outcomes(door, phones), [outcome; 2]);
    assert_eq!(door.bolt_moves().len(), moves);
}

fn guest_of(granter: &mut ManualPhone, validity: Validity) -> ManualPhone {
    let mut guest = ManualPhone::new(4_000);
    guest.keep(granter.share(guest.id(), validity));
    guest
}
