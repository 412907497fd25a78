//! Keycards against somebody else's implementation, in a workspace of its own (`tests/card-oracle` says why).

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace;

pub(crate) fn check() -> Result<(), Failure> {
    Program::cargo("test")
        .arguments(["--locked", "--manifest-path", "tests/card-oracle/Cargo.toml", "--target-dir"])
        .argument(workspace::target().join("card-oracle"))
        .run()
}
