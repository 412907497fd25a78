//! What a wrong code costs, whatever the power does: no cut gives a guess away, none loses an opening (spec §14.4 rules 6 to
//! 9, §14.5).

use std::sync::LazyLock;

use proptest::prelude::*;
use thumbturn_lock::hardware::HardwareEvent;
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::platform::Board;
use thumbturn_lock::signal::Signal;
use thumbturn_lock::storage::{Storage, layout};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::{CodeLength, DailyKind};
use thumbturn_protocol::event::{Event, UsedKey};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::nor::{Moment, NorFlash};
use thumbturn_tests::bench_door::{BenchDoor, BenchPlatform};
use thumbturn_tests::bench_flash::BenchFlash;
use thumbturn_tests::keyed_door::{KeyedDoor, TODAY, press};
use thumbturn_tests::property::at;

use Signal::{Accepted, LockedOut, Refused, Unable};

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Middle, Moment::After];
const RIGHT: &str = "6180339";
const WRONG: &str = "6180338";
/// Tokens of a residence, and the milliseconds in which one comes.
const TOKENS: u64 = 6;
const INTERVAL_MS: u64 = 600_000;

/// A residence that knows one code of seven digits.
fn stage(seed: u64) -> KeyedDoor {
    let mut door = KeyedDoor::new(seed);
    let terms = door.terms();
    door.set_code(RIGHT, terms);
    door.update();
    door
}

/// The same, and no entry is looked up before its seventh digit.
fn seven_digits(seed: u64) -> KeyedDoor {
    let mut door = stage(seed);
    door.list.change_settings(|settings| settings.code_length = CodeLength::SEVEN);
    door.update();
    door
}

/// The chip of a door at rest.
static CHIP: LazyLock<NorFlash> = LazyLock::new(|| stage(50).door().flash.copy());

/// A door with such a chip, and a clock that knows the time.
fn door() -> BenchDoor {
    let Board { random, mut hardware, .. } = BenchDoor::fresh_board(51);
    hardware.real_time_clock = Some(clock());
    let flash = BenchFlash::from_chip(CHIP.clone());
    BenchDoor::boot(Board { flash, random, hardware }).expect("the door boots")
}

fn clock() -> UnixSeconds {
    at(600)
}

fn reboot(door: BenchDoor) -> BenchDoor {
    door.reboot_with(|board: &mut Board<BenchPlatform>| board.hardware.real_time_clock = Some(clock()))
}

fn signals(door: &mut BenchDoor) -> Vec<Signal> {
    core::mem::take(&mut door.hardware().signals)
}

/// What a door would find after a power cut now.
fn stored_tokens(door: &BenchDoor) -> u64 {
    let mut chip = door.flash.copy();
    chip.power_on();
    Storage::open(chip).expect("readable").lockout().tokens.into()
}

fn openings_logged(door: &mut BenchDoor) -> usize {
    door.log().iter().filter(|logged| matches!(logged.event, Event::Keyed { .. })).count()
}

#[test]
fn a_wrong_code_is_paid_for_in_flash_before_anything_shows_or_fails_to() {
    let mut door = door();
    press(&mut door, &WRONG[..3]);
    for (number, digit) in (4..=7).zip(WRONG[3..].bytes()) {
        let digit = Digit::new(digit - b'0').expect("a digit");
        door.hardware().events.push_back(HardwareEvent::Digit(digit));
        loop {
            let is_idle = door.step().is_some();
            let shows = !signals(&mut door).is_empty();
            // A door that does nothing about a code says that it was wrong.
            if is_idle || shows {
                assert_eq!(stored_tokens(&door), TOKENS - 1, "digit {number}");
            }
            if is_idle {
                break;
            }
        }
    }
}

