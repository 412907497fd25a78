//! The real program, run with a state folder of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::door::TestDoor;

/// The program with its state.
pub(crate) struct Harness {
    folder: PathBuf,
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Run {
    /// Whether it said that it worked.
    pub(crate) worked: bool,
    /// The objects that it printed.
    pub(crate) facts: Vec<Value>,
    /// What it printed for people.
    pub(crate) errors: String,
}

impl Harness {
    /// With an empty state folder.
    pub(crate) fn new() -> Self {
        static FOLDERS: AtomicUsize = AtomicUsize::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::SeqCst);
        let name = format!("thumbturn-journey-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// A file in the state folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs a command at a door.
    pub(crate) fn run(&self, door: &TestDoor, arguments: &[&str]) -> Run {
        self.run_at(door.address, arguments)
    }

    /// Runs a command at whatever is at an address.
    pub(crate) fn run_at(&self, address: SocketAddr, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_thumbturn-harness"))
            .args(arguments)
            .args(["--json", "--radio", &address.to_string(), "--state"])
            .arg(&self.folder)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let facts = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let errors = String::from_utf8(output.stderr).unwrap();
        Run { worked: output.status.success(), facts, errors }
    }

    /// The same, for a command that must work: its last object.
    pub(crate) fn facts(&self, door: &TestDoor, arguments: &[&str]) -> Value {
        let run = self.run(door, arguments);
        assert!(run.worked, "{arguments:?}: {}", run.errors);
        run.facts.last().unwrap().clone()
    }

    /// With one door claimed.
    pub(crate) fn with_claimed(door: &TestDoor) -> Self {
        let harness = Self::new();
        harness.facts(door, &["commission", "--secret", &label()]);
        harness
    }
}

/// The claim secret of every door of these tests, as on its label.
pub(crate) fn label() -> String {
    super::door::SECRET.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Drop for Harness {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
