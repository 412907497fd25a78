//! The air: scanning, connecting, MTU, loss, faults and replay, seen through the `Link` contract.
#![expect(clippy::expect_used, reason = "a failed step of the set-up fails the test")]

use core::future::Future as _;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;

use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, DisconnectReason, Link, LinkError, PeerId, Priority,
    ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;
use thumbturn_simulator::attacker::{RawCentral, Recording};
use thumbturn_simulator::building::{Building, BuildingSettings};
use thumbturn_simulator::clock::Instant;
use thumbturn_simulator::echo::EchoPeripheral;
use thumbturn_simulator::energy::EnergyModel;
use thumbturn_simulator::fault::Verdict;
use thumbturn_simulator::phone::SimulatedPhone;
use thumbturn_simulator::profile::{PhoneProfile, ServiceCache};
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::station::{DoorIndex, DoorSettings};
use thumbturn_simulator::trace::{Direction, Fate, Happening, PacketKind};
use thumbturn_simulator::world::World;

const HELLO: [u8; 20] = [0xc1; 20];

fn echo_world(seed: u64, radio: RadioSettings, profile: PhoneProfile) -> (World, DoorIndex, SimulatedPhone) {
    let world = World::with_radio(seed, radio);
    let echo = EchoPeripheral::new(HELLO.to_vec(), Duration::from_millis(1));
    let door = world.add_peripheral("door", DoorSettings::default(), Box::new(echo));
    let phone = world.add_phone("phone", profile, Place::metres(2, 0));
    (world, door, phone)
}

struct Session {
    link: Arc<dyn Link>,
    id: ConnectionId,
    events: Arc<EventQueue<ConnectionEvent>>,
}

impl Session {
    async fn notification(&self) -> Option<Vec<u8>> {
        loop {
            match self.events.pop().await {
                ConnectionEvent::Notified(value) => return Some(value),
                ConnectionEvent::Disconnected(_) => return None,
                _ => {}
            }
        }
    }
}

async fn find(link: &dyn Link) -> PeerId {
    let events = Arc::new(EventQueue::new(64));
    link.start_scan(Arc::clone(&events)).await.expect("scan");
    let peer = loop {
        if let ScanEvent::Heard(result) = events.pop().await {
            break result.peer;
        }
    };
    link.stop_scan().await;
    peer
}

async fn open(link: Arc<dyn Link>) -> Result<Session, LinkError> {
    let peer = find(&*link).await;
    let events = Arc::new(EventQueue::new(64));
    let id = link.connect(&peer, Arc::clone(&events)).await?;
    Ok(Session { link, id, events })
}

/// Greeting, then `frames` echoed one after the other.
async fn talk(link: Arc<dyn Link>, frames: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let session = open(link).await.expect("connect");
    session.link.subscribe(session.id).await.expect("subscribe");
    let mut heard = vec![session.notification().await.expect("greeting")];
    for frame in frames {
        session.link.write(session.id, frame, WriteKind::WithoutResponse).await.expect("write");
        match session.notification().await {
            Some(value) => heard.push(value),
            None => break,
        }
    }
    session.link.disconnect(session.id).await;
    heard
}

#[test]
fn a_frame_comes_back_and_is_counted() {
    let (world, _, phone) = echo_world(1, RadioSettings::perfect(), PhoneProfile::android());
    let heard = world.block_on(talk(phone.link(), vec![vec![0xc5; 20]])).unwrap();
    assert_eq!(heard, [HELLO.to_vec(), vec![0xc5; 20]]);
    let trace = world.trace();
    assert_eq!(trace.round_trips(), 1);
    assert_eq!(trace.application_bytes(), 60);
    assert_eq!(trace.frames().count(), 3);
    assert!(trace.frames().all(|packet| packet.fragments == 1));
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let run = |seed| {
        let radio = RadioSettings { packet_loss: 100_000, host_drop: 20_000, ..RadioSettings::default() };
        let (world, _, phone) = echo_world(seed, radio, PhoneProfile::android());
        let link = phone.link();
        let task = world.spawn(talk(link, vec![vec![1; 20]; 10]));
        world.run_for(Duration::from_secs(20));
        drop(task);
        world.trace()
    };
    assert_eq!(run(7), run(7));
    assert_eq!(run(7).digest(), run(7).digest());
    assert_ne!(run(7).digest(), run(8).digest());
}