#[test]
fn right_and_wrong_codes_make_one_append_each_before_bolt_or_light() {
    for (code, shown) in [(RIGHT, Accepted), (WRONG, Refused)] {
        // The first look-up of a run makes sure of the bucket, whatever the code.
        for appends in [2, 1] {
            let mut stage = seven_digits(60).reboot();
            if appends == 1 {
                press(stage.door(), "0000000");
            }
            press(stage.door(), &code[..6]);
            let _ = stage.signals();
            let digit = Digit::new(code.as_bytes()[6] - b'0').expect("a digit");
            stage.door().hardware().events.push_back(HardwareEvent::Digit(digit));
            let before = stage.door().flash_use();
            while stage.door().hardware().signals.is_empty() {
                let _ = stage.door().step();
            }
            let used = stage.door().flash_use().since(&before);
            assert_eq!((used.appends, used.erases), (appends, 0), "{code}");
            assert_eq!(stage.signals(), [shown]);
        }
    }
}

#[test]
fn no_power_cut_in_a_wrong_code_gives_it_away_for_nothing() {
    let mut told_at_all = 0;
    for moment in MOMENTS {
        for operation in 0.. {
            let mut door = door();
            door.flash.cut_power(operation, moment);
            press(&mut door, WRONG);
            door.happens(HardwareEvent::KeypadCleared);
            let told = signals(&mut door).contains(&Refused);
            let was_cut = !door.flash.is_powered();
            assert!(!told || stored_tokens(&door) < TOKENS, "{moment:?} in operation {operation}");
            let mut door = reboot(door);
            for _ in 0..stored_tokens(&door) {
                press(&mut door, WRONG);
            }
            let shown = signals(&mut door);
            assert_eq!(shown.iter().filter(|signal| **signal == Refused).count(), shown.len());
            assert!(shown.len() as u64 + u64::from(told) <= TOKENS, "{moment:?} in operation {operation}");
            press(&mut door, RIGHT);
            assert_eq!(signals(&mut door), [LockedOut]);
            told_at_all += u64::from(told);
            if !was_cut {
                break;
            }
        }
    }
    assert!(told_at_all > 3, "cuts after the refusal were tried, too");
}

#[test]
fn no_power_cut_in_a_right_code_loses_its_event() {
    for moment in MOMENTS {
        for operation in 0.. {
            let mut door = door();
            door.flash.cut_power(operation, moment);
            press(&mut door, RIGHT);
            let told = signals(&mut door).contains(&Accepted);
            let was_cut = !door.flash.is_powered();
            let mut door = reboot(door);
            let (moved, logged) = (door.bolt_moves().len(), openings_logged(&mut door));
            let what = format!("{moment:?} in operation {operation}");
            assert!(moved <= logged && logged <= 1, "{what}: {moved} of {logged}");
            assert_eq!(told, moved == 1, "{what}");
            press(&mut door, RIGHT);
            assert_eq!(signals(&mut door), [Accepted], "{what}");
            assert!(stored_tokens(&door) >= TOKENS - 1, "{what}: at most the token of the entry is gone");
            if !was_cut {
                assert_eq!((moved, logged), (1, 1));
                break;
            }
        }
    }
}

#[test]
fn no_power_cut_starts_the_fifteen_minutes_again() {
    for moment in MOMENTS {
        for operation in 0.. {
            let mut door = stage(52);
            let code = door.daily(TODAY, DailyKind::FirstUse, 3);
            let before = door.openings();
            door.door().flash.cut_power(operation, moment);
            door.press(&code);
            let was_cut = !door.door().flash.is_powered();
            door = door.reboot();
            let opened = door.openings() > before;
            let what = format!("{moment:?} in operation {operation}");
            let _ = door.signals();
            door.pass(300);
            assert_eq!(door.enter(&code), [Accepted], "{what}");
            door.pass(610);
            let shown = door.enter(&code);
            assert!(!opened || shown == [Refused], "{what}: {shown:?} 910 s after it opened");
            door.pass(400);
            assert_eq!(door.enter(&code), [Refused], "{what}");
            let named = |event: &Event| matches!(event, Event::Keyed { key: UsedKey::Daily(_), .. });
            assert!(door.logged(named).len() > usize::from(opened), "{what}");
            if !was_cut {
                break;
            }
        }
    }
}

