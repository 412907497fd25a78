//! The benchmarks. Prints a table; `--figures FILE` writes the figures into that file, too.
//!
//! `--short`: fewer taps and transfers; everything else is the same. `--cpu`, `--full-list`, `--transfer`: one of these
//! alone, and nothing is written. `--instructions NAME`: one case alone, for callgrind.

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

/// What is measured alone, by its option.
type Alone = (&'static str, fn(&mut Figures));

const ALONE: [Alone; 3] = [
    ("--cpu", cpu::measure),
    ("--full-list", |figures| full_list::measure(figures, UPDATES_SHORT)),
    ("--transfer", |figures| transfer::measure(figures, TRANSFERS_SHORT.0, TRANSFERS_SHORT.1)),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, name] = arguments.as_slice()
        && option == "--instructions"
    {
        return instructions::run(name);
    }
    if let Some((_, measure)) = ALONE.iter().find(|(option, _)| arguments.iter().any(|said| said == option)) {
        let mut figures = Figures::default();
        measure(&mut figures);
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
    let file = arguments.iter().skip_while(|argument| *argument != "--figures").nth(1);
    Ok(file.map_or(Ok(()), |file| figures.write(Path::new(file)))?)
}
