use alloc::vec;
use alloc::vec::Vec;

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::zone::UtcOffset;
use crate::zone::iana::{FIXTURE_ZONES, TABLE_BEGIN, TABLE_END, civil, table};

fn minute(hour: u16, minute: u16) -> Minute {
    Minute::at(hour, minute).unwrap()
}

fn window(days: impl Into<Days>, start: (u16, u16), end: (u16, u16)) -> Window {
    Window::new(days.into(), minute(start.0, start.1), minute(end.0, end.1)).unwrap()
}

fn schedule(days: impl Into<Days>, start: (u16, u16), end: (u16, u16)) -> Schedule {
    Schedule::new(&[window(days, start, end)]).unwrap()
}

fn hours(days: impl Into<Days>, from: (u16, u16), to: (u16, u16)) -> Hours {
    Hours { days: days.into(), from: minute(from.0, from.1), to: minute(to.0, to.1) }
}

/// Reads `2026-03-08T07:00`, UTC.
fn utc(text: &str) -> u64 {
    let instant = DateTime::parse_from_rfc3339(&alloc::format!("{text}:00Z")).unwrap();
    u64::try_from(instant.timestamp()).unwrap()
}

fn is_open(schedule: &Schedule, zone: &Zone, seconds: u64) -> bool {
    schedule.contains(UnixSeconds::new(seconds).unwrap(), zone)
}

/// The stretches of open seconds within `[begin, end)`, found by asking at every minute and then at its seconds.
fn open_stretches(schedule: &Schedule, zone: Tz, begin: &str, end: &str) -> Vec<(u64, u64)> {
    let zone = table(zone);
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for second in (utc(begin)..utc(end)).filter(|second| is_open(schedule, &zone, *second)) {
        match stretches.last_mut() {
            Some(stretch) if stretch.1 == second => stretch.1 = second + 1,
            _ => stretches.push((second, second + 1)),
        }
    }
    stretches
}

fn opens(schedule: &Schedule, zone: Tz, around: (&str, &str), expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(from, to)| (utc(from), utc(to))).collect();
    assert_eq!(open_stretches(schedule, zone, around.0, around.1), expected, "{zone}");
}

mod civil_days {
    use super::*;

    /// The fixture days of 2026: zone, weekday, first and last instant, hours and minutes of length.
    const DAYS: [(Tz, Weekday, &str, &str, u64); 10] = [
        (Tz::America__New_York, Weekday::Sunday, "2026-03-08T05:00", "2026-03-09T04:00", 23 * 60),
        (Tz::America__New_York, Weekday::Sunday, "2026-11-01T04:00", "2026-11-02T05:00", 25 * 60),
        (Tz::America__Havana, Weekday::Sunday, "2026-03-08T05:00", "2026-03-09T04:00", 23 * 60),
        (Tz::America__Santiago, Weekday::Sunday, "2026-09-06T04:00", "2026-09-07T03:00", 23 * 60),
        (Tz::Africa__Cairo, Weekday::Friday, "2026-04-23T22:00", "2026-04-24T21:00", 23 * 60),
        (Tz::Asia__Beirut, Weekday::Sunday, "2026-03-28T22:00", "2026-03-29T21:00", 23 * 60),
        (Tz::America__Havana, Weekday::Sunday, "2026-11-01T04:00", "2026-11-02T05:00", 25 * 60),
        (Tz::Africa__Cairo, Weekday::Thursday, "2026-10-28T21:00", "2026-10-29T22:00", 25 * 60),
        (Tz::Australia__Lord_Howe, Weekday::Sunday, "2026-10-03T13:30", "2026-10-04T13:00", 23 * 60 + 30),
        (Tz::Africa__Casablanca, Weekday::Sunday, "2026-02-14T23:00", "2026-02-16T00:00", 25 * 60),
    ];

