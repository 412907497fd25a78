//! The guest's console: its lines as they come, until the machine switches itself off.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::running::Running;

/// Where it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Console {
    /// To ours, as it comes.
    Shown,
    /// Nowhere, unless the story fails.
    Kept,
}

impl Console {
    /// Runs the machine until it switches itself off; every line of its console. What the emulator itself complains of goes to the
    /// file `errors`.
    pub(super) fn watch(
        self,
        machine: Command,
        errors: &Path,
        limit: Duration,
    ) -> Result<Vec<String>, Failure> {
        let mut machine = start(machine, errors)?;
        let told = lines(machine.stdout.take());
        let _machine = Running(machine);
        let (begun, mut all) = (Instant::now(), Vec::new());
        while let Some(left) = limit.checked_sub(begun.elapsed()) {
            match told.recv_timeout(left) {
                Ok(line) => {
                    if self == Self::Shown {
                        show(&line);
                    }
                    all.push(line);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    print!("{}", fs::read_to_string(errors).unwrap_or_default());
                    return Ok(all);
                }
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        self.show_kept(&all);
        Err(Failure::new(
            format!("the guest did not end within {} s", limit.as_secs()),
            "read the console above: the last step hangs",
        ))
    }

    /// The story failed: what was not shown is shown now.
    pub(super) fn show_kept(self, told: &[String]) {
        if self == Self::Kept {
            told.iter().for_each(|line| show(line));
        }
    }
}

/// Captures are for programs.
fn show(line: &str) {
    if !line.starts_with("capture ") {
        println!("{line}");
    }
}

fn start(mut machine: Command, errors: &Path) -> Result<Child, Failure> {
    let log = File::create(errors).map_err(|error| Failure::file(errors, &error))?;
    machine.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(|error| {
        Failure::new(
            format!("the emulator does not start: {error}"),
            "remove the folder ble-guest of the build folder, and run this again",
        )
    })
}

/// The lines, from a thread that ends with the machine, which closes its console.
fn lines(console: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (lines, told) = channel();
    thread::spawn(move || {
        for line in console.into_iter().flat_map(|console| BufReader::new(console).split(b'\n')) {
            let Ok(line) = line else { return };
            if lines.send(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()).is_err() {
                return;
            }
        }
    });
    told
}
