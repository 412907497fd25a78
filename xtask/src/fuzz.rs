//! Fuzzing with libFuzzer through cargo-fuzz, on the stable compiler.

use crate::failure::Failure;
use crate::figures::Figures;
use crate::program::{self, Program};
use crate::workspace;

/// A workspace of its own in cargo-fuzz's layout; seeds are committed in its `corpus/TARGET`.
const FOLDER: &str = "tests/fuzz";

/// Runs the named targets, or all.
pub(crate) fn run(named: &[String], seconds: u32) -> Result<(), Failure> {
    program::require("cargo-fuzz")?;
    let all = targets()?;
    if let Some(unknown) = named.iter().find(|name| !all.contains(name)) {
        return Err(Failure::new(format!("no fuzz target {unknown}"), format!("one of: {}", all.join(" "))));
    }
    let chosen = if named.is_empty() { &all } else { named };
    for target in chosen {
        fuzz_target(target, seconds)?.run()?;
    }
    println!("{} fuzz targets ran for {seconds} s each and found nothing", chosen.len());
    Ok(())
}

/// A few seconds of each target, as part of CI.
pub(crate) fn smoke() -> Result<(), Failure> {
    run(&[], 5)
}

fn targets() -> Result<Vec<String>, Failure> {
    let names = fuzz_command("list").argument("--fuzz-dir").argument(FOLDER).text()?;
    let names: Vec<String> =
        names.lines().map(|line| line.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err(Failure::new(
            format!("{FOLDER} has no fuzz target"),
            "cargo fuzz add --fuzz-dir tests/fuzz NAME",
        ));
    }
    Ok(names)
}

/// A minute of each target, and how many inputs each one tried.
pub(crate) fn figures() -> Result<Figures, Failure> {
    program::require("cargo-fuzz")?;
    let mut figures = Figures::new();
    for target in targets()? {
        let output = fuzz_target(&target, 60)?.output()?;
        let report = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(Failure::new(
                format!("{target} found something:\n{report}"),
                "write a failing test from its input",
            ));
        }
        let inputs = report.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        let inputs: u64 = inputs
            .and_then(|number| number.trim().parse().ok())
            .ok_or_else(|| Failure::unexpected("cargo-fuzz", "no count of executed inputs"))?;
        figures.insert(format!("fuzz.{target}.inputs"), inputs.into());
    }
    Ok(figures)
}

fn fuzz_target(target: &str, seconds: u32) -> Result<Program, Failure> {
    // New inputs go to a folder of their own: the committed corpus is read, never written.
    let found = workspace::target().join("fuzz").join(target);
    std::fs::create_dir_all(&found).map_err(|error| Failure::file(&found, &error))?;
    let program = fuzz_command("run")
        .arguments(["--fuzz-dir", FOLDER, target])
        .argument(&found)
        .argument(workspace::path(FOLDER).join("corpus").join(target))
        .arguments(["--", "-verbosity=0", "-print_final_stats=1"])
        .argument(format!("-max_total_time={seconds}"));
    Ok(program)
}

/// Instrumentation is a nightly option of the compiler; this variable opens it on the stable one.
fn fuzz_command(subcommand: &str) -> Program {
    Program::cargo("fuzz").argument(subcommand).variable("RUSTC_BOOTSTRAP", "1")
}
