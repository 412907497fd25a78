//! Settings: one encoding, all bounds, no secret in print.

extern crate std;
use std::format;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::schedule::{Days, Minute, Window};
use crate::time::UnixSeconds;
use crate::update::example::{schedule, settings};
use crate::zone::{Transition, UtcOffset};

/// As many windows and transitions as there can be, the widest numbers.
fn largest() -> Settings {
    let minute = |minute| Minute::new(minute).unwrap();
    let windows: Vec<Window> = (0..8)
        .map(|hour| Window::new(Days::EVERY_DAY, minute(hour * 180), minute(hour * 180 + 90)).unwrap())
        .collect();
    let offset = UtcOffset::new(-64_800).unwrap();
    let at = |index: u64| UnixSeconds::new((1 << 40) - 20 + index).unwrap();
    let transitions = (0..16).map(|index| Transition { at: at(index), offset }).collect();
    Settings {
        relock_seconds: 240,
        zone: Zone::new(offset, transitions).unwrap(),
        schedules: alloc::vec![Schedule::new(&windows).unwrap(); 64],
        ..settings()
    }
}

#[test]
fn settings_are_laid_out_as_the_specification_says() {
    let expected = [
        [7; 16].as_slice(),
        &[1, 5],
        &[0, 0],
        &[1, 1],
        &<[u8; 4]>::from(schedule().windows()[0]),
        &[7],
        &[1],
        &[8; 32],
        &[1, 8],
    ]
    .concat();
    assert_eq!(*settings().to_bytes().unwrap(), expected);
    assert_eq!(*Settings::from_bytes(&expected).unwrap().to_bytes().unwrap(), expected);
}

#[test]
fn the_largest_settings_fit_a_head() {
    let bytes = largest().to_bytes().unwrap();
    assert_eq!(bytes.len(), 16 + 1 + 1 + (3 + 1 + 16 * 9) + 1 + 64 * 33 + 1 + 35);
    assert!(bytes.len() + 64 < UPDATE_HEAD);
    assert!(Settings::from_bytes(&bytes).is_ok());
}

#[test]
fn more_than_64_schedules_are_refused_both_ways() {
    let mut settings = settings();
    settings.schedules = alloc::vec![schedule(); 65];
    assert!(settings.to_bytes().is_err());
    let bytes = codec::encode(&settings).unwrap();
    assert!(Settings::from_bytes(&bytes).is_err());
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let good = settings().to_bytes().unwrap();
    let length = good.len();
    // kind, relock, digits of codes, whether there are daily codes, slots
    for (at, values) in [
        (16, [4, 255].as_slice()),
        (17, &[0, 241, 255]),
        (26, &[0, 3, 8]),
        (27, &[2, 255]),
        (length - 1, &[0, 17]),
    ] {
        for value in values {
            let mut bytes = good.to_vec();
            bytes[at] = *value;
            assert!(Settings::from_bytes(&bytes).is_err(), "byte {at} = {value}");
        }
    }
}

#[test]
fn a_row_finds_its_schedule_by_number_from_one() {
    let settings = settings();
    let number = |number| ScheduleNumber::new(number).unwrap();
    assert_eq!(settings.schedule(number(1)), Some(&schedule()));
    assert_eq!(settings.schedule(number(2)), None);
    assert_eq!(largest().schedule(number(64)), largest().schedules.last());
}

#[test]
fn one_schedule_is_found_in_the_encoding_as_it_is_in_the_settings() {
    let mut different = largest();
    for (from, schedule) in (0..64).zip(&mut different.schedules) {
        let window =
            Window::new(Days::EVERY_DAY, Minute::new(from).unwrap(), Minute::new(700).unwrap()).unwrap();
        *schedule = Schedule::new(&[window]).unwrap();
    }
    for settings in [settings(), largest(), different] {
        let bytes = settings.to_bytes().unwrap();
        for number in (1..=64).filter_map(ScheduleNumber::new) {
            let found = Settings::schedule_in(&bytes, number).unwrap();
            assert_eq!(found.as_ref(), settings.schedule(number), "{number:?}");
        }
        assert!(Settings::schedule_in(&bytes[..20], ScheduleNumber::new(1).unwrap()).is_err());
    }
}

#[test]
fn keys_do_not_get_into_print() {
    let text = format!("{:?}", settings());
    assert!(text.contains("TagKey,") && text.contains("DailyCodes(CodeEpoch(1), Slots(8))"), "{text}");
}

proptest! {
    #[test]
    fn accepted_bytes_encode_back(changes in proptest::collection::vec((0..62_usize, any::<u8>()), 0..4), cut in 0..70_usize) {
        let mut bytes = settings().to_bytes().unwrap().to_vec();
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.truncate(cut);
        if let Ok(settings) = Settings::from_bytes(&bytes) {
            prop_assert_eq!(&*settings.to_bytes().unwrap(), &bytes);
        }
    }
}
