//! `search [--states N] [--seconds N]`: explores the specified protocol and prints one JSON object.
#![expect(clippy::print_stdout, reason = "the result is for the terminal and for other programs")]

use core::time::Duration;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};
use thumbturn_search::{Limit, Rules, State, Summary, search};

struct Arguments {
    limit: Limit,
    seconds: Option<u64>,
}

fn main() -> ExitCode {
    let Some(arguments) = parse(std::env::args().skip(1)) else {
        eprintln!("usage: search [--states N] [--seconds N]");
        return ExitCode::from(2);
    };
    #[expect(clippy::disallowed_methods, reason = "a measurement, not an engine")]
    let begin = Instant::now();
    let keep_going =
        || arguments.seconds.is_none_or(|seconds| begin.elapsed() < Duration::from_secs(seconds));
    let starts = [State::strangers(), State::in_step(), State::door_ahead()];
    let summary = search(&Rules::specified(), &starts, arguments.limit, keep_going);
    let elapsed = begin.elapsed();
    println!("{:#}", figures(&summary, elapsed));
    eprintln!("{summary}");
    if summary.found.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut parsed = Arguments { limit: Limit::Unlimited, seconds: None };
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--states" => parsed.limit = Limit::States(value.replace('_', "").parse().ok()?),
            "--seconds" => parsed.seconds = Some(value.parse().ok()?),
            _ => return None,
        }
    }
    Some(parsed)
}

fn figures(summary: &Summary, elapsed: Duration) -> Value {
    let states = u64::try_from(summary.states).unwrap_or(u64::MAX);
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    json!({
        "depth": summary.depth,
        "complete": summary.complete,
        "states": states,
        "states_by_depth": summary.levels,
        "transitions": summary.transitions,
        "seconds": elapsed.as_secs_f64(),
        "states_per_second": states * 1000 / milliseconds,
        "threads": 2,
        "violation": summary.found.as_ref().map(|found| json!({
            "kind": found.violation.sentence(),
            "steps": found.steps,
        })),
    })
}
