//! Bulletins at a door: taken from any phone, given to any phone, heeded at once and for good (spec §11, invariant I4).

use proptest::prelude::*;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::bulletin::{BulletinSubject, Denial, Entry};
use thumbturn_protocol::ids::{BulletinEpoch, HolderId, PhoneId, Serial};
use thumbturn_protocol::record::{DoorObject, Record};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::conversation::{Conversation, entries};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };

/// Refuses all present and earlier grants of a subject, until the next bulletin.
fn denial(property: &Property, subject: BulletinSubject) -> Denial {
    let void_before = Serial(property.authority.last_serial().0 + 1);
    Denial { subject, void_before, until: None }
}

/// A door with a neighbour who carries, and a resident with a ticket.
fn stage(seed: u64) -> (Property, ManualPhone, ManualPhone) {
    let mut property = Property::new(seed);
    let neighbour = property.ticket_holder();
    let resident = property.ticket_holder();
    (property, neighbour, resident)
}

/// A neighbour's unlock brings a bulletin. Whether the door took it.
fn carried(property: &mut Property, neighbour: &mut ManualPhone, denials: Vec<Denial>) -> bool {
    let bulletin = property.authority.bulletin(denials, at(0)).expect("a bulletin");
    property.door.pass(60_000);
    let mut session = Conversation::begin(neighbour, &mut property.door);
    let taken = session.hand_over(&mut property.door, &bulletin);
    property.door.disconnect(session.connection);
    property.door.pass(60_000);
    taken
}

#[test]
fn a_stranger_brings_the_news_and_neither_ticket_nor_grant_opens_any_more() {
    let (mut property, mut neighbour, mut resident) = stage(1);
    let denials = vec![denial(&property, BulletinSubject::Holder(resident.grant().holder))];
    assert!(carried(&mut property, &mut neighbour, denials));
    assert_eq!(resident.unlock_fast(&mut property.door), Outcome::Denied);
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::Denied);
    assert_eq!(neighbour.unlock_fast(&mut property.door), ACCEPTED, "nobody else is cut");
}

#[test]
fn every_id_of_every_link_is_heeded() {
    for which in 0..4 {
        let (mut property, mut neighbour, mut host) = stage(2);
        let mut guest = ManualPhone::new(77);
        guest.keep(host.share(guest.id(), Validity::from(at(-60))));
        assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
        let share =
            guest.credential().share.as_ref().expect("a share").share.peek_unverified().expect("a share");
        let subject = match which {
            0 => BulletinSubject::Holder(host.grant().holder),
            1 => BulletinSubject::Phone(host.id()),
            2 => BulletinSubject::Phone(guest.id()),
            _ => BulletinSubject::Share(share.share_id),
        };
        let denials = vec![denial(&property, subject)];
        assert!(carried(&mut property, &mut neighbour, denials));
        assert_eq!(guest.unlock_fast(&mut property.door), Outcome::Denied, "{subject:?}");
        let host_is_cut = which < 2;
        let expected = if host_is_cut { Outcome::Denied } else { ACCEPTED };
        property.door.pass(60_000);
        assert_eq!(host.unlock_fast(&mut property.door), expected, "{subject:?}");
    }
}

