//! Doorcodes at the keypad: who gets in, what it costs, what is told and what is written down (spec §14.3, §14.4).

use thumbturn_lock::hardware::{HardwareEvent, Readiness};
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::bulletin::{BulletinSubject, Denial};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::{CodeEpoch, CodeLength, DailyCode, DailyKind, LocalDay, Slot};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::event::{Event, UsedKey};
use thumbturn_protocol::ids::Serial;
use thumbturn_protocol::schedule::{Days, Hours, Minute, Schedule};
use thumbturn_protocol::update::row::{CredentialNumber, Row, RowKey, ScheduleNumber};
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_tests::keyed_door::{KeyedDoor, TODAY};
use thumbturn_tests::property::at;

use Signal::{Accepted, LockedOut, Refused, Unable, UnknownTime};

/// A residence with a code of four, one of six and one of seven digits, for three people.
fn stage(seed: u64) -> KeyedDoor {
    let mut door = KeyedDoor::new(seed);
    for digits in ["0472", "930175", "6180339"] {
        let terms = door.terms();
        door.set_code(digits, terms);
    }
    door.update();
    door
}

fn wrong_codes(door: &mut KeyedDoor) -> Vec<Event> {
    door.logged(|event| matches!(event, Event::WrongCode { .. } | Event::LockedOut))
}

fn tokens(door: &mut KeyedDoor) -> u8 {
    door.door().engine().storage_mut().lockout().tokens
}

#[test]
fn a_right_code_opens_with_its_last_digit_and_the_log_names_its_row() {
    for (number, digits) in [(1, "0472"), (2, "930175"), (3, "6180339")] {
        let mut door = stage(1);
        let before = door.openings();
        let (head, last) = digits.split_at(digits.len() - 1);
        door.press(head);
        assert_eq!(door.openings(), before, "{digits}");
        door.press(last);
        assert_eq!(door.openings(), before + 1, "{digits}");
        assert_eq!(door.signals(), [Accepted]);
        let openings = door.logged(|event| matches!(event, Event::Keyed { .. }));
        let [Event::Keyed { operation, key }] = openings.as_slice() else { panic!("{openings:?}") };
        assert_eq!(*key, UsedKey::Doorcode(CredentialNumber(number)));
        assert_eq!(door.door().bolt_moves().last(), Some(operation), "the bolt's event names the opening");
        assert_eq!(tokens(&mut door), 6, "nothing is owed");
        assert_eq!(wrong_codes(&mut door), []);
    }
}

#[test]
fn a_wrong_code_costs_a_token_and_leaves_one_event_with_its_length() {
    let mut door = stage(2);
    let before = door.openings();
    assert_eq!(door.enter("0473"), [Refused]);
    assert_eq!(door.enter("930171"), [Refused]);
    door.press("6180331");
    assert_eq!(door.signals(), [Refused], "the seventh digit ends the entry");
    assert_eq!(door.openings(), before);
    assert_eq!(tokens(&mut door), 3);
    let expected = [4, 6, 7].map(|digits| Event::WrongCode { digits });
    assert_eq!(wrong_codes(&mut door), expected);
}

#[test]
fn leading_zeros_count_and_a_code_is_no_part_of_a_longer_entry() {
    let mut door = stage(3);
    assert_eq!(door.enter("472"), []);
    assert_eq!(door.enter("00472"), [Refused]);
    assert_eq!(door.enter("10472"), [Refused]);
    assert_eq!(door.enter("0472"), [Accepted]);
}

#[test]
fn an_entry_that_is_too_short_costs_nothing_and_shows_nothing() {
    let mut door = stage(4);
    assert_eq!(door.enter("047"), []);
    door.press("047");
    door.pass(5);
    door.press("2");
    assert_eq!(door.signals(), [], "the pause ended the entry");
    assert_eq!((tokens(&mut door), wrong_codes(&mut door)), (6, vec![]));
}

#[test]
fn a_pause_ends_a_wrong_entry_as_the_clear_key_does() {
    let mut door = stage(5);
    door.press("0473");
    assert_eq!(door.signals(), [], "more digits may come");
    assert_eq!(tokens(&mut door), 5, "but it is paid for");
    door.pass(5);
    assert_eq!(door.signals(), [Refused]);
    assert_eq!(wrong_codes(&mut door), [Event::WrongCode { digits: 4 }]);
}

#[test]
fn a_longer_code_gives_its_token_back() {
    let mut door = stage(6);
    door.press("9301");
    assert_eq!(tokens(&mut door), 5);
    door.press("75");
    assert_eq!(door.signals(), [Accepted]);
    assert_eq!((tokens(&mut door), wrong_codes(&mut door)), (6, vec![]));
}

