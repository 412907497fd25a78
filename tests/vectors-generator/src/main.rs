//! `thumbturn-vectors --check FOLDER` or `--bless FOLDER`.
#![expect(clippy::print_stdout, reason = "a program says what it did")]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use thumbturn_vectors::{Error, File, files};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--check", folder] => files().and_then(|files| check(&files, Path::new(folder))),
        ["--bless", folder] => files().and_then(|files| bless(&files, Path::new(folder))),
        _ => {
            println!("usage: thumbturn-vectors --check FOLDER | --bless FOLDER");
            return ExitCode::FAILURE;
        }
    };
    match result {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn check(files: &[File], folder: &Path) -> Result<String, Error> {
    let mut stale = Vec::new();
    for file in files {
        let path = folder.join(file.name);
        let committed = fs::read_to_string(&path).map_err(|cause| Error::File { path, cause })?;
        if committed != file.content {
            stale.push(file.name);
        }
    }
    if stale.is_empty() {
        return Ok(format!("{} files are what the code produces", files.len()));
    }
    Err(Error::Stale { names: stale })
}

fn bless(files: &[File], folder: &Path) -> Result<String, Error> {
    for file in files {
        let path = folder.join(file.name);
        fs::write(&path, &file.content).map_err(|cause| Error::File { path, cause })?;
    }
    Ok(format!("{} files written; review the difference: other implementations read them", files.len()))
}
