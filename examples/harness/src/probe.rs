//! The conformance probe: says to a door what no phone says, and checks what comes back.
//!
//! Each case names the paragraph of the specification that it is about. What is right and what is wrong is said there alone.

mod case;
mod cases;
mod fast;
mod framing;
mod full;
mod heard;
mod hello;
mod opening;
mod outcomes;
mod raw;
mod records;
mod subject;
mod talk;

pub(crate) use self::case::{Case, Deviation, Needs, Verdict};
pub(crate) use self::cases::CASES;
pub(crate) use self::subject::Subject;
