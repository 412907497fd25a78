//! Instants as people write them, in the building's time zone.

use chrono::{DateTime, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use thumbturn_protocol::time::UnixSeconds;

const FORMAT: &str = "%Y-%m-%d %H:%M";

/// The first instant at which clocks in `zone` show `text`, `2026-03-02 08:30` for example.
pub(crate) fn parse(text: &str, zone: Tz) -> Result<UnixSeconds, String> {
    let local = NaiveDateTime::parse_from_str(text, FORMAT)
        .map_err(|_| format!("{text:?} is no date and time: write 2026-03-02 08:30"))?;
    let instant = zone
        .from_local_datetime(&local)
        .earliest()
        .ok_or_else(|| format!("{text:?} does not exist in {zone}: the clocks are put forward over it"))?;
    u64::try_from(instant.timestamp())
        .ok()
        .and_then(UnixSeconds::new)
        .ok_or_else(|| format!("{text:?} is before 1970"))
}

/// What clocks in `zone` show, with seconds.
pub(crate) fn show(instant: UnixSeconds, zone: Tz) -> String {
    let seconds = i64::try_from(instant.seconds()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0)
        .map(|instant| instant.with_timezone(&zone).format("%a %H:%M:%S").to_string())
        .unwrap_or_default()
}
