//! Updates over the air: what share of the link they use, what a loss costs, and whether the bolt waits for them.
//!
//! The real engine and the real courier over the simulated radio at an ATT MTU of 247; beside them, in the same run and with
//! the same seed, the same radio with nothing on it but full writes without response.

use core::time::Duration;
use std::sync::Arc;

use thumbturn_lock::CONNECTIONS;
use thumbturn_phone::courier::CourierEvent;
use thumbturn_phone::link::{ConnectionEvent, ConnectionId, Priority, WriteKind};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_simulator::clock::Instant;
use thumbturn_simulator::peripheral::{
    Advertisement, Charge, NewAddress, Peripheral, PeripheralAction, PeripheralEvent,
};
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::station::DoorSettings;
use thumbturn_simulator::trace::{Direction, DoorNote, Happening, PacketKind};
use thumbturn_simulator::world::World;
use thumbturn_tests::air_stage::{AirPhone, AirStage, Delivered};
use thumbturn_tests::interruption::{self, interrupted_transfer, random_cuts};

use crate::figures::Figures;

const MTU: u16 = 247;
/// Payload of a write without response at that MTU.
const FRAME: usize = 244;
/// Rows of the snapshot: about 400 KiB, 9 s on the air.
const ROWS: u32 = 6_300;
/// Rows of an update of 100 KiB.
const SHORT_ROWS: u32 = 1_600;
/// The type of a door's answer to a full request (spec §4.4).
const FULL_ANSWER: u8 = 0x04;
/// An offer in one frame: frame header, counter, index, length, update header, tag (spec §7.1, §7.2).
const OFFER: usize = 1 + 4 + 1 + 2 + 182 + 16;

/// Measures and notes.
pub fn measure(figures: &mut Figures, seeds: u64, interruptions: usize) {
    let clear = Goodput::measured(1, 0);
    figures.note("transfer.raw_bytes_per_second", clear.raw);
    figures.note("transfer.goodput_bytes_per_second", clear.transfer);
    figures.note("transfer.goodput_ratio", clear.ratio());
    let lossy = Goodput::measured(seeds, 20_000);
    figures.note("transfer.raw_bytes_per_second_loss2", lossy.raw);
    figures.note("transfer.goodput_bytes_per_second_loss2", lossy.transfer);
    figures.note("transfer.goodput_ratio_loss2", lossy.ratio());
    figures.note("transfer.bytes_resent_per_host_drop_max", resent_after_drops() as f64);
    figures.note("transfer.resent_chunks_per_interruption_max", resent_after_interruptions(interruptions));
    let delay = |between: fn(u64) -> Duration| {
        let longest = (1..=seeds * 10).map(between).max().unwrap_or_default();
        longest.as_secs_f64() / profile().fast_interval.as_secs_f64()
    };
    figures.note("unlock.delay_by_delivery_intervals", delay(delay_by_own_delivery));
    figures.note("unlock.delay_by_delivery_of_another_intervals", delay(delay_by_delivery_of_another));
}

/// Bytes a second, of the bytes of a list and of bare frames.
struct Goodput {
    transfer: f64,
    raw: f64,
}

impl Goodput {
    /// The mean over some seeds, with so many packets lost of a million.
    fn measured(seeds: u64, packet_loss: u32) -> Self {
        let radio = RadioSettings { packet_loss, ..RadioSettings::perfect() };
        let (mut bytes, mut transfer, mut raw) = (0, Duration::ZERO, Duration::ZERO);
        for seed in 1..=seeds {
            let (body, time) = transfer_time(seed, radio.clone());
            bytes += body;
            transfer += time;
            raw += raw_time(seed, radio.clone(), body);
        }
        let bytes = bytes as f64;
        Self { transfer: bytes / transfer.as_secs_f64(), raw: bytes / raw.as_secs_f64() }
    }

    fn ratio(&self) -> f64 {
        self.transfer / self.raw
    }
}

fn profile() -> PhoneProfile {
    PhoneProfile::android().with_mtu(MTU)
}

