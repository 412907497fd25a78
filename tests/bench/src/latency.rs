//! From tap to bolt in the simulated air, by phase: advertising every 211.25 ms, connection interval 30 ms.

use std::time::Duration;

use thumbturn_simulator::building::{Building, BuildingError, BuildingSettings, Milestones};
use thumbturn_simulator::energy::EnergyModel;

use crate::figures::Figures;

/// The door's setting.
const ADVERTISING_INTERVAL: Duration = Duration::from_micros(211_250);
/// Unlocks in one building, after the first.
const REPEATS: usize = 10;

/// A pause after which the door has a new radio address, which every phone's platform discovers anew.
const ROTATED: Duration = Duration::from_secs(20 * 60);
/// A pause after which the platform still remembers the address.
const REMEMBERED: Duration = Duration::from_secs(20);

/// Measures repeat unlocks in many buildings and notes: the times of those that discover anew, as nearly all do.
pub fn measure(figures: &mut Figures, buildings: u64) -> Result<(), BuildingError> {
    let rotated = Taps::after(ROTATED, buildings)?;
    let remembered = Taps::after(REMEMBERED, buildings.div_ceil(10))?;
    rotated.note_phases(figures, "unlock.tap_to");
    remembered.note_phases(figures, "unlock.remembered.tap_to");
    figures.note("unlock.att_requests_before_hello", remembered.requests as f64);
    figures.note("unlock.att_requests_before_hello_rotated", rotated.requests as f64);
    figures.note("energy.unlock_millijoules", rotated.median_microjoules() / 1e3);
    let day = EnergyModel::default().day_of_advertising(ADVERTISING_INTERVAL);
    figures.note("energy.advertising_day_joules", day.microjoules() as f64 / 1e6);
    figures.note("door.max_call_ms", rotated.longest_call.max(remembered.longest_call).as_secs_f64() * 1e3);
    Ok(())
}

/// What was measured of many taps.
#[derive(Default)]
struct Taps {
    milestones: Vec<Milestones>,
    /// The most attribute protocol requests before a hello.
    requests: usize,
    microjoules: Vec<u64>,
    longest_call: Duration,
}

impl Taps {
    /// Taps with a pause before each.
    fn after(pause: Duration, buildings: u64) -> Result<Self, BuildingError> {
        let mut taps = Self::default();
        for seed in 0..buildings {
            taps.in_building(seed, pause)?;
        }
        taps.microjoules.sort_unstable();
        Ok(taps)
    }

    fn in_building(&mut self, seed: u64, pause: Duration) -> Result<(), BuildingError> {
        let mut building = Building::with(BuildingSettings { seed, ..BuildingSettings::default() })?;
        let door = building.add_door("Entrance")?;
        let resident = building.add_resident("resident")?;
        building.grant(&resident, &door)?;
        building.unlock(&resident, &door)?;
        for repeat in 0..REPEATS {
            // Taps fall anywhere between two advertisements.
            building.world().run_for(pause + Duration::from_millis(37 * repeat as u64));
            let visit = building.unlock(&resident, &door)?;
            assert!(visit.is_open(), "seed {seed}: {:?}", visit.outcome());
            self.requests = self.requests.max(visit.att_requests_before_hello());
            self.microjoules.push(visit.consumption(&EnergyModel::default()).microjoules());
            self.milestones.push(visit.milestones());
        }
        self.longest_call = self.longest_call.max(door.door().meter().longest_call);
        Ok(())
    }

    fn note_phases(&self, figures: &mut Figures, prefix: &str) {
        for (name, phase) in PHASES {
            let mut times: Vec<_> = self.milestones.iter().filter_map(phase).collect();
            times.sort();
            figures.note(&format!("{prefix}_{name}_ms.p50"), percentile(&times, 50));
            figures.note(&format!("{prefix}_{name}_ms.p95"), percentile(&times, 95));
        }
    }

    fn median_microjoules(&self) -> f64 {
        self.microjoules.get(self.microjoules.len() / 2).copied().unwrap_or_default() as f64
    }
}

/// A step of a tap by its name, and when it was reached.
type Phase = (&'static str, fn(&Milestones) -> Option<Duration>);

const PHASES: [Phase; 7] = [
    ("heard", |tap| tap.heard),
    ("connected", |tap| tap.connected),
    ("discovered", |tap| tap.discovered),
    ("hello", |tap| tap.hello),
    ("request", |tap| tap.request),
    ("bolt", |tap| tap.motor),
    ("answer", |tap| tap.answer),
];

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let position = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(position).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
