//! Clippy on every package by itself, so that no package gets features from its neighbours.

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace;

pub(crate) fn check() -> Result<(), Failure> {
    for package in workspace::packages()? {
        Program::cargo("clippy")
            .arguments(["--quiet", "--locked", "--package", &package, "--all-targets", "--all-features"])
            .arguments(["--", "--deny", "warnings"])
            .run()?;
    }
    Ok(())
}