#[test]
fn scanning_and_connecting_wait_for_an_advertisement_each() {
    let mut waits = Vec::new();
    for seed in 0..40 {
        let (world, _, phone) = echo_world(seed, RadioSettings::perfect(), PhoneProfile::android());
        world.run_for(Duration::from_secs(1));
        let before = world.now();
        let link = phone.link();
        world.block_on(async move { find(&*link).await }).unwrap();
        waits.push(world.now().since(before));
    }
    let longest = waits.iter().max().copied().unwrap_or_default();
    let mean = waits.iter().sum::<Duration>() / 40;
    assert!(longest <= Duration::from_millis(230), "{longest:?}");
    assert!((Duration::from_millis(70)..Duration::from_millis(150)).contains(&mean), "{mean:?}");
}

#[test]
fn a_phone_in_the_background_hears_no_scan_response_and_waits_longer() {
    let (world, _, phone) = echo_world(3, RadioSettings::perfect(), PhoneProfile::ios_background());
    let events = Arc::new(EventQueue::new(256));
    let (link, queue) = (phone.link(), Arc::clone(&events));
    world.block_on(async move { link.start_scan(queue).await }).unwrap().unwrap();
    world.run_for(Duration::from_secs(20));
    let mut heard = 0;
    while let Some(ScanEvent::Heard(result)) = events.try_pop() {
        assert_eq!(result.service_data, None);
        heard += 1;
    }
    assert!((2..30).contains(&heard), "{heard} of about 92 advertisements at a duty of one tenth");
}

#[test]
fn a_sixth_scan_in_thirty_seconds_hears_nothing_on_android() {
    let (world, _, phone) = echo_world(3, RadioSettings::perfect(), PhoneProfile::android());
    let link = phone.link();
    world
        .block_on(async move {
            for _ in 0..5 {
                find(&*link).await;
            }
        })
        .unwrap();
    let link = phone.link();
    let mut throttled = world.spawn(async move { find(&*link).await });
    world.run_for(Duration::from_secs(20));
    assert_eq!(throttled.take(), None);
}

#[test]
fn a_long_frame_needs_a_larger_mtu_and_short_radio_packets_cut_it_up() {
    for (data_length, fragments) in [(27, 8), (251, 1)] {
        let profile = PhoneProfile { data_length, ..PhoneProfile::android().with_mtu(247) };
        let (world, _, phone) = echo_world(1, RadioSettings::perfect(), profile);
        let link = phone.link();
        let (refused, mtu, echoed) = world
            .block_on(async move {
                let session = open(link).await.expect("connect");
                session.link.subscribe(session.id).await.expect("subscribe");
                session.notification().await.expect("greeting");
                let frame = vec![9; 200];
                let refused = session.link.write(session.id, frame.clone(), WriteKind::WithoutResponse).await;
                let mtu = session.link.request_mtu(session.id).await.expect("mtu");
                session.link.write(session.id, frame, WriteKind::WithResponse).await.expect("write");
                (refused, mtu, session.notification().await)
            })
            .unwrap();
        assert!(matches!(refused, Err(LinkError::Platform { .. })));
        assert_eq!((mtu, echoed), (247, Some(vec![9; 200])));
        let trace = world.trace();
        let write = trace.frames().find(|packet| packet.kind == PacketKind::WriteRequest).expect("the write");
        assert_eq!(write.fragments, fragments);
    }
}

