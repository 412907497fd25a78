//! The hand-over in one tap: a door that must be updated first takes the update from the phone before it, and opens when it is
//! asked again (design §3, spec §8.1). And what becomes of the tap when that does not work out.

use std::time::Duration;

use thumbturn_phone::link::ConnectionId;
use thumbturn_phone::unlock::{Progress, UnlockError, UnlockPath};
use thumbturn_protocol::bulletin::{BulletinSubject, Denial};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{ListVersion, Serial};
use thumbturn_protocol::update::row::Row;
use thumbturn_simulator::authority::{DoorList, GrantTerms};
use thumbturn_simulator::fault::Verdict;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::trace::Direction;

use crate::building::{Building, NOW, Person};

const DEADLINE: Duration = Duration::from_secs(15);
/// So far away that no radio reaches.
const ELSEWHERE: Place = Place::metres(10_000, 0);

/// A flat that has changed hands: the old tenant has a ticket, the new one a grant that waits for the update.
struct HandOver {
    building: Building,
    old: Person,
    new: Person,
    version: ListVersion,
    parcel: Vec<u8>,
}

impl HandOver {
    /// With an update of so many more rows than the one that matters.
    fn new(seed: u64, profile: PhoneProfile, rows: u32) -> Self {
        let mut building = Building::with_door(seed);
        let old = building.resident(PhoneProfile::android());
        assert!(building.unlock(&old).is_ok());
        building.world.run_for(Duration::from_secs(10));

        let mut list = building.authority.list_of(&building.configurations[0]).unwrap();
        let void_before = Serial(building.authority.last_serial().0 + 1);
        list.set(Row::Deny(DenyEntry { subject: DenySubject::EverybodyButStaff, void_before }));
        fill(&mut list, rows);
        let parcel = building.authority.snapshot(&mut list, NOW).unwrap().to_bytes();
        let version = list.version();

        let mut new = building.person("new tenant", profile);
        let terms = GrantTerms { min_list_version: version, ..GrantTerms::resident(NOW) };
        building.grant(&mut new, 0, &terms);
        Self { building, old, new, version, parcel }
    }

    /// The new tenant's phone has been online.
    fn fetch(&mut self) {
        let inbox = self.new.vault.inbox(&mut self.new.random).unwrap();
        inbox.take_parcel(&self.parcel, &mut self.new.random).unwrap();
    }

    fn carrying(seed: u64, profile: PhoneProfile, rows: u32) -> Self {
        let mut scene = Self::new(seed, profile, rows);
        scene.fetch();
        scene
    }

    /// Half a minute in which nothing that left a phone may still do anything.
    fn assert_stays_closed(&self, moves: usize) {
        self.building.world.run_for(Duration::from_secs(30));
        assert_eq!(self.building.movements(), moves, "a late opening");
    }
}

/// Rows that nobody minds.
pub(crate) fn fill(list: &mut DoorList, rows: u32) {
    for number in 0..rows {
        let mut phone = [0; 16];
        phone[..4].copy_from_slice(&number.to_be_bytes());
        let subject = DenySubject::Phone(thumbturn_protocol::ids::PhoneId(phone));
        list.set(Row::Deny(DenyEntry { subject, void_before: Serial(1) }));
    }
}

/// The percentages that the screen was shown.
fn percentages(steps: &[Progress]) -> Vec<u8> {
    let percent =
        |step: &Progress| if let Progress::Updating { percent } = step { Some(*percent) } else { None };
    steps.iter().filter_map(percent).collect()
}

#[test]
fn a_new_tenant_s_first_tap_updates_the_door_and_opens_it() {
    for (profile, rows) in [
        (PhoneProfile::android(), 0),
        (PhoneProfile::android(), 1_000),
        (PhoneProfile::ios(), 300),
        (PhoneProfile::android().with_mtu(23), 60),
    ] {
        let scene = HandOver::carrying(500, profile, rows);
        let building = &scene.building;
        let opened = building.unlock(&scene.new).unwrap();
        assert_eq!((opened.path, opened.attempts), (UnlockPath::Full, 2));
        assert_eq!(opened.list_version, thumbturn_protocol::answer::short_version(scene.version));
        let steps = scene.new.steps();
        let percent = percentages(&steps);
        assert!(percent.first() == Some(&0) && percent.last() == Some(&100), "{percent:?}");
        assert!(percent.is_sorted(), "{percent:?}");
        let accepted = steps.iter().position(|step| matches!(step, Progress::Accepted { .. })).unwrap();
        assert!(!steps[accepted..].iter().any(|step| matches!(step, Progress::Updating { .. })));
        assert_eq!(building.movements(), 2, "one opening of each tenant");

        building.world.run_for(Duration::from_secs(10));
        assert_eq!(building.unlock(&scene.old), Err(UnlockError::Denied), "the old tenant is gone");
        assert_eq!(building.unlock(&scene.new).unwrap().path, UnlockPath::Fast);
        assert!(percentages(&scene.new.steps()).is_empty());
    }
}

