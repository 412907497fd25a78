//! Why a door takes no update, each reason as the phone is told it, and whose turn it is (spec §7.3).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::deny::DenySubject;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::record::{Progress, Record, UpdateRefusal};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied, refused};
use thumbturn_tests::list_stage::{ListStage, stranger};
use thumbturn_tests::property::at;

/// What the door says to an offer in a session of the neighbour's.
fn offered(stage: &mut ListStage, parcel: &Parcel) -> Progress {
    let door = &mut stage.property.door;
    let mut session = Conversation::begin(&mut stage.neighbour, door);
    let progress = Courier::new(parcel).offer(&mut session, door);
    door.disconnect(session.connection);
    stage.pass_a_minute();
    progress
}

#[test]
fn another_door_s_update_is_not_for_this_door() {
    let mut stage = ListStage::begun(1);
    // The same property has claimed another door.
    let configuration = stage.property.configuration.clone();
    let mut other = configuration.clone();
    other.door.0[0] ^= 1;
    let keys = stage.property.authority.door_keys(configuration.door).expect("the door's keys");
    stage.property.authority.enter(&other, keys, at(0)).expect("the door is certified");
    let mut list = stage.property.authority.list_of(&other).expect("a seeded source");
    let snapshot = stage.property.authority.snapshot(&mut list, at(600)).expect("a sensible list");
    assert_eq!(offered(&mut stage, &snapshot), refused(UpdateRefusal::NotForThisDoor));
    stage.assert_same_list();
}

#[test]
fn a_delta_needs_a_snapshot_before_it() {
    let mut stage = ListStage::new(2);
    stage.deny(stranger(1));
    let delta = stage.delta();
    assert_eq!(offered(&mut stage, &delta), refused(UpdateRefusal::DoesNotContinue));
}

#[test]
fn an_update_that_comes_too_late_is_of_no_use() {
    let mut stage = ListStage::begun(3);
    stage.deny(stranger(1));
    let delta = stage.delta();
    let before = stage.property.door.engine().storage_mut().list_store().version();
    // Ninety days and a minute later.
    stage.property.door.pass(90 * 86_400_000);
    stage.seconds += 90 * 86_400;
    stage.pass_a_minute();
    let terms = GrantTerms::resident(at(stage.seconds));
    stage.property.grant_again(&mut stage.neighbour, &terms);
    assert_eq!(offered(&mut stage, &delta), refused(UpdateRefusal::TooLate));
    assert_eq!(stage.property.door.engine().storage_mut().list_store().version(), before);
}

#[test]
fn a_day_s_erases_are_not_used_up_for_an_update_that_a_tenant_waits_for() {
    let mut stage = ListStage::begun(4);
    // A thousand versions on one day, as a broken authority makes them; each delta takes two blocks of 1,280.
    let mut refusals = 0;
    for number in 0..700_u32 {
        let holder = HolderId([7, 7, 7, 7, 0, 0, number.to_be_bytes()[2], number.to_be_bytes()[3]]);
        stage.deny(DenySubject::Holder(holder));
        let delta = stage.delta();
        stage.property.door.pass(3_000);
        let door = &mut stage.property.door;
        let mut session = Conversation::begin(&mut stage.neighbour, door);
        let progress = Courier::new(&delta).deliver(&mut session, door);
        door.disconnect(session.connection);
        if progress == refused(UpdateRefusal::NoRoom) {
            refusals += 1;
            let terms =
                GrantTerms { min_list_version: stage.list.version(), ..GrantTerms::resident(at(-60)) };
            let mut successor = stage.property.phone(&terms);
            let door = &mut stage.property.door;
            door.pass(3_000);
            let mut session = Conversation::begin(&mut successor, door);
            let progress = Courier::new(&delta).deliver(&mut session, door);
            assert_eq!(progress, applied(stage.list.version()));
            door.disconnect(session.connection);
            stage.assert_same_list();
            break;
        }
        assert_eq!(progress, applied(stage.list.version()));
    }
    assert_eq!(refusals, 1, "the budget of the day ends");
}

