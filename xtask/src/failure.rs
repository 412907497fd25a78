//! What every task fails with: what happened, and the next step.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// Why a task stopped, and what a person does next.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    next: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }

    /// A file or folder that could not be used.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::new(format!("{}: {error}", path.display()), "check that the path exists and can be written")
    }

    /// Output of a program that is not what this task expects of it.
    pub(crate) fn unexpected(program: &str, error: impl Display) -> Self {
        Self::new(
            format!("{program} printed something that this task does not understand: {error}"),
            "run it by hand and compare its version with the one in .ci/tools",
        )
    }

    pub(crate) fn print(&self) {
        println!("\nerror: {}", self.what);
        println!("next:  {}", self.next);
    }
}
