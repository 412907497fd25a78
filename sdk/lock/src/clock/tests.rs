extern crate std;
use std::vec::Vec;

use proptest::prelude::*;
use thumbturn_protocol::ids::{Generation, PropertyId};
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_protocol::signed::{Received, Signable, Verified};
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::*;

const DAY: u64 = 86_400;
const NONCE: TimeNonce = TimeNonce([7; 8]);
/// 2026-03-02T08:00:00Z.
const START: u64 = 1_772_438_400;

fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

fn seconds(seconds: u64) -> Millis {
    Millis(seconds * 1_000)
}

fn token(instant: UnixSeconds, nonce: Option<TimeNonce>) -> Verified<TimeToken> {
    let key = SigningKeyPair::from_secret([1; 32]);
    let mut draft = TimeToken::new(PropertyId([1; 8]), Generation(1), instant);
    draft.nonce = nonce;
    Received::from(draft.sign(&key).unwrap()).verify(&key.public()).unwrap()
}

fn plain(instant: u64) -> Verified<TimeToken> {
    token(at(instant), None)
}

fn sure(instant: u64) -> DoorClock {
    let mut clock = DoorClock::boot(at(instant), None, Millis(0));
    clock.set(at(instant), Millis(0));
    clock
}

fn lost(floor: u64) -> DoorClock {
    DoorClock::boot(at(floor), None, Millis(0))
}

#[test]
fn a_clock_behind_the_floor_is_unsure() {
    assert!(DoorClock::boot(at(1_000), Some(at(999)), Millis(0)).is_unsure());
    assert!(!DoorClock::boot(at(1_000), Some(at(1_000)), Millis(0)).is_unsure());
}

#[test]
fn a_clock_never_reads_below_its_floor_and_runs_on_when_it_has_come_there() {
    let mut clock = lost(1_000);
    clock.set(at(500), Millis(0));
    assert_eq!(clock.read(Millis(0)), Reading::Sure(at(1_000)));

    let mut clock = lost(START);
    let session = Some((NONCE, Millis(0)));
    assert_eq!(
        clock.hear_token(&token(at(START - 100), Some(NONCE)), session, Millis(0)),
        Ok(ClockChange::Set)
    );
    assert_eq!(clock.read(seconds(99)), Reading::Sure(at(START)));
    assert!((100..=102).contains(&clock.error(Millis(0))));
    assert_eq!(clock.read(seconds(101)), Reading::Sure(at(START + 1)));
    assert_eq!(clock.error(seconds(101)), 2);
}

#[test]
fn the_allowance_ends_with_the_hours_and_with_the_openings() {
    let mut clock = DoorClock::boot(at(1_000), None, Millis(0));
    let left = Reading::Unsure { floor: at(1_000), allowance: Allowance::Left };
    let used_up = Reading::Unsure { floor: at(1_000), allowance: Allowance::UsedUp };
    assert_eq!(clock.read(Millis(72 * 3_600_000 - 1)), left);
    assert_eq!(clock.read(Millis(72 * 3_600_000)), used_up);
    for _ in 0..UNSURE_OPENINGS {
        clock.opened_unsure();
    }
    assert_eq!(clock.read(Millis(0)), used_up);
}

#[test]
fn a_token_with_the_nonce_of_the_session_sets_the_clock_in_both_directions() {
    for instant in [START - 50 * DAY, START + 10, START + 500 * DAY] {
        let mut clock = lost(START - 60 * DAY);
        clock.set(at(START), Millis(0));
        clock.floor = at(START - 60 * DAY);
        let token = token(at(instant), Some(NONCE));
        let told = clock.hear_token(&token, Some((NONCE, seconds(100))), Millis(104_001));
        assert_eq!(told, Ok(ClockChange::Set));
        assert_eq!(clock.read(Millis(104_001)), Reading::Sure(at(instant + 2)));
        assert_eq!(clock.error(Millis(104_001)), 6);
    }
}

