//! The command line.

mod bytes;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::bytes::Bytes;
use crate::radio::{RadioChoice, RadioSettings};
use crate::screen::Screen;
use crate::state::hexadecimal;

/// Finds Thumbturn doors, opens them, carries updates to them, and measures.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Start with `commission`, then `unlock`. The guide is docs/guide/harness.md."
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// `bluetooth`, or the address of a door on the virtual radio, like 127.0.0.1:7311.
    #[arg(long, global = true, default_value = "bluetooth", value_name = "RADIO")]
    radio: RadioChoice,
    /// The Bluetooth adapter, like hci0; without it the first.
    #[arg(long, global = true, value_name = "NAME")]
    adapter: Option<String>,
    /// The ATT MTU that phones ask for on the virtual radio.
    #[arg(long, global = true, default_value_t = 247, value_parser = clap::value_parser!(u16).range(23..=517))]
    mtu: u16,
    /// Where keys, doors and phones for testing are kept; without it in the user's data folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// One JSON object a line instead of sentences.
    #[arg(long, global = true)]
    json: bool,
}

impl Arguments {
    /// How the radio is to be used.
    pub(crate) fn radio(&self) -> RadioSettings {
        RadioSettings { choice: self.radio.clone(), adapter: self.adapter.clone(), mtu: self.mtu }
    }

    /// How results are shown.
    pub(crate) const fn screen(&self) -> Screen {
        if self.json { Screen::Json } else { Screen::Text }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Claims a factory-fresh door for the test property.
    Commission(Commission),
    /// Shows the doors around: door, signal, list version, flags.
    Scan(Scan),
    /// Opens a door.
    Unlock(Unlock),
    /// Brings rows to a door's list and says how fast.
    Update(Update),
    /// Makes a doorcode, brings it to the door and says what to type.
    Code(Code),
    /// Makes a keycard's row, brings it to the door and says what is to be on the card.
    Card(Card),
    /// Collects and shows what a door has written down.
    Logs(Logs),
    /// Taps many times with many phones over a radio that loses connections, and checks the counts.
    Soak(Soak),
    /// Measures the phases of unlocks, and an update.
    Bench(Bench),
    /// Says to a door what no phone says, and checks what comes back.
    Probe(Probe),
    /// Puts everything that was measured on one page.
    Report(Report),
}

/// Which door, by which phone.
#[derive(Clone, Debug, Args)]
pub(crate) struct Visit {
    /// The door; not needed while there is one only.
    #[arg(long, value_name = "NAME")]
    pub(crate) door: Option<String>,
    /// The phone; made at first use.
    #[arg(long, default_value = "phone", value_name = "NAME", value_parser = name)]
    pub(crate) phone: String,
}

/// Claims a factory-fresh door.
#[derive(Debug, Args)]
pub(crate) struct Commission {
    /// The claim secret on the label of the door: 32 hexadecimal digits.
    #[arg(long, value_name = "DIGITS", value_parser = secret)]
    pub(crate) secret: [u8; 16],
    /// What to call the door.
    #[arg(long, default_value = "door", value_parser = name)]
    pub(crate) name: String,
    /// What kind of door it is.
    #[arg(long, value_enum, default_value_t = Kind::Residence)]
    pub(crate) kind: Kind,
    /// Seconds from unlock to relock.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=240))]
    pub(crate) relock: u8,
}

/// Kinds of doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The building's entrance.
    Entrance,
    /// A private door.
    Residence,
    /// Staff only.
    Service,
    /// Shared by residents.
    Communal,
}

/// Shows the doors around.
#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// Seconds to listen; 0: until Ctrl-C.
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
}

/// Opens a door.
#[derive(Debug, Args)]
pub(crate) struct Unlock {
    /// Which door, by which phone.
    #[command(flatten)]
    pub(crate) visit: Visit,
    /// Bring and collect what waits behind the opening, as phones do.
    #[arg(long)]
    pub(crate) deliver: bool,
}

