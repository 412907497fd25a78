//! The tests of the manager's office on a real Postgres as well, which is started for them and ended with them. The ordinary test run
//! has the office on SQLite alone.

use crate::failure::Failure;
use crate::postgres::Server;
use crate::program::{self, Program};

const VARIABLE: &str = "THUMBTURN_POSTGRES";

pub(crate) fn run() -> Result<(), Failure> {
    let server = Server::start()?;
    let tests = if program::is_installed("cargo-nextest") {
        Program::cargo("nextest").arguments(["run", "--locked"])
    } else {
        Program::cargo("test").argument("--locked")
    };
    tests
        .arguments(["--package", "thumbturn-manager", "--all-features", "--test", "office"])
        .variable(VARIABLE, server.url())
        .run()
        .inspect_err(|_| server.show_log())
}
