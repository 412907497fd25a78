//! The manager's office at scale, on SQLite and on a real Postgres. The program that measures is `tests/scale`; this task builds it optimised,
//! starts a Postgres for it, and runs it.

use std::fs;

use crate::failure::Failure;
use crate::figures::{self, Figures};
use crate::postgres::Server;
use crate::program::Program;
use crate::workspace;

/// The short form, as part of CI: small stores, and no bounds.
pub(crate) fn short() -> Result<(), Failure> {
    measured(&["--short"]).map(drop)
}

/// The full form, with a million people. It fails where a figure is beyond its bound.
pub(crate) fn run() -> Result<(), Failure> {
    measured(&[]).map(drop)
}

fn measured(options: &[&str]) -> Result<Figures, Failure> {
    let server = Server::start()?;
    let folder = workspace::target().join("scale");
    workspace::empty_folder(&folder)?;
    let program =
        ["--quiet", "--locked", "--release", "--package", "thumbturn-scale", "--bin", "scale", "--"];
    let measured = figures::left_by("scale", |file| {
        Program::cargo("run")
            .arguments(program)
            .argument("--folder")
            .argument(&folder)
            .arguments(["--postgres", &server.url(), "--figures"])
            .argument(file)
            .arguments(options)
            .run()
    });
    // Stores of a million people, where it was broken off.
    drop(fs::remove_dir_all(&folder));
    measured.inspect_err(|_| server.show_log())
}
