//! The command line of an office: who may open which door, kept in an SQLite file or in Postgres.
//!
//! It is a host of `thumbturn_manager::office` and decides nothing: it finds what names stand for, says what would follow and asks before it
//! takes something away, and prints sentences for people or one JSON object a line for programs.

mod arguments;
mod clock;
mod commands;
mod delay;
mod desk;
mod entropy;
mod failure;
mod hexadecimal;
mod hours;
mod keystore;
mod screen;
mod secret_file;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use failure::Failure;
use screen::Screen;

/// The exit code of a command line that asks for nothing possible.
const WRONG_COMMAND_LINE: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
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
        Screen::Json.report(&Failure::new("command-line", what, "see `thumbturn --help`"));
    }
    let _ = refused.print();
    if refused.use_stderr() { ExitCode::from(WRONG_COMMAND_LINE) } else { ExitCode::SUCCESS }
}
