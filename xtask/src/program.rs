//! Runs other programs: shows the command, gives it no input, and names the next step when it is missing or fails.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::failure::Failure;
use crate::tool::Tool;
use crate::workspace;

/// Where to get what cargo does not install.
const PACKAGES: &[(&str, &str)] = &[
    ("python3", "install Python 3.10 or newer (Debian: apt-get install python3)"),
    ("git", "install git (Debian: apt-get install git)"),
];

/// A program that is about to be run in the repository's root.
pub(crate) struct Program {
    command: Command,
    shown: String,
    name: String,
}

impl Program {
    pub(crate) fn new(name: &str) -> Self {
        let mut command = Command::new(name);
        command.current_dir(workspace::root()).stdin(Stdio::null());
        Self { command, shown: name.to_owned(), name: name.to_owned() }
    }

    pub(crate) fn cargo(subcommand: &str) -> Self {
        Self::new("cargo").argument(subcommand)
    }

    pub(crate) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    pub(crate) fn arguments<T: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = T>) -> Self {
        arguments.into_iter().fold(self, Self::argument)
    }

    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.shown = format!("{name}={} {}", value.as_ref().to_string_lossy(), self.shown);
        self.command.env(name, value);
        self
    }

    /// Runs it with its output on the terminal.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        println!("$ {}", self.shown);
        let status = self.command.status().map_err(|error| missing(&self.name, &error))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("`{}` ended with {status}", self.shown), "read its output above"))
    }

    /// Runs it and returns what it wrote to its standard output; the rest goes to the terminal.
    pub(crate) fn text(mut self) -> Result<String, Failure> {
        self.command.stderr(Stdio::inherit());
        let output = self.command.output().map_err(|error| missing(&self.name, &error))?;
        if !output.status.success() {
            let what = format!("`{}` ended with {}", self.shown, output.status);
            return Err(Failure::new(what, "read its output above"));
        }
        String::from_utf8(output.stdout).map_err(|error| Failure::unexpected(&self.name, error))
    }

    /// Runs it, whatever its exit code, and returns everything it wrote.
    pub(crate) fn output(mut self) -> Result<Output, Failure> {
        println!("$ {}", self.shown);
        self.command.output().map_err(|error| missing(&self.name, &error))
    }
}

/// Whether a program of that name is on the search path.
pub(crate) fn is_installed(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Fails with the command that installs `name` if it is not on the search path.
pub(crate) fn require(name: &str) -> Result<(), Failure> {
    if is_installed(name) { Ok(()) } else { Err(not_installed(name)) }
}

/// A folder as the value of a search-path variable.
pub(crate) fn search_path<'a>(
    folders: impl IntoIterator<Item = &'a Path>,
) -> Result<std::ffi::OsString, Failure> {
    std::env::join_paths(folders)
        .map_err(|error| Failure::new(error.to_string(), "move the repository to a path without colons"))
}

fn missing(name: &str, error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::NotFound {
        return not_installed(name);
    }
    Failure::new(format!("{name} could not be started: {error}"), "run it by hand to see why")
}

fn not_installed(name: &str) -> Failure {
    let package = PACKAGES.iter().find(|(package, _)| *package == name);
    let next = Tool::named(name)
        .map(|tool| tool.installation())
        .or_else(|| package.map(|(_, install)| (*install).to_owned()))
        .unwrap_or_else(|| format!("install {name} and put it on your search path"));
    Failure::new(format!("{name} is not installed"), next)
}