#[test]
fn discovery_costs_requests_once_and_a_hash_afterwards() {
    let profile = PhoneProfile { service_cache: ServiceCache::DatabaseHash, ..PhoneProfile::android() };
    let (world, _, phone) = echo_world(1, RadioSettings::perfect(), profile);
    let requests = || {
        let mark = world.mark();
        world.block_on(talk(phone.link(), Vec::new())).unwrap();
        world.run_for(Duration::from_secs(1));
        world.trace_after(mark).att_requests()
    };
    // Service, two characteristics one by one at MTU 23, the descriptor; then the subscription.
    assert_eq!(requests(), 5);
    assert_eq!(requests(), 2);
}

#[test]
fn a_door_with_a_new_address_is_discovered_anew() {
    let mut building = Building::with(BuildingSettings::default()).unwrap();
    let door = building.add_door("Entrance").unwrap();
    let resident = building.add_resident("resident").unwrap();
    building.grant(&resident, &door).unwrap();
    let requests_after = |pause| {
        building.world().run_for(pause);
        building.unlock(&resident, &door).unwrap().att_requests_before_hello()
    };
    requests_after(Duration::ZERO);
    assert_eq!(requests_after(Duration::from_secs(20)), 1);
    assert_eq!(requests_after(Duration::from_secs(20 * 60)), 5);
}

#[test]
fn radio_loss_delays_and_keeps_the_order() {
    let frames: Vec<Vec<u8>> = (0..20).map(|number| vec![number; 20]).collect();
    let time = |packet_loss| {
        let radio = RadioSettings { packet_loss, ..RadioSettings::perfect() };
        let (world, _, phone) = echo_world(5, radio, PhoneProfile::android());
        let heard = world.block_on(talk(phone.link(), frames.clone())).unwrap();
        assert_eq!(heard[1..], frames, "nothing is lost or reordered");
        world.now().since(Instant::START)
    };
    assert!(time(300_000) > time(0) + Duration::from_millis(300));
}

#[test]
fn a_phone_that_walks_away_loses_the_link_after_the_supervision_timeout() {
    let (world, _, phone) = echo_world(5, RadioSettings::default(), PhoneProfile::android());
    let link = phone.link();
    let session = world.block_on(async move { open(link).await }).unwrap().unwrap();
    phone.walk(Place::metres(400, 0), Duration::from_secs(60));
    let events = Arc::clone(&session.events);
    let last = world.block_on(async move { events.pop().await }).unwrap();
    assert_eq!(last, ConnectionEvent::Disconnected(DisconnectReason::LinkLoss));
    assert!(world.now().since(Instant::START) > Duration::from_secs(8));
}

#[test]
fn each_dropped_packet_vanishes_alone_and_silently() {
    let frames: Vec<Vec<u8>> = (0..4).map(|number| vec![number; 20]).collect();
    for (direction, count) in [(Direction::ToDoor, 4), (Direction::ToPhone, 5)] {
        for index in 0..count {
            let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
            world.drop_packet(ConnectionId(1), direction, index);
            let mut task = world.spawn(talk(phone.link(), frames.clone()));
            world.run_for(Duration::from_secs(5));
            assert_eq!(task.take(), None, "the echo of the dropped packet never comes");
            let trace = world.trace();
            let dropped: Vec<_> =
                trace.frames().filter(|packet| packet.fate == Fate::Dropped).map(|p| p.droppable).collect();
            assert_eq!(dropped, [Some(index)]);
        }
    }
}

#[test]
fn a_link_can_die_at_any_byte() {
    for bytes in [0, 19, 20, 39] {
        let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
        world.cut_after(ConnectionId(1), Direction::ToDoor, bytes);
        let heard = world.block_on(talk(phone.link(), vec![vec![1; 20], vec![2; 20]])).unwrap();
        let whole = usize::try_from(bytes / 20).unwrap();
        assert_eq!(heard.len(), 1 + whole, "a frame arrives whole or not at all");
    }
}