#[test]
fn without_the_update_the_outcome_is_told_at_once() {
    let scene = HandOver::new(501, PhoneProfile::android(), 0);
    let started = scene.building.world.now();
    assert_eq!(scene.building.unlock(&scene.new), Err(UnlockError::UpdateRequired));
    let took = scene.building.world.now().since(started);
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(percentages(&scene.new.steps()).is_empty());
    scene.assert_stays_closed(1);
    assert!(scene.building.unlock(&scene.old).is_ok(), "nothing has changed for anybody");
}

#[test]
fn an_update_that_does_not_lead_far_enough_is_not_begun() {
    let mut scene = HandOver::new(502, PhoneProfile::android(), 0);
    scene.fetch();
    let further = ListVersion(scene.version.0 + 1);
    let mut other = scene.building.person("another", PhoneProfile::android());
    scene.building.grant(
        &mut other,
        0,
        &GrantTerms { min_list_version: further, ..GrantTerms::resident(NOW) },
    );
    let inbox = other.vault.inbox(&mut other.random).unwrap();
    inbox.take_parcel(&scene.parcel, &mut other.random).unwrap();
    assert_eq!(scene.building.unlock(&other), Err(UnlockError::UpdateRequired));
    assert!(percentages(&other.steps()).is_empty());
}

#[test]
fn the_first_list_of_a_generation_lets_a_tenant_in_at_the_version_that_the_door_has() {
    let mut scene = HandOver::carrying(510, PhoneProfile::android(), 0);
    assert!(scene.building.unlock(&scene.new).is_ok());
    scene.building.world.run_for(Duration::from_secs(10));
    // In the next generation the same number is another version: only the door knows that its list is of the one before.
    let rotation = scene.building.authority.rotate(None, NOW).unwrap();
    let terms = GrantTerms { min_list_version: scene.version, ..GrantTerms::resident(NOW) };
    let mut other = scene.building.person("another", PhoneProfile::android());
    let inbox = other.vault.inbox(&mut other.random).unwrap();
    inbox.take_rotation(rotation.as_bytes(), &mut other.random).unwrap();
    scene.building.grant(&mut other, 0, &terms);
    let mut list = scene.building.authority.list_of(&scene.building.configurations[0]).unwrap();
    let next = scene.building.authority.snapshot(&mut list, NOW).unwrap();
    inbox.take_parcel(&next.to_bytes(), &mut other.random).unwrap();

    let (mark, moved) = (scene.building.world.mark(), scene.building.movements());
    assert!(scene.building.unlock(&other).is_ok());
    assert_eq!(scene.building.movements(), moved + 1);
    let trace = scene.building.world.trace_after(mark);
    let requests =
        trace.frames().filter(|packet| packet.value.first().is_some_and(|header| header & 0xbf == 0x83));
    // With the old keys, with the new ones, and with the list.
    assert_eq!(requests.count(), 3);
}

#[test]
fn a_deadline_in_the_middle_of_a_transfer_is_told_and_opens_nothing_later() {
    let scene = HandOver::carrying(503, PhoneProfile::android().with_mtu(23), 4_000);
    let building = &scene.building;
    let mut reached = Vec::new();
    for _ in 0..60 {
        let started = building.world.now();
        let outcome = building.unlock(&scene.new);
        // Told as soon as nothing can open any more: a hello received later would not die within the deadline.
        assert!(building.world.now().since(started) <= DEADLINE - Duration::from_millis(3_400));
        // Whoever meets a door that has everything sees no transfer.
        reached.push(percentages(&scene.new.steps()).last().copied().unwrap_or(100));
        if outcome.is_ok() {
            assert_eq!(building.movements(), 2);
            break;
        }
        assert_eq!(outcome, Err(UnlockError::UpdateInterrupted));
        scene.assert_stays_closed(1);
    }
    // The door goes on where it was: the tenant gets in after a few taps.
    assert!(reached.len() > 1 && reached.is_sorted() && reached.last() == Some(&100), "{reached:?}");
}

#[test]
fn a_phone_that_walks_away_in_the_middle_of_a_transfer_opens_nothing() {
    for after in [900, 1_500, 2_500, 4_000] {
        let scene = HandOver::carrying(504, PhoneProfile::android().with_mtu(23), 2_000);
        let building = &scene.building;
        let (world, phone) = (&building.world, scene.new.phone.clone());
        let here = Place::metres(2, 0);
        world.at(world.now().plus(Duration::from_millis(after)), {
            let phone = phone.clone();
            move |_| phone.stand(ELSEWHERE)
        });
        let started = world.now();
        let outcome = building.unlock(&scene.new);
        assert!(world.now().since(started) <= DEADLINE);
        let begun = !percentages(&scene.new.steps()).is_empty();
        match outcome {
            Err(UnlockError::UpdateInterrupted) => assert!(begun),
            Err(UnlockError::ConnectionLost | UnlockError::NotInRange | UnlockError::OutcomeUnknown) => {
                assert!(!begun, "{outcome:?} after {after} ms");
            }
            other => panic!("{other:?} after {after} ms"),
        }
        scene.assert_stays_closed(1);
        phone.stand(here);
        let later = (0..20).find(|_| building.unlock(&scene.new).is_ok());
        assert!(later.is_some() && building.movements() == 2);
    }
}

