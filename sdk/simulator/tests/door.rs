//! The door engine on its simulated board: claimed, opened, cut, jammed and flooded over the air.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

use core::time::Duration;

use thumbturn_lock::hardware::Readiness;
use thumbturn_phone::link::LinkError;
use thumbturn_protocol::answer::{Answer, Fault, Outcome};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::hello::DoorState;
use thumbturn_protocol::ids::{DoorId, OperationId};
use thumbturn_protocol::keys::PhoneKeys;
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::record::{ActuatorResult, Record, Records, Side};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::ticket::{Counters, Ticket};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::attacker::RawCentral;
use thumbturn_simulator::authority::{Authority, GrantTerms};
use thumbturn_simulator::door::{BoltPosition, MotorRun, SimulatedDoor, SimulatedDoorSettings};
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::probe::{Probe, ProbeError};
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::world::World;

const NOW: UnixSeconds = match UnixSeconds::new(1_772_438_400) {
    Some(now) => now,
    None => UnixSeconds::ZERO,
};

struct Setting {
    world: World,
    door: SimulatedDoor,
    authority: Authority,
    id: DoorId,
    central: RawCentral,
    random: SeededRandom,
}

/// A claimed door and a phone two metres away.
fn claimed(seed: u64) -> Setting {
    let world = World::with_radio(seed, RadioSettings::perfect());
    let door = SimulatedDoor::new(&world, "door", SimulatedDoorSettings::default());
    let mut authority = Authority::new(SeededRandom::new(seed)).unwrap();
    let configuration = authority.configure(DoorKind::Residence, Zone::fixed(UtcOffset::UTC), NOW).unwrap();
    let central = RawCentral::new(&world, Place::metres(2, 0));
    let mut random = SeededRandom::new(seed + 1);
    let keys = world
        .block_on(async {
            let mut probe = Probe::open(&central, door.index()).await?;
            assert_eq!(probe.hello().state(), DoorState::FactoryFresh);
            let keys = probe.claim(&door.claim_secret(), &configuration, &mut random).await;
            probe.connection().disconnect().await;
            keys
        })
        .unwrap()
        .unwrap();
    authority.enter(&configuration, keys, NOW).unwrap();
    // A new chip prepares the list's blocks, and the door makes its first receipt.
    world.run_for(Duration::from_secs(90));
    let id = configuration.door;
    Setting { world, door, authority, id, central, random }
}

impl Setting {
    fn phone(&mut self) -> (PhoneKeys, Credential) {
        let keys = PhoneKeys::generate(&mut self.random).unwrap();
        let holder = self.authority.new_holder().unwrap();
        let terms = GrantTerms::resident(NOW);
        let credential = self.authority.issue(self.id, keys.public().id(), holder, &terms, NOW).unwrap();
        (keys, credential)
    }

    /// A full handshake on a connection of its own; what the bolt did, if the door said so within two seconds.
    fn full(&mut self, phone: &(PhoneKeys, Credential), operation: u8) -> Result<Opening, ProbeError> {
        let (index, random) = (self.door.index(), &mut self.random);
        let operation =
            Operation { kind: OperationKind::Unlock, id: OperationId([operation; 8]), attempt: 1 };
        let (world, central) = (&self.world, &self.central);
        world
            .block_on(async {
                let mut probe = Probe::open(central, index).await?;
                let answered = probe.full(&phone.0, &phone.1, operation, random).await;
                let opening = match answered {
                    Ok((answer, session)) => Ok(Opening::follow(&mut probe, answer, &session).await),
                    Err(error) => Err(error),
                };
                probe.connection().disconnect().await;
                opening
            })
            .unwrap()
    }

    fn fast(&self, ticket: &Ticket, press: u8) -> Result<Opening, ProbeError> {
        self.world
            .block_on(async {
                let mut probe = Probe::open(&self.central, self.door.index()).await?;
                let answered = probe.fast(ticket, Counters { press, attempt: 1 }).await;
                let opening = match answered {
                    Ok((answer, session)) => Ok(Opening::follow(&mut probe, answer, &session).await),
                    Err(error) => Err(error),
                };
                probe.connection().disconnect().await;
                opening
            })
            .unwrap()
    }
}

