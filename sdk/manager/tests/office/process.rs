//! Further processes on a store: this very program once more, which does one thing instead of running tests.

use std::process::{Child, Command, Stdio};

use thumbturn_protocol::ids::PropertyId;

/// What tells it: lines, the first of them what to do.
const VARIABLE: &str = "THUMBTURN_PROCESS_OF_TEST";

/// Starts a process that does `words`, with its standard output to read.
pub(crate) fn start(words: &[&str]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::a_process_of_its_own", "--nocapture"])
        .env(VARIABLE, words.join("\n"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What [`start`] starts. Without its variable it does nothing.
#[test]
fn a_process_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "what the test that started this process wants of it")]
    let Ok(words) = std::env::var(VARIABLE) else { return };
    let words: Vec<&str> = words.lines().collect();
    // The runner may have begun a line.
    println!();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match words[..] {
        ["write", address, property, number] => {
            runtime.block_on(crate::concurrency::write(address, parse(property), number));
        }
        #[cfg(unix)]
        ["until killed", address, property, seed] => {
            runtime.block_on(crate::crashes::until_killed(address, parse(property), seed.parse().unwrap()));
        }
        _ => panic!("{words:?}"),
    }
}

/// A property as an argument.
pub(crate) fn print(property: PropertyId) -> String {
    property.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// From what [`print`] wrote.
pub(crate) fn parse(text: &str) -> PropertyId {
    PropertyId(core::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()))
}
