//! The benchmarks. Prints a table; merges the figures into `target/bench.json` of the project.
//!
//! `--short`: fewer taps and transfers; everything else is the same. `--transfer`, `--full-list`: these alone, and
//! nothing is merged. `--instructions NAME`: one case alone, for callgrind.

mod cpu;
mod figures;
mod flash;
mod full_list;
mod instructions;
mod latency;
mod list;
mod primitives;
mod ram;
mod stopwatch;
mod transfer;
mod unlock;
mod wire;

use std::error::Error;
use std::path::Path;

use figures::Figures;

#[global_allocator]
static ALLOCATOR: ram::Counting = ram::Counting;

/// Buildings in which taps are timed: 10 taps each.
const BUILDINGS: u64 = 100;
const BUILDINGS_SHORT: u64 = 10;

/// Transfers over a lossy radio, and interruptions of one at random bytes.
const TRANSFERS: (u64, usize) = (20, 1_000);
const TRANSFERS_SHORT: (u64, usize) = (3, 100);

/// Updates of one row at a door with 20,000.
const UPDATES: u32 = 1_000;
const UPDATES_SHORT: u32 = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, name] = arguments.as_slice()
        && option == "--instructions"
    {
        return instructions::run(name);
    }
    if arguments.iter().any(|argument| argument == "--transfer") {
        let mut figures = Figures::default();
        transfer::measure(&mut figures, TRANSFERS_SHORT.0, TRANSFERS_SHORT.1);
        figures.print();
        return Ok(());
    }
    if arguments.iter().any(|argument| argument == "--full-list") {
        let mut figures = Figures::default();
        full_list::measure(&mut figures, UPDATES_SHORT);
        figures.print();
        return Ok(());
    }
    let short = arguments.iter().any(|argument| argument == "--short");
    let mut figures = Figures::default();
    wire::measure(&mut figures)?;
    latency::measure(&mut figures, if short { BUILDINGS_SHORT } else { BUILDINGS })?;
    let (transfers, interruptions) = if short { TRANSFERS_SHORT } else { TRANSFERS };
    transfer::measure(&mut figures, transfers, interruptions);
    flash::measure(&mut figures);
    list::measure(&mut figures);
    full_list::measure(&mut figures, if short { UPDATES_SHORT } else { UPDATES });
    ram::measure(&mut figures);
    cpu::measure(&mut figures);
    instructions::measure(&mut figures)?;
    figures.print();
    figures.merge_into(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench.json"))?;
    Ok(())
}