#[test]
fn six_wrong_codes_lock_the_keypad_of_a_residence_and_nothing_else() {
    let mut door = stage(7);
    for _ in 0..6 {
        assert_eq!(door.enter("1111"), [Refused]);
    }
    let openings = door.openings();
    assert_eq!(door.enter("0472"), [LockedOut], "also the right one");
    assert_eq!(door.openings(), openings);
    let events = wrong_codes(&mut door);
    assert_eq!(events.iter().filter(|event| **event == Event::LockedOut).count(), 1);
    assert_eq!(events.len(), 7);
    let mut resident = door.property.resident();
    assert!(matches!(
        resident.unlock_full(&mut door.property.door),
        thumbturn_protocol::answer::Outcome::Accepted { .. }
    ));
    door.pass(600);
    assert_eq!(door.enter("0472"), [Accepted], "a token came after ten minutes");
    assert_eq!(door.enter("1111"), [Refused]);
    assert_eq!(door.enter("0472"), [LockedOut]);
}

#[test]
fn other_doors_take_ten_wrong_codes_and_one_more_every_three_minutes() {
    let mut door = KeyedDoor::of_kind(8, DoorKind::BuildingEntrance);
    for _ in 0..10 {
        assert_eq!(door.enter("1111"), [Refused]);
    }
    assert_eq!(door.enter("1111"), [LockedOut]);
    door.pass(180);
    assert_eq!(door.enter("1111"), [Refused]);
    assert_eq!(door.enter("1111"), [LockedOut]);
}

#[test]
fn an_opening_fills_no_bucket() {
    let mut door = stage(9);
    for _ in 0..5 {
        let _ = door.enter("1111");
    }
    assert_eq!(door.enter("0472"), [Accepted]);
    door.pass(10);
    assert_eq!(door.enter("1111"), [Refused]);
    assert_eq!(door.enter("1111"), [LockedOut]);
}

#[test]
fn a_bucket_that_is_full_again_is_stored_once() {
    let mut door = stage(10);
    let _ = door.enter("1111");
    door.pass(599);
    assert_eq!(tokens(&mut door), 5);
    door.pass(2);
    assert_eq!(tokens(&mut door), 6);
    let before = door.door().flash_use().appends;
    door.pass(600);
    assert_eq!(door.door().flash_use().appends, before, "and not again");
}

#[test]
fn a_window_a_schedule_and_a_deny_row_bite_and_look_like_a_wrong_code() {
    let mut door = stage(11);
    let evening = Hours {
        days: Days::WORKDAYS,
        from: Minute::at(18, 0).expect("a minute"),
        to: Minute::at(20, 0).expect("a minute"),
    };
    let schedule = Schedule::from_hours(&[evening]).expect("a schedule");
    door.list.change_settings(|settings| settings.schedules = vec![schedule]);
    let first = ScheduleNumber::new(1).expect("a number");
    let second = ScheduleNumber::new(2).expect("a number");
    let expired = door.terms().during(at(-100), Some(at(10))).expect("terms");
    let early = door.terms().during(at(86_400), None).expect("terms");
    let cleaner = door.terms().within(first);
    let nobody = door.terms().within(second);
    for (digits, terms) in [("2301", expired), ("2302", early), ("2303", cleaner), ("2304", nobody)] {
        door.set_code(digits, terms);
    }
    let (denied, staff) = (door.terms(), door.terms().for_staff());
    door.set_code("2305", denied);
    door.set_code("2306", staff);
    let entry = |subject, serial: Serial| Row::Deny(DenyEntry { subject, void_before: Serial(serial.0 + 1) });
    door.list.set(entry(DenySubject::Holder(denied.holder()), denied.serial()));
    door.update();
    let mut left = 6;
    for digits in ["2301", "2302", "2303", "2304", "2305"] {
        assert_eq!(door.enter(digits), [Refused], "{digits}");
        left -= 1;
        assert_eq!(tokens(&mut door), left, "{digits}");
    }
    // Six o'clock in the evening.
    door.pass(6 * 3_600);
    assert_eq!(door.enter("2303"), [Accepted]);
    door.list.set(entry(DenySubject::EverybodyButStaff, Serial(1_000)));
    door.update();
    assert_eq!(door.enter("2303"), [Refused]);
    assert_eq!(door.enter("2306"), [Accepted], "staff is not cut");
    assert_eq!(door.logged(|event| matches!(event, Event::WrongCode { .. })).len(), 6);
}

