//! Every reason for which an unlock fails, reached over the air with the real driver and the real door: one case for each
//! variant of [`UnlockError`] and of [`DoorFault`], and none is forgotten when a variant is added.

use core::time::Duration;
use std::collections::BTreeSet;

use thumbturn_lock::hardware::Readiness;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::link::AdapterState;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::{DoorFault, Progress, UnlockError};
use thumbturn_phone::vault::storage::{StorageError, VaultRecord};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{HolderId, ListVersion, Serial};
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::update::row::Row;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::building::{Building, BuildingDoor, BuildingSettings, DoorPlan, Resident};
use thumbturn_simulator::door::MotorRun;
use thumbturn_simulator::fault::Verdict;
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::trace::PacketKind;

const DEADLINE: Duration = Duration::from_secs(15);
/// The first byte of a hello (spec §4.3): a message in one frame, of type 1.
const HELLO: u8 = 0xc1;

/// Where a vault record says in which version it is written.
const VAULT_VERSION: usize = 3;

struct Stage {
    building: Building,
    door: BuildingDoor,
    ann: Resident,
}

impl Stage {
    /// A door and a person who holds nothing.
    fn bare() -> Self {
        Self::planned(DoorPlan::default())
    }

    fn planned(plan: DoorPlan) -> Self {
        let settings =
            BuildingSettings { seed: 21, radio: RadioSettings::perfect(), ..BuildingSettings::default() };
        let mut building = Building::with(settings).unwrap();
        let door = building.add_door_with("Flat 12", plan).unwrap();
        let ann = building.add_resident_with("Ann", PhoneProfile::android()).unwrap();
        Self { building, door, ann }
    }

    /// A door and a person who may open it.
    fn new() -> Self {
        Self::with_terms(|_| {})
    }

    fn with_terms(change: impl FnOnce(&mut GrantTerms)) -> Self {
        let mut stage = Self::bare();
        stage.grant(change);
        stage
    }

    fn grant(&mut self, change: impl FnOnce(&mut GrantTerms)) {
        let mut terms = GrantTerms::resident(self.building.now());
        change(&mut terms);
        self.building.grant_with(&self.ann, &self.door, &terms).unwrap();
    }

    fn pass(&self, seconds: u64) {
        self.building.world().run_for(Duration::from_secs(seconds));
    }

    fn movements(&self) -> usize {
        self.door.door().bolt_movements().len()
    }

    /// One tap at the door that must fail, and must not move the bolt, not even later.
    fn refused(&self) -> UnlockError {
        let before = self.movements();
        let error = self.failed();
        assert_eq!(self.movements(), before, "{error}: the bolt has moved");
        error
    }

    /// One tap at the door that must fail, whatever the bolt does.
    fn failed(&self) -> UnlockError {
        self.ann.phone().stand(self.door.place().beside());
        self.failed_from_afar()
    }

    fn failed_from_afar(&self) -> UnlockError {
        let visit = self.building.unlock_from_afar(&self.ann, &self.door).unwrap();
        assert!(visit.duration() <= DEADLINE, "{:?} after {:?}", visit.outcome(), visit.duration());
        self.pass(30);
        *visit.outcome().unwrap_err()
    }

    /// The app is started again on storage and keystore as they are now.
    fn restarted(self) -> Self {
        self.ann.restart_app();
        self
    }
}

fn bluetooth_off() -> UnlockError {
    let stage = Stage::new();
    stage.ann.phone().set_adapter(AdapterState::Off);
    stage.refused()
}

fn bluetooth_unauthorized() -> UnlockError {
    let stage = Stage::new();
    stage.ann.phone().set_adapter(AdapterState::Unauthorized);
    stage.refused()
}

fn not_in_range() -> UnlockError {
    let stage = Stage::new();
    stage.ann.phone().stand(Place::metres(900, 0));
    let error = stage.failed_from_afar();
    assert_eq!(stage.movements(), 0);
    error
}