/// Bytes of the list and its head, and the time from the offer until the phone knows that the door has them.
fn transfer_time(seed: u64, radio: RadioSettings) -> (usize, Duration) {
    let mut stage = AirStage::new(seed, radio);
    let mut phone = stage.phone(profile());
    stage.deny_strangers(ROWS);
    let snapshot = stage.snapshot();
    phone.carry(&snapshot);
    let visit = stage.visit(&phone);
    let over = visit.at(CourierEvent::Updating { percent: 100 }).expect("all of it arrived");
    let body = usize::try_from(snapshot.size().bytes()).expect("a short list");
    (body, over.since(offered(&visit)))
}

/// When the phone sent the offer: it had just heard the door's state.
fn offered(visit: &Delivered) -> Instant {
    let of_connection = visit.trace.of(visit.connection().expect("a connection"));
    let mut heard = None;
    for (at, packet) in of_connection.packets().filter(|(_, packet)| packet.kind.carries_frame()) {
        match packet.direction() {
            Direction::ToPhone => heard = Some(at),
            Direction::ToDoor if packet.value.len() == OFFER => break,
            Direction::ToDoor => {}
        }
    }
    heard.expect("the door's state")
}

/// Bytes of frames, the one that vanished and new proofs included, by which a host drop makes a transfer longer: the worst of
/// drops at every seventh frame.
fn resent_after_drops() -> usize {
    let frames = |drop: Option<u32>| {
        let mut stage = AirStage::new(1, RadioSettings::perfect());
        let mut phone = stage.phone(profile());
        stage.deny_strangers(SHORT_ROWS);
        phone.carry(&stage.snapshot());
        // The second connection of the world: the first one claimed the door.
        let connection = ConnectionId(2);
        if let Some(index) = drop {
            stage.world.drop_packet(connection, Direction::ToDoor, index);
        }
        let visit = stage.visit(&phone);
        assert!(stage.is_up_to_date(), "drop {drop:?}");
        let of_connection = visit.trace.of(connection);
        let writes = of_connection.packets().filter(|(_, packet)| packet.kind == PacketKind::WriteCommand);
        writes.map(|(_, packet)| packet.value.len()).collect::<Vec<_>>()
    };
    let whole = frames(None);
    let (bytes, count) = (whole.iter().sum::<usize>(), u32::try_from(whole.len()).expect("a short story"));
    let first = u32::try_from(whole.iter().position(|length| *length == FRAME).expect("pieces"));
    let drops = (first.expect("a short story") + 4..count).step_by(7);
    let longer = drops.map(|index| frames(Some(index)).iter().sum::<usize>().saturating_sub(bytes));
    longer.max().unwrap_or_default()
}

/// Chunks that an interruption of an update of 100 KiB makes a phone send again, at the most: at every boundary between chunks, and
/// at so many random bytes.
fn resent_after_interruptions(interruptions: usize) -> f64 {
    let worst = |seed: u64, cuts: fn(&Parcel, usize) -> Vec<usize>| {
        let mut stage = AirStage::new(seed, RadioSettings::perfect());
        stage.deny_strangers(SHORT_ROWS);
        let snapshot = stage.snapshot();
        let cuts = cuts(&snapshot, interruptions);
        let resent = interrupted_transfer(&mut stage, &snapshot, &cuts).into_iter().map(|cut| cut.resent);
        resent.max().unwrap_or_default()
    };
    let at_boundaries = worst(1, |parcel, _| interruption::boundaries(parcel));
    let at_random = worst(2, |parcel, count| random_cuts(parcel, count, 2));
    at_boundaries.max(at_random) as f64 / interruption::CHUNK as f64
}

/// How much later the bolt starts, or the phone knows it, when the phone carries an update for the door.
fn delay_by_own_delivery(seed: u64) -> Duration {
    let tap = |carries: bool| {
        let mut stage = AirStage::new(seed, RadioSettings::default());
        let mut phone = stage.phone(profile());
        stage.deny_strangers(SHORT_ROWS);
        let snapshot = stage.snapshot();
        if carries {
            phone.carry(&snapshot);
        }
        times(&stage, &phone)
    };
    later(tap(true), tap(false))
}

