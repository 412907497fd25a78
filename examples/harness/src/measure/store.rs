//! Measurements on disk, for `report`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thumbturn_protocol::time::UnixSeconds;

use super::figures::Figures;
use crate::failure::Failure;
use crate::state::file;

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// Which command made it.
    pub(crate) command: String,
    /// When.
    pub(crate) at: UnixSeconds,
    /// At which door.
    pub(crate) door: String,
    /// Over which radio.
    pub(crate) radio: String,
    /// Rows of figures in milliseconds, by their names; `1-scan` before `2-connect`, so that they stay in order.
    pub(crate) figures: BTreeMap<String, Figures>,
    /// Whatever else was counted.
    pub(crate) facts: Value,
}

impl Measurement {
    /// Writes it beside the others.
    pub(crate) fn save(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let stem = format!("{}-{}", self.at.seconds(), self.command);
        let free = (0_u32..).map(|number| folder.join(format!("{stem}-{number}.json")));
        let path = free.take(1_000).find(|path| !path.exists()).unwrap_or_else(|| folder.join(stem));
        file::replace_json(&path, self)?;
        Ok(path)
    }

    /// All that are there, the oldest first.
    pub(crate) fn all(folder: &Path) -> Result<Vec<Self>, Failure> {
        file::all_json(folder)?.iter().filter_map(|path| file::read_json(path).transpose()).collect()
    }
}