/// The same phone is at another unlock.
fn busy() -> UnlockError {
    let stage = Stage::new();
    stage.ann.phone().stand(stage.door.place().beside());
    let (ann, door, world) = (stage.ann.clone(), stage.door.id(), stage.building.world());
    let mut first = world.spawn(async move {
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        ann.unlock(door, &cancel, &progress).await
    });
    world.run_for(Duration::from_millis(100));
    let second = stage.building.unlock(&stage.ann, &stage.door).unwrap();
    stage.pass(20);
    assert!(first.take().unwrap().is_ok());
    assert_eq!(stage.movements(), 1, "only the first intent moved the bolt");
    *second.outcome().unwrap_err()
}

fn connection_lost() -> UnlockError {
    let stage = Stage::new();
    stage.building.world().change_radio(|radio| radio.connect_failure = 1_000_000);
    stage.refused()
}

/// Every request arrives, no answer does.
fn outcome_unknown() -> UnlockError {
    let stage = Stage::new();
    stage.building.world().intercept(|packet| {
        let is_answer = packet.kind == PacketKind::Notification && packet.value.first() != Some(&HELLO);
        if is_answer { Verdict::Drop } else { Verdict::Pass }
    });
    let error = stage.failed();
    assert_eq!(stage.movements(), 1, "the door did open, once");
    error
}

fn no_grant() -> UnlockError {
    Stage::bare().refused()
}

fn not_yet() -> UnlockError {
    let stage = Stage::bare();
    let tomorrow = stage.building.now().plus(86_400);
    let mut stage = stage;
    stage.grant(|terms| terms.validity = Validity::from(tomorrow));
    stage.refused()
}

fn expired() -> UnlockError {
    let mut stage = Stage::bare();
    let until = stage.building.now().plus(600);
    stage.grant(|terms| terms.validity = terms.validity.clone().until(until));
    assert!(stage.building.unlock(&stage.ann, &stage.door).unwrap().is_open());
    stage.pass(900);
    stage.refused()
}

fn lease_ended() -> UnlockError {
    let mut stage = Stage::bare();
    let until = stage.building.now().plus(600);
    stage.grant(|terms| terms.lease_end = until);
    assert!(stage.building.unlock(&stage.ann, &stage.door).unwrap().is_open());
    stage.pass(900);
    stage.refused()
}

/// One hour on the days with these bits, Monday in bit 0. The world begins on a Monday at eight.
fn at_eight(days: u8) -> Schedule {
    let window = Window::new(
        Days::from_bits(days).unwrap(),
        Minute::new(8 * 60).unwrap(),
        Minute::new(9 * 60).unwrap(),
    );
    Schedule::new(&[window.unwrap()]).unwrap()
}

fn out_of_schedule() -> UnlockError {
    let stage = Stage::with_terms(|terms| terms.validity = terms.validity.clone().within(at_eight(1)));
    assert!(stage.building.unlock(&stage.ann, &stage.door).unwrap().is_open());
    stage.pass(3_600);
    stage.refused()
}

fn denied() -> UnlockError {
    let deny = DenyEntry { subject: DenySubject::EverybodyButStaff, void_before: Serial(u32::MAX) };
    let mut stage = Stage::planned(DoorPlan { deny: vec![deny], ..DoorPlan::default() });
    stage.grant(|_| {});
    stage.refused()
}

/// A courier's phone does not even ask.
fn no_right_to_open() -> UnlockError {
    Stage::with_terms(|terms| terms.roles = Roles::COURIER).refused()
}

fn update_required() -> UnlockError {
    Stage::with_terms(|terms| terms.min_list_version = ListVersion(2)).refused()
}

/// The phone has the update that its grant needs, and walks away with it.
fn update_interrupted() -> UnlockError {
    let mut stage = Stage::bare();
    stage.ann = stage.building.add_resident_with("Ben", PhoneProfile::android().with_mtu(23)).unwrap();
    let (door, now) = (stage.door.id(), stage.building.now());
    let authority = stage.building.authority();
    let mut list = authority.list(door).unwrap();
    for number in 0..2_000_u64 {
        let subject = DenySubject::Holder(HolderId(number.to_be_bytes()));
        list.set(Row::Deny(DenyEntry { subject, void_before: Serial(1) }));
    }
    let parcel = authority.snapshot(&mut list, now).unwrap().to_bytes();
    stage.ann.inbox().unwrap().take_parcel(&parcel, &mut SeededRandom::new(5)).unwrap();
    stage.grant(|terms| terms.min_list_version = list.version());
    let (world, phone) = (stage.building.world(), stage.ann.phone().clone());
    world.at(world.now().plus(Duration::from_secs(4)), move |_| phone.stand(Place::metres(900, 0)));
    stage.refused()
}