#[test]
fn time_without_power_fills_no_bucket_and_an_empty_one_is_told_at_each_start() {
    let mut door = stage(53);
    for _ in 0..TOKENS {
        assert_eq!(door.enter(WRONG), [Refused]);
    }
    door.seconds += 86_400;
    door = door.reboot();
    assert_eq!(door.enter(RIGHT), [LockedOut]);
    assert_eq!(door.logged(|event| *event == Event::LockedOut).len(), 2);
    door.pass(600);
    assert_eq!(door.enter(RIGHT), [Accepted]);
}

#[test]
fn a_bucket_that_cannot_be_read_is_empty() {
    let mut door = stage(54);
    let mut board = door.property.door.into_board();
    let mut chip = board.flash.copy();
    chip.corrupt(layout::LOCKOUT.address(), 4 * 4_096, 0x55);
    board.flash = BenchFlash::from_chip(chip);
    board.hardware.real_time_clock = Some(at(door.seconds));
    door.property.door = BenchDoor::boot(board).expect("the door boots");
    assert_eq!(door.enter(RIGHT), [LockedOut]);
    assert_eq!(door.logged(|event| *event == Event::LockedOut).len(), 1);
    door.pass(600);
    assert_eq!(door.enter(RIGHT), [Accepted]);
}

#[test]
fn a_bucket_that_could_not_be_stored_is_stored_before_the_next_code_is_looked_up() {
    let mut door = door();
    press(&mut door, RIGHT);
    assert_eq!(signals(&mut door), [Accepted]);
    door.pass(10_000);
    for moment in MOMENTS {
        let before = stored_tokens(&door);
        // The first of four evaluations fails to pay: the entry ends, and three digits are too few for another.
        door.flash.fail_operation(0, moment);
        press(&mut door, WRONG);
        assert_eq!(signals(&mut door), [Unable], "{moment:?}");
        door.happens(HardwareEvent::KeypadCleared);
        press(&mut door, WRONG);
        assert_eq!(signals(&mut door), [Refused], "{moment:?}");
        assert_eq!(stored_tokens(&door), before - 2, "{moment:?}: both are paid");
    }
    press(&mut door, RIGHT);
    assert_eq!(signals(&mut door), [LockedOut]);
}

#[test]
fn an_opening_leaves_no_wrong_code_unpaid_that_came_before_it() {
    let mut stage = seven_digits(61);
    press(stage.door(), "0000000");
    stage.door().flash.fail_operation(0, Moment::Before);
    press(stage.door(), WRONG);
    press(stage.door(), RIGHT);
    assert_eq!(stage.signals(), [Refused, Unable, Accepted]);
    assert_eq!(stored_tokens(stage.door()), TOKENS - 2);
}

#[test]
fn a_flash_that_takes_no_bucket_lets_no_code_be_looked_up() {
    let mut door = reboot(door());
    let moves = door.bolt_moves().len();
    door.flash.fail_operation(0, Moment::Before);
    press(&mut door, RIGHT);
    assert_eq!(signals(&mut door)[..1], [Unable]);
    assert_eq!(door.bolt_moves().len(), moves);
}

#[test]
fn a_door_of_another_kind_keeps_no_more_tokens_than_that_kind_has() {
    let mut door = KeyedDoor::of_kind(55, DoorKind::Communal);
    door.list.change_settings(|settings| settings.kind = DoorKind::Residence);
    door.update();
    door.list.change_settings(|settings| settings.kind = DoorKind::Communal);
    door.update();
    // Two minutes have passed since the cut, and three bring a token.
    door = door.reboot();
    for _ in 0..TOKENS {
        assert_eq!(door.enter("1111"), [Refused]);
    }
    assert_eq!(door.enter("1111"), [LockedOut]);
    door.list.change_settings(|settings| settings.kind = DoorKind::Residence);
    door.update();
    door.pass(180);
    assert_eq!(door.enter("1111"), [LockedOut]);
    door.pass(360);
    assert_eq!(door.enter("1111"), [Refused]);
}

