//! The test vectors in `tests/vectors` are exactly what the code produces. Other files of that folder come from
//! elsewhere (Noise's own vectors, a second implementation) and are checked by tests alone.

use crate::failure::Failure;
use crate::program::Program;

const FOLDER: &str = "tests/vectors";

pub(crate) fn check() -> Result<(), Failure> {
    generator("--check").map_err(|_| {
        Failure::new(
            format!("{FOLDER} is not what the code produces"),
            "find out why bytes changed; only if they were meant to: cargo xtask vectors --bless",
        )
    })
}

/// Rewrites the vectors and shows which files changed. Never a way to make a red test green.
pub(crate) fn bless() -> Result<(), Failure> {
    generator("--bless")?;
    Program::new("git").arguments(["--no-pager", "diff", "--stat", "--", FOLDER]).run()
}

fn generator(what: &str) -> Result<(), Failure> {
    Program::cargo("run")
        .arguments(["--quiet", "--locked", "--package", "thumbturn-vectors", "--", what, FOLDER])
        .run()
}