#[test]
fn android_133_is_reported_and_the_next_attempt_works() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    phone.fail_next_connect(133);
    let link = phone.link();
    let first = world.block_on(async move { open(link).await.err() }).unwrap();
    assert_eq!(first, Some(LinkError::ConnectFailed { code: 133 }));
    let link = phone.link();
    assert!(world.block_on(async move { open(link).await.is_ok() }).unwrap());
}

#[test]
fn a_connection_to_an_address_that_has_rotated_away_times_out_and_a_dropped_attempt_leaves_nothing() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    let link = phone.link();
    let gone = PeerId("00:11:22:33:44:55".to_owned());
    let failed =
        world.block_on(async move { link.connect(&gone, Arc::new(EventQueue::new(8))).await }).unwrap();
    assert_eq!(failed, Err(LinkError::ConnectFailed { code: 133 }));
    assert!(world.now().since(Instant::START) >= Duration::from_secs(30));

    let link = phone.link();
    let task = world.spawn(open(link));
    while !world.trace().records().iter().any(|record| matches!(record.what, Happening::Connected { .. })) {
        assert!(world.step());
    }
    task.abort();
    world.run_for(Duration::from_secs(1));
    let trace = world.trace();
    assert!(trace.records().iter().any(|record| matches!(record.what, Happening::DoorDisconnected(_))));
}

#[test]
fn switching_bluetooth_off_ends_everything_on_the_phone_and_the_door_notices_later() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    let link = phone.link();
    let session = world.block_on(async move { open(link).await }).unwrap().unwrap();
    phone.set_adapter(AdapterState::Off);
    let off = world.now();
    let events = Arc::clone(&session.events);
    let last = world.block_on(async move { events.pop().await }).unwrap();
    assert_eq!(last, ConnectionEvent::Disconnected(DisconnectReason::AdapterOff));
    let link = phone.link();
    let scan = world.block_on(async move { link.start_scan(Arc::new(EventQueue::new(8))).await }).unwrap();
    assert_eq!(scan, Err(LinkError::BluetoothOff));
    world.run_for(Duration::from_secs(10));
    let trace = world.trace();
    let door = trace.records().iter().find(|record| matches!(record.what, Happening::DoorDisconnected(_)));
    assert!(door.expect("the door notices").at.since(off) >= Duration::from_secs(3));
}

#[test]
fn a_full_write_queue_refuses_and_says_when_there_is_room() {
    let profile = PhoneProfile { write_queue: 2, ..PhoneProfile::android() };
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), profile);
    let link = phone.link();
    let (results, event) = world
        .block_on(async move {
            let session = open(link).await.expect("connect");
            let mut results = Vec::new();
            for number in 0..3 {
                results.push(session.link.write(session.id, vec![number], WriteKind::WithoutResponse).await);
            }
            (results, session.events.pop().await)
        })
        .unwrap();
    assert_eq!(results, [Ok(()), Ok(()), Err(LinkError::NotWritable)]);
    assert_eq!(event, ConnectionEvent::Writable);
}

#[test]
fn a_busy_door_answers_later() {
    let time = |cost| {
        let world = World::with_radio(5, RadioSettings::perfect());
        let echo = EchoPeripheral::new(HELLO.to_vec(), cost);
        world.add_peripheral("door", DoorSettings::default(), Box::new(echo));
        let phone = world.add_phone("phone", PhoneProfile::android(), Place::metres(1, 0));
        world.block_on(talk(phone.link(), vec![vec![1; 20]; 3])).unwrap();
        world.now().since(Instant::START)
    };
    let (quick, slow) = (time(Duration::ZERO), time(Duration::from_millis(200)));
    assert!(slow >= quick + Duration::from_millis(540), "{slow:?} {quick:?}");
}

