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
use failure::Failure;
use screen::Screen;

// A task of the Bluetooth library may panic when an event stream is dropped; the program must live on.
#[cfg(panic = "abort")]
compile_error!("the harness needs panic = \"unwind\"");

/// The exit code of a command line that asks for nothing possible.
const WRONG_COMMAND_LINE: u8 = 2;
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
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refused) => return refuse(&refused),
    };
    match commands::run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            arguments.screen().fail(&failure);
            ExitCode::FAILURE
        }
    }
}

/// What is no command line of this program, or asks for help only. Nothing was done.
fn refuse(refused: &clap::Error) -> ExitCode {
    if refused.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let text = refused.to_string();
        let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Screen::Json.report(&Failure::new("command-line", what, "see `thumbturn-harness --help`"));
    }
    let _ = refused.print();
    if refused.use_stderr() { ExitCode::from(WRONG_COMMAND_LINE) } else { ExitCode::SUCCESS }
}
