//! The real Bluetooth stack: an emulated Linux with Debian's kernel and bluetoothd, in which the harness opens the door of
//! `examples/door` over virtual controllers (`tests/ble`).

mod att;
mod btsnoop;
mod emulator;
mod guest;
mod story;

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace;

use guest::Guest;

const STORY: &str = "tests/ble/story.sh";
/// The figure that the story captures.
const PACKETS: &str = "ble.packets_per_repeat_unlock";
/// Packages of this workspace whose programs run in the guest.
const PACKAGES: [&str; 2] = ["thumbturn-door", "thumbturn-harness"];

/// The story once; its figures go into `target/bench.json`.
pub(crate) fn run() -> Result<(), Failure> {
    let mut figures = tell_story()?;
    compare(&mut figures)?;
    for (name, value) in &figures {
        println!("{name:<44}{value:>14}");
    }
    merge(figures)
}

/// The emulator's packets are those of the real stack, or its figures say nothing about a radio.
fn compare(figures: &mut Map<String, Value>) -> Result<(), Failure> {
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

fn tell_story() -> Result<Map<String, Value>, Failure> {
    let guest = Guest::prepared()?;
    let programs = programs()?;
    let told = guest.run(STORY, &programs)?;
    story::figures(&told)
}

/// The door and the harness, built for the guest. Not optimised on top of what the development profile does: they wait more than
/// they compute.
fn programs() -> Result<Vec<PathBuf>, Failure> {
    let packages = PACKAGES.iter().flat_map(|package| ["--package", package]);
    Program::cargo("build").arguments(["--quiet", "--locked"]).arguments(packages).run()?;
    Ok(PACKAGES.iter().map(|program| workspace::target().join("debug").join(program)).collect())
}

fn merge(figures: Map<String, Value>) -> Result<(), Failure> {
    let path = workspace::target().join("bench.json");
    let mut all: Map<String, Value> =
        fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    all.extend(figures);
    let text = format!("{:#}\n", Value::Object(all));
    fs::write(&path, text).map_err(|error| Failure::file(&path, &error))
}
