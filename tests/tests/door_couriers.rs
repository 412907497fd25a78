//! Couriers at a door: they deliver and open nothing, whatever they ask for, and cost a bounded share of the door (spec §8.8).

use proptest::prelude::*;
use thumbturn_protocol::answer::{Outcome, short_version};
use thumbturn_protocol::event::Event;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };

fn terms(roles: Roles) -> GrantTerms {
    GrantTerms { roles, ..GrantTerms::resident(at(-60)) }
}

fn courier(property: &mut Property) -> ManualPhone {
    let mut phone = property.phone(&terms(Roles::COURIER));
    phone.kind = OperationKind::Deliver;
    phone
}

/// Every set of roles without the right to open.
fn sets_without_unlock() -> impl Iterator<Item = Roles> {
    let others = [Roles::MAY_SHARE, Roles::COURIER, Roles::CLOCK, Roles::STAFF];
    (0_u8..16).map(move |set| {
        let chosen = others.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0);
        chosen.fold(Roles::NONE, |all, (_, role)| all.and(*role))
    })
}

#[test]
fn a_courier_is_let_in_to_deliver_and_denied_to_open() {
    for (number, roles) in sets_without_unlock().enumerate() {
        let mut property = Property::new(9_000 + u64::try_from(number).unwrap());
        let mut phone = property.phone(&terms(roles));
        assert_eq!(phone.unlock_full(&mut property.door), Outcome::Denied, "{roles:?}");
        phone.kind = OperationKind::Deliver;
        let expected = if roles.contains(Roles::COURIER) { Outcome::Ready } else { Outcome::Denied };
        assert_eq!(phone.unlock_full(&mut property.door), expected, "{roles:?}");
        assert!(phone.ticket.is_none(), "neither starts a ticket");

        // Nor does a guest of one who may not open.
        let mut guest = ManualPhone::new(9_100);
        guest.keep(phone.share(guest.id(), Validity::from(at(-60))));
        for kind in [OperationKind::Unlock, OperationKind::Deliver] {
            guest.kind = kind;
            assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied, "a guest, {roles:?}");
        }
        assert!(property.door.bolt_moves().is_empty());
    }
}

#[test]
fn whoever_may_open_may_deliver_on_both_paths_and_keeps_the_ticket() {
    let mut property = Property::new(9_200);
    let mut phone = property.ticket_holder();
    let ticket = phone.ticket.clone().unwrap();
    phone.kind = OperationKind::Deliver;
    assert_eq!(phone.unlock_fast(&mut property.door), Outcome::Ready);
    assert_eq!(phone.ticket.as_ref().unwrap().secret(), ticket.secret());
    phone.kind = OperationKind::Unlock;
    assert_eq!(phone.unlock_fast(&mut property.door), ACCEPTED, "the next press");
    property.door.pass(60_000);

    let mut guest = ManualPhone::new(9_201);
    guest.keep(phone.share(guest.id(), Validity::from(at(-60))));
    guest.kind = OperationKind::Deliver;
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::Ready);
    assert_eq!(property.door.bolt_moves().len(), 2);
}

#[test]
fn a_delivery_does_not_make_its_operation_known() {
    let mut property = Property::new(9_210);
    let mut phone = property.resident();
    let operation = phone.new_operation();
    phone.kind = OperationKind::Deliver;
    assert_eq!(phone.try_full(&mut property.door, operation, 1).outcome(), Outcome::Ready);
    phone.kind = OperationKind::Unlock;
    assert_eq!(phone.try_full(&mut property.door, operation, 2).outcome(), ACCEPTED);
    // And what was opened is not repeated to who only delivers.
    phone.kind = OperationKind::Deliver;
    assert_eq!(phone.try_full(&mut property.door, operation, 3).outcome(), Outcome::Ready);
    assert_eq!(property.door.bolt_moves().len(), 1);
}

#[test]
fn a_delivery_leaves_no_trace_in_the_log() {
    let mut property = Property::new(9_220);
    let mut phone = courier(&mut property);
    let before = property.door.log().len();
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::Ready);
    let mut stranger = property.phone(&terms(Roles::NONE));
    stranger.kind = OperationKind::Deliver;
    assert_eq!(stranger.unlock_full(&mut property.door), Outcome::Denied);
    // Refusals of an hour are written together.
    property.door.pass(2 * 3_600_000);
    let log = property.door.log();
    let told = log
        .iter()
        .skip(before)
        .map(|logged| &logged.event)
        .filter(|event| matches!(event, Event::Operation(_) | Event::Refused { .. }));
    assert_eq!(told.count(), 0, "{log:?}");
}

