//! The program in a folder of its own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub(crate) struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    pub(crate) fn in_empty_folder() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a property, and Ada, who holds the Key of her flat.
    pub(crate) fn with_ada() -> Self {
        let program = Self::in_empty_folder();
        let found =
            ["found", "--name", "Elm", "--email", "pat@example.com", "--first", "Pat", "--last", "Miller"];
        let portfolio = program.facts(&found)[0]["portfolio"].as_str().unwrap().to_owned();
        let open = ["property", "open", "--name", "Elm Street 1", "--zone", "Europe/Berlin", "--portfolio"];
        program.facts(&[&open[..], &[&portfolio]].concat());
        program.facts(&["door", "add", "--name", "Flat 1", "--kind", "residence"]);
        program.facts(&["key", "create", "--name", "Flat 1", "--door", "Flat 1"]);
        program.facts(&[
            "person",
            "invite",
            "ada@example.com",
            "--first",
            "Ada",
            "--last",
            "Moss",
            "--key",
            "Flat 1",
        ]);
        program
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it prints for people.
    pub(crate) fn run(&self, arguments: &[String]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it prints for programs, line by line.
    pub(crate) fn facts(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.json(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        lines(&output)
    }

    /// What it prints before it fails, and the failure.
    pub(crate) fn refused(&self, arguments: &[&str]) -> (Vec<Value>, Value) {
        let output = self.json(arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        let mut lines = lines(&output);
        let failure = lines.pop().unwrap();
        (lines, failure)
    }

    /// Whether it did it for somebody who answers so, and what it printed.
    pub(crate) fn answering(&self, answer: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = self.command();
        command.args(["--store", "office.db"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        process.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Output {
        self.command().args(["--store", "office.db", "--json"]).args(arguments).output().unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thumbturn"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
