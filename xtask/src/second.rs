//! The second implementation: written in Python from the specification alone, it recomputes every test vector.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::program::{self, Program};
use crate::workspace;

const REQUIREMENTS: &str = "tests/vectors/requirements.txt";

pub(crate) fn check() -> Result<(), Failure> {
    Program::new(&interpreter()?.to_string_lossy())
        .variable("PYTHONDONTWRITEBYTECODE", "1")
        .argument("tests/vectors/check.py")
        .run()
}

/// A Python that has the pinned packages, in a virtual environment below the build folder.
fn interpreter() -> Result<PathBuf, Failure> {
    program::require("python3")?;
    let environment = workspace::target().join("python-environment");
    let interpreter = environment.join("bin/python");
    let stamp = environment.join("requirements.txt");
    let wanted = workspace::read(REQUIREMENTS)?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    install(&environment, &interpreter)?;
    fs::write(&stamp, wanted).map_err(|error| Failure::file(&stamp, &error))?;
    Ok(interpreter)
}

fn install(environment: &Path, interpreter: &Path) -> Result<(), Failure> {
    Program::new("python3").arguments(["-m", "venv", "--clear"]).argument(environment).run().map_err(
        |_| {
            Failure::new(
                "Python cannot make a virtual environment",
                "install venv (Debian: apt-get install python3-venv)",
            )
        },
    )?;
    Program::new(&interpreter.to_string_lossy())
        .arguments(["-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS])
        .run()
}
