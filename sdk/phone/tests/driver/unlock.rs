//! Stories of one door and one phone, over the real door engine and simulated air.

use std::sync::Arc;
use std::time::Duration;

use crate::building::{Building, NOW};
use thumbturn_lock::hardware::Readiness;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::radio::Policy;
use thumbturn_phone::testing::TestingKeyStore;
use thumbturn_phone::unlock::{Bolt, DoorFault, Progress, UnlockError, UnlockPath};
use thumbturn_phone::vault::Vault;
use thumbturn_phone::vault::storage::{StorageError, VaultStorage};
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::door::MotorRun;
use thumbturn_simulator::profile::PhoneProfile;

#[test]
fn first_unlock_is_a_full_handshake_and_the_next_are_fast() {
    let mut building = Building::with_door(1);
    let resident = building.resident(PhoneProfile::android());
    let paths: Vec<_> = (0..4)
        .map(|_| {
            let opened = building.unlock(&resident).unwrap();
            assert_eq!((opened.bolt, opened.attempts), (Bolt::Moved, 1));
            building.world.run_for(Duration::from_secs(10));
            opened.path
        })
        .collect();
    assert_eq!(paths, [UnlockPath::Full, UnlockPath::Fast, UnlockPath::Fast, UnlockPath::Fast]);
    assert_eq!(building.movements(), 4);
}

#[test]
fn steps_are_reported_in_order() {
    let mut building = Building::with_door(2);
    let resident = building.resident(PhoneProfile::android());
    building.unlock(&resident).unwrap();
    let steps = resident.steps();
    assert!(
        matches!(
            steps.as_slice(),
            [
                Progress::Searching,
                Progress::Connecting { attempt: 1 },
                Progress::Asking,
                Progress::Accepted { .. }
            ]
        ),
        "{steps:?}"
    );
}

#[test]
fn every_platform_opens_also_without_scan_response() {
    let profiles = [
        PhoneProfile::android(),
        PhoneProfile::ios(),
        PhoneProfile::ios_background(),
        PhoneProfile::android().with_mtu(23),
    ];
    for profile in profiles {
        let mut building = Building::with_door(3);
        let resident = building.resident(profile);
        for expected in [UnlockPath::Full, UnlockPath::Fast] {
            assert_eq!(building.unlock(&resident).unwrap().path, expected);
            building.world.run_for(Duration::from_secs(10));
        }
        assert_eq!(building.movements(), 2);
    }
}

#[test]
fn right_door_is_found_among_unresolved_ones() {
    let mut building = Building::with_door(4);
    for _ in 0..3 {
        building.add_door();
    }
    let mut resident = building.person("resident", PhoneProfile::ios_background());
    building.grant(&mut resident, 2, &GrantTerms::resident(NOW));
    let wanted = building.doors[2].1;
    building.unlock_at(&resident, wanted).unwrap();
    let moved: Vec<_> = building.doors.iter().map(|(door, _)| door.bolt_movements().len()).collect();
    assert_eq!(moved, [0, 0, 1, 0]);
}

#[test]
fn without_a_grant_nothing_is_even_scanned() {
    let mut building = Building::with_door(5);
    let stranger = building.person("stranger", PhoneProfile::android());
    assert_eq!(building.unlock(&stranger), Err(UnlockError::NoGrant));
    assert!(stranger.steps().is_empty());
}

fn refusal(seed: u64, change: impl FnOnce(&mut GrantTerms)) -> UnlockError {
    let mut building = Building::with_door(seed);
    let mut person = building.person("refused", PhoneProfile::android());
    let mut terms = GrantTerms::resident(NOW);
    change(&mut terms);
    building.grant(&mut person, 0, &terms);
    let error = building.unlock(&person).unwrap_err();
    assert_eq!(building.movements(), 0);
    error
}

/// The same hours on these days of the week, Monday in bit 0.
fn hours(days: u8, start: u16, end: u16) -> Schedule {
    let minute = |minute| Minute::new(minute).unwrap();
    Schedule::new(&[Window::new(Days::from_bits(days).unwrap(), minute(start), minute(end)).unwrap()])
        .unwrap()
}