fn unknown_time() -> UnlockError {
    let stage = Stage::with_terms(|terms| terms.validity = terms.validity.clone().within(at_eight(1)));
    assert!(stage.building.unlock(&stage.ann, &stage.door).unwrap().is_open());
    stage.door.door().power_off();
    stage.pass(1);
    stage.door.door().power_on();
    stage.pass(5);
    stage.refused()
}

fn not_ready(readiness: Readiness) -> UnlockError {
    let stage = Stage::new();
    stage.door.door().set_readiness(readiness);
    stage.refused()
}

fn motor_ends(run: MotorRun) -> UnlockError {
    let stage = Stage::new();
    stage.door.door().motor(run);
    let error = stage.failed();
    assert_eq!(stage.movements(), 1, "the motor was tried once");
    error
}

fn jammed() -> UnlockError {
    assert_eq!(not_ready(Readiness::Jammed), motor_ends(MotorRun::Jams));
    not_ready(Readiness::Jammed)
}

fn blocked() -> UnlockError {
    motor_ends(MotorRun::IsBlocked)
}

fn battery() -> UnlockError {
    assert_eq!(not_ready(Readiness::BatteryTooLow), motor_ends(MotorRun::BatteryGivesOut));
    not_ready(Readiness::BatteryTooLow)
}

/// The flash takes no more at one of the writes of an unlock: the one of the event, without which no door opens.
fn storage() -> UnlockError {
    let mut told = Vec::new();
    for operations in 0..6 {
        let stage = Stage::new();
        // A new chip has prepared the list's blocks by then.
        stage.pass(90);
        stage.door.door().fail_flash_after(operations, Moment::Before);
        let before = stage.movements();
        let visit = stage.building.unlock(&stage.ann, &stage.door).unwrap();
        stage.pass(30);
        if let Err(error) = visit.outcome() {
            assert_eq!(stage.movements(), before, "{error}: the bolt has moved");
            told.push(*error);
        }
    }
    let storage = UnlockError::DoorFault(DoorFault::Storage);
    assert!(told.contains(&storage), "{told:?}");
    storage
}

fn vault_locked() -> UnlockError {
    let stage = Stage::new();
    stage.ann.keystore().set_locked(true);
    let stage = stage.restarted();
    let error = stage.refused();
    stage.ann.keystore().set_locked(false);
    assert!(stage.building.unlock(&stage.ann, &stage.door).unwrap().is_open(), "nothing was lost");
    error
}

fn vault_locked_by_another_process() -> UnlockError {
    let stage = Stage::new();
    stage.ann.storage().fail_with(Some(StorageError::InUse));
    stage.restarted().refused()
}

fn vault_lost() -> UnlockError {
    let stage = Stage::new();
    stage.ann.keystore().lose_key();
    stage.restarted().refused()
}

fn vault_never_made() -> UnlockError {
    let stage = Stage::new();
    for record in [VaultRecord::Wallet, VaultRecord::Tickets] {
        stage.ann.storage().set_record(record, None);
    }
    stage.restarted().refused()
}

/// The door that was recognised by its tag says hello in a version to come (spec §4.5).
fn app_too_old() -> UnlockError {
    let stage = Stage::new();
    stage.building.world().intercept(|packet| match packet.value.as_slice() {
        [HELLO, _highest, _lowest, rest @ ..] if packet.kind == PacketKind::Notification => {
            Verdict::Replace([&[HELLO, 3, 2], rest].concat())
        }
        _ => Verdict::Pass,
    });
    stage.refused()
}

