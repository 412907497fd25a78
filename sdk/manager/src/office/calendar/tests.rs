use thumbturn_protocol::zone::Transition;

use super::*;

fn instant(text: &str) -> UnixSeconds {
    match Date::parse(text) {
        Ok(Date::Instant(instant)) => instant,
        other => panic!("{text}: {other:?}"),
    }
}

fn day(text: &str) -> LocalDay {
    match Date::parse(text) {
        Ok(Date::Day(day)) => day,
        other => panic!("{text}: {other:?}"),
    }
}

/// A zone in hours east of UTC, with one change.
fn zone(before: f64, at: &str, after: f64) -> Zone {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "whole and half hours")]
    let offset = |hours: f64| UtcOffset::new((hours * 3_600.0) as i32).unwrap();
    Zone::new(offset(before), vec![Transition { at: instant(at), offset: offset(after) }]).unwrap()
}

/// the fixtures of the domain, first instant and end of days of 23 to 25 hours, four of them without a midnight.
#[test]
fn days_begin_and_end_where_the_clock_says() {
    let table = [
        ("New York", zone(-5.0, "2026-03-08T07:00:00Z", -4.0), "2026-03-08", "03-08T05:00", "03-09T04:00"),
        ("New York", zone(-4.0, "2026-11-01T06:00:00Z", -5.0), "2026-11-01", "11-01T04:00", "11-02T05:00"),
        ("Havana", zone(-5.0, "2026-03-08T05:00:00Z", -4.0), "2026-03-08", "03-08T05:00", "03-09T04:00"),
        ("Santiago", zone(-4.0, "2026-09-06T04:00:00Z", -3.0), "2026-09-06", "09-06T04:00", "09-07T03:00"),
        ("Cairo", zone(2.0, "2026-04-23T22:00:00Z", 3.0), "2026-04-24", "04-23T22:00", "04-24T21:00"),
        ("Beirut", zone(2.0, "2026-03-28T22:00:00Z", 3.0), "2026-03-29", "03-28T22:00", "03-29T21:00"),
        ("Havana", zone(-4.0, "2026-11-01T05:00:00Z", -5.0), "2026-11-01", "11-01T04:00", "11-02T05:00"),
        ("Cairo", zone(3.0, "2026-10-29T21:00:00Z", 2.0), "2026-10-29", "10-28T21:00", "10-29T22:00"),
        ("Lord Howe", zone(10.5, "2026-10-03T15:30:00Z", 11.0), "2026-10-04", "10-03T13:30", "10-04T13:00"),
        ("Casablanca", zone(1.0, "2026-02-15T02:00:00Z", 0.0), "2026-02-15", "02-14T23:00", "02-16T00:00"),
    ];
    for (place, zone, date, start, end) in table {
        let date = day(date);
        let next = LocalDay(date.0 + 1);
        let found = [date, next].map(|day| rfc3339(first_instant(day, &zone), UtcOffset::UTC));
        let expected = [start, end].map(|instant| format!("2026-{instant}:00+00:00"));
        assert_eq!(found, expected, "{place}");
    }
}

/// Each day begins where the day before ends, whatever the zone: one instant earlier it is the day before.
#[test]
fn a_day_begins_at_the_first_of_its_instants() {
    let zone = zone(-4.5, "2026-09-06T04:30:00Z", 12.0);
    for number in day("2026-09-01").0..day("2026-09-12").0 {
        let first = first_instant(LocalDay(number), &zone);
        assert!(LocalDay::at(first, &zone) >= LocalDay(number));
        assert!(LocalDay::at(first.minus(1), &zone) < LocalDay(number));
    }
}

#[test]
fn dates_are_read_and_written() {
    assert_eq!(day("1970-01-01"), LocalDay(0));
    assert_eq!(day("2026-01-05"), LocalDay(20_458));
    assert_eq!(day("2028-02-29").0 + 1, day("2028-03-01").0);
    assert_eq!(instant("2026-01-05T00:00:00Z").seconds(), 1_767_571_200);
    assert_eq!(instant("2026-01-05T01:30:00.75+01:30").seconds(), 1_767_571_200);
    let east = UtcOffset::new(-12_600).unwrap();
    assert_eq!(rfc3339(instant("2026-01-05T00:00:00Z"), east), "2026-01-04T20:30:00-03:30");
    for number in (0..2_932_896).step_by(97) {
        let (year, month, day_of_month) = civil(number);
        assert_eq!(parse_day(&format!("{year:04}-{month:02}-{day_of_month:02}")), Some(number));
    }
}

#[test]
fn what_is_no_date_is_refused() {
    let wrong = [
        "",
        "1.5.2026",
        "2026-5-1",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "1969-12-31",
        "2026-05-01T",
        "2026-05-01T09:00",
        "2026-05-01T09:00:00",
        "2026-05-01T24:00:00Z",
        "2026-05-01T09:00:60Z",
        "2026-05-01T09:00:00.Z",
        "2026-05-01T09:00:00+0200",
        "2026-05-01T09:00:00+19:00",
        "1970-01-01T00:00:00+01:00",
        "2026-05-0１",
        "２026-05-01",
    ];
    for text in wrong {
        assert_eq!(Date::parse(text), Err(InvalidDate), "{text:?}");
    }
}
