//! `rustfmt` leaves nothing to change.

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::MANIFESTS;

pub(crate) fn check() -> Result<(), Failure> {
    for manifest in MANIFESTS {
        let format = ["--all", "--check", "--manifest-path", manifest];
        Program::cargo("fmt").arguments(format).run().map_err(|_| {
            let advice = format!("cargo fmt --all --manifest-path {manifest}, then look at the difference");
            Failure::new("some files are not formatted", advice)
        })?;
    }
    Ok(())
}
