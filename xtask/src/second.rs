//! The second implementation: written in Python from the specification alone, it recomputes every test vector.

use crate::failure::Failure;
use crate::python;

const REQUIREMENTS: &str = "tests/vectors/requirements.txt";

pub(crate) fn check() -> Result<(), Failure> {
    let python = python::environment("python-environment", REQUIREMENTS)?;
    python::program(&python).argument("tests/vectors/check.py").run()
}
