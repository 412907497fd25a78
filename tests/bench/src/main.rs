//! The benchmarks. Prints a table; merges the figures into `target/bench.json` of the project.

mod cpu;
mod figures;
mod flash;
mod primitives;
mod ram;
mod stopwatch;

use std::path::Path;

use figures::Figures;

#[global_allocator]
static ALLOCATOR: ram::Counting = ram::Counting;

fn main() -> std::io::Result<()> {
    let mut figures = Figures::default();
    flash::measure(&mut figures);
    ram::measure(&mut figures);
    cpu::measure(&mut figures);
    figures.print();
    figures.merge_into(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench.json"))
}