/// How much later it is when another phone delivers an update meanwhile.
fn delay_by_delivery_of_another(seed: u64) -> Duration {
    let tap = |carries: bool| {
        let mut stage = AirStage::new(seed, RadioSettings::default());
        let (mut courier, phone) = (stage.phone(profile()), stage.phone(profile()));
        stage.deny_strangers(ROWS);
        let snapshot = stage.snapshot();
        if carries {
            courier.carry(&snapshot);
        }
        let visit = stage.begin_visit(courier);
        // Into the transfer, anywhere between two of its chunks.
        stage.world.run_for(Duration::from_millis(3_000 + 13 * seed));
        let times = times(&stage, &phone);
        visit.abort();
        times
    };
    later(tap(true), tap(false))
}

/// When the bolt starts and when the phone has the answer, after a tap.
fn times(stage: &AirStage, phone: &AirPhone) -> [Instant; 2] {
    let visit = stage.visit(phone);
    let of_phone = visit.trace.of(visit.connection_of(phone).expect("a connection"));
    let bolt = visit.trace.records().iter().rev().find_map(|record| match record.what {
        Happening::Door { note: DoorNote::MotorRuns, .. } => Some(record.at),
        _ => None,
    });
    let answer = of_phone.packets().find(|(_, packet)| {
        packet.kind == PacketKind::Notification
            && packet.value.first().is_some_and(|header| header & 0x3f == FULL_ANSWER)
    });
    [bolt.expect("an open door"), answer.expect("an answer").0]
}

fn later(with: [Instant; 2], without: [Instant; 2]) -> Duration {
    let each = with.into_iter().zip(without).map(|(with, without)| with.since(without));
    each.max().unwrap_or_default()
}

/// The time that the same link needs for so many bytes in full frames to a door that does nothing with them.
fn raw_time(seed: u64, radio: RadioSettings, bytes: usize) -> Duration {
    let world = World::with_radio(seed, RadioSettings::perfect());
    let settings = DoorSettings { max_connections: CONNECTIONS, ..DoorSettings::default() };
    let door = world.add_peripheral("sink", settings, Box::new(Sink::default()));
    let phone = world.add_phone("phone", profile(), Place::default().beside());
    world.run_for(Duration::from_secs(1));
    let (link, events) = (phone.link(), Arc::new(EventQueue::new(1_024)));
    let peer = world.address(door).expect("it advertises");
    let start = world.block_on(async {
        let id = link.connect(&peer, Arc::clone(&events)).await.expect("a connection");
        link.request_mtu(id).await.expect("a connection");
        link.prefer(id, Priority::Bulk).await;
        world.pause(Duration::from_secs(1)).await;
        world.change_radio(|settings| *settings = radio);
        let start = world.now();
        for _ in 0..bytes.div_ceil(FRAME) {
            while link.write(id, vec![0; FRAME], WriteKind::WithoutResponse).await.is_err() {
                while events.pop().await != ConnectionEvent::Writable {}
            }
        }
        start
    });
    let start = start.expect("the writes end");
    world.run_for(Duration::from_secs(1));
    let trace = world.trace();
    let arrived = trace.packets().filter(|(_, packet)| packet.kind == PacketKind::WriteCommand);
    let (last, count) = arrived.fold((start, 0), |(_, count), (at, _)| (at, count + 1));
    assert_eq!(count, bytes.div_ceil(FRAME), "all of it arrived");
    last.since(start)
}

/// A door that advertises and takes whatever comes.
#[derive(Default)]
struct Sink(Vec<PeripheralAction>);

impl Peripheral for Sink {
    fn boot(&mut self, _: Instant) -> Charge {
        self.0.push(PeripheralAction::Advertise(Advertisement {
            service_data: vec![1],
            address: NewAddress::Chosen,
            interval: Duration::from_millis(100),
        }));
        Charge::default()
    }

    fn power_off(&mut self) {}

    fn handle(&mut self, _: Millis, _: PeripheralEvent) -> Charge {
        Charge::default()
    }

    fn poll(&mut self, _: Millis) -> (PeripheralAction, Charge) {
        (self.0.pop().unwrap_or(PeripheralAction::Idle { until: None }), Charge::default())
    }
}
