extern crate std;

use std::collections::HashSet;
use std::format;

use proptest::prelude::*;

use super::*;
use crate::random::RandomFailed;
use crate::time::UnixSeconds;
use crate::zone::{Transition, UtcOffset, Zone};

fn code(text: &str) -> Doorcode {
    Doorcode::parse(text).unwrap()
}

fn key() -> DailyCodeKey {
    DailyCodeKey::from_bytes(core::array::from_fn(|index| u8::try_from(index).unwrap()))
}

const DOOR: DoorField = DoorField([0x11; 16]);
const EPOCH: CodeEpoch = CodeEpoch(0);

#[test]
fn a_code_has_four_to_seven_decimal_digits() {
    for text in ["", "123", "12345678", "123a", "12 4", "-123", "١٢٣٤"] {
        assert!(Doorcode::parse(text).is_err(), "{text}");
    }
    assert!(Doorcode::from_digits(&[1, 2, 3, 10]).is_err());
    assert!(Doorcode::from_number(10_000, CodeLength::FOUR).is_err());
    assert_eq!(Doorcode::from_number(7, CodeLength::FOUR).unwrap().text().as_str(), "0007");
}

#[test]
fn codes_of_different_length_differ_although_their_numbers_are_equal() {
    assert!(code("0007") != code("00007"));
    assert!(code("1200") != code("12000"));
    assert_eq!(code("0120"), Doorcode::from_number(120, CodeLength::FOUR).unwrap());
}

#[test]
fn a_row_is_named_by_length_and_number() {
    assert_eq!(*code("0972587").row_id(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x00, 0x0e, 0xd7, 0x2b]);
}

#[test]
fn exactly_5760_of_the_codes_of_seven_digits_are_weak() {
    let weak = (0..10_000_000)
        .filter(|number| Doorcode::from_number(*number, CodeLength::SEVEN).unwrap().is_weak())
        .count();
    assert_eq!(weak, 5_760);
}

#[test]
fn runs_and_repeats_are_weak() {
    for weak in ["1234567", "7654321", "1357913", "1111111", "1212112", "8901234", "0505050", "1111", "3210"]
    {
        assert!(code(weak).is_weak(), "{weak}");
    }
    for strong in ["1234568", "0972587", "1231231", "1323", "10203"] {
        assert!(!code(strong).is_weak(), "{strong}");
    }
}

#[test]
fn a_code_begins_with_what_is_typed_on_the_way_to_it() {
    assert!(code("1234567").begins_with(&code("1234")));
    assert!(code("1234").begins_with(&code("1234")));
    assert!(!code("1234").begins_with(&code("12345")));
    assert!(!code("1234567").begins_with(&code("1235")));
}

#[test]
fn a_code_prints_no_digit() {
    assert_eq!(format!("{:?} {:#?}", code("0972587"), code("1234")), "Doorcode Doorcode");
    assert_eq!(
        format!("{:?} {:?}", key(), DailyCodeMaster::from_bytes([1; 32])),
        "DailyCodeKey DailyCodeMaster"
    );
}

struct Script<'a>(&'a [u8]);

impl SecureRandom for Script<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for byte in bytes {
            let (first, rest) = self.0.split_first().ok_or(RandomFailed)?;
            (*byte, self.0) = (*first, rest);
        }
        Ok(())
    }
}

#[test]
fn a_made_code_is_never_weak_and_never_drawn_from_the_unfair_end() {
    // 2^24 − 1 lies above 10,000,000; 1,111,111 is weak; 972,587 is taken.
    let mut script = Script(&[0xff, 0xff, 0xff, 0x10, 0xf4, 0x47, 0x0e, 0xd7, 0x2b]);
    assert_eq!(Doorcode::make(CodeLength::SEVEN, &mut script).unwrap(), code("0972587"));
    assert_eq!(script.0.len(), 0);
}

#[test]
fn a_random_source_that_repeats_itself_is_given_up() {
    struct Stuck;
    impl SecureRandom for Stuck {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.fill(0);
            Ok(())
        }
    }
    assert_eq!(Doorcode::make(CodeLength::SEVEN, &mut Stuck).err(), Some(Error::Exhausted));
    assert_eq!(Doorcode::make(CodeLength::SEVEN, &mut Script(&[])).err(), Some(Error::Random(RandomFailed)));
}

#[test]
fn keys_differ_by_door_and_by_generation() {
    let master = DailyCodeMaster::from_bytes([9; 32]);
    let other = DoorField([0x12; 16]);
    let keys: HashSet<[u8; 32]> = [(DOOR, 1), (DOOR, 2), (other, 1), (other, 2)]
        .map(|(door, generation)| *master.door_key(door, CodeKeyGeneration(generation)).as_bytes())
        .into_iter()
        .collect();
    assert_eq!(keys.len(), 4);
}

#[test]
fn a_typed_code_of_another_length_is_no_daily_code() {
    // A code that ends with 0: without it, it has the same digits and zeros behind them.
    let whole_day = |day| DailyCode { day: LocalDay(day), kind: DailyKind::WholeDay, slot: Slot(0) };
    let (day, whole) = (20_520..)
        .map(|day| (LocalDay(day), key().code(DOOR, EPOCH, whole_day(day))))
        .find(|(_, code)| code.digits().last() == Some(&0))
        .unwrap();
    let typed = Doorcode::from_digits(&whole.digits()[..6]).unwrap();
    assert_eq!(key().find(DOOR, EPOCH, Slots::DEFAULT, &[day], &typed), None);
    assert!(key().find(DOOR, EPOCH, Slots::DEFAULT, &[day], &whole).is_some());
}

