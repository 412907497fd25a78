//! From the name of an IANA time zone to the table of UTC offsets that a door is given (spec §3.6, §9.4).

use core::str::FromStr as _;

use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{Transition, UtcOffset, Zone};

/// Transitions closer together than this are seen as one; no zone has had such.
const STEP_SECONDS: u64 = 43_200;
/// How far ahead a table reaches: 36 months, within 16 transitions for every zone.
const AHEAD_SECONDS: u64 = 1_096 * 86_400;

/// Why there is no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneTableError {
    /// Not a name of the IANA database.
    #[error("no time zone is called {0:?}")]
    UnknownZone(String),
    /// An instant that the calendar library does not reach.
    #[error("an instant out of range")]
    OutOfRange,
    /// The table does not fit a door.
    #[error(transparent)]
    Table(#[from] Error),
}

/// The offsets of a zone (such as `Europe/Berlin`) from `now` on, for 36 months.
///
/// # Errors
///
/// See [`ZoneTableError`].
pub fn zone_table(name: &str, now: UnixSeconds) -> Result<Zone, ZoneTableError> {
    let zone = Tz::from_str(name).map_err(|_| ZoneTableError::UnknownZone(name.to_owned()))?;
    let end = now.plus(AHEAD_SECONDS);
    let initial = offset(zone, now)?;
    let (mut at, mut current) = (now, initial);
    let mut transitions = Vec::new();
    while at < end {
        let next = at.plus(STEP_SECONDS);
        let after = offset(zone, next)?;
        if after != current {
            transitions.push(Transition { at: first_instant(zone, at, next, after)?, offset: after });
            current = after;
        }
        at = next;
    }
    Ok(Zone::new(initial, transitions)?)
}

/// The first second of `after`, between `before` (not yet) and `from` (already).
fn first_instant(
    zone: Tz,
    mut before: UnixSeconds,
    mut from: UnixSeconds,
    after: UtcOffset,
) -> Result<UnixSeconds, ZoneTableError> {
    while from.seconds().saturating_sub(before.seconds()) > 1 {
        let middle = before.plus(from.seconds().saturating_sub(before.seconds()) / 2);
        if offset(zone, middle)? == after {
            from = middle;
        } else {
            before = middle;
        }
    }
    Ok(from)
}

fn offset(zone: Tz, at: UnixSeconds) -> Result<UtcOffset, ZoneTableError> {
    let seconds = i64::try_from(at.seconds()).map_err(|_| ZoneTableError::OutOfRange)?;
    let instant = DateTime::from_timestamp(seconds, 0).ok_or(ZoneTableError::OutOfRange)?;
    let east = zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc();
    UtcOffset::new(east).ok_or(ZoneTableError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixSeconds {
        UnixSeconds::new(seconds).expect("in range")
    }

    #[test]
    fn berlin_changes_on_the_last_sundays_of_march_and_october() {
        // From 2026-01-01T00:00:00Z.
        let zone = zone_table("Europe/Berlin", at(1_767_225_600)).expect("a table");
        assert_eq!(zone.initial().seconds_east(), 3_600);
        let first: Vec<(u64, i32)> = zone
            .transitions()
            .iter()
            .take(2)
            .map(|transition| (transition.at.seconds(), transition.offset.seconds_east()))
            .collect();
        // 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z.
        assert_eq!(first, [(1_774_746_000, 7_200), (1_792_890_000, 3_600)]);
        assert_eq!(zone.transitions().len(), 6);
    }

    #[test]
    fn every_zone_fits_a_door() {
        for zone in chrono_tz::TZ_VARIANTS {
            assert!(zone_table(zone.name(), at(1_767_225_600)).is_ok(), "{zone}");
        }
    }

    #[test]
    fn an_unknown_name_is_named() {
        let error = zone_table("Europe/Entenhausen", at(0)).unwrap_err();
        assert_eq!(error.to_string(), "no time zone is called \"Europe/Entenhausen\"");
    }
}
