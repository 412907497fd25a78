//! The harness: finds doors, opens them, carries updates and measures, over the machine's Bluetooth or the virtual radio.
//!
//! The phones that it plays run the real phone core, the authority behind them is the real manager core. Here are the radios, a folder
//! that remembers, and what a lock maker, an app team or a technician wants to see.

mod arguments;
mod carry;
mod clock;
mod commands;
mod delivery;
mod entropy;
mod failure;
mod measure;
mod player;
mod probe;
mod radio;
mod report;
mod screen;
mod state;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

// A task of the Bluetooth library may panic when an event stream is dropped; the program must live on.
#[cfg(panic = "abort")]
compile_error!("the harness needs panic = \"unwind\"");

/// The library with that task. Nothing is wrong for the person when it panics.
const HARMLESS: &str = "bluez-async";

#[tokio::main]
async fn main() -> ExitCode {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|location| location.file().contains(HARMLESS)) {
            usual(panic);
        }
    }));
    let arguments = Arguments::parse();
    match commands::run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            arguments.screen().fail(&failure);
            ExitCode::FAILURE
        }
    }
}
