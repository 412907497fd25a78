//! Python: the machine's, and environments with pinned packages below the build folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::program::{self, Program};
use crate::workspace;

const PYTHON: &str = "python3";

/// The machine's Python, about to run something.
pub(crate) fn of_the_machine() -> Result<Program, Failure> {
    program::require(PYTHON)?;
    Ok(program(Path::new(PYTHON)))
}

/// An interpreter, about to run something. It leaves no compiled files beside the sources.
pub(crate) fn program(interpreter: &Path) -> Program {
    Program::new(&interpreter.to_string_lossy()).variable("PYTHONDONTWRITEBYTECODE", "1")
}

/// The interpreter of an environment that has the packages of a list with pinned versions.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf, Failure> {
    let environment = workspace::target().join(name);
    let interpreter = environment.join("bin/python");
    let stamp = environment.join("requirements.txt");
    let wanted = workspace::read(requirements)?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    install(&environment, &interpreter, requirements)?;
    fs::write(&stamp, wanted).map_err(|error| Failure::file(&stamp, &error))?;
    Ok(interpreter)
}

fn install(environment: &Path, interpreter: &Path, requirements: &str) -> Result<(), Failure> {
    of_the_machine()?.arguments(["-m", "venv", "--clear"]).argument(environment).run().map_err(|_| {
        Failure::new(
            "Python cannot make a virtual environment",
            "install venv (Debian: apt-get install python3-venv)",
        )
    })?;
    program(interpreter).arguments(["-m", "pip", "install", "--quiet", "--requirement", requirements]).run()
}
