//! Everything goes wrong at once: seeded stories of loss, drops, power cuts, killed apps and impatient people.

#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

use core::time::Duration;

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::link::AdapterState;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::{Opened, UnlockError};
use thumbturn_simulator::building::{Building, BuildingDoor, BuildingSettings, Resident};
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_simulator::random::SeededRandom;

struct Storm {
    building: Building,
    door: BuildingDoor,
    ann: Resident,
    random: SeededRandom,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let mut random = SeededRandom::new(seed);
        let settings =
            BuildingSettings { seed, radio: RadioSettings::perfect(), ..BuildingSettings::default() };
        let mut building = Building::with(settings).unwrap();
        let door = building.add_door("door").unwrap();
        let profile = match random.below(4) {
            0 => PhoneProfile::ios(),
            1 => PhoneProfile::android().with_mtu(23),
            2 => PhoneProfile::ios_background(),
            _ => PhoneProfile::android(),
        };
        let ann = building.add_resident_with("Ann", profile).unwrap();
        building.grant(&ann, &door).unwrap();
        building.world().change_radio(|radio| {
            *radio = RadioSettings {
                host_drop: 80_000,
                packet_loss: 150_000,
                connect_failure: 100_000,
                ..RadioSettings::default()
            };
        });
        Self { building, door, ann, random }
    }

    /// Plans one mishap for the coming tap.
    fn mishap(&mut self, cancel: &CancelHandle) {
        let world = self.building.world();
        let when = world.now().plus(Duration::from_millis(self.random.below(2_500)));
        let (door, ann, cancel) = (self.door.clone(), self.ann.clone(), cancel.clone());
        match self.random.below(7) {
            0 => {
                let moment = match self.random.below(3) {
                    0 => Moment::Before,
                    1 => Moment::Middle,
                    _ => Moment::After,
                };
                door.door().cut_power_after(self.random.below(4), moment);
            }
            1 => world.at(when, move |_| {
                door.door().power_off();
                door.door().power_on();
            }),
            2 => world.at(when, move |world| {
                ann.phone().set_adapter(AdapterState::Off);
                let later = world.now().plus(Duration::from_secs(2));
                world.at(later, move |_| ann.phone().set_adapter(AdapterState::On));
            }),
            3 => world.at(when, move |_| cancel.cancel()),
            4 => world.at(when, move |_| ann.phone().vanish()),
            _ => {}
        }
    }

    fn tap(&mut self) -> (Result<Opened, UnlockError>, usize, Duration) {
        let cancel = CancelHandle::new();
        self.ann.phone().stand(self.door.place().beside());
        self.mishap(&cancel);
        let (world, progress) = (self.building.world(), EventQueue::new(256));
        let (movements, started) = (self.door.door().bolt_movements().len(), world.now());
        let outcome = world.block_on(self.ann.unlock(self.door.id(), &cancel, &progress)).unwrap();
        let duration = world.now().since(started);
        // Nothing that left the phone may open the door later.
        world.run_for(Duration::from_secs(20));
        (outcome, self.door.door().bolt_movements().len() - movements, duration)
    }
}

#[test]
fn one_intent_moves_the_bolt_at_most_once_and_its_outcome_is_true() {
    let (mut open, mut unknown, mut failed) = (0, 0, 0);
    for seed in 0..120 {
        let mut storm = Storm::new(seed);
        for tap in 0..6 {
            let (outcome, movements, duration) = storm.tap();
            let story = format!("seed {seed}, tap {tap}: {outcome:?}, {movements} movements, {duration:?}");
            assert!(movements <= 1, "{story}");
            assert!(duration <= Duration::from_secs(16), "{story}");
            match outcome {
                Ok(_) => {
                    assert_eq!(movements, 1, "{story}");
                    open += 1;
                }
                Err(UnlockError::OutcomeUnknown | UnlockError::DoorFault(_)) => unknown += 1,
                Err(_) => {
                    assert_eq!(movements, 0, "{story}");
                    failed += 1;
                }
            }
        }
    }
    println!("{open} opened, {unknown} unknown, {failed} failed");
    assert!(open > 400 && unknown > 0 && failed > 20, "{open} opened, {unknown} unknown, {failed} failed");
}
