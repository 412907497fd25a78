//! `delivery`: explores updates and logs in the hands of couriers, to the end.
#![expect(clippy::print_stdout, reason = "the result is for the terminal")]

use std::process::ExitCode;

use thumbturn_search::delivery::{ListModel, ListRules, LogModel, LogRules, Model, explore};

/// States of a search that is not going to end.
const LIMIT: usize = 5_000_000;

fn main() -> ExitCode {
    let list = is_sound("list (I2, I3)", &ListModel::new(ListRules::specified(), 4));
    let log = is_sound("log (I7)", &LogModel::new(LogRules::specified(), 5, 3, 2));
    if list && log { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn is_sound<M: Model>(name: &str, model: &M) -> bool {
    let explored = explore(model, LIMIT);
    let states = explored.states;
    match &explored.found {
        Some((breach, way)) => println!("{name}: {breach:?} after {way:?}"),
        None if explored.complete => println!("{name}: no breach; {states} states, all there are"),
        None => println!("{name}: no breach in {states} states, stopped at the limit"),
    }
    explored.found.is_none() && explored.complete
}