#[test]
fn a_newer_serial_is_not_denied() {
    let (mut property, mut neighbour, mut resident) = stage(3);
    let denials = vec![denial(&property, BulletinSubject::Holder(resident.grant().holder))];
    assert!(carried(&mut property, &mut neighbour, denials));
    property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn everybody_means_staff_too() {
    let (mut property, mut neighbour, _) = stage(4);
    let denials = vec![denial(&property, BulletinSubject::Everybody)];
    assert!(carried(&mut property, &mut neighbour, denials));
    assert_eq!(neighbour.unlock_full(&mut property.door), Outcome::Denied);
}

#[test]
fn whoever_is_denied_may_still_bring_the_bulletin_that_lets_him_in() {
    let (mut property, mut neighbour, mut resident) = stage(5);
    let denials = vec![denial(&property, BulletinSubject::Holder(resident.grant().holder))];
    assert!(carried(&mut property, &mut neighbour, denials));
    let pardon = property.authority.bulletin(Vec::new(), at(0)).expect("a bulletin");
    let mut session = Conversation::begin(&mut resident, &mut property.door);
    assert_eq!(session.answer.outcome, Outcome::Denied);
    let heard = session.say(&mut property.door, &Record::BulletinHeader(pardon.header.into()));
    assert_eq!(heard, [], "it has no entries to ask for");
    property.door.disconnect(session.connection);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_door_gives_its_bulletin_to_a_phone_that_asks() {
    let (mut property, mut neighbour, mut resident) = stage(6);
    let denials: Vec<_> =
        (0..100).map(|number| denial(&property, BulletinSubject::Holder(HolderId([number; 8])))).collect();
    let bulletin = property.authority.bulletin(denials, at(0)).expect("a bulletin");
    let door = &mut property.door;
    let mut session = Conversation::begin(&mut neighbour, door);
    assert_eq!(
        session.say(door, &Record::Fetch(DoorObject::Bulletin)),
        [Record::Nothing(DoorObject::Bulletin)]
    );
    assert!(session.hand_over(door, &bulletin));
    door.disconnect(session.connection);
    door.pass(60_000);
    let mut session = Conversation::begin(&mut resident, door);
    let heard = session.say(door, &Record::Fetch(DoorObject::Bulletin));
    let expected: Vec<_> = core::iter::once(Record::BulletinHeader(bulletin.header.clone().into()))
        .chain(entries(&bulletin))
        .collect();
    assert_eq!(heard, expected);
}

#[test]
fn nothing_older_forged_or_foreign_is_asked_for() {
    let (mut property, mut neighbour, _) = stage(7);
    let older = property.authority.bulletin(Vec::new(), at(0)).expect("a bulletin");
    let mut other = Property::new(8);
    let foreign = other.authority.bulletin(Vec::new(), at(9_000)).expect("a bulletin");
    let denials = vec![denial(&property, BulletinSubject::Everybody)];
    let newer = property.authority.bulletin(denials, at(0)).expect("a bulletin");
    let mut forged = newer.clone();
    let mut bytes = newer.header.as_bytes().to_vec();
    bytes[16] ^= 1;
    let door = &mut property.door;
    let mut session = Conversation::begin(&mut neighbour, door);
    let epoch = session.state(door).bulletin_epoch;
    assert_eq!(epoch, BulletinEpoch(0));
    let forged_header = Received::from_bytes(&bytes).expect("as long as a header");
    assert_eq!(session.say(door, &Record::BulletinHeader(forged_header)), []);
    forged.entries.clear();
    assert!(!session.hand_over(door, &foreign));
    assert_eq!(session.state(door).bulletin_epoch, BulletinEpoch(0));
    assert!(session.hand_over(door, &newer));
    let in_force = session.state(door).bulletin_epoch;
    assert!(in_force > epoch);
    for known in [&older, &newer] {
        assert!(!session.hand_over(door, known), "an epoch never falls, and none is taken twice");
    }
    assert_eq!(session.state(door).bulletin_epoch, in_force);
}

#[test]
fn entries_that_are_not_those_of_the_header_change_nothing() {
    let (mut property, mut neighbour, mut resident) = stage(9);
    let cut = denial(&property, BulletinSubject::Holder(resident.grant().holder));
    let bulletin = property.authority.bulletin(vec![cut], at(0)).expect("a bulletin");
    let mut lie = bulletin.clone();
    lie.entries = vec![Entry::new(bulletin.entries[0].subject(), Serial(0))];
    let door = &mut property.door;
    let mut session = Conversation::begin(&mut neighbour, door);
    assert_eq!(
        session.say(door, &Record::BulletinHeader(bulletin.header.clone().into())),
        [Record::Fetch(DoorObject::Bulletin)]
    );
    assert_eq!(session.say(door, &entries(&lie)[0]), []);
    assert!(door.has_ended(session.connection), "whoever lies is sent away");
    assert_eq!(resident.unlock_fast(door), ACCEPTED);
    door.pass(60_000);
    let mut session = Conversation::begin(&mut neighbour, door);
    assert!(session.hand_over(door, &bulletin), "the true one is taken from the next");
}

#[test]
fn a_courier_that_leaves_in_the_middle_does_not_keep_the_next_from_delivering() {
    let (mut property, mut neighbour, mut resident) = stage(10);
    let cut = denial(&property, BulletinSubject::Holder(HolderId([3; 8])));
    let bulletin = property.authority.bulletin(vec![cut], at(0)).expect("a bulletin");
    let door = &mut property.door;
    let mut first = Conversation::begin(&mut neighbour, door);
    let _ = first.say(door, &Record::BulletinHeader(bulletin.header.clone().into()));
    let mut second = Conversation::begin(&mut resident, door);
    assert!(!second.hand_over(door, &bulletin), "one at a time");
    door.disconnect(first.connection);
    assert!(second.hand_over(door, &bulletin));
}

#[test]
fn a_courier_who_stalls_keeps_no_newer_bulletin_out() {
    let (mut property, mut neighbour, mut resident) = stage(31);
    let denials = vec![denial(&property, BulletinSubject::Phone(PhoneId([5; 16])))];
    let stalled = property.authority.bulletin(denials, at(0)).expect("a bulletin");
    let denials = vec![denial(&property, BulletinSubject::Phone(resident.id()))];
    let newer = property.authority.bulletin(denials, at(60)).expect("a bulletin");
    let mut other = property.ticket_holder();
    let door = &mut property.door;
    door.pass(60_000);
    let mut first = Conversation::begin(&mut other, door);
    let mut second = Conversation::begin(&mut neighbour, door);
    let header = Record::BulletinHeader(stalled.header.clone().into());
    assert_eq!(first.say(door, &header), [Record::Fetch(DoorObject::Bulletin)]);
    assert!(second.hand_over(door, &newer), "it is newer than the one on its way");
    door.disconnect(second.connection);
    door.pass(10_000);
    assert_eq!(resident.unlock_full(door), Outcome::Denied);
}

#[test]
fn a_courier_who_falls_silent_in_the_middle_makes_room_after_two_seconds() {
    let (mut property, mut neighbour, _) = stage(32);
    let denials = (0..100).map(|number| denial(&property, BulletinSubject::Phone(PhoneId([number; 16]))));
    let denials = denials.collect();
    let bulletin = property.authority.bulletin(denials, at(0)).expect("a bulletin");
    let mut other = property.ticket_holder();
    let door = &mut property.door;
    door.pass(60_000);
    let mut first = Conversation::begin(&mut other, door);
    let mut second = Conversation::begin(&mut neighbour, door);
    let header = Record::BulletinHeader(bulletin.header.clone().into());
    assert_eq!(first.say(door, &header), [Record::Fetch(DoorObject::Bulletin)]);
    assert_eq!(first.say(door, &entries(&bulletin)[0]), []);
    for _ in 0..2 {
        assert!(!second.hand_over(door, &bulletin), "the first is not silent yet");
        door.pass(1_000);
        if !door.has_ended(first.connection) {
            first.say(door, &Record::Ask);
        }
    }
    assert!(door.has_ended(first.connection));
    assert!(second.hand_over(door, &bulletin));
}

#[test]
fn an_entry_lapses_with_a_sure_clock_only() {
    let (mut property, mut neighbour, mut resident) = stage(11);
    let until = Some(at(400));
    let cut = Denial { until, ..denial(&property, BulletinSubject::Holder(resident.grant().holder)) };
    assert!(carried(&mut property, &mut neighbour, vec![cut]));
    assert_eq!(resident.unlock_full(&mut property.door), Outcome::Denied);
    property.door.pass(500_000);
    assert_eq!(resident.unlock_full(&mut property.door), ACCEPTED);
    property.door.pass(60_000);
    property.door = property.door.reboot();
    property.door.pass(60_000);
    assert_eq!(
        resident.unlock_full(&mut property.door),
        Outcome::Denied,
        "after a power cut the door cannot tell"
    );
}

/// Power fails in any flash operation of taking a bulletin: the door heeds the one before or the new one, and never none.
#[test]
fn power_cut_anywhere_leaves_a_whole_bulletin_in_force() {
    let denials = |property: &Property, tenant: &ManualPhone, more: u8| -> Vec<Denial> {
        let subjects = (0..more).map(|number| BulletinSubject::Holder(HolderId([number; 8])));
        let tenant = BulletinSubject::Holder(tenant.grant().holder);
        subjects.chain([tenant]).map(|subject| denial(property, subject)).collect()
    };
    for moment in [Moment::Before, Moment::Middle, Moment::After] {
        for operation in 0.. {
            let board = BenchDoor::fresh_board(12);
            let flash = board.flash.clone();
            let mut property = Property::at(BenchDoor::boot(board).expect("a fresh chip boots"), 12, |_| {});
            let (mut neighbour, mut tenant) = (property.ticket_holder(), property.ticket_holder());
            let first = denials(&property, &tenant, 3);
            assert!(carried(&mut property, &mut neighbour, first));
            let before = Conversation::begin(&mut neighbour, &mut property.door).state(&mut property.door);
            property.door.pass(60_000);
            let second = denials(&property, &tenant, 70);
            let bulletin = property.authority.bulletin(second, at(60)).expect("a bulletin");
            let mut session = Conversation::begin(&mut neighbour, &mut property.door);
            let header = Record::BulletinHeader(bulletin.header.clone().into());
            flash.cut_power(operation, moment);
            let mut said = vec![header];
            said.extend(entries(&bulletin));
            for record in said {
                if flash.is_powered() {
                    let _ = session.say(&mut property.door, &record);
                }
            }
            let was_cut = !flash.is_powered();
            property.door = property.door.reboot();
            property.door.pass(60_000);
            let after = Conversation::begin(&mut neighbour, &mut property.door).state(&mut property.door);
            assert!(after.bulletin_epoch >= before.bulletin_epoch, "an epoch never falls");
            assert_eq!(tenant.unlock_full(&mut property.door), Outcome::Denied, "{moment:?} {operation}");
            if !was_cut {
                assert!(operation > 3, "the cut must fall into what it is about");
                break;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// I4: once a door holds an epoch, nobody denied in it opens, whatever came before, in whatever order.
    #[test]
    fn once_a_door_holds_an_epoch_nobody_denied_in_it_opens(
        rounds in proptest::collection::vec((any::<[bool; 3]>(), any::<bool>(), any::<bool>()), 1..5),
    ) {
        let (mut property, mut courier, _) = stage(13);
        let mut people: Vec<_> = (0..3).map(|_| property.ticket_holder()).collect();
        let mut old = Vec::new();
        for (denied, restarts, replays) in rounds {
            let cut = people.iter().zip(denied).filter(|(_, denied)| *denied);
            let denials = cut.map(|(person, _)| denial(&property, BulletinSubject::Phone(person.id()))).collect();
            let bulletin = property.authority.bulletin(denials, at(0)).expect("a bulletin");
            let mut session = Conversation::begin(&mut courier, &mut property.door);
            session.hand_over(&mut property.door, &bulletin);
            if replays {
                for stale in &old {
                    prop_assert!(!session.hand_over(&mut property.door, stale));
                }
            }
            property.door.disconnect(session.connection);
            old.push(bulletin);
            property.door.pass(60_000);
            if restarts {
                property.door = property.door.reboot();
                property.door.pass(1_000);
            }
            for (person, denied) in people.iter_mut().zip(denied) {
                let outcome = person.unlock_full(&mut property.door);
                prop_assert_eq!(outcome == Outcome::Denied, denied, "{:?}", outcome);
                property.door.pass(60_000);
            }
        }
    }
}
