//! Zone tables as an authority makes them, from the IANA database. For tests.

use alloc::vec::Vec;

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::{Transition, UtcOffset, Zone};
use crate::time::UnixSeconds;

const DAY: u64 = 86_400;
/// 2026-01-01T00:00:00Z.
pub(crate) const TABLE_BEGIN: u64 = 1_767_225_600;
/// 2028-01-01T00:00:00Z: 24 months.
pub(crate) const TABLE_END: u64 = 1_830_297_600;

/// The zones of the fixture days, and some that differ in other ways.
pub(crate) const FIXTURE_ZONES: [Tz; 14] = [
    Tz::America__New_York,
    Tz::America__Havana,
    Tz::America__Santiago,
    Tz::Africa__Cairo,
    Tz::Asia__Beirut,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Casablanca,
    Tz::America__Phoenix,
    Tz::Europe__Dublin,
    Tz::Asia__Kathmandu,
    Tz::America__St_Johns,
    Tz::Pacific__Kiritimati,
    Tz::Pacific__Pago_Pago,
    Tz::UTC,
];

/// The table of `zone` for 2026 and 2027.
pub(crate) fn table(zone: Tz) -> Zone {
    let mut transitions = Vec::new();
    let mut day = TABLE_BEGIN;
    while day < TABLE_END {
        if offset(zone, day) != offset(zone, day + DAY) {
            let at = first_instant_of_new_offset(zone, day, day + DAY);
            transitions.push(Transition { at: UnixSeconds::new(at).unwrap(), offset: offset(zone, at) });
        }
        day += DAY;
    }
    Zone::new(offset(zone, TABLE_BEGIN), transitions).unwrap()
}

/// What the database says of this instant.
pub(crate) fn civil(zone: Tz, instant: u64) -> NaiveDateTime {
    zone.from_utc_datetime(&utc(instant)).naive_local()
}

fn offset(zone: Tz, instant: u64) -> UtcOffset {
    UtcOffset::new(zone.offset_from_utc_datetime(&utc(instant)).fix().local_minus_utc()).unwrap()
}

fn utc(instant: u64) -> NaiveDateTime {
    DateTime::from_timestamp(i64::try_from(instant).unwrap(), 0).unwrap().naive_utc()
}

fn first_instant_of_new_offset(zone: Tz, mut before: u64, mut after: u64) -> u64 {
    let old = offset(zone, before);
    while before + 1 < after {
        let middle = before.midpoint(after);
        if offset(zone, middle) == old { before = middle } else { after = middle }
    }
    after
}
