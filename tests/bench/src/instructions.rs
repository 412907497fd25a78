//! Instructions of unlocks, counted by callgrind where valgrind is installed: the same on every run, whatever else the
//! machine does. Valgrind's processor has AES instructions but none for SHA-256.

use std::error::Error;
use std::process::Command;

use crate::figures::Figures;
use crate::unlock::{self, Until};

/// Calls that are counted of each case: enough to contain the door's regular maintenance.
const ROUNDS: u32 = 48;

/// A case by its name on the command line and in the figures.
type Case = (&'static str, fn(u32) -> f64);

const CASES: [Case; 6] = [
    ("full.door", |rounds| unlock::door_full(rounds, Until::Idle)),
    ("fast.door", |rounds| unlock::door_fast(rounds, 1, Until::Idle)),
    ("full.door_answered", |rounds| unlock::door_full(rounds, Until::Answered)),
    ("fast.door_answered", |rounds| unlock::door_fast(rounds, 1, Until::Answered)),
    ("full.phone", unlock::phone_full),
    ("fast.phone", unlock::phone_fast),
];

/// Runs one case; callgrind counts what is inside of the measured calls.
pub fn run(name: &str) -> Result<(), Box<dyn Error>> {
    let (_, case) = CASES.iter().find(|(known, _)| *known == name).ok_or("no case of this name")?;
    case(ROUNDS);
    Ok(())
}

/// Counts each case and notes the mean of one call.
pub fn measure(figures: &mut Figures) -> Result<(), Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: no instruction counts (Debian: apt-get install valgrind)");
        return Ok(());
    }
    for (name, _) in CASES {
        figures.note(&format!("instructions.{name}"), count(name)? / f64::from(ROUNDS));
    }
    Ok(())
}

fn count(name: &str) -> Result<f64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .args(["--toggle-collect=*stopwatch*measured*"])
        .arg(std::env::current_exe()?)
        .args(["--instructions", name])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "));
    let (_, number) = collected.ok_or_else(|| format!("callgrind counted nothing: {report}"))?;
    Ok(number.trim().parse()?)
}