#[test]
fn doors_take_no_more_connections_than_they_have_slots() {
    let world = World::with_radio(5, RadioSettings::perfect());
    let echo = EchoPeripheral::new(HELLO.to_vec(), Duration::ZERO);
    let settings = DoorSettings { max_connections: 2, ..DoorSettings::default() };
    world.add_peripheral("door", settings, Box::new(echo));
    let phones: Vec<_> =
        (0..3).map(|_| world.add_phone("phone", PhoneProfile::ios(), Place::metres(1, 0))).collect();
    let mut tasks: Vec<_> = phones.iter().map(|phone| world.spawn(open(phone.link()))).collect();
    world.run_for(Duration::from_secs(5));
    let sessions: Vec<_> = tasks.iter_mut().filter_map(|task| task.take()).collect();
    assert_eq!(sessions.len(), 2);
    let (link, id) = (Arc::clone(&sessions[0].as_ref().unwrap().link), sessions[0].as_ref().unwrap().id);
    world.block_on(async move { link.disconnect(id).await }).unwrap();
    world.run_for(Duration::from_secs(5));
    assert!(tasks.iter_mut().any(|task| task.take().is_some()), "the third phone gets the free slot");
}

#[test]
fn a_power_cut_silences_the_door_and_it_advertises_again_after_its_boot() {
    let (world, door, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    let link = phone.link();
    let session = world.block_on(async move { open(link).await }).unwrap().unwrap();
    world.power_off(door);
    world.power_on(door);
    let events = Arc::clone(&session.events);
    let last = world.block_on(async move { events.pop().await }).unwrap();
    assert_eq!(last, ConnectionEvent::Disconnected(DisconnectReason::LinkLoss));
    let link = phone.link();
    assert!(world.block_on(async move { open(link).await.is_ok() }).unwrap());
}

#[test]
fn a_future_that_nothing_can_wake_is_reported_with_the_seed() {
    let world = World::new(99);
    let stalled = world.block_on(core::future::pending::<()>()).unwrap_err();
    assert_eq!(stalled.seed, 99);
}

#[test]
fn a_day_of_advertising_is_charged_without_being_simulated() {
    let (world, door, _) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    world.run_for(Duration::from_secs(86_400));
    let meter = world.meter(door);
    // 86,400 s at 211.25 ms and 5 ms of delay in the mean.
    assert!((399_400..399_600).contains(&meter.advertising_events), "{}", meter.advertising_events);
    let day = EnergyModel::default().consumption(&meter);
    assert!((1_200..2_400).contains(&day.microampere_hours()), "{day}");
    println!(
        "a day of advertising: {} µAh, {} mJ; {day}",
        day.microampere_hours(),
        day.microjoules() / 1_000
    );
}

#[test]
fn an_attacker_writes_what_it_likes_and_can_be_put_between_two_honest_sides() {
    let (world, door, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    let attacker = RawCentral::new(&world, Place::metres(5, 5));
    let echoed = world
        .block_on(async move {
            let (connection, hello) = attacker.listen(door).await.expect("a connection");
            assert_eq!(hello, HELLO);
            connection.write(b"anything").await.expect("written");
            let echo = connection.notification(Duration::from_secs(1)).await;
            let silence = connection.notification(Duration::from_secs(1)).await;
            (echo, silence)
        })
        .unwrap();
    assert_eq!(echoed, (Some(b"anything".to_vec()), None));

    world.intercept(|packet| match packet.kind {
        PacketKind::WriteCommand => Verdict::Replace(vec![0xee; 3]),
        _ => Verdict::Pass,
    });
    let heard = world.block_on(talk(phone.link(), vec![vec![1; 20]])).unwrap();
    assert_eq!(heard[1], [0xee; 3]);
    assert!(world.trace().frames().any(|packet| packet.fate == Fate::Altered));
}

#[test]
fn injected_frames_reach_door_and_phone_on_somebody_elses_connection() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    let link = phone.link();
    let heard = world
        .block_on({
            let world = world.clone();
            async move {
                let session = open(link).await.expect("connect");
                session.link.subscribe(session.id).await.expect("subscribe");
                session.notification().await.expect("greeting");
                world.inject_to_door(session.id, vec![0xbb; 4]);
                let echo = session.notification().await;
                world.inject_to_phone(session.id, vec![0xcc; 4]);
                (echo, session.notification().await)
            }
        })
        .unwrap();
    assert_eq!(heard, (Some(vec![0xbb; 4]), Some(vec![0xcc; 4])));
    let injected = world.trace();
    assert_eq!(injected.frames().filter(|packet| packet.fate == Fate::Injected).count(), 2);
}

#[test]
fn a_preferred_interval_takes_effect_after_some_events() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    let link = phone.link();
    let time = |frames: usize, session: &Session| {
        let before = world.now();
        world
            .block_on(async {
                for _ in 0..frames {
                    session.link.write(session.id, vec![7; 20], WriteKind::WithResponse).await.unwrap();
                }
            })
            .unwrap();
        world.now().since(before)
    };
    let session = world.block_on(open(link)).unwrap().unwrap();
    let balanced = time(10, &session);
    world.block_on(session.link.prefer(session.id, Priority::Fast)).unwrap();
    world.run_for(Duration::from_millis(300));
    let fast = time(10, &session);
    assert!(fast * 10 <= balanced * 6, "{fast:?} at 15 ms, {balanced:?} at 30 ms");
}