    #[test]
    fn a_window_of_the_whole_day_is_open_from_its_first_to_its_last_instant() {
        for (zone, weekday, begin, end, minutes) in DAYS {
            let all_day = schedule(weekday, (0, 0), (24, 0));
            let around = (utc(begin) - 86_400, utc(end) + 86_400);
            let table = table(zone);
            let open: Vec<_> =
                (around.0..around.1).filter(|second| is_open(&all_day, &table, *second)).collect();
            assert_eq!(open.first(), Some(&utc(begin)), "{zone} {begin}");
            assert_eq!(open.last(), Some(&(utc(end) - 1)), "{zone} {end}");
            assert_eq!(open.len(), usize::try_from(minutes * 60).unwrap(), "{zone} {begin}");
        }
    }

    #[test]
    fn phoenix_has_days_of_24_hours_only() {
        let sundays = schedule(Weekday::Sunday, (0, 0), (24, 0));
        for (begin, end) in
            [("2026-03-08T07:00", "2026-03-09T07:00"), ("2026-11-01T07:00", "2026-11-02T07:00")]
        {
            let whole = (begin, end);
            opens(&sundays, Tz::America__Phoenix, whole, &[whole]);
        }
    }
}

mod spring_gaps {
    use super::*;

    #[test]
    fn a_window_that_starts_inside_the_gap_opens_at_the_first_instant_after_it() {
        // Zone, weekday, start inside the gap, first instant after the gap.
        let gaps = [
            (Tz::America__New_York, Weekday::Sunday, (2, 30), "2026-03-08T07:00"),
            (Tz::America__Havana, Weekday::Sunday, (0, 0), "2026-03-08T05:00"),
            (Tz::America__Havana, Weekday::Sunday, (0, 30), "2026-03-08T05:00"),
            (Tz::America__Santiago, Weekday::Sunday, (0, 59), "2026-09-06T04:00"),
            (Tz::Africa__Cairo, Weekday::Friday, (0, 1), "2026-04-23T22:00"),
            (Tz::Asia__Beirut, Weekday::Sunday, (0, 30), "2026-03-28T22:00"),
            (Tz::Australia__Lord_Howe, Weekday::Sunday, (2, 15), "2026-10-03T15:30"),
        ];
        for (zone, weekday, start, first) in gaps {
            let schedule = schedule(weekday, start, (12, 0));
            let table = table(zone);
            assert!(!is_open(&schedule, &table, utc(first) - 1), "{zone}");
            assert!(is_open(&schedule, &table, utc(first)), "{zone}");
        }
    }

    #[test]
    fn a_window_that_ends_inside_the_gap_closes_when_the_gap_begins() {
        let early = schedule(Weekday::Sunday, (1, 0), (2, 30));
        opens(
            &early,
            Tz::America__New_York,
            ("2026-03-08T00:00", "2026-03-09T00:00"),
            &[("2026-03-08T06:00", "2026-03-08T07:00")],
        );
    }

    #[test]
    fn a_window_that_lies_inside_the_gap_has_no_minute_that_day_and_all_on_other_days() {
        let missing = schedule(Weekday::Sunday, (2, 15), (2, 45));
        opens(&missing, Tz::America__New_York, ("2026-03-08T00:00", "2026-03-09T12:00"), &[]);
        opens(
            &missing,
            Tz::America__New_York,
            ("2026-03-15T00:00", "2026-03-16T00:00"),
            &[("2026-03-15T06:15", "2026-03-15T06:45")],
        );
    }

    #[test]
    fn lord_howe_skips_half_an_hour() {
        let morning = schedule(Weekday::Sunday, (1, 45), (2, 45));
        opens(
            &morning,
            Tz::Australia__Lord_Howe,
            ("2026-10-03T12:00", "2026-10-04T12:00"),
            &[("2026-10-03T15:15", "2026-10-03T15:45")],
        );
    }
}

mod autumn_folds {
    use super::*;