#[test]
fn another_nonce_an_old_one_and_one_never_drawn_set_nothing() {
    let token = token(at(START + 10), Some(NONCE));
    let refused = [
        (Some((TimeNonce([8; 8]), seconds(0))), seconds(1)),
        (Some((NONCE, seconds(0))), Millis(8_001)),
        (None, seconds(1)),
    ];
    for (drawn, now) in refused {
        let mut clock = lost(START);
        assert_eq!(clock.hear_token(&token, drawn, now), Err(TimeRefused::NotForThisSession));
        assert!(clock.is_unsure());
        assert_eq!(clock.raise_floor(now), at(START));
    }
    assert_eq!(
        lost(START).hear_token(&token, Some((NONCE, seconds(0))), Millis(8_000)),
        Ok(ClockChange::Set)
    );
}

#[test]
fn a_plain_token_moves_a_sure_clock_forward_by_at_most_a_day_and_its_error() {
    let limit = START + 9 + DAY;
    let mut clock = sure(START);
    assert_eq!(clock.hear(at(limit + 1), Millis(0)), Err(TimeRefused::FromTheFuture));
    assert_eq!(clock.read(Millis(0)), Reading::Sure(at(START)));
    assert_eq!(clock.hear_token(&plain(limit), None, Millis(0)), Ok(ClockChange::Heard));
    assert_eq!(clock.read(seconds(5)), Reading::Sure(at(limit + 5)), "it runs on from there");
    assert_eq!(clock.raise_floor(Millis(0)), at(limit));
    assert_eq!(clock.error(Millis(0)), 9 + 9 + 86_400);
}

#[test]
fn a_row_of_plain_tokens_goes_no_further_than_one() {
    let mut clock = sure(START);
    let mut unsure = lost(START);
    for step in 1..200 {
        let _ = clock.hear(at(START + step * DAY / 2), Millis(0));
        let _ = unsure.hear(at(START + step * DAY), Millis(0));
    }
    assert_eq!(clock.read(Millis(0)).certain(), at(START + DAY));
    assert_eq!(unsure.read(Millis(0)).certain(), at(START + 90 * DAY));
}

#[test]
fn a_plain_token_raises_the_floor_of_an_unsure_clock_by_at_most_90_days_and_leaves_it_unsure() {
    let mut clock = lost(START);
    assert_eq!(clock.hear(at(START + 90 * DAY + 1), Millis(0)), Err(TimeRefused::FromTheFuture));
    assert_eq!(clock.hear(at(START + 90 * DAY), Millis(0)), Ok(()));
    assert!(clock.is_unsure());
    assert_eq!(clock.raise_floor(Millis(0)), at(START + 90 * DAY));
}

#[test]
fn a_clock_that_was_not_set_for_90_days_hears_tokens_from_90_days_ahead() {
    let (before, after) = (90 * DAY - 1, 90 * DAY);
    let far = |now: u64| at(START + now + 89 * DAY);
    assert_eq!(sure(START).hear(far(before), seconds(before)), Err(TimeRefused::FromTheFuture));
    assert_eq!(sure(START).hear(far(after), seconds(after)), Ok(()));
}

#[test]
fn an_update_or_rotation_moves_the_clock_without_bound_and_tokens_count_from_there() {
    let instant = START + 400 * DAY;
    for mut clock in [sure(START), lost(START)] {
        let unsure = clock.is_unsure();
        clock.trust(at(instant));
        assert_eq!(clock.read(Millis(0)).certain(), at(instant));
        assert_eq!(clock.raise_floor(Millis(0)), at(instant));
        assert_eq!(clock.hear(at(instant + DAY), Millis(0)), Ok(()));
        assert_eq!(clock.is_unsure(), unsure);
    }
    let mut clock = sure(START);
    clock.trust(at(instant));
    clock.raise_floor(Millis(0));
    assert_eq!(clock.read(seconds(60)), Reading::Sure(at(instant + 60)));
    let mut clock = sure(START);
    clock.trust(at(START - DAY));
    clock.raise_floor(Millis(0));
    assert_eq!(clock.read(Millis(0)), Reading::Sure(at(START)), "never back");
}

