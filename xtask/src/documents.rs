//! The API documentation builds without a warning: no broken link, no missing text.

use crate::failure::Failure;
use crate::program::Program;

pub(crate) fn check() -> Result<(), Failure> {
    Program::cargo("doc")
        .arguments(["--quiet", "--locked", "--workspace", "--no-deps"])
        .variable("RUSTDOCFLAGS", "--deny warnings")
        .run()
}