struct Opening {
    answer: Answer,
    first_ticket: Ticket,
    bolt: Option<ActuatorResult>,
}

impl Opening {
    async fn follow(probe: &mut Probe, answer: Answer, session: &SessionSecret) -> Self {
        let mut records = Records::new(session, Side::Phone);
        let bolt = match probe.record(&mut records, Duration::from_secs(2)).await {
            Ok(Record::Actuator { result, .. }) => Some(result),
            _ => None,
        };
        Self { answer, first_ticket: Ticket::first(session), bolt }
    }
}

fn accepted(opening: &Opening) -> bool {
    matches!(opening.answer.outcome, Outcome::Accepted { .. })
}

#[test]
fn a_claimed_door_opens_for_a_grant_and_again_for_its_ticket() {
    let mut setting = claimed(1);
    let phone = setting.phone();
    let first = setting.full(&phone, 1).unwrap();
    assert!(accepted(&first) && first.answer.ticket);
    assert_eq!(first.bolt, Some(ActuatorResult::Moved));
    setting.world.run_for(Duration::from_secs(10));
    assert_eq!(setting.door.bolt(), BoltPosition::Thrown, "it relocks");
    let second = setting.fast(&first.first_ticket, 1).unwrap();
    assert!(accepted(&second));
    assert_eq!(setting.door.bolt_movements().len(), 2);
}

#[test]
fn an_unlock_is_one_round_trip_after_the_push_and_the_fast_path_sixty_bytes() {
    let mut setting = claimed(1);
    let phone = setting.phone();
    let mark = setting.world.mark();
    let first = setting.full(&phone, 1).unwrap();
    let full = setting.world.trace_after(mark);
    // The record about the bolt follows the answer without being asked.
    assert_eq!(full.round_trips(), 1);
    setting.world.run_for(Duration::from_secs(10));
    let mark = setting.world.mark();
    setting.fast(&first.first_ticket, 1).unwrap();
    let fast = setting.world.trace_after(mark);
    assert_eq!(fast.round_trips(), 1);
    let exchange: usize = fast.frames().take(3).map(|packet| packet.value.len()).sum();
    assert_eq!(exchange, 60);
}

#[test]
fn the_chip_charges_a_full_handshake_fifty_times_a_fast_one() {
    let mut setting = claimed(1);
    let phone = setting.phone();
    let idle = setting.door.meter();
    let first = setting.full(&phone, 1).unwrap();
    setting.world.run_for(Duration::from_secs(10));
    let full = setting.door.meter();
    setting.fast(&first.first_ticket, 1).unwrap();
    let fast = setting.door.meter();
    println!("full {:?}, fast {:?}", full.since(&idle), fast.since(&full));
    assert!(full.since(&idle).busy >= Duration::from_millis(130));
    assert!(fast.since(&full).busy <= Duration::from_millis(60));
    assert!(fast.longest_call <= Duration::from_millis(100), "{:?}", fast.longest_call);
}

#[test]
fn a_low_battery_is_told_and_a_moving_leaf_is_written_down() {
    let mut setting = claimed(14);
    let phone = setting.phone();
    assert!(!setting.full(&phone, 1).unwrap().answer.status.battery_low);
    setting.door.set_battery_low(true);
    setting.world.run_for(Duration::from_secs(10));
    assert!(setting.full(&phone, 2).unwrap().answer.status.battery_low);
    setting.world.run_for(Duration::from_secs(10));
    let before = setting.door.flash_use();
    setting.door.open_leaf();
    setting.door.close_leaf();
    setting.world.run_for(Duration::from_secs(1));
    assert_eq!(setting.door.flash_use().since(&before).appends, 2);
}

