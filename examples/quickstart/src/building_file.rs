//! The building file: doors, Keys, units, time zone. A mistake in it is told with its place.

mod reader;

#[cfg(test)]
mod tests;

use std::path::Path;

use chrono_tz::Tz;
use serde::Deserialize;
use thumbturn_manager::access::WeeklyHours;
use thumbturn_manager::office::model::{DoorType, Name};
use thumbturn_protocol::time::UnixSeconds;
use toml::Spanned;

use self::reader::Reader;
use crate::mistake::Mistake;

/// A building as planned.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: Name,
    pub(crate) zone: Tz,
    pub(crate) start: UnixSeconds,
    pub(crate) seed: u64,
    pub(crate) units: Vec<Name>,
    pub(crate) doors: Vec<PlannedDoor>,
    pub(crate) keys: Vec<PlannedKey>,
}

/// A door as planned.
#[derive(Clone, Debug)]
pub(crate) struct PlannedDoor {
    pub(crate) name: Name,
    pub(crate) kind: DoorType,
    pub(crate) relock_seconds: u8,
}

/// A Key as planned.
#[derive(Clone, Debug)]
pub(crate) struct PlannedKey {
    pub(crate) name: Name,
    /// Positions of its doors in the plan; at least one.
    pub(crate) doors: Vec<usize>,
    /// When it opens them.
    pub(crate) hours: WeeklyHours,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    time_zone: Spanned<String>,
    start: Spanned<String>,
    seed: u64,
    #[serde(default)]
    units: Vec<Spanned<String>>,
    #[serde(default)]
    door: Vec<DoorEntry>,
    #[serde(default)]
    key: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorEntry {
    name: Spanned<String>,
    kind: Spanned<String>,
    relock_seconds: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    name: Spanned<String>,
    doors: Vec<Spanned<String>>,
    hours: Option<Vec<Spanned<String>>>,
}

impl Plan {
    /// Reads a building file's text.
    pub(crate) fn parse(file: &Path, text: &str) -> Result<Self, Mistake> {
        let read: File = toml::from_str(text).map_err(|error| {
            let position = error.span().map_or(0, |span| span.start);
            Mistake::at(file, text, position, in_plain_words(error.message()))
        })?;
        Reader { file, text }.plan(&read)
    }
}

/// What the parser says, without the names of Rust's types.
fn in_plain_words(message: &str) -> String {
    message
        .replace("expected u64", "expected a whole number")
        .replace("expected i64", "expected a whole number")
}