#[test]
fn of_two_slots_with_one_code_the_lower_counts() {
    // Found by search: on this day slots 0 and 7 have the code 8582218.
    let day = LocalDay(25_789);
    let slot = |slot| DailyCode { day, kind: DailyKind::WholeDay, slot: Slot(slot) };
    let typed = key().code(DOOR, EPOCH, slot(7));
    assert!(typed == code("8582218") && typed == key().code(DOOR, EPOCH, slot(0)));
    assert_eq!(key().find(DOOR, EPOCH, Slots::DEFAULT, &[day], &typed), Some(slot(0)));
}

fn zone(initial: i32, transitions: &[(u64, i32)]) -> Zone {
    let transition = |(at, east): &(u64, i32)| Transition {
        at: UnixSeconds::new(*at).unwrap(),
        offset: UtcOffset::new(*east).unwrap(),
    };
    Zone::new(UtcOffset::new(initial).unwrap(), transitions.iter().map(transition).collect()).unwrap()
}

fn day(seconds: u64, zone: &Zone) -> i32 {
    LocalDay::at(UnixSeconds::new(seconds).unwrap(), zone).0
}

#[test]
fn a_day_is_that_of_the_local_date() {
    // New York, 2026: EST, and EDT from 2026-03-08T07:00:00Z to 2026-11-01T06:00:00Z.
    let zone = zone(-18_000, &[(1_772_953_200, -14_400), (1_793_512_800, -18_000)]);
    assert_eq!(day(1_772_946_000 - 1, &zone), 20_519); // 2026-03-07 23:59:59
    assert_eq!(day(1_772_946_000, &zone), 20_520); // 2026-03-08 00:00
    assert_eq!(day(1_772_946_000 + 23 * 3_600 - 1, &zone), 20_520); // the day of 23 hours
    assert_eq!(day(1_772_946_000 + 23 * 3_600, &zone), 20_521);
    assert_eq!(day(1_793_505_600, &zone), 20_758); // 2026-11-01 00:00
    assert_eq!(day(1_793_505_600 + 25 * 3_600 - 1, &zone), 20_758); // the day of 25 hours
    assert_eq!(day(1_793_505_600 + 25 * 3_600, &zone), 20_759);
}

#[test]
fn before_1970_days_are_negative() {
    assert_eq!(day(0, &zone(-1, &[])), -1);
    assert_eq!(day(0, &zone(0, &[])), 0);
}

#[test]
fn a_clock_set_back_over_midnight_does_not_bring_yesterday_back() {
    // At one minute past midnight the clocks go back an hour.
    let back = zone(3_600, &[(86_400 - 3_600 + 60, 0)]);
    assert_eq!(day(86_400 - 3_600, &back), 1);
    assert_eq!(day(86_400 - 3_600 + 60, &back), 1);
    assert_eq!(day(2 * 86_400 - 1, &back), 1);
    assert_eq!(day(2 * 86_400, &back), 2);
}

proptest! {
    #[test]
    fn every_code_is_found_again_in_each_of_its_forms(digits in prop::collection::vec(0_u8..10, 4..=7)) {
        let code = Doorcode::from_digits(&digits).unwrap();
        prop_assert_eq!(code.digits(), &digits);
        prop_assert!(Doorcode::parse(&code.text()).unwrap() == code);
        prop_assert!(Doorcode::from_number(code.number(), code.length()).unwrap() == code);
        let text = code.text();
        prop_assert_eq!(text.parse::<u32>().unwrap(), code.number());
    }

    #[test]
    fn a_daily_code_is_found_in_its_slot_and_nowhere_else(
        day in -1_000_i32..100_000,
        first_use: bool,
        slot in 0_u16..16,
        count in 1_u8..=16,
        epoch: u8,
        tomorrow: bool,
    ) {
        let kind = if first_use { DailyKind::FirstUse } else { DailyKind::WholeDay };
        let wanted = DailyCode { day: LocalDay(day), kind, slot: Slot(slot) };
        let typed = key().code(DOOR, CodeEpoch(epoch), wanted);
        prop_assert!(!typed.is_weak());
        prop_assert_eq!(typed.length(), CodeLength::SEVEN);
        let days = [LocalDay(day), LocalDay(day + 1)];
        let days = if tomorrow { &days[1..] } else { &days[..] };
        let found = key().find(DOOR, CodeEpoch(epoch), Slots::new(count).unwrap(), days, &typed);
        let expected = (!tomorrow && slot < u16::from(count)).then_some(wanted);
        prop_assert_eq!(found, expected);
        let other_epoch = CodeEpoch(epoch.wrapping_add(1));
        prop_assert_eq!(key().find(DOOR, other_epoch, Slots::new(count).unwrap(), days, &typed), None);
        let other_door = DoorField([0x12; 16]);
        prop_assert_eq!(key().find(other_door, CodeEpoch(epoch), Slots::new(count).unwrap(), days, &typed), None);
    }

    #[test]
    fn days_never_return(
        offsets in prop::collection::vec(-64_800_i32..=64_800, 1..6),
        steps in prop::collection::vec(1_u64..200_000, 1..40),
    ) {
        let transitions: std::vec::Vec<_> =
            offsets.iter().skip(1).zip(1_u64..).map(|(offset, number)| (number * 300_000, *offset)).collect();
        let zone = zone(offsets[0], &transitions);
        let (mut instant, mut latest) = (0, i32::MIN);
        for step in steps {
            let now = day(instant, &zone);
            prop_assert!(now >= latest);
            latest = now;
            instant += step;
        }
    }
}
