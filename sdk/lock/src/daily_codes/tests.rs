extern crate std;

use std::vec::Vec;

use postcard::{from_bytes, to_allocvec};
use proptest::prelude::*;
use thumbturn_protocol::code::Slot;
use thumbturn_protocol::zone::UtcOffset;

use super::*;

/// 2026-03-08T12:00:00Z.
const NOON: u64 = 20_520 * 86_400 + 43_200;
/// The midnight after it.
const MIDNIGHT: u64 = 20_521 * 86_400;
const TODAY: LocalDay = LocalDay(20_520);
const UTC: Zone = Zone::fixed(UtcOffset::UTC);

fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

fn clock(estimate: u64, error_seconds: u32) -> ClockSpan {
    ClockSpan::new(UnixSeconds::ZERO, at(estimate), error_seconds).unwrap()
}

fn codes() -> DailyCodes {
    DailyCodes {
        door: DoorField([7; 16]),
        key: DailyCodeKey::from_bytes([5; 32]),
        epoch: CodeEpoch(0),
        slots: Slots::DEFAULT,
    }
}

fn daily(day: LocalDay, kind: DailyKind, slot: u16) -> DailyCode {
    DailyCode { day, kind, slot: Slot(slot) }
}

fn typed(codes: &DailyCodes, code: DailyCode) -> Doorcode {
    codes.key.code(codes.door, codes.epoch, code)
}

/// A door and the person who types one code of kind 2 at it.
struct Visit {
    codes: DailyCodes,
    code: DailyCode,
    typed: Doorcode,
    first_uses: FirstUses,
    flash: Vec<Vec<u8>>,
}

impl Visit {
    fn new() -> Self {
        let codes = codes();
        let code = daily(TODAY, DailyKind::FirstUse, 3);
        let typed = typed(&codes, code);
        Self { codes, code, typed, first_uses: FirstUses::new(), flash: Vec::new() }
    }

    /// Types the code; what must be stored is stored.
    fn opens(&mut self, clock: ClockSpan, now: u64) -> bool {
        match self.codes.judge(&self.typed, &self.first_uses, &UTC, clock, Millis(now)) {
            DailyVerdict::OpenFirst(code, first_use) => {
                assert_eq!(code, self.code);
                self.flash.push(to_allocvec(&first_use).unwrap());
                self.first_uses.remember(first_use).unwrap();
                true
            }
            DailyVerdict::Open(code) => code == self.code,
            DailyVerdict::Over(_) | DailyVerdict::Unknown => false,
        }
    }

    fn power_cut(&mut self) {
        self.first_uses = FirstUses::new();
        for stored in &self.flash {
            self.first_uses.remember(from_bytes(stored).unwrap()).unwrap();
        }
    }
}

#[test]
fn a_whole_day_code_opens_on_its_day_alone() {
    let codes = codes();
    let code = daily(TODAY, DailyKind::WholeDay, 2);
    let typed = typed(&codes, code);
    let judge =
        |instant, error| codes.judge(&typed, &FirstUses::new(), &UTC, clock(instant, error), Millis(0));
    assert_eq!(judge(NOON, 0), DailyVerdict::Open(code));
    assert_eq!(judge(MIDNIGHT - 1, 0), DailyVerdict::Open(code));
    assert_eq!(judge(MIDNIGHT, 0), DailyVerdict::Unknown);
    assert_eq!(judge(MIDNIGHT - 86_400, 0), DailyVerdict::Open(code));
    assert_eq!(judge(MIDNIGHT - 86_401, 0), DailyVerdict::Unknown);
}

#[test]
fn a_clock_that_may_be_off_accepts_both_days_around_midnight() {
    let codes = codes();
    let code = daily(TODAY, DailyKind::WholeDay, 2);
    let typed = typed(&codes, code);
    let judge =
        |instant, error| codes.judge(&typed, &FirstUses::new(), &UTC, clock(instant, error), Millis(0));
    assert_eq!(judge(MIDNIGHT + 59, 60), DailyVerdict::Open(code));
    assert_eq!(judge(MIDNIGHT + 60, 60), DailyVerdict::Unknown);
    assert_eq!(judge(MIDNIGHT - 86_400 - 60, 60), DailyVerdict::Open(code));
    assert_eq!(judge(MIDNIGHT - 86_400 - 61, 60), DailyVerdict::Unknown);
}

#[test]
fn a_clock_off_by_more_than_five_minutes_knows_no_day() {
    assert!(ClockSpan::new(at(0), at(NOON), 300).is_some());
    assert!(ClockSpan::new(at(0), at(NOON), 301).is_none());
}

#[test]
fn the_floor_rules_out_the_day_before_it() {
    let codes = codes();
    let typed = typed(&codes, daily(TODAY, DailyKind::WholeDay, 0));
    let judge = |floor| {
        let clock = ClockSpan::new(at(floor), at(MIDNIGHT + 10), 60).unwrap();
        codes.judge(&typed, &FirstUses::new(), &UTC, clock, Millis(0))
    };
    assert!(matches!(judge(MIDNIGHT - 1), DailyVerdict::Open(_)));
    assert_eq!(judge(MIDNIGHT), DailyVerdict::Unknown);
    // An estimate below the floor is the floor.
    let late = ClockSpan::new(at(MIDNIGHT), at(NOON), 0).unwrap();
    assert_eq!(codes.judge(&typed, &FirstUses::new(), &UTC, late, Millis(0)), DailyVerdict::Unknown);
}

