//! `tests/vectors/schedule.json`, which a second implementation made.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::codec::{decode, encode};
use crate::hexadecimal::Hexadecimal;
use crate::zone::{Transition, UtcOffset};

#[derive(Deserialize)]
struct Vectors {
    windows: Vec<WindowCase>,
    schedules: Vec<ScheduleCase>,
    hours: Vec<HoursCase>,
    tables: Vec<TableCase>,
    zones: BTreeMap<String, Table>,
    local: Vec<LocalCase>,
    open: Vec<OpenCase>,
}

#[derive(Deserialize)]
struct WindowCase {
    case: String,
    bytes: Hexadecimal,
    valid: bool,
    #[serde(default)]
    days: Vec<String>,
    start: Option<u16>,
    end: Option<u16>,
}

#[derive(Deserialize)]
struct ScheduleCase {
    case: String,
    bytes: Hexadecimal,
    valid: bool,
    #[serde(default)]
    windows: Vec<Hexadecimal>,
}

#[derive(Deserialize)]
struct HoursCase {
    case: String,
    days: u8,
    from: u16,
    to: u16,
    valid: bool,
    #[serde(default)]
    windows: Vec<Hexadecimal>,
}

#[derive(Deserialize)]
struct TableCase {
    case: String,
    bytes: Hexadecimal,
    valid: bool,
    #[serde(default)]
    initial: i32,
    #[serde(default)]
    transitions: Vec<(u64, i32)>,
}

#[derive(Deserialize)]
struct Table {
    initial: i32,
    transitions: Vec<(u64, i32)>,
    bytes: Hexadecimal,
}

#[derive(Deserialize)]
struct LocalCase {
    zone: String,
    utc: String,
    instant: u64,
    weekday: String,
    minute: u16,
}

#[derive(Deserialize)]
struct OpenCase {
    case: String,
    zone: String,
    schedule: Hexadecimal,
    at: Vec<OpenAt>,
}

#[derive(Deserialize)]
struct OpenAt {
    utc: String,
    instant: u64,
    open: bool,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../../tests/vectors/schedule.json")).unwrap()
}

fn name(weekday: Weekday) -> String {
    alloc::format!("{weekday:?}").to_lowercase()
}

fn instant(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

fn zone(initial: i32, transitions: &[(u64, i32)]) -> Zone {
    let transition =
        |(at, east): &(u64, i32)| Transition { at: instant(*at), offset: UtcOffset::new(*east).unwrap() };
    Zone::new(UtcOffset::new(initial).unwrap(), transitions.iter().map(transition).collect()).unwrap()
}

fn bytes_of(windows: &[Window]) -> Vec<Hexadecimal> {
    windows.iter().map(|window| Hexadecimal(<[u8; 4]>::from(*window).to_vec())).collect()
}

#[test]
fn windows_are_valid_and_mean_what_the_vectors_say() {
    for WindowCase { case, bytes, valid, days, start, end } in vectors().windows {
        let window = decode::<Window>(&bytes.0, 4, "window");
        assert_eq!(window.is_ok(), valid, "{case}");
        let Ok(window) = window else { continue };
        assert_eq!(window.days().weekdays().map(name).collect::<Vec<_>>(), days, "{case}");
        assert_eq!(Some(window.start().since_midnight()), start, "{case}");
        assert_eq!(Some(window.end().since_midnight()), end, "{case}");
        assert_eq!(encode(&window).unwrap(), bytes.0, "{case}");
    }
}

#[test]
fn schedules_are_valid_and_hold_what_the_vectors_say() {
    for ScheduleCase { case, bytes, valid, windows } in vectors().schedules {
        let schedule = decode::<Schedule>(&bytes.0, 40, "schedule");
        assert_eq!(schedule.is_ok(), valid, "{case}");
        let Ok(schedule) = schedule else { continue };
        assert_eq!(bytes_of(schedule.windows()), windows, "{case}");
        assert_eq!(encode(&schedule).unwrap(), bytes.0, "{case}");
    }
}

#[test]
fn hours_become_the_windows_that_the_vectors_say() {
    for HoursCase { case, days, from, to, valid, windows } in vectors().hours {
        let minute = |minutes| Minute::new(minutes).unwrap();
        let hours = Hours { days: Days::from_bits(days).unwrap(), from: minute(from), to: minute(to) };
        assert_eq!(hours.windows().is_ok(), valid, "{case}");
        let Ok((evening, morning)) = hours.windows() else { continue };
        let made: Vec<_> = [evening].into_iter().chain(morning).collect();
        assert_eq!(bytes_of(&made), windows, "{case}");
    }
}

#[test]
fn zone_tables_are_valid_and_hold_what_the_vectors_say() {
    for TableCase { case, bytes, valid, initial, transitions } in vectors().tables {
        let table = decode::<Zone>(&bytes.0, 200, "zone");
        assert_eq!(table.is_ok(), valid, "{case}");
        let Ok(table) = table else { continue };
        assert_eq!(table, zone(initial, &transitions), "{case}");
    }
    for (name, table) in vectors().zones {
        let expected = zone(table.initial, &table.transitions);
        assert_eq!(decode::<Zone>(&table.bytes.0, 200, "zone"), Ok(expected.clone()), "{name}");
        assert_eq!(encode(&expected).unwrap(), table.bytes.0, "{name}");
    }
}

#[test]
fn clocks_show_what_the_vectors_say() {
    let vectors = vectors();
    for LocalCase { zone: name_of_zone, utc, instant: seconds, weekday, minute } in vectors.local {
        let table = &vectors.zones[&name_of_zone];
        let local = zone(table.initial, &table.transitions).local(instant(seconds));
        assert_eq!(name(local.weekday), weekday, "{name_of_zone} {utc}");
        assert_eq!(local.minute.since_midnight(), minute, "{name_of_zone} {utc}");
    }
}

#[test]
fn schedules_are_open_when_the_vectors_say() {
    let vectors = vectors();
    for OpenCase { case, zone: name_of_zone, schedule, at } in vectors.open {
        let table = &vectors.zones[&name_of_zone];
        let zone = zone(table.initial, &table.transitions);
        let schedule = decode::<Schedule>(&schedule.0, 40, "schedule").unwrap();
        for OpenAt { utc, instant: seconds, open } in at {
            assert_eq!(schedule.contains(instant(seconds), &zone), open, "{name_of_zone}, {case}, {utc}");
        }
    }
}