#[test]
fn a_wrong_code_leaves_no_trace_of_its_digits() {
    let mut door = door();
    let code = "8675309";
    press(&mut door, code);
    assert_eq!(signals(&mut door), [Refused]);
    door.pass(7_200_000);
    let raw: Vec<u8> = code.bytes().map(|digit| digit - b'0').collect();
    let number: u32 = code.parse().expect("a number");
    let image = door.flash.image();
    for trace in [code.as_bytes(), &raw, &number.to_be_bytes(), &number.to_le_bytes()] {
        assert!(!image.windows(trace.len()).any(|window| window == trace));
    }
    assert!(!format!("{:?}", door.log()).contains(code));
    let digits = Event::WrongCode { digits: 7 };
    assert_eq!(door.log().iter().filter(|logged| logged.event == digits).count(), 1);
}

/// What somebody at the keypad does who controls the power, too.
#[derive(Clone, Debug)]
enum Act {
    /// Types a wrong code of so many digits.
    Guess(usize),
    /// Types the right one, as a resident does.
    Resident,
    Clear,
    Waits(u64),
    /// Cuts the power now, and gives it back.
    Reboots,
    /// Cuts the power in a flash operation to come.
    Cuts(u64, Moment),
}

fn act() -> impl Strategy<Value = Act> {
    let moment = prop::sample::select(MOMENTS.to_vec());
    prop_oneof![
        10 => (4_usize..=7).prop_map(Act::Guess),
        1 => Just(Act::Resident),
        4 => Just(Act::Clear),
        2 => (0_u64..700_000).prop_map(Act::Waits),
        3 => Just(Act::Reboots),
        6 => (0_u64..6, moment).prop_map(|(operations, moment)| Act::Cuts(operations, moment)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// over any time, with any cuts, no more guesses are answered than the bucket pays for; no opening is lost.
    #[test]
    fn guesses_never_exceed_the_budget(acts in prop::collection::vec(act(), 1..120)) {
        let mut door = door();
        let (mut told, mut uptime, mut residents) = (0, 0, 0);
        for act in acts {
            let begun = door.now;
            match act {
                Act::Guess(length) => {
                    door.happens(HardwareEvent::KeypadCleared);
                    let _ = signals(&mut door);
                    press(&mut door, &WRONG[..length]);
                    // With power, a door that stays closed has answered, whether it shows it or not.
                    let silent = [LockedOut, Unable, Signal::UnknownTime];
                    let shown = signals(&mut door);
                    let is_told = door.flash.is_powered() && !shown.iter().any(|signal| silent.contains(signal))
                        || shown.contains(&Refused);
                    told += u64::from(is_told);
                    prop_assert!(!shown.contains(&Accepted));
                }
                Act::Resident => {
                    door.happens(HardwareEvent::KeypadCleared);
                    let _ = signals(&mut door);
                    press(&mut door, RIGHT);
                    residents += usize::from(signals(&mut door).contains(&Accepted));
                }
                Act::Clear => door.happens(HardwareEvent::KeypadCleared),
                Act::Waits(milliseconds) => door.pass(milliseconds),
                Act::Reboots => {
                    uptime += door.now.since(begun);
                    door = reboot(door);
                    continue;
                }
                Act::Cuts(operations, moment) => door.flash.cut_power(operations, moment),
            }
            uptime += door.now.since(begun);
            if !door.flash.is_powered() {
                door = reboot(door);
            }
            prop_assert!(told <= TOKENS + uptime / INTERVAL_MS, "{} guesses in {} s", told, uptime / 1_000);
        }
        let logged = openings_logged(&mut door);
        prop_assert!(residents <= door.bolt_moves().len() && door.bolt_moves().len() <= logged);
    }
}