#[test]
fn a_new_epoch_revokes_every_code() {
    let mut codes = codes();
    let typed = typed(&codes, daily(TODAY, DailyKind::WholeDay, 0));
    codes.epoch = CodeEpoch(1);
    let verdict = codes.judge(&typed, &FirstUses::new(), &UTC, clock(NOON, 0), Millis(0));
    assert_eq!(verdict, DailyVerdict::Unknown);
}

#[test]
fn fifteen_minutes_begin_with_the_first_use() {
    let mut visit = Visit::new();
    assert!(visit.opens(clock(NOON, 0), 1_000));
    assert_eq!(visit.flash.len(), 1);
    assert!(visit.opens(clock(NOON + 899, 0), 900_999));
    assert_eq!(visit.flash.len(), 1);
    assert!(!visit.opens(clock(NOON + 900, 0), 901_000));
}

#[test]
fn fifteen_minutes_end_with_the_day() {
    let mut visit = Visit::new();
    assert!(visit.opens(clock(MIDNIGHT - 10, 0), 0));
    assert!(visit.opens(clock(MIDNIGHT - 1, 0), 9_000));
    assert!(!visit.opens(clock(MIDNIGHT, 0), 10_000));
}

#[test]
fn a_power_cut_does_not_start_the_fifteen_minutes_again() {
    let mut visit = Visit::new();
    assert!(visit.opens(clock(NOON, 0), 5_000_000));
    visit.power_cut();
    assert!(visit.opens(clock(NOON + 899, 0), 10));
    assert!(!visit.opens(clock(NOON + 900, 0), 1_010));
}

#[test]
fn a_clock_set_back_does_not_stretch_the_fifteen_minutes() {
    let mut visit = Visit::new();
    assert!(visit.opens(clock(NOON, 0), 0));
    assert!(visit.opens(clock(NOON, 0), 899_999));
    assert!(!visit.opens(clock(NOON, 0), 900_000));
    // After a power cut only the calendar is left, and it says that the first use is yet to come.
    visit.power_cut();
    assert!(!visit.opens(clock(NOON - 61, 60), 0));
    assert!(visit.opens(clock(NOON - 60, 60), 0));
}

#[test]
fn a_new_epoch_has_its_own_first_uses() {
    let mut visit = Visit::new();
    assert!(visit.opens(clock(NOON, 0), 0));
    visit.codes.epoch = CodeEpoch(1);
    visit.typed = typed(&visit.codes, visit.code);
    assert!(visit.opens(clock(NOON + 1_000, 0), 1_000_000));
    assert_eq!(visit.flash.len(), 2);
}

#[test]
fn only_days_before_the_floor_are_forgotten() {
    let mut visit = Visit::new();
    assert!(visit.opens(clock(NOON, 0), 0));
    visit.first_uses.forget_before(LocalDay::at(at(MIDNIGHT - 1), &UTC));
    assert!(!visit.opens(clock(NOON + 900, 0), 900_000));
    visit.first_uses.forget_before(LocalDay::at(at(MIDNIGHT), &UTC));
    assert_eq!(visit.first_uses, FirstUses::new());
}

#[test]
fn without_room_to_remember_a_code_does_not_open() {
    let mut visit = Visit::new();
    for slot in 0..32 {
        let code = daily(LocalDay(30_000), DailyKind::FirstUse, slot);
        visit.first_uses.remember(FirstUse::new(CodeEpoch(0), code, at(NOON), Millis(0))).unwrap();
    }
    assert!(!visit.opens(clock(NOON, 0), 0));
    let one_more = daily(LocalDay(30_000), DailyKind::FirstUse, 32);
    let one_more = FirstUse::new(CodeEpoch(0), one_more, at(NOON), Millis(0));
    assert_eq!(visit.first_uses.remember(one_more), Err(NoRoom));
    visit.first_uses.forget_before(LocalDay(30_001));
    assert!(visit.opens(clock(NOON, 0), 0));
}

proptest! {
    /// Whatever happens to clock and power, a code opens for at most fifteen minutes of the time that really passes, and what the clock was off.
    #[test]
    fn a_code_of_fifteen_minutes_never_lives_longer(
        steps in prop::collection::vec((0_u64..400, -50_i64..=50, prop::bool::weighted(0.3)), 1..40),
    ) {
        let mut visit = Visit::new();
        let (mut real, mut booted, mut first) = (NOON, NOON, None);
        for (pause, off, power_cut) in steps {
            real += pause;
            if power_cut {
                visit.power_cut();
                booted = real;
            }
            let estimate = real.saturating_add_signed(off);
            if visit.opens(clock(estimate, 50), (real - booted) * 1_000) {
                let first = *first.get_or_insert(real);
                prop_assert!(real - first < 900 + 2 * 50, "{} s after its first use", real - first);
            }
        }
    }
}
