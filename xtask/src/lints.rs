//! Clippy on every package by itself, so that no package gets features from its neighbours.

use crate::failure::Failure;
use crate::firmware;
use crate::program::Program;
use crate::workspace;

/// Workspaces of their own. Not the guard that keeps std out, which does nothing, nor the firmware, which has another target.
const BESIDE: [&str; 3] = ["tests/bench/Cargo.toml", "tests/card-oracle/Cargo.toml", "tests/fuzz/Cargo.toml"];

pub(crate) fn check() -> Result<(), Failure> {
    let mut refused = Vec::new();
    for package in workspace::packages()? {
        let options = ["--all-features", "--package", &package];
        if refuses(clippy().arguments(options)) {
            refused.push(package);
        }
    }
    for manifest in BESIDE {
        let options = ["--manifest-path", manifest, "--target-dir"];
        if refuses(clippy().arguments(options).argument(workspace::target().join("lints"))) {
            refused.push(manifest.to_owned());
        }
    }
    if firmware::clippy().is_err() {
        refused.push("the door firmware".to_owned());
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("clippy has something to say about {}", refused.join(", ")),
        "read its output above",
    ))
}

fn clippy() -> Program {
    Program::cargo("clippy").arguments(["--quiet", "--locked", "--no-deps", "--all-targets"])
}

fn refuses(clippy: Program) -> bool {
    clippy.arguments(["--", "--deny", "warnings"]).run().is_err()
}
