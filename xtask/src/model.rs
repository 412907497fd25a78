//! The symbolic models: every query of `docs/model/*.vp` holds, except those whose loss is accepted with a reason, and
//! every variant in `docs/model/broken` is caught by exactly the queries that its missing protection guards.
//!
//! `docs/model/expected.json` lists the runs; `docs/model/README.md` says what they show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZero;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::failure::Failure;
use crate::program::{self, Program};
use crate::tool::Tool;
use crate::workspace;

const FOLDER: &str = "docs/model";
const EXPECTED: &str = "docs/model/expected.json";
const PROVER: &str = "verifpal";

/// Runs all models and compares each query with what is expected of it.
pub(crate) fn run() -> Result<(), Failure> {
    program::require(PROVER)?;
    let runs = expected_runs()?;
    check_completeness(&runs)?;
    println!("{:<64}{:>9}{:>8}{:>8}{:>9}", "model", "sessions", "hold", "fall", "seconds");
    let complaints = verify_all(&runs)?;
    let failed = complaints.iter().filter(|about| !about.is_empty()).count();
    for complaint in complaints.iter().flatten() {
        println!("  {complaint}");
    }
    println!("{} passed, {failed} failed", runs.len().saturating_sub(failed));
    if failed == 0 {
        return Ok(());
    }
    let next = "read the attack with `verifpal verify FILE`; docs/model/README.md says what a failure means";
    Err(Failure::new(format!("{failed} runs of symbolic models differ from {EXPECTED}"), next))
}

/// One run of one model and what is expected of its queries.
struct Run {
    model: String,
    sessions: u64,
    verdicts: BTreeMap<String, Verdict>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    Falls,
}

impl Verdict {
    const fn shown(self) -> &'static str {
        match self {
            Self::Holds => "hold",
            Self::Falls => "fall",
        }
    }
}

impl Run {
    fn parse(run: &Value) -> Option<Self> {
        let mut verdicts = BTreeMap::new();
        let held = workspace::list(run, "holds").filter_map(Value::as_str);
        verdicts.extend(held.map(|query| (query.to_owned(), Verdict::Holds)));
        let caught = workspace::list(run, "caught").filter_map(Value::as_str);
        verdicts.extend(caught.map(|query| (query.to_owned(), Verdict::Falls)));
        let accepted = run.get("accepted").and_then(Value::as_object).into_iter().flatten();
        verdicts.extend(accepted.map(|(query, _reason)| (query.clone(), Verdict::Falls)));
        let model = workspace::text(run, "model")?.to_owned();
        let is_broken = model.starts_with("broken/");
        let fits = if is_broken {
            run.get("accepted").is_none() && verdicts.values().any(|verdict| *verdict == Verdict::Falls)
        } else {
            run.get("caught").is_none() && verdicts.values().any(|verdict| *verdict == Verdict::Holds)
        };
        fits.then_some(Self { model, sessions: run.get("sessions")?.as_u64()?, verdicts })
    }

    fn count(&self, wanted: Verdict) -> usize {
        self.verdicts.values().filter(|verdict| **verdict == wanted).count()
    }

    /// Asks Verifpal; returns what is not as expected.
    fn verify(&self) -> Result<Vec<String>, Failure> {
        let report = Program::new(PROVER)
            .arguments(["verify", "--format", "json", "--sessions"])
            .argument(self.sessions.to_string())
            .argument(format!("{FOLDER}/{}", self.model))
            .variable("VERIFPAL_THREADS", "1")
            .text()?;
        let report: Value =
            serde_json::from_str(&report).map_err(|error| Failure::unexpected(PROVER, error))?;
        check_version(&report)?;
        let found =
            found_verdicts(&report).ok_or_else(|| Failure::unexpected(PROVER, "no complete analysis"))?;
        let names: BTreeSet<&String> = self.verdicts.keys().chain(found.keys()).collect();
        let different = names.into_iter().filter(|name| self.verdicts.get(*name) != found.get(*name));
        Ok(different
            .map(|name| {
                let shown =
                    |verdict: Option<&Verdict>| verdict.map_or("be absent", |verdict| verdict.shown());
                let (expected, found) = (shown(self.verdicts.get(name)), shown(found.get(name)));
                format!("{}, `{name}`: expected to {expected}, found to {found}", self.model)
            })
            .collect())
    }
}

