//! The door engine on an emulated microcontroller: builds `examples/door-firmware`, runs it in QEMU, opens it with the phone
//! core and holds what it takes to its budgets (`docs/firmware.md`).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::program::{self, Program};
use crate::workspace;

const TARGET: &str = "thumbv7em-none-eabihf";
const MANIFEST: &str = "examples/door-firmware/Cargo.toml";
/// Its flags, which cargo would find by itself in that folder only.
const CONFIGURATION: &str = "examples/door-firmware/.cargo/config.toml";
const PROGRAM: &str = "thumbturn-door-firmware";
const EMULATOR: &str = "qemu-system-arm";
/// What its figures begin with in `target/bench.json`.
const FIGURES: &str = "firmware.";

pub(crate) fn run() -> Result<(), Failure> {
    let emulator = emulator()?;
    let program = build()?;
    Program::cargo("run")
        .arguments(["--quiet", "--locked", "--package", "thumbturn-firmware-run", "--"])
        .arguments([emulator, program])
        .run()
}

/// The figures that a run left.
pub(crate) fn figures() -> Result<Map<String, Value>, Failure> {
    run()?;
    let figures: Map<String, Value> = serde_json::from_str(&workspace::read("target/bench.json")?)
        .map_err(|error| Failure::unexpected("the run of the firmware", error))?;
    Ok(figures.into_iter().filter(|(name, _)| name.starts_with(FIGURES)).collect())
}

/// Clippy, for the firmware's target.
pub(crate) fn clippy() -> Result<(), Failure> {
    cargo("clippy")?.arguments(["--", "--deny", "warnings"]).run()
}

fn build() -> Result<PathBuf, Failure> {
    cargo("build")?.run()?;
    Ok(target().join(TARGET).join("release").join(PROGRAM))
}

/// A command of cargo on the firmware, optimised, with its flags.
fn cargo(subcommand: &str) -> Result<Program, Failure> {
    require_target()?;
    let command = Program::cargo(subcommand)
        .arguments(["--quiet", "--locked", "--release", "--target", TARGET])
        .arguments(["--config", CONFIGURATION, "--manifest-path", MANIFEST, "--target-dir"])
        .argument(target());
    Ok(command)
}

fn target() -> PathBuf {
    workspace::target().join("door-firmware")
}

/// The standard library for the chip.
fn require_target() -> Result<(), Failure> {
    let folder = Program::new("rustc").arguments(["--print", "target-libdir", "--target", TARGET]).text()?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    Err(Failure::new(format!("Rust cannot build for {TARGET} yet"), format!("rustup target add {TARGET}")))
}

/// The emulator: the machine's own, or the one that `.ci/qemu-arm` unpacked.
fn emulator() -> Result<PathBuf, Failure> {
    if program::is_installed(EMULATOR) {
        return Ok(PathBuf::from(EMULATOR));
    }
    let folder = workspace::target().join("qemu-arm");
    let unpacked = folder.join(EMULATOR);
    if unpacked.is_file() {
        return Ok(unpacked);
    }
    Err(Failure::new(
        format!("{EMULATOR} is not installed"),
        format!("install it, or on Debian: bash .ci/qemu-arm {}", folder.display()),
    ))
}
