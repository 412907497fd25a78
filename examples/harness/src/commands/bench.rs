//! `bench`: where the time of an unlock goes, each phase apart, and how fast an update travels.

mod comparison;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::UnlockPath;

use super::Workplace;
use super::unlock::explain;
use crate::arguments::Bench;
use crate::clock::time_of_day;
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::measure::figures::Figures;
use crate::measure::phases::{Phase, exchange};
use crate::measure::store::Measurement;
use crate::player::{Player, cancel_on_interrupt};
use crate::radio::Air;
use crate::state::door::DoorFile;
use crate::state::phone::TestPhone;
use crate::state::property::Property;

/// Steps that an intent may report.
const STEPS: usize = 256;

/// The unlocks of one run.
#[derive(Default)]
struct Unlocks {
    phases: BTreeMap<Phase, Figures>,
    /// Frames written and notified up to the answer, of the last unlock.
    frames: (usize, usize),
}

/// Measures.
pub(crate) async fn run(workplace: &Workplace, asked: &Bench) -> Result<(), Failure> {
    let property = workplace.state.property()?;
    let door = workplace.state.door(asked.visit.door.as_deref())?;
    let phone = workplace.state.phone(&asked.visit.phone, &property)?;
    let air = workplace.air().await?;
    let bar = workplace.screen.bar(u64::from(asked.unlocks), "unlocks");
    let unlocks = unlocks(asked, &air, (&property, &door, &phone), &bar).await;
    bar.finish_and_clear();
    let (unlocks, name) = (unlocks?, door.name.clone());
    // What was measured until then is kept when this fails.
    let (transfer, result) =
        match comparison::compared(workplace, &air, (&property, &door, &phone), asked).await {
            Ok(transfer) => (transfer, Ok(())),
            Err(failure) => (None, Err(failure)),
        };
    let wanted = if asked.full { "full" } else { "fast" };
    let facts = json!({
        "command": "bench", "door": name, "path": wanted, "unlocks": asked.unlocks,
        "phases": unlocks.summary(), "frames_written": unlocks.frames.0, "frames_notified": unlocks.frames.1,
        "transfer": transfer,
    });
    let measurement = Measurement {
        command: "bench".to_owned(),
        at: time_of_day(),
        door: name.clone(),
        radio: air.name().to_owned(),
        figures: unlocks.figures(wanted),
        facts: facts.clone(),
    };
    measurement.save(&workplace.state.measurements())?;
    workplace.screen.tell(&unlocks.table(&name, wanted, facts.get("transfer")), &facts);
    result
}

/// So many unlocks, each by a phone core that has heard nothing yet.
async fn unlocks(
    asked: &Bench,
    air: &Air,
    (property, door, phone): (&Arc<Property>, &DoorFile, &TestPhone),
    bar: &indicatif::ProgressBar,
) -> Result<Unlocks, Failure> {
    let (mut unlocks, cancel) = (Unlocks::default(), cancel_on_interrupt());
    let wanted = if asked.full { UnlockPath::Full } else { UnlockPath::Fast };
    let (mut left, mut spare) = (asked.unlocks, asked.unlocks.saturating_add(10));
    while left > 0 && spare > 0 && !cancel.is_cancelled() {
        spare -= 1;
        if asked.full {
            // Without its ticket the phone begins anew.
            phone.wallet()?.remove(door.configuration.door, &mut SystemRandom)?;
        }
        phone.hold_grant(door, property)?;
        let player = Player::new(air);
        let (steps, unlocker) = (EventQueue::new(STEPS), player.unlocker(phone, Some(property)));
        let tapped = unlocker.unlock_first(door.configuration.door, &CancelHandle::new(), &steps).await;
        let unlocked = tapped.map_err(|error| explain(error, &player.timeline))?;
        let (path, marks) = (unlocked.opened.path, player.timeline.take());
        unlocked.leave().await;
        // The first one of a phone is a full handshake whatever was asked for.
        if path == wanted {
            unlocks.add(&marks);
            left -= 1;
            bar.inc(1);
        }
    }
    Ok(unlocks)
}

impl Unlocks {
    fn add(&mut self, marks: &[(core::time::Duration, crate::radio::timeline::Mark)]) {
        for phase in Phase::ALL {
            if let Some(duration) = phase.duration(marks) {
                self.phases.entry(phase).or_default().add(duration);
            }
        }
        self.frames = exchange(marks);
    }

    /// By names that sort in the order of the phases.
    fn figures(&self, path: &str) -> BTreeMap<String, Figures> {
        let named = (1_u32..).zip(&self.phases);
        named
            .map(|(number, (phase, figures))| {
                (format!("{path} path {number} {}", phase.name()), figures.clone())
            })
            .collect()
    }

    fn summary(&self) -> Value {
        let phases = self.phases.iter().map(|(phase, figures)| {
            let summary = json!({
                "count": figures.0.len(), "p50_ms": figures.quantile(50), "p95_ms": figures.quantile(95),
                "max_ms": figures.quantile(100),
            });
            (phase.name().to_owned(), summary)
        });
        Value::Object(phases.collect())
    }

    /// For people.
    fn table(&self, door: &str, path: &str, transfer: Option<&Value>) -> String {
        let mut lines = vec![format!("{door}, {path} path{:>20}{:>10}{:>10}  ms", "p50", "p95", "max")];
        lines.extend(self.phases.iter().map(|(phase, figures)| {
            let quantile = |percent| figures.quantile(percent).unwrap_or(0.0);
            let (middle, most, all) = (quantile(50), quantile(95), quantile(100));
            format!("{:>24}{middle:>14.1}{most:>10.1}{all:>10.1}", phase.name())
        }));
        let (written, notified) = self.frames;
        lines.push(format!("frames up to the answer: {written} written, {notified} notified"));
        if let Some(total) = self.phases.get(&Phase::Total) {
            lines.push("from the scan to the answer:".to_owned());
            lines.push(total.drawn());
        }
        let figure = |name| transfer.and_then(|facts| facts.get(name)?.as_f64());
        if let (Some(goodput), Some(seconds)) =
            (figure("goodput_bytes_per_second"), figure("seconds_in_force"))
        {
            lines.push(format!(
                "transfer: {:.1} kB/s of parcel, in force after {seconds:.3} s; bare writes: {:.1} kB/s",
                goodput / 1_000.0,
                figure("raw_bytes_per_second").unwrap_or(0.0) / 1_000.0
            ));
        }
        lines.join("\n")
    }
}