#[test]
fn a_bulletin_cuts_codes_by_their_holder_and_daily_codes_by_their_name() {
    let mut door = stage(12);
    let holder = door.list.rows().find_map(Row::terms).expect("a code").holder();
    let daily = door.daily(TODAY, DailyKind::WholeDay, 2);
    let subject = BulletinSubject::DailyCode {
        door: door.property.configuration.door,
        day: TODAY.0,
        kind: DailyKind::WholeDay.code(),
        slot: 2,
    };
    assert_eq!(door.enter(&daily), [Accepted]);
    door.pass(10);
    let all = Serial(u32::MAX);
    door.bulletin(vec![
        Denial { subject, void_before: all, until: None },
        Denial { subject: BulletinSubject::Holder(holder), void_before: all, until: None },
    ]);
    assert_eq!(door.enter(&daily), [Refused]);
    assert_eq!(door.enter("0472"), [Refused]);
    let other = door.daily(TODAY, DailyKind::WholeDay, 3);
    assert_eq!(door.enter(&other), [Accepted], "nobody else is cut");
    door.pass(60);
    door.bulletin(vec![Denial { subject: BulletinSubject::Everybody, void_before: all, until: None }]);
    assert_eq!(door.enter("930175"), [Refused]);
    let third = door.daily(TODAY, DailyKind::WholeDay, 4);
    assert_eq!(door.enter(&third), [Refused], "everybody is everybody");
}

#[test]
fn a_removed_code_opens_nothing() {
    let mut door = stage(13);
    door.list.remove(&RowKey::doorcode(&thumbturn_protocol::code::Doorcode::parse("0472").expect("a code")));
    door.update();
    assert_eq!(door.enter("0472"), [Refused]);
}

#[test]
fn a_daily_code_opens_on_its_day_and_its_event_names_it() {
    let mut door = stage(14);
    let today = door.daily(TODAY, DailyKind::WholeDay, 5);
    let tomorrow = door.daily(LocalDay(TODAY.0 + 1), DailyKind::WholeDay, 5);
    assert_eq!(door.enter(&tomorrow), [Refused]);
    assert_eq!(door.enter(&today), [Accepted]);
    let code = DailyCode { day: TODAY, kind: DailyKind::WholeDay, slot: Slot(5) };
    let openings = door.logged(|event| matches!(event, Event::Keyed { .. }));
    assert!(
        matches!(openings.as_slice(), [Event::Keyed { key: UsedKey::Daily(named), .. }] if *named == code)
    );
    door.pass(12 * 3_600);
    assert_eq!(door.enter(&today), [Refused]);
    assert_eq!(door.enter(&tomorrow), [Accepted]);
    assert_eq!(tokens(&mut door), 5, "the token of the first four digits came back");
}

#[test]
fn a_new_epoch_revokes_all_daily_codes() {
    let mut door = stage(15);
    let code = door.daily(TODAY, DailyKind::WholeDay, 0);
    assert_eq!(door.enter(&code), [Accepted]);
    door.list.change_settings(|settings| {
        settings.daily_codes.as_mut().expect("daily codes").epoch = CodeEpoch(1);
    });
    door.update();
    assert_eq!(door.enter(&code), [Refused]);
}

#[test]
fn a_code_of_fifteen_minutes_lives_fifteen_minutes_whatever_the_power_does() {
    let mut door = stage(16);
    let code = door.daily(TODAY, DailyKind::FirstUse, 1);
    assert_eq!(door.enter(&code), [Accepted]);
    door.pass(600);
    assert_eq!(door.enter(&code), [Accepted]);
    door.pass(280);
    door = door.reboot();
    assert_eq!(door.enter(&code), [Accepted]);
    door.pass(30);
    assert_eq!(door.enter(&code), [Refused]);
    door = door.reboot();
    assert_eq!(door.enter(&code), [Refused], "a power cut starts nothing again");
}

#[test]
fn a_clock_that_is_set_back_starts_no_fifteen_minutes_again() {
    let mut door = stage(24);
    let code = door.daily(TODAY, DailyKind::FirstUse, 1);
    assert_eq!(door.enter(&code), [Accepted]);
    door.pass(600);
    door.set_clock(200);
    assert_eq!(door.enter(&code), [Accepted], "ten minutes by its timer, one or two by the calendar");
    door.pass(300);
    assert_eq!(door.enter(&code), [Refused], "fifteen minutes by its timer");
    let other = door.daily(TODAY, DailyKind::FirstUse, 2);
    assert_eq!(door.enter(&other), [Accepted]);
    door.pass(10);
    door.set_clock(3_600);
    assert_eq!(door.enter(&other), [Refused], "an hour by the calendar");
}

