//! The phone core against the door engine over the simulated air.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

use core::time::Duration;

use thumbturn_phone::link::ConnectionId;
use thumbturn_phone::unlock::{UnlockError, UnlockPath};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::attacker::{Flood, FloodKind};
use thumbturn_simulator::authority::{GrantTerms, shortly_before};
use thumbturn_simulator::building::{Building, BuildingDoor, BuildingSettings, Resident, Visit};
use thumbturn_simulator::energy::EnergyModel;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::trace::{Direction, Packet};

fn building(seed: u64, radio: RadioSettings, profile: PhoneProfile) -> (Building, BuildingDoor, Resident) {
    let mut building =
        Building::with(BuildingSettings { seed, radio, ..BuildingSettings::default() }).unwrap();
    let door = building.add_door("Flat 12").unwrap();
    let ann = building.add_resident_with("Ann", profile).unwrap();
    building.grant(&ann, &door).unwrap();
    (building, door, ann)
}

fn path(visit: &Visit) -> Option<UnlockPath> {
    visit.outcome().ok().map(|opened| opened.path)
}

#[test]
fn first_and_repeat_unlock_keep_their_budgets_on_the_wire() {
    let (building, door, ann) = building(1, RadioSettings::perfect(), PhoneProfile::android());
    let first = building.unlock(&ann, &door).unwrap();
    println!("{}\n{}", first.trace(), first.milestones());
    assert_eq!((path(&first), first.round_trips()), (Some(UnlockPath::Full), 1));
    assert!(first.application_bytes() <= 450, "{}", first.application_bytes());
    building.world().run_for(Duration::from_secs(10));
    let again = building.unlock(&ann, &door).unwrap();
    println!("{}\n{}", again.trace(), again.milestones());
    println!("{}", again.consumption(&EnergyModel::default()));
    assert_eq!((path(&again), again.round_trips()), (Some(UnlockPath::Fast), 1));
    assert_eq!(again.application_bytes(), 60);
    assert!(again.att_requests_before_hello() <= 4);
    assert_eq!(door.door().bolt_movements().len(), 2);
}

#[test]
fn a_guest_opens_with_a_share_made_offline() {
    let (mut building, door, ann) = building(2, RadioSettings::perfect(), PhoneProfile::android());
    let guest = building.add_resident("Bo").unwrap();
    let validity = Validity::from(shortly_before(building.now())).until(building.now().plus(3_600));
    building.share(&ann, &guest, &door, validity).unwrap();
    let visit = building.unlock(&guest, &door).unwrap();
    assert!(visit.is_open(), "{:?}", visit.outcome());
    assert!(visit.application_bytes() <= 700, "{}", visit.application_bytes());
    building.world().run_for(Duration::from_secs(3_700));
    let late = building.unlock(&guest, &door).unwrap();
    assert_eq!(late.outcome().unwrap_err(), &UnlockError::Expired);
}

#[test]
fn tap_to_motor_is_quick_at_the_slow_advertising_interval() {
    let mut times = Vec::new();
    for seed in 0..60 {
        let (building, door, ann) = building(seed, RadioSettings::default(), PhoneProfile::android());
        assert!(building.unlock(&ann, &door).unwrap().is_open());
        building.world().run_for(Duration::from_secs(20));
        let again = building.unlock(&ann, &door).unwrap();
        times.push(again.milestones().motor.expect("the motor ran"));
    }
    times.sort_unstable();
    println!("tap to motor: p50 {:?}, p95 {:?}, longest {:?}", times[30], times[57], times[59]);
    assert!(times[30] <= Duration::from_millis(800) && times[57] <= Duration::from_millis(1_500));
}

