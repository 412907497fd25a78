//! A door on a desk: the engine that a lock maker links, behind a real Bluetooth adapter of a Linux machine or behind a
//! socket, with its flash in a file, and motor, keypad and card reader on the prompt.

mod board;
mod body;
mod flash_file;
mod host;
mod journal;
mod label;
mod private;
mod prompt;
mod radio;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use thumbturn_lock::platform::Board;
use thumbturn_protocol::ids::ClaimSecret;
use tokio::sync::mpsc;
use tokio::task::{self, JoinError, LocalSet};

use crate::board::{DoorPlatform, SystemRandom};
use crate::body::Body;
use crate::flash_file::FlashFile;
use crate::host::{Host, HostError};
use crate::label::LabelError;
use crate::radio::{Bluetooth, RadioError};

/// A door. Type `help` at its prompt.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The door's flash chip: a file of 4 MiB, made erased when there is none.
    #[arg(long, default_value = "door.flash")]
    flash: PathBuf,
    /// The claim secret of the door's label: 32 hexadecimal digits. Otherwise from the file beside the flash, drawn at the first
    /// start.
    #[arg(long)]
    label: Option<String>,
    /// Serve phones over a socket instead of the air: an address of this machine, such as 127.0.0.1:7311.
    #[arg(long = "virtual", value_name = "ADDRESS", conflicts_with = "bluetooth")]
    virtual_radio: Option<SocketAddr>,
    /// The Bluetooth adapter to take: 0 is hci0. The system's Bluetooth service loses it as long as the door runs.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    bluetooth: u16,
    /// Agree to an ATT MTU of 23 at most, as a radio with little memory does.
    #[arg(long, conflicts_with = "virtual_radio")]
    smallest_mtu: bool,
    /// Milliseconds that the motor runs.
    #[arg(long, default_value_t = 300)]
    motor: u64,
    /// The door has no clock of its own that survives a loss of power.
    #[arg(long)]
    without_clock: bool,
}

/// Why the door does not run, or no longer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Flash(#[from] flash_file::FlashFileError),
    #[error(transparent)]
    Label(#[from] LabelError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Radio(#[from] RadioError),
    #[error("the radio's task has ended: {0}; start the door again")]
    Task(#[from] JoinError),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match LocalSet::new().run_until(run(Options::parse())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    // The flash first: it is one door's alone, so that two that start at once draw one label.
    let flash = FlashFile::open(&options.flash)?;
    let secret = label::secret(options.label.as_deref(), &options.flash)?;
    let hardware = Body::new(options.motor, !options.without_clock);
    let board = Board::<DoorPlatform> { flash, random: SystemRandom, hardware };
    let (events, from_radio) = mpsc::channel(radio::EVENTS);
    let (to_radio, commands) = mpsc::unbounded_channel();
    let host = Host::boot(board, ClaimSecret::from_bytes(secret), from_radio, to_radio)?;
    println!("label {}", label::print(&secret));
    let bluetooth = Bluetooth { adapter: options.bluetooth, smallest_mtu: options.smallest_mtu };
    // A task of its own, whose waker equals its clones. That of the main future need not, and the Bluetooth host takes wakers that
    // differ for two waiters, which it wakes in turn for ever.
    let radio = task::spawn_local(async move {
        match options.virtual_radio {
            Some(address) => radio::virtual_radio::serve(address, events, commands).await,
            None => radio::serve_bluetooth(bluetooth, events, commands).await,
        }
    });
    tokio::select! {
        // The radio first: without it the host ends too, and knows no reason.
        biased;
        ended = radio => Ok(ended??),
        ended = host.run(prompt::lines()) => Ok(ended?),
    }
}