#[test]
fn the_error_grows_by_20_ppm_and_ends_the_sureness_at_an_hour() {
    let clock = sure(START);
    assert_eq!(clock.error(seconds(0)), 9);
    assert_eq!(clock.error(seconds(50_000)), 10);
    assert_eq!(clock.error(seconds(50_001)), 11);
    let hour = 50_000 * (3_600 - 9);
    assert!(matches!(clock.read(seconds(hour)), Reading::Sure(_)));
    assert!(matches!(clock.read(seconds(hour + 1)), Reading::Unsure { allowance: Allowance::UsedUp, .. }));

    let mut clock = clock;
    let floor = clock.raise_floor(seconds(hour + 1));
    assert!(clock.is_unsure());
    assert_eq!(clock.error(seconds(hour + 1)), u32::MAX);
    let left = Reading::Unsure { floor, allowance: Allowance::Left };
    assert_eq!(clock.read(seconds(hour + 1)), left, "the allowance counts from when the clock was lost");
}

#[test]
fn a_phone_sets_a_lost_clock_with_its_own_time_since_the_token() {
    let mut clock = lost(START - DAY);
    assert_eq!(clock.hear_phone(&plain(START), 7_201, Millis(0)), Ok(ClockChange::Set));
    assert_eq!(clock.read(Millis(0)), Reading::Sure(at(START + 7_201)));
    assert_eq!(clock.error(Millis(0)), 120 + 4);
    // What it counted itself is not signed.
    assert_eq!(clock.raise_floor(Millis(0)), at(START));
    assert_eq!(clock.raise_floor(seconds(3_600)), at(START + 3_600 - 1));
}

#[test]
fn a_phone_that_held_its_token_for_more_than_a_day_or_has_one_for_a_session_sets_nothing() {
    let mut clock = lost(START);
    assert_eq!(clock.hear_phone(&plain(START), 86_401, Millis(0)), Err(TimeRefused::TooOld));
    let bound = token(at(START), Some(NONCE));
    assert_eq!(clock.hear_phone(&bound, 1, Millis(0)), Err(TimeRefused::NotForThisSession));
    let future = plain(START + 91 * DAY);
    assert_eq!(clock.hear_phone(&future, 1, Millis(0)), Err(TimeRefused::FromTheFuture));
    assert!(clock.is_unsure());
    assert_eq!(clock.hear_phone(&plain(START), 86_400, Millis(0)), Ok(ClockChange::Set));
}

#[test]
fn a_phone_never_moves_a_clock_that_knows_better() {
    for (signed, elapsed) in [(START - DAY, 86_400), (START, 10), (START, 86_400), (START - 300, 300)] {
        let mut clock = sure(START);
        assert_eq!(clock.hear_phone(&plain(signed), elapsed, Millis(0)), Err(TimeRefused::NotBetter));
        assert_eq!(clock.read(Millis(0)), Reading::Sure(at(START)));
    }
}

#[test]
fn a_phone_narrows_a_clock_that_drifted_but_never_leaves_its_bound() {
    let year = 365 * DAY;
    let now = START + year;
    let error = 9 + 631;
    for (instant, expected) in [
        (now, Ok(ClockChange::Set)),
        (now + error + 120, Ok(ClockChange::Set)),
        (now - error - 120, Ok(ClockChange::Set)),
        (now - error - 121, Err(TimeRefused::NotBetter)),
    ] {
        let mut clock = sure(START);
        assert_eq!(clock.hear_phone(&plain(instant), 0, seconds(year)), expected, "{instant}");
    }
    let mut clock = sure(START);
    let signed_before = plain(now - 4_000);
    assert_eq!(clock.hear_phone(&signed_before, 4_000 + 764, seconds(year)), Err(TimeRefused::NotBetter));
    assert_eq!(clock.read(seconds(year)), Reading::Sure(at(now)));
}

#[test]
fn a_battery_backed_clock_that_ran_on_for_years_is_not_sure() {
    let floor = START - 6 * 365 * DAY;
    assert!(DoorClock::boot(at(floor), Some(at(START)), Millis(0)).is_unsure());
    let clock = DoorClock::boot(at(START - DAY), Some(at(START)), Millis(0));
    assert_eq!(clock.error(Millis(0)), 60 + 2);
}