#[test]
fn a_door_is_silent_while_its_random_source_fails() {
    let mut setting = claimed(15);
    let phone = setting.phone();
    let first = setting.full(&phone, 1).unwrap();
    setting.world.run_for(Duration::from_secs(10));
    setting.door.set_random_broken(true);
    assert!(matches!(setting.fast(&first.first_ticket, 1), Err(ProbeError::Silent)));
    setting.door.set_random_broken(false);
    assert!(accepted(&setting.fast(&first.first_ticket, 1).unwrap()));
}

#[test]
fn what_the_bolt_did_is_reported_and_a_failed_motor_is_driven_back() {
    for (run, result, position) in [
        (MotorRun::Moves, ActuatorResult::Moved, BoltPosition::Drawn),
        (MotorRun::Jams, ActuatorResult::Jammed, BoltPosition::Thrown),
        (MotorRun::IsBlocked, ActuatorResult::Blocked, BoltPosition::Thrown),
        (MotorRun::BatteryGivesOut, ActuatorResult::BatteryLow, BoltPosition::Thrown),
    ] {
        let mut setting = claimed(2);
        let phone = setting.phone();
        setting.door.motor(run);
        let opening = setting.full(&phone, 1).unwrap();
        assert_eq!(opening.bolt, Some(result));
        assert_eq!(setting.door.bolt(), position);
    }
}

#[test]
fn a_door_that_knows_it_cannot_open_says_so_and_does_not_try() {
    for (readiness, fault) in [(Readiness::Jammed, Fault::Jammed), (Readiness::BatteryTooLow, Fault::Battery)]
    {
        let mut setting = claimed(3);
        let phone = setting.phone();
        setting.door.set_readiness(readiness);
        let opening = setting.full(&phone, 1).unwrap();
        assert_eq!(opening.answer.outcome, Outcome::DoorFault(fault));
        assert!(setting.door.bolt_movements().is_empty());
    }
}

#[test]
fn a_power_cut_at_any_flash_operation_never_opens_twice_for_one_operation() {
    let mut cuts = 0;
    for operations in 0..12 {
        for moment in [Moment::Before, Moment::Middle, Moment::After] {
            let mut setting = claimed(4);
            let phone = setting.phone();
            setting.door.cut_power_after(operations, moment);
            let boots = power_ons(&setting.world);
            let first = setting.full(&phone, 7);
            setting.world.run_for(Duration::from_secs(3));
            cuts += power_ons(&setting.world) - boots;
            setting.world.run_for(Duration::from_secs(5));
            let second = setting.full(&phone, 7);
            let opened = |opening: &Result<Opening, ProbeError>| opening.as_ref().is_ok_and(accepted);
            let movements = setting.door.bolt_movements().len();
            assert!(movements <= 1, "{operations} {moment:?}: {movements}");
            assert!(!(opened(&first) && opened(&second)), "{operations} {moment:?}");
        }
    }
    assert!(cuts >= 6, "only {cuts} cuts fell into the run");
}

fn power_ons(world: &World) -> usize {
    let trace = world.trace();
    let is_boot = |record: &&thumbturn_simulator::trace::Record| {
        matches!(record.what, thumbturn_simulator::trace::Happening::PowerOn(_))
    };
    trace.records().iter().filter(is_boot).count()
}

#[test]
fn a_door_that_lost_its_power_has_lost_the_time_and_says_so() {
    let mut setting = claimed(5);
    let phone = setting.phone();
    setting.door.power_off();
    setting.world.run_for(Duration::from_secs(60));
    setting.door.power_on();
    setting.world.run_for(Duration::from_secs(1));
    let opening = setting.full(&phone, 1).unwrap();
    assert!(accepted(&opening), "a residence door opens for a while");
    assert!(opening.answer.status.clock_unsure);
}

