//! Weekly hours as the store has them: `always`, or their windows in ascending order as JSON.

use std::collections::BTreeSet;

use thumbturn_protocol::schedule::Window;

use super::StoreError;
use super::statement::{Column, Record, Value};
use crate::access::WeeklyHours;

const ALWAYS: &str = "always";

impl From<&WeeklyHours> for Value {
    fn from(hours: &WeeklyHours) -> Self {
        Self::Text(Some(match hours {
            WeeklyHours::Always => ALWAYS.to_owned(),
            WeeklyHours::Within(windows) => serde_json::json!(windows).to_string(),
        }))
    }
}

impl Column for WeeklyHours {
    fn read(record: &Record, column: &'static str) -> Result<Option<Self>, StoreError> {
        let Some(text) = String::read(record, column)? else { return Ok(None) };
        if text == ALWAYS {
            return Ok(Some(Self::Always));
        }
        let windows: BTreeSet<Window> =
            serde_json::from_str(&text).map_err(|_| StoreError::Damaged(column))?;
        Ok(Some(Self::Within(windows)))
    }
}