#[test]
fn refusals_reach_the_person_one_by_one() {
    let later = NOW.plus(100_000);
    assert_eq!(refusal(10, |terms| terms.validity = Validity::from(later)), UnlockError::NotYet);
    assert_eq!(
        refusal(11, |terms| terms.validity = Validity::from(NOW).until(NOW.plus(60))),
        UnlockError::Expired
    );
    assert_eq!(refusal(12, |terms| terms.lease_end = NOW.plus(60)), UnlockError::LeaseEnded);
    let schedule = hours(0b100_0000, 0, 60);
    assert_eq!(
        refusal(13, |terms| terms.validity = Validity::from(NOW).within(schedule)),
        UnlockError::OutOfSchedule
    );
    // The phone knows this one by itself, and asks nobody.
    assert_eq!(refusal(14, |terms| terms.roles = Roles::COURIER), UnlockError::NoGrant);
    assert_eq!(
        refusal(15, |terms| terms.min_list_version = ListVersion(u32::MAX)),
        UnlockError::UpdateRequired
    );
}

#[test]
fn door_that_lost_its_clock_says_so() {
    let mut building = Building::with_door(16);
    let mut person = building.person("cleaner", PhoneProfile::android());
    let mut terms = GrantTerms::resident(NOW);
    terms.validity = Validity::from(NOW).within(hours(0b111_1111, 0, 1_440));
    building.grant(&mut person, 0, &terms);
    assert!(building.unlock(&person).is_ok());
    building.door().power_off();
    building.world.run_for(Duration::from_secs(5));
    building.door().power_on();
    building.world.run_for(Duration::from_secs(5));
    assert_eq!(building.unlock(&person), Err(UnlockError::UnknownTime));
}

#[test]
fn doors_that_cannot_open_say_why() {
    let cases = [(Readiness::Jammed, DoorFault::Jammed), (Readiness::BatteryTooLow, DoorFault::Battery)];
    for (readiness, told) in cases {
        let mut building = Building::with_door(17);
        let resident = building.resident(PhoneProfile::android());
        building.door().set_readiness(readiness);
        assert_eq!(building.unlock(&resident), Err(UnlockError::DoorFault(told)));
        assert_eq!(building.movements(), 0);
    }
}

#[test]
fn bolt_that_does_not_move_is_a_fault_although_the_door_had_accepted() {
    let cases = [
        (MotorRun::Jams, DoorFault::Jammed),
        (MotorRun::IsBlocked, DoorFault::Blocked),
        (MotorRun::BatteryGivesOut, DoorFault::Battery),
    ];
    for (run, told) in cases {
        let mut building = Building::with_door(18);
        let resident = building.resident(PhoneProfile::android());
        building.door().motor(run);
        assert_eq!(building.unlock(&resident), Err(UnlockError::DoorFault(told)));
        assert!(resident.steps().iter().any(|step| matches!(step, Progress::Accepted { .. })));
    }
}

#[test]
fn restored_vault_goes_straight_to_the_full_handshake() {
    let mut building = Building::with_door(19);
    let resident = building.resident(PhoneProfile::android());
    building.unlock(&resident).unwrap();
    let backup = resident.storage.backup();
    building.world.run_for(Duration::from_secs(10));
    building.unlock(&resident).unwrap();
    building.world.run_for(Duration::from_secs(10));
    resident.storage.restore(&backup);
    resident.vault.close();
    let mark = building.world.mark();
    assert_eq!(building.unlock(&resident).unwrap().path, UnlockPath::Full);
    assert_eq!(building.world.trace_after(mark).round_trips(), 1);
    assert_eq!(building.movements(), 3);
}

#[test]
fn press_repeated_by_a_perfect_copy_of_a_phone_moves_no_bolt() {
    let mut building = Building::with_door(19);
    let mut resident = building.resident(PhoneProfile::android());
    building.unlock(&resident).unwrap();
    let copy = resident.storage.backup();
    for _ in 0..2 {
        building.world.run_for(Duration::from_secs(10));
        building.unlock(&resident).unwrap();
    }
    building.world.run_for(Duration::from_secs(10));
    // A copy under a keystore that was copied with it cannot be known as one: the door sees to it.
    let open =
        Box::new(move || -> Result<Box<dyn VaultStorage>, StorageError> { Ok(Box::new(copy.clone())) });
    let vault = Arc::new(Vault::new(open, Arc::new(TestingKeyStore::new())));
    resident.unlocker = Unlocker::new(Arc::clone(&resident.radio), vault, Policy::DEFAULT);
    // The copy's first press was pressed before, by the phone that it was copied from.
    assert_eq!(building.unlock(&resident), Err(UnlockError::OutcomeUnknown));
    assert_eq!(building.movements(), 3);
    building.world.run_for(Duration::from_secs(10));
    assert!(building.unlock(&resident).is_ok());
    assert_eq!(building.movements(), 4);
}

