use alloc::vec;
use alloc::vec::Vec;

use chrono::{Datelike, Timelike};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;
use proptest::sample::select;

use super::iana::{FIXTURE_ZONES, TABLE_BEGIN, TABLE_END, civil, table};
use super::*;
use crate::schedule::Minute;

fn instant(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

fn offset(seconds_east: i32) -> UtcOffset {
    UtcOffset::new(seconds_east).unwrap()
}

fn agrees(zone: Tz, table: &Zone, seconds: u64) -> bool {
    let expected = civil(zone, seconds);
    let local = table.local(instant(seconds));
    local.weekday == Weekday::after_monday(u64::from(expected.weekday().num_days_from_monday()))
        && u32::from(local.minute.since_midnight()) == expected.hour() * 60 + expected.minute()
}

#[test]
fn every_iana_zone_fits_the_table_and_agrees_around_each_transition() {
    for zone in TZ_VARIANTS {
        let table = table(zone);
        let around = table.transitions().iter().flat_map(|transition| {
            let at = transition.at.seconds();
            [at - 3_600, at - 1, at, at + 1, at + 3_599, at + 3_600]
        });
        for seconds in around.chain([TABLE_BEGIN, TABLE_END]) {
            assert!(agrees(zone, &table, seconds), "{zone} at {seconds}");
        }
    }
}

#[test]
fn phoenix_has_no_transition_and_new_york_two_a_year() {
    assert_eq!(table(Tz::America__Phoenix), Zone::fixed(offset(-7 * 3_600)));
    assert_eq!(table(Tz::America__New_York).transitions().len(), 4);
}

#[test]
fn a_transition_counts_from_its_own_instant_on() {
    let zone =
        Zone::new(offset(3_600), vec![Transition { at: instant(1_000), offset: offset(7_200) }]).unwrap();
    assert_eq!(zone.offset_at(instant(999)), offset(3_600));
    assert_eq!(zone.offset_at(instant(1_000)), offset(7_200));
    assert_eq!(zone.offset_at(UnixSeconds::MAX), offset(7_200));
}

#[test]
fn the_first_day_of_1970_is_a_thursday_and_the_zones_west_of_it_are_still_on_wednesday() {
    let at_midnight = |seconds_east| Zone::fixed(offset(seconds_east)).local(UnixSeconds::ZERO);
    assert_eq!(at_midnight(0), LocalTime { weekday: Weekday::Thursday, minute: Minute::DAY_START });
    assert_eq!(
        at_midnight(-1),
        LocalTime { weekday: Weekday::Wednesday, minute: Minute::at(23, 59).unwrap() }
    );
    assert_eq!(
        at_midnight(-64_800),
        LocalTime { weekday: Weekday::Wednesday, minute: Minute::at(6, 0).unwrap() }
    );
    assert_eq!(
        at_midnight(64_800),
        LocalTime { weekday: Weekday::Thursday, minute: Minute::at(18, 0).unwrap() }
    );
}

#[test]
fn offsets_end_at_eighteen_hours() {
    assert!(UtcOffset::new(64_800).is_some());
    assert!(UtcOffset::new(-64_800).is_some());
    assert_eq!(UtcOffset::new(64_801), None);
    assert_eq!(UtcOffset::new(-64_801), None);
    assert_eq!(UtcOffset::new(i32::MIN), None);
}

#[test]
fn transitions_must_strictly_rise_and_be_at_most_sixteen() {
    let rising = |count: u64| -> Vec<Transition> {
        (1..=count).map(|at| Transition { at: instant(at), offset: offset(0) }).collect()
    };
    assert!(Zone::new(UtcOffset::UTC, rising(16)).is_ok());
    assert!(Zone::new(UtcOffset::UTC, rising(17)).is_err());

    let mut repeated = rising(2);
    repeated[1].at = repeated[0].at;
    assert!(Zone::new(UtcOffset::UTC, repeated).is_err());

    let mut falling = rising(3);
    falling.swap(1, 2);
    assert!(Zone::new(UtcOffset::UTC, falling).is_err());
}

#[test]
fn a_table_on_the_wire_keeps_the_same_rules() {
    let decode = |initial: i32, transitions: &[(u64, i32)]| {
        let bytes = postcard::to_allocvec(&(initial, transitions)).unwrap();
        postcard::from_bytes::<Zone>(&bytes)
    };
    let rising: Vec<_> = (1..=17).map(|at| (at, 3_600)).collect();
    assert!(decode(64_800, &rising[..16]).is_ok());
    assert!(decode(64_801, &[]).is_err());
    assert!(decode(0, &[(1, -64_801)]).is_err());
    assert!(decode(0, &[(1 << 40, 0)]).is_err());
    assert!(decode(0, &[(2, 0), (2, 3_600)]).is_err());
    assert!(decode(0, &rising).is_err());
}

prop_compose! {
    fn zones()(
        initial in -64_800..=64_800_i32,
        mut transitions in prop::collection::vec((0..=UnixSeconds::MAX.seconds(), -64_800..=64_800_i32), 0..=16),
    ) -> Zone {
        transitions.sort_unstable();
        transitions.dedup_by_key(|transition| transition.0);
        let transitions =
            transitions.into_iter().map(|(at, east)| Transition { at: instant(at), offset: offset(east) });
        Zone::new(offset(initial), transitions.collect()).unwrap()
    }
}

proptest! {
    #[test]
    fn local_time_is_that_of_the_iana_database(
        zone in select(&FIXTURE_ZONES[..]),
        seconds in TABLE_BEGIN..TABLE_END,
    ) {
        prop_assert!(agrees(zone, &table(zone), seconds));
    }

    #[test]
    fn every_zone_decodes_from_what_it_encodes_to(zone in zones()) {
        let bytes = postcard::to_allocvec(&zone).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Zone>(&bytes).unwrap(), zone);
    }

    #[test]
    fn what_decodes_keeps_its_bounds(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(zone) = postcard::from_bytes::<Zone>(&bytes) {
            prop_assert!(zone.transitions().len() <= 16);
            prop_assert!(zone.transitions().windows(2).all(|pair| pair[0].at < pair[1].at));
            prop_assert!(zone.initial().seconds_east().abs() <= 64_800);
        }
    }

    #[test]
    fn every_zone_has_a_local_time_at_every_instant(
        zone in zones(),
        seconds in 0..=UnixSeconds::MAX.seconds(),
    ) {
        let east = i64::from(zone.offset_at(instant(seconds)).seconds_east());
        let local = i64::try_from(seconds).unwrap() + east;
        let shown = zone.local(instant(seconds));
        prop_assert_eq!(i64::from(shown.minute.since_midnight()), local.rem_euclid(86_400) / 60);
        let day = u64::try_from((local.div_euclid(86_400) + 3).rem_euclid(7)).unwrap();
        prop_assert_eq!(shown.weekday, Weekday::after_monday(day));
    }
}
