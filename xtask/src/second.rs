//! The second implementation: written in Python from the specification alone, it recomputes every test vector.

use crate::failure::Failure;
use crate::program::Program;
use crate::python;

const REQUIREMENTS: &str = "tests/vectors/requirements.txt";

pub(crate) fn check() -> Result<(), Failure> {
    Program::new(&python::environment("python-environment", REQUIREMENTS)?.to_string_lossy())
        .variable("PYTHONDONTWRITEBYTECODE", "1")
        .argument("tests/vectors/check.py")
        .run()
}
