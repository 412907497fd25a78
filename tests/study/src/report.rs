//! The table and the figures.

use core::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::life::HORIZON;
use crate::results::Outcome;

const PERCENTILES: [usize; 2] = [50, 99];

/// A page for people, in Markdown.
pub(crate) fn page(outcomes: &[Outcome], seed: u64, runs: u32, plot: &str) -> String {
    let mut page = format!(
        "# How news spreads through a building\n\nMade by `cargo xtask study` (seed {seed}, {runs} buildings of 300 flats and 40 common doors, four weeks each). The \
         assumptions are the constants of `tests/study/src`: who lives there, how often they come and go, how long a phone stays in reach, when it \
         fetches. They are invented and meant to be plausible; the rules of the products are those that their vendors publish. Staff make the same round in all of them: on six of ten working mornings, all doors with a task.\n\n\
         ![Doors that know, against hours]({plot})\n\nHours until a door knows, for half of the doors and for 99 of 100:\n\n"
    );
    for outcome in outcomes {
        let _ = writeln!(
            page,
            "## {}\n\n| rule | half | 99 of 100 |\n|---|---:|---:|",
            capital(outcome.change.title())
        );
        for (rule, hours) in outcome.by_rule() {
            let [half, most] = PERCENTILES.map(|percent| hour(hours.percentile(percent)));
            let _ = writeln!(page, "| {} | {half} | {most} |", rule.title);
        }
        page.push('\n');
    }
    page.push_str("## The rules\n\n");
    for (rule, _) in outcomes.iter().take(1).flat_map(Outcome::by_rule) {
        let _ = writeln!(page, "- **{}**: {}.", rule.title, rule.source);
    }
    page
}

/// The figures for machines.
pub(crate) fn figures(outcomes: &[Outcome]) -> Map<String, Value> {
    let mut figures = Map::new();
    for outcome in outcomes {
        for (rule, hours) in outcome.by_rule() {
            for percent in PERCENTILES {
                let name = format!("study.{}_hours_p{percent}.{}", outcome.change.name(), rule.name);
                figures.insert(name, json!(hours.percentile(percent)));
            }
        }
    }
    figures
}

fn hour(hours: f64) -> String {
    if hours >= HORIZON { format!("> {HORIZON}") } else { format!("{hours:.1}") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
