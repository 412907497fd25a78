//! Replay, theft, races and restarts over the air: what was once on the air, or once in a vault, opens no door a second time,
//! and one intent moves the bolt at most once (I8), whoever loses power or life in the middle.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use thumbturn_lock::storage::Storage;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::link::ConnectionId;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::{Opened, UnlockError, UnlockPath};
use thumbturn_protocol::event::{Event, Sequence};
use thumbturn_protocol::ids::OperationId;
use thumbturn_simulator::attacker::{RawCentral, Recording};
use thumbturn_simulator::building::{Building, BuildingDoor, BuildingSettings, Resident, Visit};
use thumbturn_simulator::fault::Verdict;
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::trace::{Direction, PacketKind};
use thumbturn_simulator::world::Task;
use thumbturn_tests::flash_image::FlashImage;

/// After it nothing that left a phone may open a door.
const AFTERWARDS: Duration = Duration::from_secs(20);
/// Answers by which a door says that it has done something (spec §4.4): full and fast answer, records.
const ANSWERS: [u8; 3] = [0x04, 0x06, 0x07];

struct Stage {
    building: Building,
    door: BuildingDoor,
    ann: Resident,
}

impl Stage {
    fn new(seed: u64, radio: RadioSettings, mtu: u16) -> Self {
        let settings = BuildingSettings { seed, radio, ..BuildingSettings::default() };
        let mut building = Building::with(settings).unwrap();
        let door = building.add_door("Flat 12").unwrap();
        let ann = building.add_resident_with("Ann", PhoneProfile::android().with_mtu(mtu)).unwrap();
        building.grant(&ann, &door).unwrap();
        Self { building, door, ann }
    }

    fn perfect(seed: u64) -> Self {
        Self::new(seed, RadioSettings::perfect(), 517)
    }

    fn tap(&self) -> Visit {
        self.building.unlock(&self.ann, &self.door).unwrap()
    }

    /// A tap that opens, and time until the door has locked itself again.
    fn open(&self) -> Opened {
        let opened = *self.tap().outcome().unwrap();
        self.pass(AFTERWARDS);
        opened
    }

    fn pass(&self, time: Duration) {
        self.building.world().run_for(time);
    }

    fn movements(&self) -> usize {
        self.door.door().bolt_movements().len()
    }

    /// A tap that runs by itself, so that it can be killed.
    fn begin_tap(&self) -> Task<Result<Opened, UnlockError>> {
        self.begin_tap_of(&self.ann)
    }

    fn begin_tap_of(&self, person: &Resident) -> Task<Result<Opened, UnlockError>> {
        person.phone().stand(self.door.place().beside());
        let (person, door) = (person.clone(), self.door.id());
        self.building.world().spawn(async move {
            let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
            person.unlock(door, &cancel, &progress).await
        })
    }
}

#[test]
fn the_same_seed_gives_the_same_run_byte_for_byte() {
    let run = |seed| {
        let stage = Stage::new(seed, RadioSettings::default(), 185);
        stage.building.world().change_radio(|radio| {
            radio.host_drop = 50_000;
            radio.packet_loss = 80_000;
            radio.connect_failure = 100_000;
        });
        for tap in 0..4 {
            if tap == 2 {
                stage.door.door().cut_power_after(1, Moment::Middle);
            }
            let _ = stage.tap();
            stage.ann.restart_app();
            stage.pass(AFTERWARDS);
        }
        let trace = stage.building.timeline();
        (trace.to_string(), format!("{trace:?}"), stage.door.door().flash_image())
    };
    for seed in 0..3 {
        assert!(run(seed) == run(seed), "seed {seed}");
    }
    assert!(run(0).0 != run(1).0, "the seed decides");
}

/// Plays frames at a door, behind the hello of a new connection. Gives the types of the messages that came back.
fn play(stage: &Stage, frames: &[Vec<u8>]) -> BTreeSet<u8> {
    let central = RawCentral::new(stage.building.world(), stage.door.place().beside());
    let played = async {
        let (connection, _) = central.listen(stage.door.door().index()).await.ok()?;
        connection.request_mtu().await.ok()?;
        for frame in frames {
            connection.write(frame).await.ok()?;
        }
        let mut heard = BTreeSet::new();
        while let Some(frame) = connection.notification(Duration::from_millis(600)).await {
            heard.insert(frame.first().copied().unwrap_or(0) & 0x3f);
        }
        connection.disconnect().await;
        Some(heard)
    };
    stage.building.world().block_on(played).unwrap().expect("the attacker got a connection")
}