fn vault_of_a_newer_app() -> UnlockError {
    let stage = Stage::new();
    let mut record = stage.ann.storage().record(VaultRecord::Wallet).unwrap();
    record[VAULT_VERSION] = u8::MAX;
    stage.ann.storage().set_record(VaultRecord::Wallet, Some(record));
    stage.restarted().refused()
}

fn cancelled() -> UnlockError {
    let stage = Stage::new();
    stage.ann.phone().stand(stage.door.place().beside());
    let (cancel, progress) = (CancelHandle::new(), EventQueue::<Progress>::new(64));
    let world = stage.building.world();
    let handle = cancel.clone();
    // While the phone still looks for the door.
    world.at(world.now().plus(Duration::from_millis(20)), move |_| handle.cancel());
    let outcome = world.block_on(stage.ann.unlock(stage.door.id(), &cancel, &progress)).unwrap();
    stage.pass(30);
    assert_eq!(stage.movements(), 0);
    outcome.unwrap_err()
}

type Case = (UnlockError, fn() -> UnlockError);

const fn fault(fault: DoorFault) -> UnlockError {
    UnlockError::DoorFault(fault)
}

const CASES: [Case; 27] = [
    (UnlockError::BluetoothOff, bluetooth_off),
    (UnlockError::BluetoothUnauthorized, bluetooth_unauthorized),
    (UnlockError::NotInRange, not_in_range),
    (UnlockError::Busy, busy),
    (UnlockError::ConnectionLost, connection_lost),
    (UnlockError::OutcomeUnknown, outcome_unknown),
    (UnlockError::NoGrant, no_grant),
    (UnlockError::NoGrant, no_right_to_open),
    (UnlockError::NotYet, not_yet),
    (UnlockError::Expired, expired),
    (UnlockError::LeaseEnded, lease_ended),
    (UnlockError::OutOfSchedule, out_of_schedule),
    (UnlockError::Denied, denied),
    (UnlockError::UpdateRequired, update_required),
    (UnlockError::UpdateInterrupted, update_interrupted),
    (UnlockError::UnknownTime, unknown_time),
    (fault(DoorFault::Jammed), jammed),
    (fault(DoorFault::Blocked), blocked),
    (fault(DoorFault::Battery), battery),
    (fault(DoorFault::Storage), storage),
    (UnlockError::VaultLocked, vault_locked),
    (UnlockError::VaultLocked, vault_locked_by_another_process),
    (UnlockError::VaultLost, vault_lost),
    (UnlockError::VaultLost, vault_never_made),
    (UnlockError::AppTooOld, app_too_old),
    (UnlockError::AppTooOld, vault_of_a_newer_app),
    (UnlockError::Cancelled, cancelled),
];

#[test]
fn every_refusal_is_reached_over_the_air() {
    for (expected, case) in CASES {
        assert_eq!(case(), expected);
    }
}

/// The variants of an enum, read from the source: they are `non_exhaustive`, so no `match` here would miss a new one.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let begin = source.find(&format!("pub enum {name} {{")).unwrap();
    let body = &source[begin..];
    let body = &body[..body.find("\n}").unwrap()];
    let is_variant = |line: &&str| line.starts_with(char::is_uppercase);
    let name_of = |line: &str| line.chars().take_while(|letter| letter.is_alphanumeric()).collect();
    body.lines().skip(1).map(str::trim).filter(is_variant).map(name_of).collect()
}

#[test]
fn no_reason_is_without_a_case() {
    let source = include_str!("../../sdk/phone/src/unlock/error.rs");
    let (mut errors, mut faults) = (BTreeSet::new(), BTreeSet::new());
    for (error, _) in CASES {
        match error {
            UnlockError::DoorFault(fault) => {
                errors.insert("DoorFault".to_owned());
                faults.insert(format!("{fault:?}"));
            }
            other => {
                errors.insert(format!("{other:?}"));
            }
        }
    }
    assert_eq!(errors, variants(source, "UnlockError"));
    assert_eq!(faults, variants(source, "DoorFault"));
    assert!(errors.len() >= 19 && faults.len() >= 4, "the source was read");
}