#[test]
fn a_first_use_is_not_forgotten_before_its_day_is_over_in_flash() {
    let mut door = stage(25);
    // Midnight lies half an hour before the hour at which the floor is kept.
    let offset = UtcOffset::new(1_800).expect("an offset");
    door.list.change_settings(|settings| settings.zone = Zone::fixed(offset));
    door.update();
    let seconds = |door: &KeyedDoor, hours: u32, minutes: u32| {
        u32::try_from(i64::from(hours * 3_600 + minutes * 60) - door.seconds).expect("later")
    };
    let code = door.daily(TODAY, DailyKind::FirstUse, 1);
    door.pass(seconds(&door, 10, 50));
    assert_eq!(door.enter(&code), [Accepted]);
    door.pass(seconds(&door, 11, 35));
    // Something that is signed now tells of the next day, and a code of that day is stored.
    door.update();
    let next = door.daily(LocalDay(TODAY.0 + 1), DailyKind::FirstUse, 1);
    assert_eq!(door.enter(&next), [Accepted]);
    // A battery-backed clock that is slow.
    door.seconds = 11 * 3_600 + 28 * 60;
    door = door.reboot();
    assert_eq!(door.enter(&code), [Refused]);
    let unused = door.daily(TODAY, DailyKind::FirstUse, 2);
    assert_eq!(door.enter(&unused), [Accepted], "it is that day by its clock");
}

#[test]
fn without_the_time_no_code_is_looked_at_and_none_costs_anything() {
    let mut door = stage(17);
    door.property.door = door.property.door.reboot();
    for _ in 0..10 {
        assert_eq!(door.enter("0472"), [UnknownTime]);
        assert_eq!(door.enter("1111"), [UnknownTime]);
    }
    assert_eq!((tokens(&mut door), wrong_codes(&mut door)), (6, vec![]));
}

#[test]
fn a_clock_that_is_too_vague_for_days_still_takes_permanent_codes() {
    let mut door = stage(18);
    let code = door.daily(TODAY, DailyKind::WholeDay, 1);
    // 60 s at the boot, and 20 ppm of 140 days.
    door.seconds += 140 * 86_400;
    door = door.reboot();
    assert_eq!(door.enter("6180339"), [Accepted]);
    door.pass(10);
    assert_eq!(door.enter(&code), [UnknownTime]);
    assert_eq!(tokens(&mut door), 5, "what was no permanent code is paid for");
    door.list.change_settings(|settings| settings.code_length = CodeLength::SEVEN);
    door.update();
    assert_eq!(door.enter(&code), [UnknownTime]);
    assert_eq!(tokens(&mut door), 4, "also when its first look-up is its last");
}

#[test]
fn a_bolt_that_cannot_move_tells_nothing_of_a_code() {
    let mut door = stage(19);
    for readiness in [Readiness::Jammed, Readiness::BatteryTooLow] {
        door.door().hardware().readiness = readiness;
        assert_eq!(door.enter("0472"), [Unable]);
        assert_eq!(door.enter("1111"), [Unable]);
    }
    door.door().hardware().readiness = Readiness::Ready;
    door.door().hardware().motor_reports = None;
    assert_eq!(door.enter("0472"), [Accepted]);
    assert_eq!(door.enter("930175"), [Unable], "the motor runs");
    assert_eq!(door.enter("9301"), [Unable]);
    assert_eq!(tokens(&mut door), 6);
}

#[test]
fn a_door_of_nobody_has_no_keypad() {
    let mut door = stage(20);
    door.door().reset();
    door.pass(60);
    assert_eq!(door.enter("0472"), []);
    assert_eq!(door.enter("1111111"), []);
    assert_eq!(door.door().engine().storage_mut().lockout().tokens, 0, "nothing of it is left");
    assert!(!door.door().engine().is_claimed());
}

#[test]
fn an_update_in_the_middle_of_an_entry_ends_it() {
    let mut door = stage(21);
    door.press("0473");
    let terms = door.terms();
    door.set_code("5555", terms);
    door.update();
    assert_eq!(door.signals(), [Refused]);
    assert_eq!(wrong_codes(&mut door), [Event::WrongCode { digits: 4 }]);
    assert_eq!(door.enter("5555"), [Accepted]);
}

#[test]
fn a_longer_length_makes_short_wrong_entries_free() {
    let mut door = stage(22);
    door.list.change_settings(|settings| {
        settings.code_length = CodeLength::new(6).expect("six");
    });
    door.update();
    assert_eq!(door.enter("1111"), []);
    assert_eq!(door.enter("930175"), [Accepted]);
    assert_eq!(tokens(&mut door), 6);
}

#[test]
fn the_keypad_goes_on_while_a_phone_is_connected() {
    let mut door = stage(23);
    let connection = door.door().connect();
    let _ = door.door().hello(connection);
    assert_eq!(door.enter("0472"), [Accepted]);
    door.door().happens(HardwareEvent::DoorOpened);
}
