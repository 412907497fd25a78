//! What the emulated link says of the same unlock, to compare with.

use serde_json::Value;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::text;

/// The quickstart's step whose frames are compared.
const STEP: &str = "repeat unlock";

/// Frames of a repeat unlock in the air of the simulator: hello, request and answer.
pub(super) fn frames_of_repeat_unlock() -> Result<u64, Failure> {
    let story = Program::cargo("run")
        .arguments(["--quiet", "--locked", "--package", "thumbturn-quickstart", "--", "--json"])
        .text()?;
    let steps: Value =
        serde_json::from_str(&story).map_err(|error| Failure::unexpected("the quickstart", error))?;
    let mut steps = steps.as_array().into_iter().flatten();
    steps
        .find(|step| text(step, "title") == Some(STEP))
        .and_then(|step| step.pointer("/counts/packets")?.as_u64())
        .ok_or_else(|| Failure::unexpected("the quickstart", format!("no step {STEP:?} with packets")))
}
