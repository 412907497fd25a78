//! Host drop over the air: one write without response, or one notification, vanishes and nobody is told. Any packet of any
//! exchange, at every MTU, in both directions; exhaustive, not sampled. And connections that end with any packet.
//!
//! Whatever vanishes, one tap ends in exactly one outcome within the deadline, moves the bolt at most once, and the outcome is
//! true: *open* means that the bolt moved, a definite failure that it did not and will not.

use core::time::Duration;

use thumbturn_phone::link::ConnectionId;
use thumbturn_phone::unlock::{UnlockError, UnlockPath};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::shortly_before;
use thumbturn_simulator::building::{Building, BuildingDoor, BuildingSettings, Resident, Visit};
use thumbturn_simulator::fault::Verdict;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::trace::{Direction, Packet};

const MTUS: [u16; 4] = [23, 185, 247, 517];
const DEADLINE: Duration = Duration::from_secs(15);
/// Nothing that left the phone may open the door so long after the outcome.
const AFTERWARDS: Duration = Duration::from_secs(30);

/// An exchange of the protocol, whole: hello, request, answer, records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exchange {
    /// The full handshake with the phone's own grant.
    First,
    /// The fast path with the ticket of a first unlock.
    Repeat,
    /// The full handshake with a share.
    Shared,
}

const EXCHANGES: [Exchange; 3] = [Exchange::First, Exchange::Repeat, Exchange::Shared];

/// What goes wrong in a run.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    /// This packet vanishes in a host's queue.
    Vanishes(ConnectionId, Direction, u32),
    /// The radio dies with the first packet that would bring more than so many bytes in this direction.
    Deaf(ConnectionId, Direction, u64),
    /// The n-th frame on the air vanishes and ends its connection.
    Ends(usize),
}

/// A tap and what came of it.
struct Run {
    story: String,
    visit: Visit,
    movements: usize,
}

fn stage(exchange: Exchange, mtu: u16) -> (Building, BuildingDoor, Resident) {
    let settings =
        BuildingSettings { seed: 11, radio: RadioSettings::perfect(), ..BuildingSettings::default() };
    let mut building = Building::with(settings).unwrap();
    let door = building.add_door("Flat 12").unwrap();
    let profile = PhoneProfile::android().with_mtu(mtu);
    let person = building.add_resident_with("Ann", profile).unwrap();
    match exchange {
        Exchange::First => building.grant(&person, &door).unwrap(),
        Exchange::Repeat => {
            building.grant(&person, &door).unwrap();
            assert!(building.unlock(&person, &door).unwrap().is_open());
            building.world().run_for(Duration::from_secs(20));
        }
        Exchange::Shared => {
            let host = building.add_resident("Bea").unwrap();
            building.grant(&host, &door).unwrap();
            let validity = Validity::from(shortly_before(building.now())).until(building.now().plus(3_600));
            building.share(&host, &person, &door, validity).unwrap();
        }
    }
    (building, door, person)
}

/// One tap under these mishaps. Checks what must hold in any case.
fn run(exchange: Exchange, mtu: u16, mishaps: &[Mishap]) -> Run {
    let (building, door, person) = stage(exchange, mtu);
    let world = building.world();
    for mishap in mishaps {
        match *mishap {
            Mishap::Vanishes(connection, direction, index) => world.drop_packet(connection, direction, index),
            Mishap::Deaf(connection, direction, bytes) => world.cut_after(connection, direction, bytes),
            Mishap::Ends(frame) => {
                let mut frames = 0;
                world.intercept(move |_| {
                    frames += 1;
                    if frames == frame + 1 { Verdict::Disconnect } else { Verdict::Pass }
                });
            }
        }
    }
    let before = door.door().bolt_movements().len();
    let visit = building.unlock(&person, &door).unwrap();
    let started = visit.milestones().motor;
    world.stop_intercepting();
    world.run_for(AFTERWARDS);
    let movements = door.door().bolt_movements().len() - before;
    let story =
        format!("{exchange:?} at MTU {mtu}, {mishaps:?}: {:?} in {:?}", visit.outcome(), visit.duration());
    assert!(movements <= 1, "{movements} movements: {story}\n{}", visit.trace());
    assert!(visit.duration() <= DEADLINE, "{story}\n{}", visit.trace());
    match visit.outcome() {
        Ok(_) => assert!(movements == 1 && started.is_some(), "told as open: {story}\n{}", visit.trace()),
        Err(UnlockError::OutcomeUnknown) => {}
        Err(_) => assert_eq!(movements, 0, "told as failed: {story}\n{}", visit.trace()),
    }
    // Afterwards everything is as it was: the next tap opens, once.
    let again = building.unlock(&person, &door).unwrap();
    assert!(again.is_open(), "the tap after {story}: {:?}\n{}", again.outcome(), again.trace());
    assert_eq!(door.door().bolt_movements().len(), before + movements + 1, "the tap after {story}");
    Run { story, visit, movements }
}