    #[test]
    fn both_passes_of_a_repeated_hour_count() {
        opens(
            &schedule(Weekday::Sunday, (1, 15), (1, 45)),
            Tz::America__New_York,
            ("2026-11-01T00:00", "2026-11-02T00:00"),
            &[("2026-11-01T05:15", "2026-11-01T05:45"), ("2026-11-01T06:15", "2026-11-01T06:45")],
        );
        opens(
            &schedule(Weekday::Sunday, (0, 0), (0, 30)),
            Tz::America__Havana,
            ("2026-10-31T12:00", "2026-11-01T12:00"),
            &[("2026-11-01T04:00", "2026-11-01T04:30"), ("2026-11-01T05:00", "2026-11-01T05:30")],
        );
        opens(
            &schedule(Weekday::Thursday, (23, 30), (24, 0)),
            Tz::Africa__Cairo,
            ("2026-10-29T12:00", "2026-10-30T12:00"),
            &[("2026-10-29T20:30", "2026-10-29T21:00"), ("2026-10-29T21:30", "2026-10-29T22:00")],
        );
    }

    #[test]
    fn hours_across_midnight_close_between_the_passes_when_the_fold_is_at_midnight() {
        // Cairo shows 23:00…24:00 twice, so the morning half of the night begins after the second pass.
        let night = Schedule::from_hours(&[hours(Weekday::Thursday, (23, 30), (0, 30))]).unwrap();
        opens(
            &night,
            Tz::Africa__Cairo,
            ("2026-10-29T12:00", "2026-10-30T12:00"),
            &[("2026-10-29T20:30", "2026-10-29T21:00"), ("2026-10-29T21:30", "2026-10-29T22:30")],
        );
    }

    #[test]
    fn casablanca_repeats_an_hour_when_ramadan_begins() {
        opens(
            &schedule(Weekday::Sunday, (2, 0), (3, 0)),
            Tz::Africa__Casablanca,
            ("2026-02-14T12:00", "2026-02-15T12:00"),
            &[("2026-02-15T01:00", "2026-02-15T03:00")],
        );
    }
}

mod windows {
    use super::*;

    #[test]
    fn the_start_is_inside_and_the_end_is_not() {
        let window = window(Weekday::Tuesday, (9, 0), (17, 0));
        let on_tuesday =
            |hour, minutes| LocalTime { weekday: Weekday::Tuesday, minute: minute(hour, minutes) };
        assert!(!window.contains(on_tuesday(8, 59)));
        assert!(window.contains(on_tuesday(9, 0)));
        assert!(window.contains(on_tuesday(16, 59)));
        assert!(!window.contains(on_tuesday(17, 0)));
        assert!(!window.contains(LocalTime { weekday: Weekday::Wednesday, minute: minute(12, 0) }));
    }

    #[test]
    fn every_day_from_midnight_to_midnight_is_always() {
        let always = schedule(Days::EVERY_DAY, (0, 0), (24, 0));
        let zone = Zone::fixed(UtcOffset::UTC);
        assert!((0..7 * 1_440).all(|minute| is_open(&always, &zone, TABLE_BEGIN + minute * 60)));
    }

    #[test]
    fn a_window_starts_before_it_ends() {
        let noon = minute(12, 0);
        assert!(Window::new(Days::EVERY_DAY, noon, noon).is_err());
        assert!(Window::new(Days::EVERY_DAY, noon, minute(11, 59)).is_err());
        assert!(Window::new(Days::EVERY_DAY, Minute::DAY_END, Minute::DAY_END).is_err());
        assert!(Window::new(Days::EVERY_DAY, minute(23, 59), Minute::DAY_END).is_ok());
    }

    #[test]
    fn minutes_are_what_a_clock_shows() {
        assert_eq!(Minute::new(1_441), None);
        assert_eq!(Minute::at(24, 0), Some(Minute::DAY_END));
        assert_eq!(Minute::at(24, 1), None);
        assert_eq!(Minute::at(23, 60), None);
        assert_eq!(Minute::at(u16::MAX, u16::MAX), None);
        assert_eq!(alloc::format!("{} {}", minute(7, 5), Minute::DAY_END), "07:05 24:00");
    }

