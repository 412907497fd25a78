//! From tap to bolt in the simulated air, by phase: advertising every 211.25 ms, connection interval 30 ms.

use std::time::Duration;

use thumbturn_simulator::building::{Building, BuildingError, BuildingSettings, Milestones};
use thumbturn_simulator::energy::EnergyModel;

use crate::figures::Figures;

/// The door's setting.
const ADVERTISING_INTERVAL: Duration = Duration::from_micros(211_250);
/// Unlocks in one building, after the first.
const REPEATS: usize = 10;

/// Measures repeat unlocks in many buildings and notes.
pub fn measure(figures: &mut Figures, buildings: u64) -> Result<(), BuildingError> {
    let mut taps: Vec<Milestones> = Vec::new();
    let (mut requests, mut energy, mut longest_call) = (0, Vec::new(), Duration::ZERO);
    for seed in 0..buildings {
        let mut building = Building::with(BuildingSettings { seed, ..BuildingSettings::default() })?;
        let door = building.add_door("Entrance")?;
        let resident = building.add_resident("resident")?;
        building.grant(&resident, &door)?;
        building.unlock(&resident, &door)?;
        for repeat in 0..REPEATS {
            // Taps fall anywhere between two advertisements.
            building.world().run_for(Duration::from_millis(20_000 + 37 * repeat as u64));
            let visit = building.unlock(&resident, &door)?;
            assert!(visit.is_open(), "seed {seed}: {:?}", visit.outcome());
            requests = requests.max(visit.att_requests_before_hello());
            energy.push(visit.consumption(&EnergyModel::default()).microjoules());
            taps.push(visit.milestones());
        }
        longest_call = longest_call.max(door.door().meter().longest_call);
    }
    let phases: [(&str, fn(&Milestones) -> Option<Duration>); 6] = [
        ("heard", |tap| tap.heard),
        ("connected", |tap| tap.connected),
        ("hello", |tap| tap.hello),
        ("request", |tap| tap.request),
        ("bolt", |tap| tap.motor),
        ("answer", |tap| tap.answer),
    ];
    for (name, phase) in phases {
        let mut times: Vec<_> = taps.iter().filter_map(phase).collect();
        times.sort();
        figures.note(&format!("unlock.tap_to_{name}_ms.p50"), percentile(&times, 50));
        figures.note(&format!("unlock.tap_to_{name}_ms.p95"), percentile(&times, 95));
    }
    figures.note("unlock.att_requests_before_hello", requests as f64);
    energy.sort_unstable();
    let median = energy.get(energy.len() / 2).copied().unwrap_or_default();
    figures.note("energy.unlock_millijoules", median as f64 / 1e3);
    let day = EnergyModel::default().day_of_advertising(ADVERTISING_INTERVAL);
    figures.note("energy.advertising_day_joules", day.microjoules() as f64 / 1e6);
    figures.note("door.max_call_ms", longest_call.as_secs_f64() * 1e3);
    Ok(())
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let position = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(position).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
