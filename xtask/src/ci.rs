//! What continuous integration runs, part by part. `.ci/run` installs what is missing and calls this.

use crate::failure::Failure;
use crate::task::{self, Step};
use crate::{
    bench, bindings, ble, dependencies, documents, features, firmware, forbidden, format, fuzz, interop,
    lints, measurements, model, no_std, office, oracle, scale, search, second, study, test, vectors,
};

/// Quick checks first, so that a mistake shows early.
const STEPS: &[Step] = &[
    Step { name: "format", about: "rustfmt leaves nothing to change", run: format::check },
    Step { name: "texts", about: "no machine path and no registry host in any file", run: forbidden::check },
    Step {
        name: "dependencies",
        about: "one generation of each crypto crate, licences, docs",
        run: dependencies::check,
    },
    Step { name: "features", about: "which tests show which feature", run: features::check },
    Step { name: "no-std", about: "protocol and lock link without std", run: no_std::check },
    Step { name: "lints", about: "clippy, package by package, warnings are errors", run: lints::check },
    Step { name: "tests", about: "unit, property, story and attack tests", run: test::rust },
    Step { name: "office", about: "the manager's office on a real Postgres", run: office::run },
    Step {
        name: "scale",
        about: "the manager's office in small stores and larger ones, short form",
        run: scale::short,
    },
    Step { name: "doctests", about: "the examples in the documentation", run: test::examples },
    Step {
        name: "documents",
        about: "the API documentation builds without a warning",
        run: documents::check,
    },
    Step { name: "vectors", about: "tests/vectors is what the code produces", run: vectors::check },
    Step { name: "second", about: "a second implementation agrees with every vector", run: second::check },
    Step { name: "oracle", about: "another implementation agrees about keycards", run: oracle::check },
    Step {
        name: "model",
        about: "the symbolic models hold, and their broken variants fall",
        run: model::run,
    },
    Step { name: "python", about: "the bindings, driven from Python", run: bindings::check },
    Step {
        name: "interop",
        about: "a second implementation of the phone opens the door over the virtual radio",
        run: interop::run,
    },
    Step { name: "search", about: "the explicit-state searches, short form", run: search::short },
    Step { name: "study", about: "the propagation study is what its seed gives", run: study::check },
    Step { name: "bench", about: "the benchmarks, short form", run: bench::short },
    Step {
        name: "ble",
        about: "the door and the harness over the real Bluetooth stack",
        run: || ble::run(1),
    },
    Step {
        name: "firmware",
        about: "the engine on an emulated microcontroller, within its budgets",
        run: firmware::run,
    },
    Step { name: "fuzz", about: "a few seconds of every fuzz target", run: fuzz::smoke },
    Step {
        name: "measurements",
        about: "the figures of every long measurement are kept",
        run: measurements::check,
    },
];

/// Runs all parts, or the named ones in the order of the list.
pub(crate) fn run(named: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = named.iter().find(|name| !STEPS.iter().any(|step| step.name == *name)) {
        return Err(Failure::new(format!("no part {unknown}"), "cargo xtask ci --list"));
    }
    let chosen: Vec<Step> = STEPS
        .iter()
        .filter(|step| named.is_empty() || named.iter().any(|name| name == step.name))
        .copied()
        .collect();
    task::run_all(&chosen)
}

pub(crate) fn list() -> Result<(), Failure> {
    for step in STEPS {
        println!("{:<14}{}", step.name, step.about);
    }
    Ok(())
}
