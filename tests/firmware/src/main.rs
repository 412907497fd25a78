//! Opens the door of `examples/door-firmware` in the emulator: an installer claims it, residents open it with the phone core
//! and bring it updates, the power fails. Prints what the firmware took, writes it into the file FIGURES, and fails
//! when a budget is exceeded. `cargo xtask firmware` builds the firmware and calls this with the emulator and the program.
#![expect(clippy::print_stdout, reason = "a measurement prints its figures")]
#![expect(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "a host program always has std"
)]

mod air;
mod board;
mod figures;
mod people;
mod story;
mod time;

use std::error::Error;
use std::path::PathBuf;

use board::Board;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [emulator, program, file] = arguments.as_slice() else {
        let usage =
            "usage: thumbturn-firmware-run EMULATOR PROGRAM FIGURES; `cargo xtask firmware` does it all";
        return Err(usage.into());
    };
    let (board, air) = Board::power_on(emulator, program)?;
    let told = story::tell(board, &air).await;
    let figures = told.map_err(|error| {
        let gone = if air.is_up() { "" } else { "the door's radio is gone, see the emulator's output: " };
        format!("{gone}{error}")
    })?;
    figures.print();
    figures.write(file)?;
    figures.check_budgets()?;
    Ok(())
}