#[test]
fn a_connection_that_ends_in_the_middle_of_a_transfer_costs_no_second_tap() {
    for frame in [20, 60, 120, 200, 300] {
        let scene = HandOver::carrying(505, PhoneProfile::android(), 1_000);
        let building = &scene.building;
        let mut frames = 0;
        building.world.intercept(move |_| {
            frames += 1;
            if frames == frame { Verdict::Disconnect } else { Verdict::Pass }
        });
        let outcome = building.unlock(&scene.new);
        building.world.stop_intercepting();
        assert!(outcome.is_ok(), "without frame {frame}: {outcome:?}");
        scene.assert_stays_closed(2);
    }
}

#[test]
fn a_link_that_carries_nothing_for_a_while_costs_no_second_tap() {
    let scene = HandOver::carrying(511, PhoneProfile::android(), 1_000);
    let building = &scene.building;
    let (mut frames, mut deaf) = (0, None);
    building.world.intercept(move |packet| {
        frames += 1;
        if frames == 120 {
            deaf = Some(packet.connection);
        }
        if deaf == Some(packet.connection) { Verdict::Drop } else { Verdict::Pass }
    });
    let outcome = building.unlock(&scene.new);
    building.world.stop_intercepting();
    assert!(outcome.is_ok(), "{outcome:?}");
    scene.assert_stays_closed(2);
}

#[test]
fn any_frame_of_a_hand_over_may_vanish() {
    let clean = HandOver::carrying(506, PhoneProfile::android(), 100);
    let mark = clean.building.world.mark();
    clean.building.unlock(&clean.new).unwrap();
    let trace = clean.building.world.trace_after(mark);
    let packets: Vec<(ConnectionId, Direction, u32)> = trace
        .frames()
        .filter_map(|packet| Some((packet.connection, packet.direction(), packet.droppable?)))
        .collect();
    assert!(packets.len() >= 30, "{}", packets.len());
    for (connection, direction, index) in packets {
        let scene = HandOver::carrying(506, PhoneProfile::android(), 100);
        scene.building.world.drop_packet(connection, direction, index);
        let outcome = scene.building.unlock(&scene.new);
        assert!(outcome.is_ok(), "without {direction:?} {index}: {outcome:?}");
        scene.assert_stays_closed(2);
    }
}

#[test]
fn a_tap_that_is_taken_back_during_a_transfer_opens_nothing() {
    let scene = HandOver::carrying(507, PhoneProfile::android().with_mtu(23), 2_000);
    let outcome = scene.building.unlock_and_cancel(&scene.new, Duration::from_secs(4));
    assert!(!percentages(&scene.new.steps()).is_empty());
    assert_eq!(outcome, Err(UnlockError::Cancelled));
    scene.assert_stays_closed(1);
}

#[test]
fn a_door_that_does_not_know_the_property_s_new_keys_gets_them_and_opens() {
    let mut building = Building::with_door(508);
    let mut resident = building.resident(PhoneProfile::android());
    let rotation = building.authority.rotate(None, NOW).unwrap();
    let inbox = resident.vault.inbox(&mut resident.random).unwrap();
    inbox.take_rotation(rotation.as_bytes(), &mut resident.random).unwrap();
    building.grant(&mut resident, 0, &GrantTerms::resident(NOW));
    let opened = building.unlock(&resident).unwrap();
    assert_eq!((opened.path, building.movements()), (UnlockPath::Full, 1));
}

#[test]
fn a_bulletin_that_lets_somebody_in_again_is_brought_by_himself() {
    let mut building = Building::with_door(509);
    let mut resident = building.resident(PhoneProfile::android());
    assert!(building.unlock(&resident).is_ok());
    building.world.run_for(Duration::from_secs(10));
    let denial = Denial {
        subject: BulletinSubject::Holder(resident.holder),
        void_before: Serial(u32::MAX),
        until: None,
    };
    let cut = building.authority.bulletin(vec![denial], NOW).unwrap();
    let inbox = resident.vault.inbox(&mut resident.random).unwrap();
    inbox.take_bulletin(&cut.to_bytes(), &mut resident.random).unwrap();
    // His own phone brings the word behind his last opening.
    let events = thumbturn_phone::queue::EventQueue::new(64);
    building
        .world
        .block_on(async {
            let cancel = thumbturn_phone::cancel::CancelHandle::new();
            let unlocked =
                resident.unlocker.unlock_first(building.id(), &cancel, &resident.progress).await.unwrap();
            unlocked.deliver(&cancel, &events).await
        })
        .unwrap();
    building.world.run_for(Duration::from_secs(10));
    assert_eq!(building.unlock(&resident), Err(UnlockError::Denied));
    building.world.run_for(Duration::from_secs(10));

    let pardon = building.authority.bulletin(Vec::new(), NOW).unwrap();
    inbox.take_bulletin(&pardon.to_bytes(), &mut resident.random).unwrap();
    let opened = building.unlock(&resident);
    assert!(opened.is_ok(), "{opened:?}");
    assert_eq!(building.movements(), 3);
}