/// The recordings of a visit to play: all its frames to the door up to each of them, and each of them alone.
fn excerpts(visit: &Visit) -> Vec<Vec<Vec<u8>>> {
    let mut excerpts = Vec::new();
    for connection in visit.connections() {
        let frames = Recording::of(visit.trace(), connection).sent(Direction::ToDoor);
        excerpts.extend((1..=frames.len()).map(|length| frames[..length].to_vec()));
        excerpts.extend(frames.iter().map(|frame| vec![frame.clone()]));
    }
    excerpts
}

#[test]
fn a_recording_opens_nothing_whatever_part_of_it_is_played() {
    for mtu in [23, 517] {
        let stage = Stage::new(41, RadioSettings::perfect(), mtu);
        let first = stage.tap();
        stage.pass(AFTERWARDS);
        let second = stage.tap();
        stage.pass(AFTERWARDS);
        assert!(first.is_open() && second.is_open());
        let mut played = 0;
        for frames in [excerpts(&first), excerpts(&second)].concat() {
            let heard = play(&stage, &frames);
            assert!(ANSWERS.iter().all(|answer| !heard.contains(answer)), "MTU {mtu}: {heard:?}");
            assert_eq!(stage.movements(), 2, "MTU {mtu}: {} frames opened the door", frames.len());
            played += 1;
        }
        assert!(played >= 4, "{played}");
        // The ticket is none the worse for it.
        assert_eq!(stage.open().path, UnlockPath::Fast);
    }
}

#[test]
fn a_recording_played_within_the_life_of_its_hello_moves_the_bolt_once() {
    for expected in [UnlockPath::Full, UnlockPath::Fast] {
        let stage = Stage::perfect(42);
        if expected == UnlockPath::Fast {
            stage.open();
        }
        let before = stage.movements();
        // Every frame to the door arrives three times, on the connection where it belongs.
        stage.building.world().intercept(|packet| match packet.kind {
            PacketKind::WriteCommand | PacketKind::WriteRequest => {
                Verdict::Follow(vec![packet.value.clone(), packet.value.clone()])
            }
            _ => Verdict::Pass,
        });
        let visit = stage.tap();
        stage.pass(AFTERWARDS);
        assert_eq!(stage.movements() - before, 1, "{}", visit.trace());
        // A copy is answered *not accepted*, which proves nothing: the phone must not take it for a refusal.
        match visit.outcome() {
            Ok(opened) => assert_eq!(opened.path, expected, "{}", visit.trace()),
            Err(error) => assert_eq!(*error, UnlockError::OutcomeUnknown, "{}", visit.trace()),
        }
    }
}

#[test]
fn a_recorded_door_convinces_no_phone() {
    for recorded in [UnlockPath::Full, UnlockPath::Fast] {
        let stage = Stage::perfect(43);
        if recorded == UnlockPath::Fast {
            stage.open();
        }
        let visit = stage.tap();
        assert_eq!(visit.outcome().unwrap().path, recorded);
        stage.pass(AFTERWARDS);
        let before = stage.movements();
        let tape = Recording::of(visit.trace(), visit.connections()[0]).sent(Direction::ToPhone);
        // The door hears nothing any more; the phone hears the tape, over and over.
        let mut position = 0;
        stage.building.world().intercept(move |packet| match packet.kind {
            PacketKind::Notification => {
                position += 1;
                Verdict::Replace(tape[(position - 1) % tape.len()].clone())
            }
            PacketKind::WriteCommand | PacketKind::WriteRequest => Verdict::Drop,
            _ => Verdict::Pass,
        });
        let fooled = stage.tap();
        stage.pass(AFTERWARDS);
        assert_eq!(stage.movements(), before);
        assert!(!fooled.is_open(), "{recorded:?}: {:?}\n{}", fooled.outcome(), fooled.trace());
    }
}

