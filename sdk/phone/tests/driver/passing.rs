//! Phones that pass a door: they deliver, open nothing, come seldom, and are never in anybody's way (spec §8.8).

use std::time::Duration;

use futures_util::future::join;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::courier::{CourierEvent, End};
use thumbturn_phone::driver::PassError;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::UnlockError;
use thumbturn_protocol::grant::Roles;
use thumbturn_simulator::authority::{DoorList, GrantTerms};
use thumbturn_simulator::profile::PhoneProfile;

use crate::building::{Building, NOW, Person};
use crate::handover::fill;

fn courier(building: &mut Building, profile: PhoneProfile) -> Person {
    let mut person = building.person("courier", profile);
    building.grant(&mut person, 0, &GrantTerms { roles: Roles::COURIER, ..GrantTerms::resident(NOW) });
    person
}

/// Gives somebody an update of the first door's list with so many rows.
fn carry(building: &mut Building, person: &mut Person, rows: u32) -> DoorList {
    let mut list = building.authority.list_of(&building.configurations[0]).unwrap();
    fill(&mut list, rows);
    let parcel = building.authority.snapshot(&mut list, NOW).unwrap().to_bytes();
    let inbox = person.vault.inbox(&mut person.random).unwrap();
    inbox.take_parcel(&parcel, &mut person.random).unwrap();
    list
}

fn pass(building: &Building, person: &Person) -> (Result<End, PassError>, Vec<CourierEvent>) {
    let events = EventQueue::new(1_000);
    let cancel = CancelHandle::new();
    let end = building.world.block_on(person.unlocker.pass_by(building.id(), &cancel, &events)).unwrap();
    (end, core::iter::from_fn(|| events.try_pop()).collect())
}

#[test]
fn a_courier_brings_an_update_in_passing_and_opens_nothing() {
    for profile in [PhoneProfile::android(), PhoneProfile::ios(), PhoneProfile::android().with_mtu(23)] {
        let mut building = Building::with_door(700);
        let mut person = courier(&mut building, profile);
        let list = carry(&mut building, &mut person, 20);
        let (end, events) = pass(&building, &person);
        assert_eq!(end, Ok(End::Complete));
        assert!(events.contains(&CourierEvent::Updated { list_version: list.version() }), "{events:?}");
        assert!(events.iter().any(|event| matches!(event, CourierEvent::ReceiptCollected { .. })));
        assert_eq!(building.unlock(&person), Err(UnlockError::NoGrant), "nothing to open it with");
        assert_eq!(building.movements(), 0);
    }
}

#[test]
fn a_door_is_passed_once_in_a_quarter_of_an_hour() {
    let mut building = Building::with_door(701);
    let person = courier(&mut building, PhoneProfile::android());
    assert!(pass(&building, &person).0.is_ok());
    building.world.run_for(Duration::from_secs(14 * 60));
    let mark = building.world.mark();
    assert_eq!(pass(&building, &person).0, Err(PassError::TooSoon));
    assert_eq!(building.world.trace_after(mark).packets().count(), 0, "nothing was sent");
    building.world.run_for(Duration::from_secs(60));
    assert!(pass(&building, &person).0.is_ok());

    // Who has just opened it has delivered already.
    let resident = building.resident(PhoneProfile::android());
    let (cancel, events) = (CancelHandle::new(), EventQueue::new(64));
    let unlocked = building.world.block_on(async {
        let unlocked = resident.unlocker.unlock_first(building.id(), &cancel, &resident.progress).await;
        unlocked.unwrap().deliver(&cancel, &events).await
    });
    assert_eq!(unlocked.unwrap(), End::Complete);
    assert_eq!(pass(&building, &resident).0, Err(PassError::TooSoon));
}

#[test]
fn a_resident_delivers_under_the_ticket_and_keeps_it() {
    let mut building = Building::with_door(702);
    let mut resident = building.resident(PhoneProfile::android());
    assert!(building.unlock(&resident).is_ok());
    building.world.run_for(Duration::from_secs(1_000));
    let list = carry(&mut building, &mut resident, 20);
    let (end, events) = pass(&building, &resident);
    assert_eq!(end, Ok(End::Complete));
    assert!(events.contains(&CourierEvent::Updated { list_version: list.version() }), "{events:?}");
    building.world.run_for(Duration::from_secs(10));
    assert_eq!(building.unlock(&resident).unwrap().path, thumbturn_phone::unlock::UnlockPath::Fast);
    assert_eq!(building.movements(), 2);
}

#[test]
fn somebody_without_the_role_is_refused_and_does_not_come_back_at_once() {
    let mut building = Building::with_door(703);
    let mut person = building.person("nobody", PhoneProfile::android());
    building.grant(&mut person, 0, &GrantTerms { roles: Roles::MAY_SHARE, ..GrantTerms::resident(NOW) });
    assert_eq!(pass(&building, &person).0, Err(PassError::NotDelivered(UnlockError::Denied)));
    building.world.run_for(Duration::from_secs(60));
    assert_eq!(pass(&building, &person).0, Err(PassError::TooSoon));
    assert_eq!(building.movements(), 0);
}

#[test]
fn a_tap_takes_the_radio_from_a_pass_at_any_moment() {
    for after in (0..40).map(|step| step * 100) {
        let mut building = Building::with_door(704);
        let mut resident = building.resident(PhoneProfile::android().with_mtu(23));
        carry(&mut building, &mut resident, 2_000);
        let (world, cancel, events) = (&building.world, CancelHandle::new(), EventQueue::new(1_000));
        let (end, outcome, took) = world
            .block_on(async {
                let tap = async {
                    let timer = resident.phone.timer();
                    let now = thumbturn_phone::timer::Timer::now(timer.as_ref());
                    thumbturn_phone::timer::Timer::sleep_until(timer.as_ref(), now.plus(after)).await;
                    let started = world.now();
                    let outcome = building_unlock(&building, &resident, &cancel).await;
                    (outcome, world.now().since(started))
                };
                let pass = resident.unlocker.pass_by(building.id(), &cancel, &events);
                let (end, (outcome, took)) = join(pass, tap).await;
                (end, outcome, took)
            })
            .unwrap();
        assert_eq!(end, Ok(End::GaveWay), "a tap after {after} ms");
        assert!(outcome.is_ok(), "{outcome:?} after {after} ms");
        assert!(took < Duration::from_millis(2_500), "{took:?} after {after} ms");
        world.run_for(Duration::from_secs(30));
        assert_eq!(building.movements(), 1);
    }
}

async fn building_unlock(
    building: &Building,
    person: &Person,
    cancel: &CancelHandle,
) -> Result<thumbturn_phone::unlock::Opened, UnlockError> {
    person.unlocker.unlock(building.id(), cancel, &person.progress).await
}

#[test]
fn a_pass_waits_for_nobody_s_radio() {
    let mut building = Building::with_door(705);
    let resident = building.resident(PhoneProfile::android());
    let (cancel, events) = (CancelHandle::new(), EventQueue::new(64));
    let (opened, passed) = building
        .world
        .block_on(async {
            let unlock = resident.unlocker.unlock(building.id(), &cancel, &resident.progress);
            let pass = resident.unlocker.pass_by(building.id(), &cancel, &events);
            join(unlock, pass).await
        })
        .unwrap();
    assert!(opened.is_ok());
    assert_eq!(passed, Err(PassError::NotDelivered(UnlockError::Busy)));
}