/// Another version may search further, or find less.
fn check_version(report: &Value) -> Result<(), Failure> {
    let tool = Tool::named(PROVER).ok_or_else(|| Failure::new(".ci/tools lacks verifpal", "add it"))?;
    if workspace::text(report, "version") == Some(tool.version) {
        return Ok(());
    }
    Err(Failure::new(format!("verifpal is not of version {}", tool.version), tool.installation()))
}

/// The verdict of each query in Verifpal's report; none if the search did not end or a query was not judged.
fn found_verdicts(report: &Value) -> Option<BTreeMap<String, Verdict>> {
    let analysis = workspace::list(report, "models").next()?.get("analysis")?;
    let mut found = BTreeMap::new();
    for query in workspace::list(analysis, "queries") {
        let is_exhausted = query.get("envelope")?.get("exhausted")?.as_bool()?;
        let verdict = match (query.get("resolved")?.as_bool()?, is_exhausted) {
            (true, _) => Verdict::Falls,
            (false, true) => Verdict::Holds,
            (false, false) => return None,
        };
        found.insert(workspace::text(query, "query")?.to_owned(), verdict);
    }
    Some(found)
}

fn expected_runs() -> Result<Vec<Run>, Failure> {
    let next = "see its format in docs/model/README.md";
    let expected: Value = serde_json::from_str(&workspace::read(EXPECTED)?)
        .map_err(|error| Failure::new(format!("{EXPECTED}: {error}"), next))?;
    workspace::list(&expected, "runs")
        .map(|run| Run::parse(run).ok_or_else(|| Failure::new(format!("{EXPECTED}: not a run: {run}"), next)))
        .collect()
}

/// Every file has a run, every run a file, and every broken variant is named after a model.
fn check_completeness(runs: &[Run]) -> Result<(), Failure> {
    let listed: BTreeSet<String> = runs.iter().map(|run| run.model.clone()).collect();
    let whole = models("")?;
    let broken = models("broken/")?;
    let present: BTreeSet<String> = whole.iter().chain(&broken).cloned().collect();
    if let Some(name) = listed.symmetric_difference(&present).next() {
        let what = format!("{name} is only one of: a file in {FOLDER}, a run in {EXPECTED}");
        return Err(Failure::new(what, "add the file or the run that is missing"));
    }
    for name in broken {
        let is_variant = |model: &String| {
            let stem = model.strip_suffix(".vp").unwrap_or(model);
            name.strip_prefix("broken/")
                .and_then(|name| name.strip_prefix(stem))
                .is_some_and(|rest| rest.starts_with('-'))
        };
        if !whole.iter().any(is_variant) {
            return Err(Failure::new(format!("{name} is no variant of a model"), "name it MODEL-WHAT.vp"));
        }
    }
    Ok(())
}

/// The models in a folder below `docs/model`, named as in the list of runs.
fn models(folder: &str) -> Result<Vec<String>, Failure> {
    let path = workspace::path(FOLDER).join(folder);
    let entries = fs::read_dir(&path).map_err(|error| Failure::file(&path, &error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.ends_with(".vp")).map(|name| format!("{folder}{name}")).collect())
}

/// Runs models side by side, one for each processor; returns the complaints about each.
fn verify_all(runs: &[Run]) -> Result<Vec<Vec<String>>, Failure> {
    let waiting = Mutex::new(runs.iter());
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(|| verify_waiting(&waiting))).collect();
        let mut complaints = Vec::new();
        for worker in workers {
            let done = worker.join().map_err(|_| Failure::unexpected(PROVER, "a worker died"))?;
            complaints.extend(done?);
        }
        Ok(complaints)
    })
}

fn verify_waiting<'a>(waiting: &Mutex<impl Iterator<Item = &'a Run>>) -> Result<Vec<Vec<String>>, Failure> {
    let mut complaints = Vec::new();
    loop {
        let next = waiting.lock().map_or(None, |mut waiting| waiting.next());
        let Some(run) = next else { return Ok(complaints) };
        let begun = Instant::now();
        let about = run.verify()?;
        print_row(run, begun.elapsed(), about.is_empty());
        complaints.push(about);
    }
}

fn print_row(run: &Run, time: Duration, is_as_expected: bool) {
    let verdict = if is_as_expected { "" } else { "  DIFFERS" };
    println!(
        "{:<64}{:>9}{:>8}{:>8}{:>9.1}{verdict}",
        run.model,
        run.sessions,
        run.count(Verdict::Holds),
        run.count(Verdict::Falls),
        time.as_secs_f64(),
    );
}
