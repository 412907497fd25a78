extern crate std;

use std::format;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const FIVE: CodeLength = CodeLength::ALL[1];

fn code(text: &str) -> Doorcode {
    Doorcode::parse(text).unwrap()
}

fn press(keypad: &mut Keypad, digits: &str, now: u64) -> Entry {
    let digit = |character: char| Digit::new(u8::try_from(character.to_digit(10).unwrap()).unwrap()).unwrap();
    let mut entries: Vec<Entry> =
        digits.chars().map(|typed| keypad.press(digit(typed), Millis(now))).collect();
    entries.pop().unwrap()
}

#[test]
fn each_length_from_the_doors_on_is_a_code() {
    let mut keypad = Keypad::new(FIVE);
    assert_eq!(press(&mut keypad, "0972", 0), Entry::Collecting);
    assert_eq!(press(&mut keypad, "5", 0), Entry::Code(code("09725")));
    assert_eq!(press(&mut keypad, "8", 0), Entry::Code(code("097258")));
    assert_eq!(press(&mut keypad, "7", 0), Entry::LastCode(code("0972587")));
    assert_eq!(keypad.deadline(), None);
}

#[test]
fn after_the_last_digit_an_entry_begins_anew() {
    let mut keypad = Keypad::new(CodeLength::FOUR);
    assert_eq!(press(&mut keypad, "1111111", 0), Entry::LastCode(code("1111111")));
    assert_eq!(press(&mut keypad, "0972", 0), Entry::Code(code("0972")));
}

#[test]
fn five_seconds_without_a_digit_end_an_entry() {
    let mut keypad = Keypad::new(CodeLength::FOUR);
    assert_eq!(keypad.expire(Millis(1_000_000)), None);
    let _ = press(&mut keypad, "12", 0);
    let _ = press(&mut keypad, "3", 4_999);
    assert_eq!(keypad.expire(Millis(9_998)), None);
    assert_eq!(keypad.deadline(), Some(Millis(9_999)));
    assert_eq!(keypad.expire(Millis(9_999)), Some(EndedEntry::TooShort));
    assert_eq!(press(&mut keypad, "456", 10_000), Entry::Collecting);
}

#[test]
fn an_entry_that_was_evaluated_says_so_when_it_ends() {
    let mut keypad = Keypad::new(FIVE);
    let _ = press(&mut keypad, "123456", 0);
    assert_eq!(keypad.expire(Millis(5_000)), Some(EndedEntry::Evaluated(CodeLength::ALL[2])));
    let _ = press(&mut keypad, "12345", 0);
    assert_eq!(keypad.clear(), EndedEntry::Evaluated(FIVE));
    let _ = press(&mut keypad, "1234", 0);
    assert_eq!(keypad.clear(), EndedEntry::TooShort);
    assert_eq!(keypad.clear(), EndedEntry::TooShort);
}

#[test]
fn an_ended_entry_leaves_no_digit_behind() {
    let mut keypad = Keypad::new(CodeLength::SEVEN);
    let _ = press(&mut keypad, "999999", 0);
    let _ = keypad.clear();
    assert_eq!(*keypad.digits, [0; 7]);
    let _ = press(&mut keypad, "9999999", 0);
    assert_eq!(*keypad.digits, [0; 7]);
}

#[test]
fn a_keypad_prints_no_digit() {
    let mut keypad = Keypad::new(CodeLength::SEVEN);
    let _ = press(&mut keypad, "999", 0);
    assert_eq!(format!("{keypad:?} {:?}", Digit(9)), "Keypad Digit");
    assert_eq!(Digit::new(10), None);
}

proptest! {
    /// A code comes out only of its own digits, typed without a pause.
    #[test]
    fn codes_are_the_digits_typed_without_a_pause(
        shortest in 4_u8..=7,
        typed in prop::collection::vec((0_u8..10, 0_u64..7_000), 0..60),
    ) {
        let mut keypad = Keypad::new(CodeLength::new(shortest).unwrap());
        let (mut now, mut digits) = (0, Vec::new());
        for (digit, pause) in typed {
            now += pause;
            let expired = keypad.expire(Millis(now)).is_some();
            prop_assert_eq!(expired, pause >= PATIENCE_MS && !digits.is_empty());
            if expired {
                digits.clear();
            }
            digits.push(digit);
            let expected = if digits.len() < usize::from(shortest) {
                Entry::Collecting
            } else if digits.len() < 7 {
                Entry::Code(Doorcode::from_digits(&digits).unwrap())
            } else {
                Entry::LastCode(Doorcode::from_digits(&digits).unwrap())
            };
            prop_assert_eq!(keypad.press(Digit::new(digit).unwrap(), Millis(now)), expected);
            if digits.len() == 7 {
                digits.clear();
            }
        }
    }
}
