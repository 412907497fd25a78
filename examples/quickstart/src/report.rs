//! The story as a timeline for people.

use crate::building_file::Plan;
use crate::step::{Behind, Step};

const WIDTH: usize = 54;

/// The heading.
pub(crate) fn begin(plan: &Plan, people: usize) {
    println!(
        "{}: {} doors, {people} people, {}, seed {}\n",
        plan.name,
        plan.doors.len(),
        plan.zone,
        plan.seed
    );
    println!("{:13}  {:WIDTH$}  {:>5} {:>6} {:>8} {:>8}  outcome", "", "", "trips", "bytes", "packets", "ms");
}

/// A step, as it happens.
pub(crate) fn step(step: &Step) {
    let Step { title, time, action, outcome, counts, behind } = step;
    println!("{time:13}  {title}");
    println!(
        "{:13}  {action:WIDTH$}  {:>5} {:>6} {:>8} {:>8}  {outcome}",
        "", counts.round_trips, counts.bytes, counts.packets, counts.milliseconds
    );
    if let Some(Behind { facts, bytes, milliseconds }) = behind {
        let facts = facts.join(", ");
        println!(
            "{:13}  behind it: {:width$}  {bytes:>6} {:>8} {milliseconds:>8}  {facts}",
            "",
            "",
            "",
            width = WIDTH - 5
        );
    }
}

/// The closing lines.
pub(crate) fn end(steps: &[Step]) {
    let moves: usize = steps.iter().map(|step| step.counts.bolt_moves).sum();
    println!("\ntrips    round trips from the hello that the door pushes to its answer");
    println!("bytes    application bytes of hello, requests and answers, both ways");
    println!("behind   what the phone brings and takes along after the outcome, while the person walks in");
    println!("ms       simulated, from the tap until the motor ran, or until the outcome when it did not");
    println!("\n{} steps; the bolt moved {moves} times, once for each step that says open.", steps.len());
}
