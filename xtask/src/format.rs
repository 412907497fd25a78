//! `rustfmt` leaves nothing to change.

use crate::failure::Failure;
use crate::program::Program;

pub(crate) fn check() -> Result<(), Failure> {
    Program::cargo("fmt").arguments(["--all", "--check"]).run().map_err(|_| {
        Failure::new("some files are not formatted", "cargo fmt --all, then look at the difference")
    })
}