    #[test]
    fn days_are_never_empty_and_sunday_is_followed_by_monday() {
        assert_eq!(Days::from_bits(0), None);
        assert_eq!(Days::from_bits(0x80), None);
        assert_eq!(Days::from_weekdays([]), None);
        assert_eq!(Days::from(Weekday::Sunday).next(), Days::from(Weekday::Monday));
        assert_eq!(Days::WORKDAYS.next().bits(), 0b011_1110);
        assert_eq!(Days::from_weekdays(Days::WEEKEND.weekdays()), Some(Days::WEEKEND));
    }
}

mod crossing_midnight {
    use super::*;

    #[test]
    fn hours_across_midnight_become_two_windows() {
        let night = hours(Weekday::Sunday, (22, 0), (6, 0)).windows().unwrap();
        assert_eq!(night.0, window(Weekday::Sunday, (22, 0), (24, 0)));
        assert_eq!(night.1, Some(window(Weekday::Monday, (0, 0), (6, 0))));
    }

    #[test]
    fn hours_until_midnight_stay_one_window() {
        let evening = window(Weekday::Friday, (22, 0), (24, 0));
        for midnight in [(0, 0), (24, 0)] {
            assert_eq!(hours(Weekday::Friday, (22, 0), midnight).windows(), Ok((evening, None)));
        }
    }

    #[test]
    fn hours_that_could_mean_nothing_or_everything_are_refused() {
        for same in [(0, 0), (8, 0), (24, 0)] {
            assert!(hours(Days::EVERY_DAY, same, same).windows().is_err());
        }
        assert!(hours(Days::EVERY_DAY, (24, 0), (6, 0)).windows().is_err());
    }

    #[test]
    fn five_nights_of_different_hours_do_not_fit_eight_windows() {
        let nights: Vec<_> =
            (0..5).map(|day| hours(Weekday::ALL[usize::from(day)], (22, day), (6, day))).collect();
        assert!(Schedule::from_hours(&nights[..4]).is_ok());
        assert!(Schedule::from_hours(&nights).is_err());
        assert!(Schedule::from_hours(&[]).is_err());
    }
}

mod encoding {
    use super::*;

    fn decode(windows: &[Window]) -> Result<Schedule, postcard::Error> {
        let bytes = postcard::to_allocvec(windows).unwrap();
        postcard::from_bytes(&bytes)
    }

    fn distinct(count: u16) -> Vec<Window> {
        (0..count).map(|start| window(Days::EVERY_DAY, (1, start), (9, 0))).collect()
    }

    #[test]
    fn a_list_of_one_to_eight_ascending_windows_decodes() {
        assert!(decode(&distinct(0)).is_err());
        assert_eq!(decode(&distinct(1)).unwrap().windows().len(), 1);
        assert_eq!(decode(&distinct(8)).unwrap().windows().len(), 8);
        assert!(decode(&distinct(9)).is_err());
    }

    #[test]
    fn windows_out_of_order_or_twice_are_refused() {
        let mut windows = distinct(3);
        windows.swap(0, 1);
        assert!(decode(&windows).is_err());
        assert!(Schedule::try_from(windows.clone()).is_err());
        assert_eq!(Schedule::new(&windows).unwrap().windows(), distinct(3));

        windows = vec![windows[0], windows[0]];
        assert!(decode(&windows).is_err());
        assert_eq!(Schedule::new(&windows).unwrap().windows().len(), 1);
    }
}

fn windows() -> impl Strategy<Value = Window> {
    (1..=0x7f_u8, 0..1_440_u16).prop_flat_map(|(days, start)| {
        (start + 1..=1_440).prop_map(move |end| {
            let days = Days::from_bits(days).unwrap();
            Window::new(days, Minute::new(start).unwrap(), Minute::new(end).unwrap()).unwrap()
        })
    })
}

fn schedules() -> impl Strategy<Value = Schedule> {
    prop::collection::vec(windows(), 1..=8).prop_map(|windows| Schedule::new(&windows).unwrap())
}

