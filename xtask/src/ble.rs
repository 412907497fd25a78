//! The real Bluetooth stack: an emulated Linux with Debian's kernel and bluetoothd, in which the harness opens the door of
//! `examples/door` over virtual controllers (`tests/ble`).

mod att;
mod btsnoop;
mod console;
mod emulator;
mod guest;
mod story;

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::figures::{self, Figures};
use crate::program::Program;
use crate::workspace;

use console::Console;
use guest::{Guest, Story};

/// The story of every run.
const STORY: Story = Story { script: "tests/ble/story.sh", limit: Duration::from_secs(900) };
/// A thousand unlocks.
const SOAK: Story = Story { script: "tests/ble/soak.sh", limit: Duration::from_secs(7_200) };
/// Guests side by side: with more, the processor and not the air is what an update waits for.
const LANES: usize = 2;
/// The figure that the story captures.
const PACKETS: &str = "ble.packets_per_repeat_unlock";
/// Least share of what bare writes carry that an update must carry, too.
const TRANSFER_RATIO: f64 = 0.8;
/// What a door's process may hold more after a thousand unlocks: a connection that is just ending, and what its allocator keeps.
const MORE_HANDLES: u64 = 4;
const MORE_MEMORY_KIB: u64 = 4_096;
/// Packages of this workspace whose programs run in the guest.
const PACKAGES: [&str; 2] = ["thumbturn-door", "thumbturn-harness"];

/// The story so many times; the figures of a single one go into `target/bench.json`.
pub(crate) fn run(runs: usize) -> Result<(), Failure> {
    if runs > 1 {
        figures::print(&steady(runs)?);
        return Ok(());
    }
    let figures = main_story(&Guest::prepared()?, &programs()?, 0, Console::Shown)?;
    figures::print(&figures);
    figures::merge(figures)
}

/// As many as make a failure of one in ten runs show in nearly nine of ten records.
pub(crate) fn twenty_stories() -> Result<Figures, Failure> {
    steady(20)
}

/// The story often, some guests side by side: how steady it is.
fn steady(runs: usize) -> Result<Figures, Failure> {
    let (guest, programs) = (Guest::prepared()?, programs()?);
    let lane = |lane: usize| -> Result<Vec<Run>, Failure> {
        (lane..runs)
            .step_by(LANES)
            .map(|number| {
                let begun = Instant::now();
                let figures = main_story(&guest, &programs, lane, Console::Kept)
                    .inspect_err(|failure| println!("run {} of {runs}: {failure:?}", number + 1))?;
                let run = Run {
                    seconds: begun.elapsed().as_secs(),
                    transfer_ratio: figures.get("ble.transfer_ratio").cloned(),
                };
                println!("run {} of {runs}: passed in {} s", number + 1, run.seconds);
                Ok(run)
            })
            .collect()
    };
    let lanes: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..LANES).map(|number| scope.spawn(move || lane(number))).collect();
        started.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut runs = Vec::new();
    for lane in lanes {
        runs.extend(lane.map_err(|_| Failure::unexpected("a lane", "it panicked"))??);
    }
    let seconds: Vec<u64> = runs.iter().map(|run| run.seconds).collect();
    let ratios: Vec<_> = runs.into_iter().map(|run| run.transfer_ratio).collect();
    let mut figures = Figures::new();
    figures.insert("ble.runs_passed".to_owned(), seconds.len().into());
    figures.insert("ble.run_seconds".to_owned(), seconds.into());
    figures.insert("ble.transfer_ratios".to_owned(), json!(ratios));
    Ok(figures)
}

/// One telling of the story that passed.
struct Run {
    seconds: u64,
    transfer_ratio: Option<Value>,
}

/// A thousand unlocks in the guest; neither side may hold more in the end than soon after the beginning. The harness checks itself.
pub(crate) fn soak() -> Result<Figures, Failure> {
    let told = Guest::prepared()?.run(&SOAK, &programs()?, 0, Console::Shown)?;
    let figures = story::figures(&told)?;
    for (what, more) in [("handles", MORE_HANDLES), ("memory_kib", MORE_MEMORY_KIB)] {
        let [early, late] = ["early", "late"].map(|when| {
            figures.get(&format!("ble.door_{when}")).and_then(|held| held.get(what)).and_then(Value::as_u64)
        });
        if late.is_none() || late > early.map(|early| early + more) {
            return Err(Failure::new(
                format!("{what} of the door's process grew from {early:?} to {late:?}"),
                "see what examples/door keeps of a connection that is over",
            ));
        }
    }
    Ok(figures)
}

fn main_story(
    guest: &Guest,
    programs: &[PathBuf],
    lane: usize,
    console: Console,
) -> Result<Figures, Failure> {
    let mut figures = story::figures(&guest.run(&STORY, programs, lane, console)?)?;
    compare(&mut figures)?;
    let ratio = figures.get("ble.transfer_ratio").and_then(Value::as_f64);
    if ratio.is_none_or(|ratio| ratio < TRANSFER_RATIO) {
        return Err(Failure::new(
            format!(
                "an update carries {ratio:?} of what bare writes carry, and {TRANSFER_RATIO} is the least"
            ),
            "`thumbturn-harness bench --bytes 100KiB` measures both",
        ));
    }
    Ok(figures)
}

/// The emulator's packets are those of the real stack, or its figures say nothing about a radio.
fn compare(figures: &mut Figures) -> Result<(), Failure> {
    let emulated = emulator::frames_of_repeat_unlock()?;
    figures.insert(format!("{PACKETS}.emulator"), emulated.into());
    let real = figures.get(&format!("{PACKETS}.stack")).and_then(Value::as_u64);
    if real == Some(emulated) {
        return Ok(());
    }
    Err(Failure::new(
        format!("a repeat unlock takes {real:?} packets on the real stack, and {emulated} in the emulator"),
        "compare the capture with `cargo run -p thumbturn-quickstart -- --json`",
    ))
}

/// The door and the harness, built for the guest, as the development profile optimises them.
fn programs() -> Result<Vec<PathBuf>, Failure> {
    let packages = PACKAGES.iter().flat_map(|package| ["--package", package]);
    Program::cargo("build").arguments(["--quiet", "--locked"]).arguments(packages).run()?;
    Ok(PACKAGES.iter().map(|program| workspace::target().join("debug").join(program)).collect())
}