/// What happens to a door's clock. Instants are relative to the true time.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Passes { seconds: u32 },
    Nonce { session_ms: u64, signed_ms: u64 },
    Plain { ahead: i64 },
    Phone { held: u32, claimed: u32, ahead: i64 },
    Trusted { before: u64 },
    Hour,
    PowerCut,
}

fn happening(ahead: core::ops::RangeInclusive<i64>, lies: bool) -> impl Strategy<Value = Happening> {
    let honest = (0..=86_400_u32, 0..=2_u32).prop_map(|(held, lost)| (held, held.saturating_sub(lost)));
    let any = (Just(0_u32), any::<u32>());
    let held = if lies { any.boxed() } else { honest.boxed() };
    prop_oneof![
        3 => (0..200_000_u32).prop_map(|seconds| Happening::Passes { seconds }),
        1 => (0..20_000_000_u32).prop_map(|seconds| Happening::Passes { seconds }),
        2 => (0..10_000_u64, 0..10_000_u64).prop_map(|(one, other)| Happening::Nonce {
            session_ms: one.max(other),
            signed_ms: one.min(other),
        }),
        3 => ahead.clone().prop_map(|ahead| Happening::Plain { ahead }),
        2 => (held, ahead).prop_map(|((held, claimed), ahead)| Happening::Phone { held, claimed, ahead }),
        1 => (0..10_000_000_u64).prop_map(|before| Happening::Trusted { before }),
        2 => Just(Happening::Hour),
        1 => Just(Happening::PowerCut),
    ]
}

/// A door, the truth, and what its flash holds.
struct World {
    clock: DoorClock,
    /// Milliseconds since 1970, which the door does not know.
    truth: u64,
    now: Millis,
    persisted: UnixSeconds,
    /// Parts per million by which the door's timer is fast.
    ppm: i64,
}

impl World {
    fn new(ppm: i64) -> Self {
        let truth = START * 1_000 + 345;
        Self { clock: sure(START), truth, now: Millis(0), persisted: at(START), ppm }
    }

    fn true_second(&self) -> u64 {
        self.truth / 1_000
    }

    fn pass(&mut self, milliseconds: u64) {
        self.truth += milliseconds;
        let drift = i64::try_from(milliseconds).unwrap() * self.ppm / 1_000_000;
        self.now = self.now.plus(milliseconds.checked_add_signed(drift).unwrap());
    }

    fn happens(&mut self, happening: Happening) -> Result<(), TimeRefused> {
        match happening {
            Happening::Passes { seconds } => self.pass(u64::from(seconds) * 1_000),
            Happening::Nonce { session_ms, signed_ms } => {
                let drawn = Some((NONCE, self.now));
                self.pass(signed_ms);
                let token = token(at(self.true_second()), Some(NONCE));
                self.pass(session_ms - signed_ms);
                self.clock.hear_token(&token, drawn, self.now)?;
            }
            Happening::Plain { ahead } => {
                let instant = at(self.true_second().saturating_add_signed(ahead));
                self.clock.hear_token(&token(instant, None), None, self.now)?;
            }
            Happening::Phone { held, claimed, ahead } => {
                let signed = self.true_second().saturating_add_signed(ahead);
                self.pass(u64::from(held) * 1_000);
                self.clock.hear_phone(&plain(signed), claimed, self.now)?;
            }
            Happening::Trusted { before } => self.clock.trust(at(self.true_second() - before)),
            Happening::Hour => self.persisted = self.clock.raise_floor(self.now),
            Happening::PowerCut => {
                self.now = Millis(0);
                self.clock = DoorClock::boot(self.persisted, None, self.now);
            }
        }
        Ok(())
    }
}

