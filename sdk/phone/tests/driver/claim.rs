//! Claiming a factory-fresh door with the driver.

use std::sync::Arc;
use std::time::Duration;

use crate::building::Building;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::{ClaimError, Claimer};
use thumbturn_phone::link::{AdapterState, ConnectionId};
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::Policy;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::door::{SimulatedDoor, SimulatedDoorSettings};
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::trace::Direction;

fn factory_fresh(building: &Building) -> SimulatedDoor {
    SimulatedDoor::new(&building.world, "fresh", SimulatedDoorSettings::default())
}

#[test]
fn claimed_door_opens_for_those_whom_its_property_grants_it() {
    let mut building = Building::empty(1, RadioSettings::default());
    building.add_door();
    let resident = building.resident(PhoneProfile::android());
    assert!(building.unlock(&resident).is_ok());
}

#[test]
fn door_with_another_claim_secret_is_not_found() {
    let mut building = Building::empty(2, RadioSettings::perfect());
    let _door = factory_fresh(&building);
    let configuration = building.configuration();
    let installer = building.person("installer", PhoneProfile::android());
    let claimer = Claimer::new(Arc::clone(&installer.radio), Policy::DEFAULT);
    let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
    let claim = claimer.claim(ClaimSecret::from_bytes([1; 16]), configuration, &cancel, &progress);
    assert_eq!(building.world.block_on(claim).unwrap(), Err(ClaimError::NotInRange));
}

#[test]
fn door_of_somebody_is_not_claimed_again() {
    let mut building = Building::with_door(3);
    let installer = building.person("installer", PhoneProfile::android());
    let configuration = building.configuration();
    let door = building.door().clone();
    // It advertises under its property's tag key now, so it is not even recognised.
    assert_eq!(building.claim(&installer, &door, &configuration), Err(ClaimError::NotInRange));
    let resident = building.resident(PhoneProfile::android());
    assert!(building.unlock(&resident).is_ok());
}

#[test]
fn claim_of_a_configuration_that_no_door_takes_is_refused_by_the_claimer() {
    let mut building = Building::empty(4, RadioSettings::perfect());
    let door = factory_fresh(&building);
    let mut configuration = building.configuration();
    configuration.relock_seconds = 0;
    let installer = building.person("installer", PhoneProfile::android());
    assert_eq!(building.claim(&installer, &door, &configuration), Err(ClaimError::InvalidConfiguration));
}

#[test]
fn adapter_off_is_told_at_once() {
    let mut building = Building::empty(5, RadioSettings::perfect());
    let door = factory_fresh(&building);
    let configuration = building.configuration();
    let installer = building.person("installer", PhoneProfile::android());
    installer.phone.set_adapter(AdapterState::Off);
    assert_eq!(building.claim(&installer, &door, &configuration), Err(ClaimError::BluetoothOff));
    installer.phone.set_adapter(AdapterState::On);
    assert!(building.claim(&installer, &door, &configuration).is_ok());
}

/// Any one packet vanishes: the claim still ends, and the keys that it gives are the door's.
#[test]
fn any_dropped_packet_of_a_claim_ends_in_a_door_that_opens() {
    for mtu in [23, 247] {
        let mut dropped = Vec::from([None]);
        let mut at = 0;
        while let Some(drop) = dropped.get(at).copied() {
            at += 1;
            let mut building = Building::empty(6, RadioSettings::perfect());
            let door = factory_fresh(&building);
            let configuration = building.configuration();
            let installer = building.person("installer", PhoneProfile::android().with_mtu(mtu));
            if let Some((direction, index)) = drop {
                building.world.drop_packet(ConnectionId(1), direction, index);
            }
            let keys = building.claim(&installer, &door, &configuration);
            let keys = keys.unwrap_or_else(|error| panic!("{error} at MTU {mtu} without {drop:?}"));
            if drop.is_none() {
                let trace = building.world.trace();
                for (_, packet) in trace.packets() {
                    let index = packet.droppable.map(|index| (packet.direction(), index));
                    dropped.extend(index.map(Some));
                }
                assert!(dropped.len() >= 4, "hello, answer and claimed are notifications");
            }
            building.authority.enter(&configuration, keys, crate::building::NOW).unwrap();
            building.world.run_for(Duration::from_secs(70));
            building.doors.push((door, configuration.door));
            let mut resident = building.person("resident", PhoneProfile::android());
            building.grant(&mut resident, 0, &GrantTerms::resident(crate::building::NOW));
            assert!(building.unlock(&resident).is_ok(), "at MTU {mtu} without {drop:?}");
        }
    }
}

/// The radio dies at any byte: what the claimer says is what the door is.
#[test]
fn claim_cut_at_any_byte_is_told_truthfully() {
    for direction in [Direction::ToDoor, Direction::ToPhone] {
        for bytes in (0..360).step_by(9) {
            let mut building = Building::empty(7, RadioSettings::perfect());
            let door = factory_fresh(&building);
            let configuration = building.configuration();
            let installer = building.person("installer", PhoneProfile::android().with_mtu(23));
            building.world.cut_after(ConnectionId(1), direction, bytes);
            let claimed = building.claim(&installer, &door, &configuration);
            building.world.run_for(Duration::from_secs(70));
            let keys = match claimed {
                Ok(keys) => keys,
                // Claimed again with the same configuration it tells, or does it.
                Err(ClaimError::ConnectionLost | ClaimError::OutcomeUnknown) => {
                    match building.claim(&installer, &door, &configuration) {
                        Ok(keys) => keys,
                        Err(ClaimError::Refused) => continue,
                        Err(error) => panic!("{error} after {bytes} bytes {direction:?}"),
                    }
                }
                Err(error) => panic!("{error} after {bytes} bytes {direction:?}"),
            };
            building.authority.enter(&configuration, keys, crate::building::NOW).unwrap();
            building.doors.push((door, configuration.door));
            let mut resident = building.person("resident", PhoneProfile::android());
            building.grant(&mut resident, 0, &GrantTerms::resident(crate::building::NOW));
            building.world.run_for(Duration::from_secs(70));
            assert!(building.unlock(&resident).is_ok(), "after {bytes} bytes {direction:?}");
        }
    }
}
