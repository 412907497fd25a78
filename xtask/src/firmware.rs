//! The door engine on an emulated microcontroller: builds `examples/door-firmware`, runs it in QEMU, opens it with the phone
//! core and holds what it takes to its budgets (`docs/firmware.md`).

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::figures::{self, Figures};
use crate::program::{self, Program};
use crate::workspace;

const TARGET: &str = "thumbv7em-none-eabihf";
const MANIFEST: &str = "examples/door-firmware/Cargo.toml";
/// Its flags, which cargo would find by itself in that folder only.
const CONFIGURATION: &str = "examples/door-firmware/.cargo/config.toml";
const PROGRAM: &str = "thumbturn-door-firmware";
const EMULATOR: &str = "qemu-system-arm";

pub(crate) fn run() -> Result<(), Failure> {
    figures().map(drop)
}

/// The same, and what it measured.
pub(crate) fn figures() -> Result<Figures, Failure> {
    let emulator = emulator()?;
    let program = build()?;
    figures::left_by("firmware", |file| {
        Program::cargo("run")
            .arguments(["--quiet", "--locked", "--package", "thumbturn-firmware-run", "--"])
            .arguments([&emulator, &program])
            .argument(file)
            .run()
    })
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
