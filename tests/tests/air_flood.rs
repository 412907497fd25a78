//! Floods over the air, with the door's CPU and flash times charged: connections that only subscribe, that send one byte each
//! second, that spam full handshakes, as many as the radio allows, do not keep a resident with a ticket out.

use core::time::Duration;

use thumbturn_phone::unlock::UnlockPath;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType};
use thumbturn_simulator::attacker::{Flood, FloodKind, RawCentral};
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::building::{Building, BuildingDoor, BuildingSettings, DoorPlan, Resident};
use thumbturn_simulator::energy::Meter;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::trace::{Direction, Happening};
use thumbturn_simulator::world::{Task, World};

/// Twice as many as the door's radio carries at once, so that no slot stays free by itself and somebody always waits for one.
/// Each advertising event lets in one of those who wait, by lot: that is the radio's, not the door's to decide.
const ATTACKERS: u32 = 8;
const TAPS: u32 = 6;
const SEEDS: [u64; 3] = [1, 2, 3];
/// A resident waits no longer for the motor, whatever the neighbours do: the last request leaves by then.
const PATIENCE: Duration = Duration::from_secs(12);
/// Longest full request of which a door reads on.
const GARBAGE: usize = 400;

struct Siege {
    building: Building,
    door: BuildingDoor,
    ann: Resident,
}

/// What a siege did to the resident and the door.
struct Toll {
    /// From tap to motor, sorted.
    motor: Vec<Duration>,
    /// What the door did while it lasted.
    meter: Meter,
    /// Connections of attackers.
    connections: usize,
    /// Frames that attackers sent.
    frames: usize,
}

impl Siege {
    fn new(seed: u64, profile: PhoneProfile) -> Self {
        let settings =
            BuildingSettings { seed, radio: RadioSettings::default(), ..BuildingSettings::default() };
        let mut building = Building::with(settings).unwrap();
        let door = building.add_door_with("Flat 12", DoorPlan::default()).unwrap();
        let ann = building.add_resident_with("Ann", profile).unwrap();
        building.grant(&ann, &door).unwrap();
        assert!(building.unlock(&ann, &door).unwrap().is_open());
        // A new chip prepares the list's blocks, which is no load that an attacker makes.
        building.world().run_for(Duration::from_secs(90));
        Self { building, door, ann }
    }

    /// The tag key of this door in the hands of a neighbour: a grant of another phone.
    fn neighbour(&mut self) -> FloodKind {
        let former = self.building.add_resident("former tenant").unwrap();
        let terms = GrantTerms::resident(self.building.now());
        let credential = self.building.issue(&former, former.holder(), &self.door, &terms).unwrap();
        FloodKind::Handshakes(Box::new(credential))
    }

    /// The resident comes home several times while `besiege`'s result lives.
    fn endure<T>(self, name: &str, besiege: impl FnOnce(&World, &BuildingDoor) -> T) -> Toll {
        let Self { building, door, ann } = self;
        let world = building.world();
        let (mark, meter) = (world.mark(), door.door().meter());
        let attackers = besiege(world, &door);
        world.run_for(Duration::from_secs(20));
        let mut motor = Vec::new();
        for tap in 0..TAPS {
            let visit = building.unlock(&ann, &door).unwrap();
            let story = || format!("{name}, seed {}, tap {tap}:\n{}", world.seed(), visit.trace());
            let opened = visit.outcome().unwrap_or_else(|error| panic!("{error}: {}", story()));
            assert_eq!(opened.path, UnlockPath::Fast, "{}", story());
            let time = visit.milestones().motor.unwrap_or_else(|| panic!("no motor: {}", story()));
            assert!(time <= PATIENCE, "{time:?}: {}", story());
            motor.push(time);
            world.run_for(Duration::from_secs(12));
        }
        drop(attackers);
        let trace = world.trace_after(mark);
        let resident = ann.phone().index();
        let mut connections = Vec::new();
        for record in trace.records() {
            if let Happening::Connected { connection, phone, .. } = record.what
                && phone != resident
            {
                connections.push(connection);
            }
        }
        let of_attackers = |connection| connections.binary_search(&connection).is_ok();
        let frames = trace
            .frames()
            .filter(|packet| packet.direction() == Direction::ToDoor && of_attackers(packet.connection))
            .count();
        motor.sort_unstable();
        assert_eq!(door.door().bolt_movements().len(), 1 + motor.len(), "only the resident moves the bolt");
        world.abort_tasks();
        let meter = door.door().meter().since(&meter);
        let toll = Toll { motor, meter, connections: connections.len(), frames };
        println!(
            "{name}, seed {}: tap to motor {:?} … {:?} … {:?}; {} connections, {} frames, CPU {}% of {:?}",
            world.seed(),
            toll.motor[0],
            toll.motor[toll.motor.len() / 2],
            toll.motor[toll.motor.len() - 1],
            toll.connections,
            toll.frames,
            toll.load(),
            toll.meter.elapsed,
        );
        toll
    }
}