#[test]
fn a_link_can_be_ended_at_any_packet() {
    for wanted in 0..3 {
        let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
        let mut seen = 0;
        world.intercept(move |packet| match packet.kind {
            PacketKind::WriteCommand => {
                seen += 1;
                if seen > wanted { Verdict::Disconnect } else { Verdict::Pass }
            }
            _ => Verdict::Pass,
        });
        let heard = world.block_on(talk(phone.link(), vec![vec![1; 20]; 5])).unwrap();
        assert_eq!(heard.len(), 1 + wanted);
        let ended = world.trace();
        let reason = ended.records().iter().find_map(|record| match record.what {
            Happening::PhoneDisconnected { reason, .. } => Some(reason),
            _ => None,
        });
        assert_eq!(reason, Some(DisconnectReason::Remote));
    }
}

#[test]
fn an_iphone_exchanges_the_mtu_while_it_connects() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::ios());
    let session = world.block_on(open(phone.link())).unwrap().unwrap();
    assert_eq!(session.link.mtu(session.id), 185);
    let mark = world.mark();
    assert_eq!(world.block_on(session.link.request_mtu(session.id)).unwrap(), Ok(185));
    assert_eq!(world.trace_after(mark).att_packets(), 0);
}

#[test]
fn any_executor_can_wait_for_a_link_while_somebody_turns_the_world() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    let mut call = Box::pin(talk(phone.link(), vec![vec![1; 20]]));
    let mut context = Context::from_waker(Waker::noop());
    let heard = loop {
        if let Poll::Ready(heard) = call.as_mut().poll(&mut context) {
            break heard;
        }
        assert!(world.step(), "something is always under way");
    };
    assert_eq!(heard.len(), 2);
}

#[test]
fn a_recording_holds_what_was_on_the_air() {
    let (world, _, phone) = echo_world(5, RadioSettings::perfect(), PhoneProfile::android());
    world.drop_packet(ConnectionId(1), Direction::ToPhone, 1);
    let task = world.spawn(talk(phone.link(), vec![vec![1; 20]]));
    world.run_for(Duration::from_secs(5));
    drop(task);
    let recording = Recording::of(&world.trace(), ConnectionId(1));
    assert_eq!(recording.sent(Direction::ToDoor), [vec![1; 20]]);
    assert_eq!(recording.sent(Direction::ToPhone), [HELLO.to_vec()]);
}

#[test]
fn worlds_and_phones_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<World>();
    shared::<SimulatedPhone>();
    shared::<thumbturn_simulator::building::Resident>();
}