/// A listener takes the request with the ticket off the air and is first at the door with it.
#[test]
fn a_stolen_request_is_worth_nothing_and_the_owner_keeps_the_ticket() {
    let stage = Stage::perfect(44);
    stage.open();
    let stolen: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let thief = Arc::clone(&stolen);
    stage.building.world().intercept(move |packet| {
        let is_request = matches!(packet.kind, PacketKind::WriteCommand | PacketKind::WriteRequest);
        if is_request && packet.value.first() == Some(&0xc5) {
            thief.lock().unwrap().push(packet.value.clone());
            Verdict::Drop
        } else {
            Verdict::Pass
        }
    });
    let robbed = stage.tap();
    stage.pass(AFTERWARDS);
    // Whatever the phone did without its fast requests, it told the truth.
    assert_eq!(robbed.is_open(), stage.movements() == 2, "{:?}", robbed.outcome());
    stage.building.world().stop_intercepting();
    let stolen = stolen.lock().unwrap().clone();
    assert!(!stolen.is_empty(), "the phone sent a request with its ticket");
    let before = stage.movements();
    for request in &stolen {
        let heard = play(&stage, core::slice::from_ref(request));
        assert!(ANSWERS.iter().all(|answer| !heard.contains(answer)), "{heard:?}");
    }
    assert_eq!(stage.movements(), before);
    assert_eq!(stage.open().path, UnlockPath::Fast, "the ticket still opens for its owner");
}

#[test]
fn two_phones_that_race_for_one_door_both_open() {
    for delay in [0, 50, 150, 300, 450, 600, 900, 1_500] {
        for with_tickets in [false, true] {
            let mut stage = Stage::perfect(45);
            let bo = stage.building.add_resident_with("Bo", PhoneProfile::ios()).unwrap();
            stage.building.grant(&bo, &stage.door).unwrap();
            if with_tickets {
                stage.open();
                assert!(stage.building.unlock(&bo, &stage.door).unwrap().is_open());
                stage.pass(AFTERWARDS);
            }
            let before = stage.movements();
            let mut first = stage.begin_tap();
            stage.pass(Duration::from_millis(delay));
            let mut second = stage.begin_tap_of(&bo);
            stage.pass(Duration::from_secs(16));
            let outcomes = [first.take().unwrap(), second.take().unwrap()];
            let story = format!("{delay} ms, tickets {with_tickets}: {outcomes:?}");
            assert!(outcomes.iter().all(Result::is_ok), "{story}\n{}", stage.building.timeline());
            stage.pass(AFTERWARDS);
            // One movement for each intent, and none is anybody else's.
            let moved = stage.door.door().bolt_movements().split_off(before);
            assert_eq!(moved.iter().collect::<BTreeSet<_>>().len(), 2, "{story}");
            assert_eq!(moved.len(), 2, "{story}");
        }
    }
}

/// The operations in a door's log, which must count on without a gap from its first event.
fn logged_operations(door: &BuildingDoor) -> Vec<OperationId> {
    let mut storage = Storage::open(FlashImage(door.door().flash_image())).unwrap();
    let (mut from, mut operations) = (Sequence::FIRST, Vec::new());
    while let Some(logged) = storage.next_event(from).unwrap() {
        assert_eq!(logged.sequence, from, "a gap in the log");
        from = logged.sequence.next();
        if let Event::Operation(accepted) = logged.event {
            operations.push(accepted.operation);
        }
    }
    operations
}

/// One tap through a power cut of the door: true, once, and logged.
fn tap_through_a_cut(stage: &Stage, story: &str) -> Result<(), UnlockError> {
    let before = stage.movements();
    let visit = stage.tap();
    stage.pass(Duration::from_secs(30));
    let moved = stage.door.door().bolt_movements();
    let (outcome, movements) = (visit.outcome().map(|_| ()).map_err(|error| *error), moved.len() - before);
    assert!(movements <= 1, "{story}: {movements} movements, {outcome:?}\n{}", visit.trace());
    match outcome {
        Ok(()) => assert_eq!(movements, 1, "{story}: {outcome:?}\n{}", visit.trace()),
        Err(UnlockError::OutcomeUnknown) => {}
        Err(_) => assert_eq!(movements, 0, "{story}: {outcome:?}\n{}", visit.trace()),
    }
    let logged = logged_operations(&stage.door);
    let distinct: BTreeSet<_> = logged.iter().collect();
    assert_eq!(distinct.len(), logged.len(), "{story}: an operation was accepted twice");
    assert!(
        moved.iter().all(|operation| distinct.contains(operation)),
        "{story}: a movement without an event"
    );
    // Off and on once more, so that nothing is known but what is in flash; a cut that did not come is forgotten.
    stage.door.door().power_off();
    stage.pass(Duration::from_secs(1));
    stage.door.door().power_on();
    stage.pass(Duration::from_secs(2));
    // The person looks at the door and taps again: another intent, which the door serves.
    let again = stage.tap();
    assert!(again.is_open(), "the tap after {story}: {:?}\n{}", again.outcome(), again.trace());
    outcome
}