impl Toll {
    /// The share of the time in which the door's CPU was busy, in percent.
    fn load(&self) -> u128 {
        100 * self.meter.busy.as_micros() / self.meter.elapsed.as_micros().max(1)
    }
}

fn every_seed(name: &str, besiege: impl Fn(&World, &BuildingDoor, &FloodKind) -> Vec<Flood>) -> Vec<Toll> {
    let siege = |seed| {
        let mut siege = Siege::new(seed, PhoneProfile::android());
        let neighbour = siege.neighbour();
        siege.endure(name, |world, door| besiege(world, door, &neighbour))
    };
    SEEDS.into_iter().map(siege).collect()
}

fn flood(name: &str, kind: &FloodKind) -> Vec<Toll> {
    every_seed(name, |world, door, _| vec![Flood::start(world, door.door().index(), ATTACKERS, kind)])
}

#[test]
fn quiet_evenings_for_comparison() {
    for toll in every_seed("nobody", |_, _, _| Vec::new()) {
        assert_eq!((toll.connections, toll.frames), (0, 0));
    }
}

#[test]
fn connections_that_only_connect_keep_nobody_out() {
    for toll in flood("connect", &FloodKind::Connect) {
        assert!(toll.connections > 100, "{} connections", toll.connections);
    }
}

#[test]
fn connections_that_only_subscribe_keep_nobody_out() {
    for toll in flood("subscribe", &FloodKind::Subscribe) {
        assert!(toll.connections > 100, "{} connections", toll.connections);
    }
}

#[test]
fn connections_that_send_one_byte_each_second_keep_nobody_out() {
    for toll in flood("dribble", &FloodKind::Dribble) {
        assert!(toll.frames > 200, "{} frames", toll.frames);
    }
}

#[test]
fn full_handshakes_with_the_tag_key_of_a_neighbour_keep_nobody_out() {
    let tolls = every_seed("handshakes", |world, door, neighbour| {
        vec![Flood::start(world, door.door().index(), ATTACKERS, neighbour)]
    });
    for toll in tolls {
        // The flood costs the door public-key operations, or it would prove nothing.
        assert!(toll.load() >= 10 && toll.frames > 200, "{}%, {} frames", toll.load(), toll.frames);
    }
}

#[test]
fn a_mob_of_all_kinds_keeps_nobody_out() {
    every_seed("all at once", |world, door, neighbour| {
        let kinds = [&FloodKind::Connect, &FloodKind::Subscribe, &FloodKind::Dribble, neighbour];
        kinds.map(|kind| Flood::start(world, door.door().index(), ATTACKERS / 4, kind)).into()
    });
}

/// Full requests of random bytes as fast as the link takes them, on connection after connection.
async fn spam(central: RawCentral, door: BuildingDoor, mut random: SeededRandom) {
    let world = central.phone().world().clone();
    loop {
        if let Ok((connection, _)) = central.listen(door.door().index()).await {
            let mtu = AttMtu::clamped(connection.request_mtu().await.unwrap_or(23));
            loop {
                let mut garbage = vec![0; GARBAGE];
                random.bytes(&mut garbage);
                let mut frames = Fragmenter::new(MessageType::FullRequest, garbage).unwrap();
                let mut broken = false;
                while let Some(frame) = frames.next_frame(mtu) {
                    broken |= connection.write(&frame).await.is_err();
                }
                if broken {
                    break;
                }
            }
        }
        world.pause(Duration::from_millis(20)).await;
    }
}

struct Spam(Vec<Task<()>>);

impl Drop for Spam {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

#[test]
fn full_handshakes_of_garbage_keep_nobody_out() {
    for seed in SEEDS {
        let siege = Siege::new(seed, PhoneProfile::android());
        let toll = siege.endure("garbage", |world, door| {
            let place = Place { x: door.place().x + 300, ..door.place() };
            let attack = |number: u32| {
                let random = SeededRandom::new(seed * 100 + u64::from(number));
                world.spawn(spam(RawCentral::new(world, place), door.clone(), random))
            };
            Spam((0..ATTACKERS).map(attack).collect())
        });
        assert!(toll.frames > 200, "{} frames", toll.frames);
        // The gate stops it before any public-key operation.
        assert!(toll.load() < 10, "{}%", toll.load());
    }
}

#[test]
fn an_iphone_gets_in_too() {
    for seed in SEEDS {
        let mut siege = Siege::new(seed, PhoneProfile::ios());
        let neighbour = siege.neighbour();
        siege.endure("handshakes against an iPhone", |world, door| {
            Flood::start(world, door.door().index(), ATTACKERS, &neighbour)
        });
    }
}
