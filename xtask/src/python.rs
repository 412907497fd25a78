//! Python: the bindings driven from it (builds the library, generates the module, runs the tests of `bindings/python`), and
//! environments with pinned packages for other tasks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::program::{self, Program};
use crate::workspace;

const PACKAGE: &str = "thumbturn-ffi";
const TESTS: &str = "bindings/python/tests";

pub(crate) fn check() -> Result<(), Failure> {
    program::require("python3")?;
    Program::cargo("build")
        .arguments(["--quiet", "--locked", "--package", PACKAGE, "--features", "bindgen,testing"])
        .run()?;
    let module = generate()?;
    // Python resolves imports in this order: the generated module, then the hand-written part beside it.
    let folders = [module, workspace::path("bindings/python")];
    Program::new("python3")
        .variable("PYTHONPATH", program::search_path(folders.iter().map(PathBuf::as_path))?)
        .variable("PYTHONDONTWRITEBYTECODE", "1")
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

/// A Python that has the packages of a list with pinned versions, in a virtual environment below the build folder.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf, Failure> {
    program::require("python3")?;
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
    Program::new("python3").arguments(["-m", "venv", "--clear"]).argument(environment).run().map_err(
        |_| {
            Failure::new(
                "Python cannot make a virtual environment",
                "install venv (Debian: apt-get install python3-venv)",
            )
        },
    )?;
    Program::new(&interpreter.to_string_lossy())
        .arguments(["-m", "pip", "install", "--quiet", "--requirement", requirements])
        .run()
}
