//! The bindings, driven from Python: builds the library, generates the module, runs the tests of `bindings/python`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::program::{self, Program};
use crate::{python, workspace};

const PACKAGE: &str = "thumbturn-ffi";
const TESTS: &str = "bindings/python/tests";

pub(crate) fn check() -> Result<(), Failure> {
    let python = python::of_the_machine()?;
    Program::cargo("build")
        .arguments(["--quiet", "--locked", "--package", PACKAGE, "--features", "bindgen,testing"])
        .run()?;
    let module = generate()?;
    // Python resolves imports in this order: the generated module, then the hand-written part beside it.
    let folders = [module, workspace::path("bindings/python")];
    python
        .variable("PYTHONPATH", program::search_path(folders.iter().map(PathBuf::as_path))?)
        .arguments(["-m", "unittest", "discover", "--verbose", "--start-directory", TESTS])
        .run()
}

/// Writes the Python module and puts the library beside it, where the module looks for it.
fn generate() -> Result<PathBuf, Failure> {
    let module = workspace::target().join("python");
    workspace::empty_folder(&module)?;
    let built = workspace::target().join("debug");
    let library = built.join(library_name());
    Program::new(&built.join("uniffi-bindgen").to_string_lossy())
        .argument("generate")
        .argument(&library)
        .arguments(["--language", "python", "--no-format", "--out-dir"])
        .argument(&module)
        .run()?;
    copy(&library, &module.join(library_name()))?;
    Ok(module)
}

fn library_name() -> String {
    format!("{}thumbturn_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(|error| Failure::file(from, &error))
}