#[test]
fn every_single_dropped_packet_ends_in_one_outcome_and_at_most_one_movement() {
    for mtu in [23, 185, 247, 517] {
        for repeat in [false, true] {
            let run = |drop: Option<(ConnectionId, Direction, u32)>| {
                let (building, door, ann) =
                    building(3, RadioSettings::perfect(), PhoneProfile::android().with_mtu(mtu));
                if repeat {
                    building.unlock(&ann, &door).unwrap();
                    building.world().run_for(Duration::from_secs(20));
                }
                if let Some((connection, direction, index)) = drop {
                    building.world().drop_packet(connection, direction, index);
                }
                let before = door.door().bolt_movements().len();
                let visit = building.unlock(&ann, &door).unwrap();
                building.world().run_for(Duration::from_secs(30));
                (visit, door.door().bolt_movements().len() - before)
            };
            let (clean, moved) = run(None);
            assert!(clean.is_open() && moved == 1);
            let packets: Vec<_> = clean
                .trace()
                .frames()
                .filter_map(|packet| Some((packet.connection, packet.direction(), packet.droppable?)))
                .collect();
            assert!(packets.len() >= 2, "{packets:?}");
            for packet in packets {
                let (visit, moved) = run(Some(packet));
                assert!(moved <= 1, "MTU {mtu}, {packet:?}: {moved} movements");
                assert_eq!(visit.is_open(), moved == 1, "MTU {mtu}, {packet:?}: {:?}", visit.outcome());
                assert!(visit.duration() <= Duration::from_secs(15), "MTU {mtu}, {packet:?}");
            }
        }
    }
}

#[test]
fn an_app_that_is_killed_and_started_again_keeps_its_ticket() {
    let (building, door, ann) = building(4, RadioSettings::perfect(), PhoneProfile::android());
    building.unlock(&ann, &door).unwrap();
    ann.restart_app();
    building.world().run_for(Duration::from_secs(20));
    assert_eq!(path(&building.unlock(&ann, &door).unwrap()), Some(UnlockPath::Fast));
}

#[test]
fn the_same_seed_replays_a_whole_story_byte_for_byte() {
    let run = |seed| {
        let (building, door, ann) = building(seed, RadioSettings::default(), PhoneProfile::ios());
        building.world().change_radio(|radio| {
            radio.host_drop = 30_000;
            radio.packet_loss = 50_000;
        });
        for _ in 0..3 {
            let _ = building.unlock(&ann, &door).unwrap();
            building.world().run_for(Duration::from_secs(12));
        }
        building.timeline()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).digest(), run(6).digest());
}

#[test]
fn no_flood_keeps_a_resident_with_a_ticket_out() {
    for name in ["connect", "subscribe", "dribble", "handshakes"] {
        let (mut building, door, ann) = building(8, RadioSettings::default(), PhoneProfile::android());
        building.unlock(&ann, &door).unwrap();
        let kind = match name {
            "connect" => FloodKind::Connect,
            "subscribe" => FloodKind::Subscribe,
            "dribble" => FloodKind::Dribble,
            _ => {
                let former = building.add_resident("former tenant").unwrap();
                let terms = GrantTerms::resident(building.now());
                let credential = building.issue(&former, former.holder(), &door, &terms).unwrap();
                FloodKind::Handshakes(Box::new(credential))
            }
        };
        let flood = Flood::start(building.world(), door.door().index(), 8, &kind);
        building.world().run_for(Duration::from_secs(30));
        let mut times = Vec::new();
        for _ in 0..10 {
            let visit = building.unlock(&ann, &door).unwrap();
            assert!(visit.is_open(), "{name}: {:?}", visit.outcome());
            assert_eq!(path(&visit), Some(UnlockPath::Fast), "{name}");
            times.push(visit.milestones().motor.unwrap_or_default());
            building.world().run_for(Duration::from_secs(15));
        }
        drop(flood);
        let timeline = building.timeline();
        let dribbled = |packet: &&Packet| packet.direction() == Direction::ToDoor && packet.value.len() == 2;
        let attacks = timeline.frames().filter(dribbled).count();
        assert_eq!(attacks > 200, name == "dribble", "{name}: {attacks} frames of one byte");
        println!("{name}: {times:?}");
    }
}
