//! Host drop: any single packet of any exchange vanishes without a word, at every MTU. Exhaustive, not sampled.

use std::time::Duration;

use crate::building::Building;
use thumbturn_phone::link::ConnectionId;
use thumbturn_phone::unlock::UnlockPath;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::trace::Direction;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exchange {
    First,
    Repeat,
    Guest,
}

struct Counted {
    /// Packets that can vanish, in each direction.
    packets: [u32; 2],
    connection: u64,
}

/// One exchange at this MTU; in the connection it runs on, the packet with this index vanishes.
fn run(exchange: Exchange, mtu: u16, dropped: Option<(u64, Direction, u32)>) -> Counted {
    let mut building = Building::with_door(7);
    let profile = PhoneProfile::android().with_mtu(mtu);
    let person = match exchange {
        Exchange::First | Exchange::Repeat => building.resident(profile),
        Exchange::Guest => {
            let mut host = building.resident(PhoneProfile::android());
            let mut guest = building.person("guest", profile);
            let (id, phone) = (building.id(), guest.wallet.phone_id());
            let validity = Validity::from(crate::building::NOW);
            let invitation = host.wallet.share(id, phone, validity, &mut host.random).unwrap();
            guest.wallet.import(&invitation.bytes, &mut guest.random).unwrap();
            guest
        }
    };
    if exchange == Exchange::Repeat {
        building.unlock(&person).unwrap();
        building.world.run_for(Duration::from_secs(10));
    }
    if let Some((connection, direction, index)) = dropped {
        building.world.drop_packet(ConnectionId(connection), direction, index);
    }
    let (before, started, mark) = (building.movements(), building.world.now(), building.world.mark());
    let result = building.unlock(&person);
    let took = building.world.now().since(started);
    building.world.run_for(Duration::from_secs(30));
    let moved = building.movements() - before;
    let what = format!("{exchange:?} at MTU {mtu} without {dropped:?}: {result:?} after {took:?}");
    assert_eq!(moved, 1, "{what}");
    assert!(took <= Duration::from_secs(15), "{what}");
    let opened = result.unwrap_or_else(|_| panic!("{what}"));
    if dropped.is_none() {
        let path = if exchange == Exchange::Repeat { UnlockPath::Fast } else { UnlockPath::Full };
        assert_eq!((opened.path, opened.attempts), (path, 1), "{what}");
    }
    // Afterwards everything is as it was: the next press goes the fast path.
    assert_eq!(building.unlock(&person).unwrap().path, UnlockPath::Fast, "the press after {what}");
    assert_eq!(building.movements() - before, 2, "the press after {what}");

    let trace = building.world.trace_after(mark);
    let connection = trace.packets().next().map_or(0, |(_, packet)| packet.connection.0);
    let last = |direction| {
        let of_connection = trace.packets().map(|(_, packet)| packet);
        of_connection
            .filter(|packet| packet.connection.0 == connection && packet.direction() == direction)
            .filter_map(|packet| packet.droppable)
            .max()
            .map_or(0, |index| index + 1)
    };
    Counted { packets: [last(Direction::ToDoor), last(Direction::ToPhone)], connection }
}

fn every_single_packet(exchange: Exchange) {
    for mtu in [23, 185, 247, 517] {
        let counted = run(exchange, mtu, None);
        let [to_door, to_phone] = counted.packets;
        assert!(to_door >= 1 && to_phone >= 2, "{to_door} to the door, {to_phone} to the phone");
        for (direction, packets) in [(Direction::ToDoor, to_door), (Direction::ToPhone, to_phone)] {
            for index in 0..packets {
                run(exchange, mtu, Some((counted.connection, direction, index)));
            }
        }
    }
}

#[test]
fn any_dropped_packet_of_a_first_unlock_ends_in_one_opening() {
    every_single_packet(Exchange::First);
}

#[test]
fn any_dropped_packet_of_a_repeat_unlock_ends_in_one_opening() {
    every_single_packet(Exchange::Repeat);
}

#[test]
fn any_dropped_packet_of_a_guest_s_unlock_ends_in_one_opening() {
    every_single_packet(Exchange::Guest);
}
