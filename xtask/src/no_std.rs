//! `sdk/protocol` and `sdk/lock` link into a program without std.
//!
//! The guard is a static library with its own panic handler: as soon as anything in its tree pulls std in, the compiler
//! finds two panic handlers and refuses (E0152). The guard is a workspace of its own, so that no other package
//! switches features on for it, but it builds the versions of the workspace's lock file.

use std::fs;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace;

const GUARD: &str = "tests/no-std-guard";

pub(crate) fn check() -> Result<(), Failure> {
    take_lock_file()?;
    build().run().map_err(|_| {
        Failure::new(
            "sdk/protocol or sdk/lock needs std (E0152 above names the crate)",
            "switch off that dependency's default features, or use core and alloc",
        )
    })?;
    the_guard_still_bites()
}

/// The guard itself is tested: with std in its tree it must not build.
fn the_guard_still_bites() -> Result<(), Failure> {
    let output = build().arguments(["--features", "leak-std"]).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && errors.contains("E0152") {
        println!("protocol and lock link without std, and the guard refuses a tree with std (E0152)");
        return Ok(());
    }
    Err(Failure::new(
        format!("the guard did not refuse a tree with std:\n{errors}"),
        format!("repair {GUARD}: its panic handler must clash with that of std"),
    ))
}

fn build() -> Program {
    Program::cargo("build")
        .arguments(["--quiet", "--manifest-path"])
        .argument(format!("{GUARD}/Cargo.toml"))
        .argument("--target-dir")
        .argument(workspace::target().join("no-std-guard"))
}

fn take_lock_file() -> Result<(), Failure> {
    let lock = workspace::path(GUARD).join("Cargo.lock");
    fs::copy(workspace::path("Cargo.lock"), &lock).map(drop).map_err(|error| Failure::file(&lock, &error))
}
