//! The machine's time of day, the world's time zones, and days as people of a property write them.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thumbturn_manager::office::calendar::ZoneRules;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{Transition, UtcOffset, Zone};

use crate::failure::Failure;

/// How far ahead a table of offsets reaches: 36 months.
const AHEAD_SECONDS: u64 = 1_096 * 86_400;

/// What the machine takes the time to be.
pub(crate) fn time_of_day() -> UnixSeconds {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixSeconds::new(since.as_secs()).unwrap_or(UnixSeconds::MAX)
}

/// The zones of this machine, or those that came with this program.
pub(crate) struct Zones;

impl ZoneRules for Zones {
    fn zone(&self, name: &str, from: UnixSeconds) -> Option<Zone> {
        let zone = zone(name).ok()?;
        let begin = timestamp(from)?;
        let mut current = offset(&zone, begin)?;
        let initial = current;
        let end = timestamp(from.plus(AHEAD_SECONDS))?;
        let mut transitions = Vec::new();
        for change in zone.following(begin).take_while(|change| change.timestamp() < end) {
            let after = UtcOffset::new(change.offset().seconds())?;
            // Some changes are of a name only.
            if after != current {
                let at = UnixSeconds::new(u64::try_from(change.timestamp().as_second()).ok()?)?;
                transitions.push(Transition { at, offset: after });
                current = after;
            }
        }
        Zone::new(initial, transitions).ok()
    }
}

/// A zone of the IANA table, by its name as it is written there.
pub(crate) fn zone(name: &str) -> Result<TimeZone, Failure> {
    let found = TimeZone::get(name).ok().filter(|zone| zone.iana_name() == Some(name));
    found.ok_or_else(|| {
        Failure::new("unknown-zone", format!("there is no time zone {name}"), "write it like Europe/Berlin")
    })
}

/// When a day begins at a property: at its first instant, which is not midnight everywhere.
pub(crate) fn beginning_of(day: &str, zone: &TimeZone) -> Result<UnixSeconds, Failure> {
    let wrong =
        || Failure::new("no-day", format!("{day} is no day of the calendar"), "write it like 2026-03-01");
    let date = Date::strptime("%Y-%m-%d", day).map_err(|_| wrong())?;
    let begins =
        date.to_zoned(zone.clone()).and_then(|midnight| midnight.start_of_day()).map_err(|_| wrong())?;
    let seconds = u64::try_from(begins.timestamp().as_second()).map_err(|_| wrong())?;
    UnixSeconds::new(seconds).ok_or_else(wrong)
}

/// Day and hour at a property.
pub(crate) fn local(at: UnixSeconds, zone: &TimeZone) -> String {
    timestamp(at).map_or_else(
        || at.seconds().to_string(),
        |instant| instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

fn timestamp(at: UnixSeconds) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(at.seconds()).ok()?).ok()
}

fn offset(zone: &TimeZone, at: Timestamp) -> Option<UtcOffset> {
    UtcOffset::new(zone.to_offset(at).seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_when_it_does_at_the_property() {
        let berlin = zone("Europe/Berlin").unwrap();
        let begins = beginning_of("2026-07-01", &berlin).unwrap();
        assert_eq!((begins.seconds(), &*local(begins, &berlin)), (1_782_856_800, "2026-07-01 00:00"));
        // Clocks in Beirut went from midnight to one.
        let beirut = zone("Asia/Beirut").unwrap();
        assert_eq!(local(beginning_of("2026-03-29", &beirut).unwrap(), &beirut), "2026-03-29 01:00");
        assert!(beginning_of("2026-02-30", &berlin).is_err());
        assert!(zone("europe/berlin").is_err(), "names are told apart by upper and lower case");
    }

    #[test]
    fn a_table_has_the_changes_of_the_next_three_years() {
        // From 2026-01-01T00:00:00Z.
        let from = UnixSeconds::new(1_767_225_600).unwrap();
        let table = Zones.zone("Europe/Berlin", from).unwrap();
        assert_eq!(table.initial().seconds_east(), 3_600);
        let first: Vec<_> = table.transitions().iter().map(|change| change.at.seconds()).take(2).collect();
        // 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z.
        assert_eq!((first, table.transitions().len()), (vec![1_774_746_000, 1_792_890_000], 6));
        assert!(Zones.zone("America/Phoenix", from).unwrap().transitions().is_empty());
        assert!(Zones.zone("Nowhere/Land", from).is_none());
    }
}