/// A run in which nothing goes wrong: what there is to go wrong.
fn undisturbed(exchange: Exchange, mtu: u16) -> Run {
    let run = run(exchange, mtu, &[]);
    let path = if exchange == Exchange::Repeat { UnlockPath::Fast } else { UnlockPath::Full };
    let opened = run.visit.outcome().unwrap();
    assert_eq!((opened.path, opened.attempts, run.movements), (path, 1, 1), "{}", run.story);
    run
}

/// Every packet of the visit that a host could lose, as a mishap.
fn packets_that_can_vanish(visit: &Visit) -> Vec<Mishap> {
    let mishap =
        |packet: &Packet| Some(Mishap::Vanishes(packet.connection, packet.direction(), packet.droppable?));
    visit.trace().frames().filter_map(mishap).collect()
}

fn every_single_packet(exchange: Exchange) {
    for mtu in MTUS {
        let packets = packets_that_can_vanish(&undisturbed(exchange, mtu).visit);
        // Hello, answer and the word about the bolt come to the phone; the request goes to the door.
        assert!(packets.len() >= 4, "MTU {mtu}: {packets:?}");
        println!("{exchange:?} at MTU {mtu}: {} packets", packets.len());
        for packet in packets {
            let run = run(exchange, mtu, &[packet]);
            // One lost packet costs time, never the outcome.
            assert!(run.visit.is_open() && run.movements == 1, "{}\n{}", run.story, run.visit.trace());
        }
    }
}

#[test]
fn any_packet_of_a_first_unlock_may_vanish() {
    every_single_packet(Exchange::First);
}

#[test]
fn any_packet_of_a_repeat_unlock_may_vanish() {
    every_single_packet(Exchange::Repeat);
}

#[test]
fn any_packet_of_a_shared_unlock_may_vanish() {
    every_single_packet(Exchange::Shared);
}

/// The second packet is any that is sent once the first has vanished, repetitions on other connections too.
fn every_pair_of_packets(exchange: Exchange, mtu: u16) {
    let (mut pairs, mut open) = (0, 0);
    for first in packets_that_can_vanish(&undisturbed(exchange, mtu).visit) {
        for second in packets_that_can_vanish(&run(exchange, mtu, &[first]).visit) {
            let run = run(exchange, mtu, &[first, second]);
            pairs += 1;
            open += usize::from(run.visit.is_open());
        }
    }
    println!("{exchange:?} at MTU {mtu}: {pairs} pairs, {open} open");
    assert!(pairs >= 16 && open * 10 >= pairs * 9, "{open} of {pairs} pairs end in an open door");
}

#[test]
fn any_two_packets_of_a_repeat_unlock_may_vanish() {
    every_pair_of_packets(Exchange::Repeat, 517);
    every_pair_of_packets(Exchange::Repeat, 23);
}

#[test]
fn any_two_packets_of_a_full_handshake_may_vanish() {
    every_pair_of_packets(Exchange::First, 517);
    every_pair_of_packets(Exchange::Shared, 517);
}

#[test]
fn the_connection_may_end_with_any_packet() {
    for exchange in EXCHANGES {
        for mtu in MTUS {
            let frames = undisturbed(exchange, mtu).visit.trace().frames().count();
            for frame in 0..frames {
                let run = run(exchange, mtu, &[Mishap::Ends(frame)]);
                // There is time for another connection.
                assert!(run.visit.is_open() && run.movements == 1, "{}\n{}", run.story, run.visit.trace());
            }
        }
    }
}

#[test]
fn the_radio_may_die_with_any_byte() {
    for exchange in EXCHANGES {
        for mtu in MTUS {
            let clean = undisturbed(exchange, mtu).visit;
            for direction in [Direction::ToDoor, Direction::ToPhone] {
                let sent = clean.trace().frames().filter(|packet| packet.direction() == direction);
                let connection = clean.connections()[0];
                // Between two ends of packets every byte is as good as another: the packet is lost.
                let mut bytes = 0;
                for packet in sent {
                    run(exchange, mtu, &[Mishap::Deaf(connection, direction, bytes)]);
                    bytes += u64::try_from(packet.value.len()).unwrap();
                }
            }
        }
    }
}