#[test]
fn a_power_cut_of_the_door_at_any_instant_of_an_unlock_moves_the_bolt_at_most_once() {
    let mut outcomes = Vec::new();
    for repeat in [false, true] {
        for instant in (0..1_800).step_by(20) {
            let stage = Stage::perfect(46);
            if repeat {
                stage.open();
            }
            let door = stage.door.clone();
            let world = stage.building.world();
            world.at(world.now().plus(Duration::from_millis(instant)), move |world| {
                door.door().power_off();
                let door = door.clone();
                world.at(world.now().plus(Duration::from_millis(200)), move |_| door.door().power_on());
            });
            outcomes.push(tap_through_a_cut(&stage, &format!("cut after {instant} ms, repeat {repeat}")));
        }
    }
    let open = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    println!("{open} of {} opened all the same", outcomes.len());
    assert!(open > outcomes.len() / 3 && open < outcomes.len(), "{outcomes:?}");
}

#[test]
fn a_power_cut_in_any_flash_write_of_an_unlock_moves_the_bolt_at_most_once() {
    for repeat in [false, true] {
        for moment in [Moment::Before, Moment::Middle, Moment::After] {
            for operations in 0..8 {
                let stage = Stage::perfect(47);
                if repeat {
                    stage.open();
                }
                stage.door.door().cut_power_after(operations, moment);
                let story = format!("cut in write {operations}, {moment:?}, repeat {repeat}");
                let _ = tap_through_a_cut(&stage, &story);
            }
        }
    }
}

/// Lets the world go on until a phone got so many notifications.
fn until_notified(stage: &Stage, mark: usize, notifications: usize) -> bool {
    let world = stage.building.world();
    let limit = world.now().plus(Duration::from_secs(16));
    let count = || {
        let trace = world.trace_after(mark);
        trace.packets().filter(|(_, packet)| packet.kind == PacketKind::Notification).count()
    };
    while count() < notifications {
        if !world.step_until(limit) {
            return false;
        }
    }
    true
}

#[test]
fn a_phone_that_dies_between_two_notifications_opens_at_the_next_tap() {
    for (repeat, mtu) in [(false, 23), (false, 517), (true, 23), (true, 517)] {
        let mut deaths = 0;
        for notifications in 0..20 {
            let stage = Stage::new(48, RadioSettings::perfect(), mtu);
            if repeat {
                stage.open();
            }
            let (before, mark) = (stage.movements(), stage.building.world().mark());
            let task = stage.begin_tap();
            if !until_notified(&stage, mark, notifications) {
                break;
            }
            deaths += 1;
            task.abort();
            stage.ann.restart_app();
            stage.pass(AFTERWARDS);
            let movements = stage.movements() - before;
            let story =
                format!("repeat {repeat}, MTU {mtu}, dead after {notifications}: {movements} movements");
            assert!(movements <= 1, "{story}");
            // Its counters were on disk before its request: the next press is a new one.
            let visit = stage.tap();
            assert!(visit.is_open(), "{story}: {:?}\n{}", visit.outcome(), visit.trace());
            assert_eq!(stage.movements(), before + movements + 1, "{story}");
        }
        assert!(deaths >= 3, "{deaths} deaths");
    }
}

#[test]
fn a_restored_vault_drops_its_tickets_and_opens_by_a_full_handshake() {
    let stage = Stage::perfect(49);
    assert_eq!(stage.open().path, UnlockPath::Full);
    for unlocks_since in 1..4 {
        let backup = stage.ann.storage().backup();
        for _ in 0..unlocks_since {
            assert_eq!(stage.open().path, UnlockPath::Fast);
        }
        stage.ann.storage().restore(&backup);
        stage.ann.restart_app();
        assert_eq!(stage.ann.wallet().unwrap().tickets(), 0, "a copy's tickets are not used");
        let before = stage.movements();
        assert_eq!(stage.open().path, UnlockPath::Full);
        assert_eq!(stage.movements(), before + 1);
        assert_eq!(stage.open().path, UnlockPath::Fast, "a new chain");
    }
}

#[test]
fn connections_are_numbered_in_the_order_in_which_they_are_made() {
    // The scripts of these tests count on it.
    let stage = Stage::perfect(50);
    assert_eq!(stage.tap().connections(), [ConnectionId(2)]);
}