/// Hours that are neither empty nor begin at 24:00.
fn all_hours() -> impl Strategy<Value = Hours> {
    (1..=0x7f_u8, 0..1_440_u16, 0..=1_440_u16).prop_filter_map("empty", |(days, from, to)| {
        let (from, to) = (Minute::new(from)?, Minute::new(to)?);
        (from != to).then_some(Hours { days: Days::from_bits(days)?, from, to })
    })
}

proptest! {
    #[test]
    fn a_schedule_is_open_when_the_calendar_of_its_zone_says_so(
        zone in select(&FIXTURE_ZONES[..]),
        schedule in schedules(),
        seconds in TABLE_BEGIN..TABLE_END,
    ) {
        let local = civil(zone, seconds);
        let minute = local.hour() * 60 + local.minute();
        let expected = schedule.windows().iter().any(|window| {
            window.days().bits() >> local.weekday().num_days_from_monday() & 1 == 1
                && (u32::from(window.start().since_midnight())..u32::from(window.end().since_midnight()))
                    .contains(&minute)
        });
        prop_assert_eq!(is_open(&schedule, &table(zone), seconds), expected);
    }

    #[test]
    fn hours_are_open_for_their_length_after_each_of_their_days_begins(hours in all_hours(), at in 0..7 * 1_440_u64) {
        let schedule = Schedule::from_hours(&[hours]).unwrap();
        // 1970-01-05 was a Monday.
        let open = is_open(&schedule, &Zone::fixed(UtcOffset::UTC), 4 * 86_400 + at * 60);

        let from = u64::from(hours.from.since_midnight());
        let length = (u64::from(hours.to.since_midnight()) + 1_440 - from) % 1_440;
        let length = if length == 0 { 1_440 } else { length };
        let expected = (0..7).filter(|day| hours.days.bits() >> day & 1 == 1).any(|day| {
            (at + 7 * 1_440 - (day * 1_440 + from)) % (7 * 1_440) < length
        });
        prop_assert_eq!(open, expected);
    }

    #[test]
    fn a_window_decodes_from_its_four_bytes(window in windows()) {
        let bytes = postcard::to_allocvec(&window).unwrap();
        prop_assert_eq!(bytes.as_slice(), <[u8; 4]>::from(window));
        prop_assert_eq!(postcard::from_bytes::<Window>(&bytes).unwrap(), window);
    }

    #[test]
    fn four_bytes_are_a_window_exactly_when_the_table_says_so(
        days in 0..=0x90_u8, start in 0..1_600_u32, end in 0..1_600_u32,
    ) {
        let [_, high, middle, low] = (start << 12 | end).to_be_bytes();
        let bytes = [days, high, middle, low];
        let valid = days != 0 && days < 0x80 && start < 1_440 && (1..=1_440).contains(&end) && start < end;
        prop_assert_eq!(Window::try_from(bytes).map(<[u8; 4]>::from).ok(), valid.then_some(bytes));
    }

    #[test]
    fn any_four_bytes_decode_to_themselves_or_not_at_all(bytes in any::<[u8; 4]>()) {
        if let Ok(window) = Window::try_from(bytes) {
            prop_assert_eq!(<[u8; 4]>::from(window), bytes);
        }
    }

    #[test]
    fn windows_are_ordered_as_their_bytes(one in windows(), other in windows()) {
        prop_assert_eq!(one.cmp(&other), <[u8; 4]>::from(one).cmp(&other.into()));
    }

    #[test]
    fn a_schedule_decodes_from_what_it_encodes_to(schedule in schedules()) {
        let bytes = postcard::to_allocvec(&schedule).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Schedule>(&bytes).unwrap(), schedule);
    }

    #[test]
    fn what_decodes_encodes_to_the_same_windows(
        count in 0..12_u8, bytes in prop::collection::vec(0..0x20_u8, 0..48),
    ) {
        let mut wire = vec![count];
        wire.extend(&bytes);
        if let Ok((schedule, rest)) = postcard::take_from_bytes::<Schedule>(&wire) {
            let encoded = postcard::to_allocvec(&schedule).unwrap();
            prop_assert_eq!(encoded.as_slice(), &wire[..wire.len() - rest.len()]);
        }
    }
}
