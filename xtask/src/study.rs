//! The propagation study: a page and a picture in `docs/study`, made from a seed.

use std::fs;

use crate::failure::Failure;
use crate::figures;
use crate::program::Program;
use crate::workspace;

const FOLDER: &str = "docs/study";
const FILES: [&str; 2] = ["propagation.md", "propagation.svg"];

/// Makes page and picture anew.
pub(crate) fn run() -> Result<(), Failure> {
    write_into(FOLDER)
}

/// What is in `docs/study` is what the study gives.
pub(crate) fn check() -> Result<(), Failure> {
    let made = "target/study";
    write_into(made)?;
    for file in FILES {
        if workspace::read(&format!("{made}/{file}"))? != workspace::read(&format!("{FOLDER}/{file}"))? {
            return Err(Failure::new(
                format!("{FOLDER}/{file} is not what the study gives"),
                "cargo xtask study",
            ));
        }
    }
    Ok(())
}

fn write_into(folder: &str) -> Result<(), Failure> {
    let folder = workspace::path(folder);
    fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    let study = ["--quiet", "--locked", "--release", "--package", "thumbturn-study", "--bin", "study", "--"];
    let figures = figures::left_by("study", |file| {
        Program::cargo("run").arguments(study).argument(folder).argument("--figures").argument(file).run()
    });
    figures.map(drop)
}
