//! The propagation study: when do the doors of a building know of a revocation, a new keycard, a move-in – under the rules of
//! the product that this one was modelled on, of two peers, and of Thumbturn?
//!
//! `study FOLDER [--seed N] [--runs N] [--figures FILE]` writes `propagation.md` and `propagation.svg` into FOLDER, prints the page, and
//! writes the figures into FILE. The same seed gives the same bytes.
#![expect(clippy::print_stdout, reason = "the table is printed")]
#![expect(clippy::as_conversions, reason = "counts of doors are far below 2^52")]

mod building;
mod case;
mod life;
mod news;
mod plot;
mod report;
mod results;
mod rules;
mod staff;

use core::error::Error;
use std::path::Path;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use building::Building;
use case::{Case, Change};
use life::Life;
use results::{Hours, Outcome};
use rules::RULES;

const SEED: u64 = 1;
const RUNS: u32 = 60;
const PLOT: &str = "propagation.svg";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("study FOLDER [--seed N] [--runs N] [--figures FILE]")?;
    let seed = option(&arguments, "--seed", SEED)?;
    let runs = option(&arguments, "--runs", RUNS)?;
    let outcomes = Change::ALL.map(|change| follow(change, seed, runs));
    let page = report::page(&outcomes, seed, runs, PLOT);
    println!("{page}");
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("propagation.md"), page)?;
    plot::write(&outcomes, &folder.join(PLOT))?;
    if let Some(file) = arguments.iter().skip_while(|argument| *argument != "--figures").nth(1) {
        std::fs::write(file, serde_json::to_string_pretty(&report::figures(&outcomes))?)?;
    }
    Ok(())
}

/// One change in many buildings. All rules see the same people on the same ways.
fn follow(change: Change, seed: u64, runs: u32) -> Outcome {
    let mut hours: Vec<Vec<f64>> = vec![Vec::new(); RULES.len()];
    for run in 0..runs {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(u64::from(run));
        let building = Building::new(&mut random);
        let life = Life::new(&building, &mut random);
        let case = Case::new(change, &building, &life, &mut random);
        for (rule, hours) in RULES.iter().zip(&mut hours) {
            hours.extend(rule.spread(&case, &mut random.clone()));
        }
    }
    Outcome { change, hours: hours.into_iter().map(Hours::new).collect() }
}

fn option<T: core::str::FromStr>(arguments: &[String], name: &str, default: T) -> Result<T, Box<dyn Error>> {
    let Some(place) = arguments.iter().position(|argument| argument == name) else { return Ok(default) };
    let value = arguments.get(place + 1).and_then(|value| value.parse().ok());
    value.ok_or_else(|| format!("{name} needs a number").into())
}
