//! `bench`: where the time of an unlock goes, each phase apart, and how fast an update travels.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::UnlockPath;

use super::unlock::explain;
use super::{Workplace, update};
use crate::arguments::Bench;
use crate::carry::{Courier, Transfer};
use crate::clock::time_of_day;
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::measure::figures::Figures;
use crate::measure::phases::{Phase, exchange};
use crate::measure::store::Measurement;
use crate::player::{Player, cancel_on_interrupt};
use crate::probe::Subject;
use crate::radio::Air;
use crate::state::books::Books;
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
    let (transfer, failed) = match asked.bytes.0 {
        0 => (None, None),
        bytes => match compared(workplace, &air, (&property, door, &phone), bytes).await {
            Ok(facts) => (Some(facts), None),
            Err(failure) => (None, Some(failure)),
        },
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
    failed.map_or(Ok(()), Err)
}

/// One update, beside what the link carries without a protocol.
async fn compared(
    workplace: &Workplace,
    air: &Air,
    (property, door, phone): (&Arc<Property>, DoorFile, &TestPhone),
    bytes: u64,
) -> Result<Value, Failure> {
    // Before and after: what else the machine does comes and goes.
    let before = raw(air, property, door.clone()).await?;
    let (rows, transfer) = transfer(workplace, air, (property, door.clone(), phone), bytes).await?;
    let mut facts = update::facts("transfer", &door.name, rows, &transfer);
    let raw = f64::midpoint(before, raw(air, property, door).await?);
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("raw_bytes_per_second".to_owned(), json!(raw));
        facts.insert("ratio_to_raw".to_owned(), json!(transfer.goodput() / raw));
    }
    Ok(facts)
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

/// What the same two programs carry without a protocol, on the same radio.
async fn raw(air: &Air, property: &Arc<Property>, door: DoorFile) -> Result<f64, Failure> {
    let subject = Subject::new(air.phone().link, Arc::clone(property), door, None)?;
    let measured = subject.raw_bytes_per_second().await;
    measured.map_err(|deviation| {
        let what =
            format!("the link could not be measured: {} instead of {}", deviation.got, deviation.expected);
        Failure::new("raw", what, "try again nearer to the door, or leave it out with `--bytes 0`")
    })
}

/// One update of so many bytes of rows.
async fn transfer(
    workplace: &Workplace,
    air: &Air,
    (property, door, phone): (&Arc<Property>, DoorFile, &TestPhone),
    bytes: u64,
) -> Result<(u32, Transfer), Failure> {
    let mut books = Books::open(property, door)?;
    let rows = update::rows_of(bytes)?;
    books.fill(rows)?;
    let parcel = books.parcel(false)?.ok_or_else(update::nothing_to_bring)?;
    books.save()?;
    let player = Player::new(air);
    let courier = Courier { player: &player, phone, clock: Some(property) };
    let bar = workplace.screen.bar(100, "update, percent");
    let carried = courier.carry(&parcel, false, &mut books, &bar).await;
    bar.finish_and_clear();
    Ok((rows, carried?))
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