proptest! {
    /// Honest signers and phones, a timer within 20 ppm: a sure clock is right within what it states, and the floor has
    /// always come. A plain token states only that it was signed before.
    #[test]
    fn among_the_honest_a_sure_clock_is_right_within_its_error(
        happenings in proptest::collection::vec(happening(-86_400..=0, false), 1..60),
        ppm in -20..=20_i64,
    ) {
        let mut world = World::new(ppm);
        for happening in happenings {
            // A phone that has just received its token, and counts its own seconds.
            let happening = match happening {
                Happening::Phone { held, claimed, .. } => Happening::Phone { held, claimed, ahead: 0 },
                other => other,
            };
            let _ = world.happens(happening);
            let truth = world.true_second();
            prop_assert!(world.clock.floor <= at(truth), "a floor that has not come after {happening:?}");
            if let Reading::Sure(instant) = world.clock.read(world.now) {
                let off = instant.seconds().abs_diff(truth);
                prop_assert!(off <= u64::from(world.clock.error(world.now)), "off by {off} s after {happening:?}");
            }
        }
    }

    /// Whatever is signed and claimed: the floor never falls, and no reading lies below it.
    #[test]
    fn the_floor_never_falls(
        happenings in proptest::collection::vec(happening(-20_000_000..=20_000_000, true), 1..60),
    ) {
        let mut world = World::new(0);
        let mut floor = world.clock.floor;
        for happening in happenings {
            let _ = world.happens(happening);
            if matches!(happening, Happening::PowerCut) {
                floor = world.persisted;
            }
            prop_assert!(world.clock.floor >= floor, "after {happening:?}");
            floor = world.clock.floor;
            prop_assert!(world.clock.read(world.now).certain() >= floor);
            prop_assert!(world.persisted <= floor);
        }
    }

    /// Plain tokens alone, also from the far future and in any number, move the clock by at most its bound; those that were
    /// refused change nothing.
    #[test]
    fn plain_tokens_move_the_clock_no_further_than_their_bound(
        aheads in proptest::collection::vec((-20_000_000..=20_000_000_i64, 0..100_000_u32), 1..60),
        starts_sure: bool,
    ) {
        let mut world = World::new(0);
        if !starts_sure {
            world.clock = lost(START);
        }
        let mut passed = 0;
        for (ahead, seconds) in aheads {
            let before = world.clock.read(world.now);
            let told = world.happens(Happening::Plain { ahead });
            let after = world.clock.read(world.now);
            if told.is_err() {
                prop_assert_eq!(before, after);
            }
            prop_assert!(after.certain() >= before.certain());
            prop_assert_eq!(after.sure().is_some(), starts_sure);
            let error = u64::from(estimate::drift(passed)) + 9;
            // Forty days may pass in all: a clock that was set is never older than 90.
            let bound = if starts_sure { DAY + error } else { 90 * DAY };
            prop_assert!(after.certain() <= at(START + passed + bound), "{after:?}");
            let _ = world.happens(Happening::Passes { seconds });
            passed += u64::from(seconds);
        }
    }

    /// A phone that lies as it likes: a clock that is sure stays within what it knew.
    #[test]
    fn no_phone_moves_a_sure_clock_out_of_its_bound(
        claims in proptest::collection::vec((-90_000..=0_i64, any::<u32>()), 1..20),
        age in 0..50_000_000_u64,
    ) {
        let mut clock = sure(START);
        let now = seconds(age);
        let error = u64::from(clock.error(now));
        for (ahead, claimed) in claims {
            let signed = plain((START + age).saturating_add_signed(ahead));
            for claimed in [claimed, claimed % 86_401, u32::try_from(ahead.unsigned_abs()).unwrap()] {
                let _ = clock.hear_phone(&signed, claimed, now);
            }
        }
        let read = clock.read(now).sure().unwrap().seconds();
        // Each step must narrow the bound to at least 120 s and touch the one before.
        prop_assert!(read.abs_diff(START + age) <= 2 * error, "{read}");
    }
}

#[test]
fn what_the_proptests_happen_to_try_includes_every_happening() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::collection::vec(happening(-1..=1, true), 200);
    let tried: Vec<_> = strategy.new_tree(&mut runner).unwrap().current();
    let kinds: std::collections::HashSet<_> = tried.iter().map(core::mem::discriminant).collect();
    assert_eq!(kinds.len(), 7);
}