#[test]
fn a_reset_makes_the_door_factory_fresh() {
    let mut setting = claimed(6);
    let phone = setting.phone();
    setting.door.press_reset();
    setting.world.run_for(Duration::from_secs(5));
    let (central, index) = (setting.central.clone(), setting.door.index());
    let state = setting
        .world
        .block_on(async move { Probe::open(&central, index).await.map(|probe| probe.hello().state()) })
        .unwrap();
    assert_eq!(state, Ok(DoorState::FactoryFresh));
    assert!(setting.full(&phone, 1).is_err());
    assert!(setting.door.bolt_movements().is_empty());
}

#[test]
fn a_replayed_recording_opens_nothing() {
    let mut setting = claimed(7);
    let phone = setting.phone();
    let mark = setting.world.mark();
    setting.full(&phone, 1).unwrap();
    let trace = setting.world.trace_after(mark);
    let recorded: Vec<Vec<u8>> = trace
        .frames()
        .filter(|packet| packet.direction() == thumbturn_simulator::trace::Direction::ToDoor)
        .map(|packet| packet.value.clone())
        .collect();
    assert!(!recorded.is_empty());
    setting.world.run_for(Duration::from_secs(10));
    let (central, index) = (setting.central.clone(), setting.door.index());
    let answer = setting
        .world
        .block_on(async move {
            let mut probe = Probe::open(&central, index).await.unwrap();
            for frame in recorded {
                probe.connection().write(&frame).await.unwrap();
            }
            probe.message(Duration::from_secs(2)).await
        })
        .unwrap()
        .expect("an answer");
    assert_eq!((answer.message_type, answer.payload.as_slice()), (MessageType::NotAccepted, [1].as_slice()));
    assert_eq!(setting.door.bolt_movements().len(), 1);
}

#[test]
fn a_connection_that_only_subscribes_is_ended() {
    let setting = claimed(8);
    let (central, index) = (setting.central.clone(), setting.door.index());
    let ended = setting
        .world
        .block_on(async move {
            let probe = Probe::open(&central, index).await?;
            Ok::<_, ProbeError>(probe.connection().ends_within(Duration::from_secs(5)).await)
        })
        .unwrap();
    assert_eq!(ended, Ok(true));
}

#[test]
fn the_same_seed_replays_the_same_run_of_a_door() {
    let run = |seed| {
        let mut setting = claimed(seed);
        let phone = setting.phone();
        let first = setting.full(&phone, 1).unwrap();
        let _ = setting.fast(&first.first_ticket, 1);
        setting.world.trace()
    };
    assert_eq!(run(9), run(9));
    assert_ne!(run(9).digest(), run(10).digest());
}

#[test]
fn a_stranger_without_the_tag_key_costs_the_door_no_public_key_operation() {
    let mut setting = claimed(11);
    let mut other = claimed(12);
    let phone = other.phone();
    let before = setting.door.meter();
    let refused = setting.full(&phone, 1).err();
    assert_eq!(refused, Some(ProbeError::NotAccepted(1)));
    assert!(setting.door.meter().since(&before).busy < Duration::from_millis(80));
    assert_ne!(refused, Some(ProbeError::Link(LinkError::NotConnected)));
}

#[test]
fn a_door_left_alone_for_a_quarter_of_a_year_still_opens_and_its_flash_is_hardly_worn() {
    let mut setting = claimed(13);
    let before = setting.door.flash_use();
    setting.world.run_for(Duration::from_secs(90 * 86_400));
    let used = setting.door.flash_use().since(&before);
    println!("90 days alone: {used:?}");
    assert_eq!(used.conflicts, 0);
    assert!(used.erases <= 90, "{} erases", used.erases);
    let keys = PhoneKeys::generate(&mut setting.random).unwrap();
    let holder = setting.authority.new_holder().unwrap();
    let terms = GrantTerms::resident(NOW.plus(90 * 86_400));
    let now = NOW.plus(90 * 86_400);
    let credential = setting.authority.issue(setting.id, keys.public().id(), holder, &terms, now).unwrap();
    let opening = setting.full(&(keys, credential), 1).unwrap();
    assert!(accepted(&opening), "{:?}", opening.answer);
}