#[test]
fn a_second_phone_waits_until_the_first_has_been_silent_for_two_seconds() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(5);
    let mut second = stage.property.resident();
    let door = &mut stage.property.door;
    let mut first = Conversation::begin(&mut stage.neighbour, door);
    let mut courier = Courier::new(&snapshot);
    courier.offer(&mut first, door);
    courier.send_chunk(&mut first, door, 0);
    let mut other = Conversation::begin(&mut second, door);
    let busy = refused(UpdateRefusal::TransferUnderWay);
    assert_eq!(Courier::new(&snapshot).offer(&mut other, door), busy);
    // A word of the first about its transfer is enough, and no other word.
    door.pass(1_500);
    first.say(door, &courier.records(1)[0]);
    other.say(door, &Record::Ask);
    door.pass(600);
    assert_eq!(Courier::new(&snapshot).offer(&mut other, door), busy);
    for _ in 0..2 {
        door.pass(699);
        first.say(door, &Record::Ask);
    }
    assert_eq!(Courier::new(&snapshot).offer(&mut other, door), busy, "after 1,998 ms");
    door.pass(2);
    first.say(door, &Record::Ask);
    let mut takes_over = Courier::new(&snapshot);
    assert_eq!(takes_over.offer(&mut other, door), Progress::Next { chunk: 1, offset: 0 });
    // The first is out: what it says is not taken, and it waits in its turn.
    let pieces = courier.records(1);
    assert!(pieces.iter().all(|record| first.say(door, record).is_empty()));
    assert_eq!(Courier::new(&snapshot).offer(&mut first, door), busy);
    assert_eq!(takes_over.deliver(&mut other, door), applied(stage.list.version()));
    stage.assert_same_list();
}

#[test]
fn a_courier_who_never_falls_silent_keeps_no_tenant_out() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(7);
    let terms = GrantTerms { min_list_version: stage.list.version(), ..GrantTerms::resident(at(-60)) };
    let mut tenants = [stage.property.phone(&terms), stage.property.phone(&terms)];
    let door = &mut stage.property.door;
    let mut courier = Conversation::begin(&mut stage.neighbour, door);
    let mut carried = Courier::new(&snapshot);
    carried.offer(&mut courier, door);
    carried.send_chunk(&mut courier, door, 0);
    let [mut tenant, mut other] = tenants.each_mut().map(|tenant| Conversation::begin(tenant, door));
    assert_eq!(tenant.answer.outcome, Outcome::UpdateRequired);
    // The same word again and again: it is about a transfer, and of no use.
    let word = carried.records(2).pop().expect("a piece");
    courier.say(door, &word);
    let mut brought = Courier::new(&snapshot);
    assert_eq!(brought.offer(&mut tenant, door), Progress::Next { chunk: 1, offset: 0 });
    let busy = refused(UpdateRefusal::TransferUnderWay);
    assert_eq!(Courier::new(&snapshot).offer(&mut courier, door), busy);
    assert_eq!(Courier::new(&snapshot).offer(&mut other, door), busy, "another tenant waits in his turn");
    assert_eq!(brought.deliver(&mut tenant, door), applied(stage.list.version()));
    let accepted = Outcome::Accepted { relock_seconds: 5 };
    assert_eq!(tenant.unlock_again(&mut tenants[0], door), accepted);
    stage.assert_same_list();
}

#[test]
fn a_phone_that_is_gone_makes_room_at_once() {
    let (mut stage, snapshot) = ListStage::with_long_snapshot(6);
    let mut second = stage.property.resident();
    let door = &mut stage.property.door;
    let mut first = Conversation::begin(&mut stage.neighbour, door);
    Courier::new(&snapshot).offer(&mut first, door);
    door.disconnect(first.connection);
    let mut other = Conversation::begin(&mut second, door);
    assert_eq!(Courier::new(&snapshot).deliver(&mut other, door), applied(stage.list.version()));
}