#[test]
fn neither_an_old_list_nor_an_unsure_clock_keeps_a_courier_out() {
    let mut property = Property::new(9_230);
    let mut late = property.phone(&GrantTerms { lease_end: at(0), ..terms(Roles::COURIER) });
    late.kind = OperationKind::Deliver;
    let waits = GrantTerms { min_list_version: ListVersion(u32::MAX), ..GrantTerms::resident(at(-60)) };
    let mut tenant = property.phone(&waits);
    assert_eq!(tenant.unlock_full(&mut property.door), Outcome::UpdateRequired);
    tenant.kind = OperationKind::Deliver;
    assert_eq!(tenant.unlock_full(&mut property.door), Outcome::Ready);

    // After a power cut a door without a battery-backed clock does not know the time.
    property.door = property.door.reboot();
    let mut phone = courier(&mut property);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::Ready);
    // What has ended for certain has ended.
    assert_eq!(late.unlock_full(&mut property.door), Outcome::LeaseEnded);
    assert!(property.door.bolt_moves().is_empty());
}

#[test]
fn a_courier_brings_an_update_that_nobody_else_would() {
    let mut property = Property::new(9_240);
    let mut list = property.authority.list_of(&property.configuration).unwrap();
    let parcel = property.authority.snapshot(&mut list, at(0)).unwrap();
    let mut phone = courier(&mut property);
    let mut session = Conversation::begin(&mut phone, &mut property.door);
    assert_eq!(session.answer.outcome, Outcome::Ready);
    let progress = Courier::new(&parcel).deliver(&mut session, &mut property.door);
    assert_eq!(progress, applied(list.version()));
    property.door.disconnect(session.connection);
    property.door.pass(20_000);
    let again = Conversation::begin(&mut phone, &mut property.door);
    assert_eq!(again.answer.list_version, short_version(list.version()));
    assert!(property.door.bolt_moves().is_empty());
}

#[test]
fn deliveries_take_a_bounded_share_of_the_door_and_none_from_those_who_open() {
    let mut property = Property::new(9_250);
    let mut phone = courier(&mut property);
    let mut resident = property.ticket_holder();
    let outcomes: Vec<_> = (0..10).map(|_| phone.unlock_full(&mut property.door)).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Ready).count(), 8);
    assert_eq!(outcomes.last(), Some(&Outcome::Busy));
    assert_eq!(resident.unlock_fast(&mut property.door), ACCEPTED);
    property.door.pass(10_000);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::Ready);
    assert_eq!(phone.unlock_full(&mut property.door), Outcome::Busy);
}

/// One request of one of the phones.
#[derive(Clone, Debug)]
struct Step {
    phone: usize,
    deliver: bool,
    fast: bool,
    pause: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..4_usize, any::<bool>(), any::<bool>(), 0..20_000_u64)
        .prop_map(|(phone, deliver, fast, pause)| Step { phone, deliver, fast, pause });
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever couriers and residents ask for in whichever order: the bolt moves for accepted unlocks of residents, and for nothing else.
    #[test]
    fn no_courier_and_no_delivery_ever_moves_the_bolt(
        seed in any::<u32>(),
        set in 0..16_usize,
        restart in any::<bool>(),
        steps in steps(),
    ) {
        let mut property = Property::new(u64::from(seed));
        let roles = sets_without_unlock().nth(set).unwrap();
        let mut phones = [
            property.phone(&terms(roles)),
            property.phone(&terms(Roles::COURIER)),
            property.resident(),
            property.resident(),
        ];
        let mut opened = 0;
        for (number, step) in steps.iter().enumerate() {
            let phone = &mut phones[step.phone];
            phone.kind = if step.deliver { OperationKind::Deliver } else { OperationKind::Unlock };
            let fast = step.fast && phone.ticket.is_some() && phone.press < 200;
            let outcome =
                if fast { phone.unlock_fast(&mut property.door) } else { phone.unlock_full(&mut property.door) };
            if outcome == ACCEPTED {
                prop_assert!(!step.deliver && step.phone >= 2, "{step:?}");
                opened += 1;
            }
            prop_assert_eq!(property.door.bolt_moves().len(), opened, "{:?}", step);
            if restart && number == 9 {
                property.door = property.door.reboot();
                opened = property.door.bolt_moves().len();
            }
            property.door.pass(step.pause);
        }
    }
}
