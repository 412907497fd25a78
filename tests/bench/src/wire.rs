//! Round trips, bytes and packets of unlocks, counted in the air of the simulator.

use thumbturn_protocol::schedule::{Days, Hours, Minute, Schedule};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::building::{
    Building, BuildingDoor, BuildingError, BuildingSettings, Resident, Visit,
};
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;

use crate::figures::Figures;

const MTUS: [u16; 4] = [23, 185, 247, 517];

/// Measures and notes: for each MTU, and the worst over all of them.
pub fn measure(figures: &mut Figures) -> Result<(), BuildingError> {
    let mut worst: [(&str, Worst); 3] =
        [("first", Worst::default()), ("repeat", Worst::default()), ("shared", Worst::default())];
    for mtu in MTUS {
        let visits = unlocks(mtu)?;
        for ((name, worst), visit) in worst.iter_mut().zip(&visits) {
            assert!(visit.is_open(), "the {name} unlock at MTU {mtu} opens the door");
            let packets = visit.exchange().frames().count();
            figures.note(&format!("unlock.{name}.packets_mtu{mtu}"), packets as f64);
            worst.see(visit);
        }
    }
    for (name, worst) in worst {
        figures.note(&format!("unlock.{name}.round_trips"), worst.round_trips as f64);
        figures.note(&format!("unlock.{name}.bytes"), worst.bytes as f64);
    }
    Ok(())
}

#[derive(Default)]
struct Worst {
    round_trips: usize,
    bytes: usize,
}

impl Worst {
    fn see(&mut self, visit: &Visit) {
        self.round_trips = self.round_trips.max(visit.round_trips());
        self.bytes = self.bytes.max(visit.application_bytes());
    }
}

/// A first unlock with a grant of two windows, a repeat unlock, and a guest's first unlock behind that grant.
fn unlocks(mtu: u16) -> Result<[Visit; 3], BuildingError> {
    let settings = BuildingSettings { radio: RadioSettings::perfect(), ..BuildingSettings::default() };
    let mut building = Building::with(settings)?;
    let door = building.add_door("Entrance")?;
    let profile = PhoneProfile::android().with_mtu(mtu);
    let resident = building.add_resident_with("resident", profile.clone())?;
    let guest = building.add_resident_with("guest", profile)?;
    let resident_terms = GrantTerms::resident(building.now());
    let not_before = resident_terms.validity.not_before;
    let terms = GrantTerms { validity: Validity::from(not_before).within(two_windows()), ..resident_terms };
    building.grant_with(&resident, &door, &terms)?;
    building.share(&resident, &guest, &door, Validity::from(not_before))?;
    let first = unlock(&building, &resident, &door)?;
    let repeat = unlock(&building, &resident, &door)?;
    let shared = unlock(&building, &guest, &door)?;
    Ok([first, repeat, shared])
}

fn unlock(building: &Building, person: &Resident, door: &BuildingDoor) -> Result<Visit, BuildingError> {
    let visit = building.unlock(person, door)?;
    building.world().run_for(std::time::Duration::from_secs(20));
    Ok(visit)
}

/// Workdays and weekend with hours of their own, both open at the world's beginning.
fn two_windows() -> Schedule {
    let hours = |days, from, to| Hours {
        days,
        from: Minute::at(from, 0).expect("a time of day"),
        to: Minute::at(to, 0).expect("a time of day"),
    };
    Schedule::from_hours(&[hours(Days::WORKDAYS, 7, 19), hours(Days::WEEKEND, 9, 15)]).expect("two windows")
}