#[test]
fn ticket_that_the_door_has_forgotten_costs_one_more_round_trip_on_the_same_hello() {
    let mut building = Building::with_door(19);
    let mut resident = building.resident(PhoneProfile::android());
    building.unlock(&resident).unwrap();
    building.world.run_for(Duration::from_secs(10));
    // Two full handshakes that a full disk forgets: the door has moved on by two tickets.
    resident.storage.fail_with(Some(StorageError::Failed { code: Some(28) }));
    for _ in 0..2 {
        assert_eq!(building.unlock(&resident).unwrap().path, UnlockPath::Full);
        building.world.run_for(Duration::from_secs(10));
    }
    resident.storage.fail_with(None);
    resident.vault.close();
    drop(core::mem::replace(&mut resident.wallet, resident.vault.wallet(&mut resident.random).unwrap()));
    assert_eq!(resident.wallet.tickets(), 1);

    let mark = building.world.mark();
    let opened = building.unlock(&resident).unwrap();
    assert_eq!((opened.path, opened.attempts), (UnlockPath::Full, 2));
    let trace = building.world.trace_after(mark);
    assert_eq!(trace.round_trips(), 2);
    assert_eq!(trace.frames().filter(|frame| frame.value.first() == Some(&0xc1)).count(), 1, "one hello");
    assert_eq!(building.movements(), 4);
    building.world.run_for(Duration::from_secs(10));
    assert_eq!(building.unlock(&resident).unwrap().path, UnlockPath::Fast);
}

#[test]
fn guest_opens_with_a_share_made_offline_and_its_bytes_fit_a_qr_code() {
    let mut building = Building::with_door(20);
    let mut host = building.resident(PhoneProfile::android());
    let mut guest = building.person("guest", PhoneProfile::ios());
    let invitation = host
        .wallet
        .share(
            building.id(),
            guest.wallet.phone_id(),
            Validity::from(NOW).until(NOW.plus(3_600)),
            &mut host.random,
        )
        .unwrap();
    assert!(invitation.bytes.len() <= 1_024, "{} bytes", invitation.bytes.len());
    assert_eq!(invitation.needs_list_version, None);
    assert_eq!(building.unlock(&guest), Err(UnlockError::NoGrant));
    guest.wallet.import(&invitation.bytes, &mut guest.random).unwrap();
    assert_eq!(building.unlock(&guest).unwrap().path, UnlockPath::Full);
    building.world.run_for(Duration::from_secs(10));
    assert_eq!(building.unlock(&guest).unwrap().path, UnlockPath::Fast);
    building.world.run_for(Duration::from_secs(3_600));
    assert_eq!(building.unlock(&guest), Err(UnlockError::Expired));
    assert!(building.unlock(&host).is_ok(), "the host is not concerned");
}

#[test]
fn second_credential_gets_its_chance_when_the_first_is_refused() {
    let mut building = Building::with_door(21);
    let mut host = building.resident(PhoneProfile::android());
    let mut both = building.person("both", PhoneProfile::android());
    let mut expired = GrantTerms::resident(NOW);
    expired.validity = Validity::from(NOW).until(NOW.plus(60));
    building.grant(&mut both, 0, &expired);
    let invitation = host
        .wallet
        .share(building.id(), both.wallet.phone_id(), Validity::from(NOW), &mut host.random)
        .unwrap();
    both.wallet.import(&invitation.bytes, &mut both.random).unwrap();
    let opened = building.unlock(&both).unwrap();
    assert_eq!((opened.path, opened.attempts), (UnlockPath::Full, 2));
    building.world.run_for(Duration::from_secs(10));
    assert_eq!(building.unlock(&both).unwrap().path, UnlockPath::Fast);
    assert_eq!(building.movements(), 2);
}

#[test]
fn door_claimed_anew_does_not_know_the_old_grant() {
    let mut building = Building::with_door(22);
    let resident = building.resident(PhoneProfile::android());
    building.unlock(&resident).unwrap();
    building.world.run_for(Duration::from_secs(10));
    building.door().press_reset();
    building.world.run_for(Duration::from_secs(70));
    // The same name and tag key, new keys.
    let mut configuration = building.configuration();
    configuration.door = building.id();
    configuration.tag_key = building.authority.tag_key(building.id()).unwrap();
    let installer = building.person("installer", PhoneProfile::android());
    let door = building.door().clone();
    building.claim(&installer, &door, &configuration).unwrap();
    building.world.run_for(Duration::from_secs(70));
    // The door only says that it recognises nothing, which anybody in the air could say for it (spec §8.3).
    assert_eq!(building.unlock(&resident), Err(UnlockError::OutcomeUnknown));
}