/// Brings rows to a door's list.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Which door, by which phone.
    #[command(flatten)]
    pub(crate) visit: Visit,
    /// How many rows to add or change; one unless told otherwise.
    #[arg(long, conflicts_with = "bytes", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rows: Option<u32>,
    /// So many bytes of rows instead, like 100KiB.
    #[arg(long)]
    pub(crate) bytes: Option<Bytes>,
    /// The whole list, also where the changes alone would be shorter.
    #[arg(long)]
    pub(crate) whole: bool,
}

/// Makes a doorcode.
#[derive(Debug, Args)]
pub(crate) struct Code {
    /// Which door, by which phone. The code is the phone's person's.
    #[command(flatten)]
    pub(crate) visit: Visit,
}

/// Makes a keycard's row.
#[derive(Debug, Args)]
pub(crate) struct Card {
    /// Which door, by which phone. The card is the phone's person's.
    #[command(flatten)]
    pub(crate) visit: Visit,
    /// The token of a card that is there already: 16 hexadecimal digits.
    #[arg(long, value_name = "DIGITS", value_parser = token)]
    pub(crate) token: Option<[u8; 8]>,
}

/// Collects a door's log.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// Which door, by which phone.
    #[command(flatten)]
    pub(crate) visit: Visit,
}

/// Taps many times.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// The door; not needed while there is one only.
    #[arg(long, value_name = "NAME")]
    pub(crate) door: Option<String>,
    /// How many taps in all.
    #[arg(long, default_value_t = 100)]
    pub(crate) unlocks: u32,
    /// By how many phones. Over Bluetooth they take turns.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) phones: u32,
    /// How many connections are cut on purpose, in percent.
    #[arg(long, default_value_t = 20, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) disconnects: u8,
    /// How many connections lose the hello, which the phone then asks for, in percent.
    #[arg(long, default_value_t = 10, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) lost_hellos: u8,
    /// Decides which connections are cut, and when, and which hellos get lost; drawn when it is not given.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
}

/// Measures.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Which door, by which phone.
    #[command(flatten)]
    pub(crate) visit: Visit,
    /// How many unlocks.
    #[arg(long, default_value_t = 20)]
    pub(crate) unlocks: u32,
    /// First unlocks, by the full handshake, instead of repeated ones.
    #[arg(long)]
    pub(crate) full: bool,
    /// How much of an update to send; 0: none.
    #[arg(long, default_value = "20KiB")]
    pub(crate) bytes: Bytes,
    /// How many such updates, of which the fastest counts.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) updates: u32,
}

/// Probes a door.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// The door; not needed while there is one only.
    #[arg(long, value_name = "NAME")]
    pub(crate) door: Option<String>,
    /// The claim secret on the label of the door: without it nobody can tell whether the door takes a second claim.
    #[arg(long, value_name = "DIGITS", value_parser = secret)]
    pub(crate) secret: Option<[u8; 16]>,
    /// Only the cases whose names begin so, like `frames` or `hello-pushed`.
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
}

impl Probe {
    /// Whether a case was asked for.
    pub(crate) fn wants(&self, case: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|beginning| case.starts_with(beginning.as_str()))
    }
}

/// Puts everything that was measured on one page.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Where to write the page.
    #[arg(long, default_value = "thumbturn-report.html", value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// A name that is a file's name everywhere.
fn name(text: &str) -> Result<String, String> {
    let fits = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
        return Err("up to 64 letters, digits, hyphens and underscores".to_owned());
    }
    Ok(text.to_owned())
}

fn secret(text: &str) -> Result<[u8; 16], String> {
    let bytes = hexadecimal::bytes(text).ok_or("32 hexadecimal digits, as on the label")?;
    bytes.try_into().map_err(|_| "32 hexadecimal digits, as on the label".to_owned())
}

fn token(text: &str) -> Result<[u8; 8], String> {
    let bytes = hexadecimal::bytes(text).ok_or("16 hexadecimal digits")?;
    bytes.try_into().map_err(|_| "16 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_name_leads_out_of_no_folder() {
        for wrong in ["", "..", "a/b", "a.b", "a b"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        assert_eq!(name("Küche-1").as_deref(), Ok("Küche-1"));
    }
}
