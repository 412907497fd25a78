extern crate std;

use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const RESIDENCE: LockoutPolicy = LockoutPolicy::of(DoorKind::Residence);
const COMMON: LockoutPolicy = LockoutPolicy::of(DoorKind::Communal);

fn take(lockout: &mut Lockout, now: u64) -> bool {
    lockout.take(Millis(now)).is_ok()
}

#[test]
fn six_wrong_codes_at_a_residence_and_then_one_every_ten_minutes() {
    let mut lockout = Lockout::full(RESIDENCE, Millis(0));
    assert_eq!((0..20).filter(|_| take(&mut lockout, 0)).count(), 6);
    assert!(!take(&mut lockout, 599_999));
    assert_eq!(lockout.check(Millis(600_000)), Ok(()));
    assert!(take(&mut lockout, 600_000));
    assert_eq!(lockout.check(Millis(600_001)), Err(LockedOut));
}

#[test]
fn ten_wrong_codes_at_other_doors_and_then_one_every_three_minutes() {
    let mut lockout = Lockout::full(COMMON, Millis(0));
    assert_eq!((0..20).filter(|_| take(&mut lockout, 0)).count(), 10);
    assert!(!take(&mut lockout, 179_999));
    assert!(take(&mut lockout, 180_000));
}

#[test]
fn the_last_token_says_so() {
    let mut lockout = Lockout::full(RESIDENCE, Millis(0));
    let taken: Vec<bool> = (0..6).map(|_| lockout.take(Millis(0)).unwrap().was_last()).collect();
    assert_eq!(taken, [false, false, false, false, false, true]);
}

#[test]
fn a_full_bucket_saves_no_progress() {
    let mut lockout = Lockout::full(RESIDENCE, Millis(0));
    assert!(take(&mut lockout, 599_999));
    assert_eq!(lockout.state(Millis(599_999)), LockoutState { tokens: 5, progress_ms: 0 });
    assert_eq!(lockout.full_at(Millis(599_999 + 599_999)), Some(Millis(599_999 + 600_000)));
    assert_eq!(lockout.full_at(Millis(599_999 + 600_000)), None);
}

#[test]
fn a_token_that_comes_back_is_one_token() {
    let mut lockout = Lockout::full(RESIDENCE, Millis(0));
    let first = lockout.take(Millis(0)).unwrap();
    assert!(take(&mut lockout, 0));
    lockout.give_back(first, Millis(0));
    assert_eq!(lockout.state(Millis(0)).tokens, 5);
    let last = lockout.take(Millis(0)).unwrap();
    // Meanwhile the bucket has filled by itself.
    lockout.give_back(last, Millis(6_000_000));
    assert_eq!(lockout.state(Millis(6_000_000)), LockoutState { tokens: 6, progress_ms: 0 });
}

#[test]
fn an_unreadable_state_is_an_empty_bucket() {
    let mut lockout = Lockout::restore(RESIDENCE, LockoutState::EMPTY, Millis(7));
    assert_eq!(lockout.check(Millis(7)), Err(LockedOut));
}

#[test]
fn settings_that_change_give_nothing() {
    let stored = LockoutState { tokens: 10, progress_ms: 0 };
    let mut residence = Lockout::restore(RESIDENCE, stored, Millis(0));
    assert_eq!(residence.state(Millis(0)), LockoutState { tokens: 6, progress_ms: 0 });
    let stored = LockoutState { tokens: 1, progress_ms: u32::MAX };
    let mut common = Lockout::restore(COMMON, stored, Millis(0));
    assert_eq!(common.state(Millis(0)), LockoutState { tokens: 1, progress_ms: 179_999 });
}

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    door: String,
    most: u8,
    interval: u32,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    at: u64,
    action: String,
    refused: bool,
    tokens: u8,
    progress: u32,
}

#[test]
fn buckets_hold_what_the_vectors_say() {
    let file = include_str!("../../../../tests/vectors/lockout.json");
    let file: Vectors = serde_json::from_str(file).unwrap();
    assert_eq!(file.vectors.len(), 7);
    for Vector { name, door, most, interval, steps } in file.vectors {
        let policy = if door == "residence" { RESIDENCE } else { COMMON };
        assert_eq!(policy, LockoutPolicy { capacity: most, interval_ms: interval });
        let mut lockout = Lockout::full(policy, Millis(0));
        let mut taken = Vec::new();
        let mut stored = lockout.state(Millis(0));
        for Step { at, action, refused, tokens, progress } in steps {
            let now = Millis(at);
            let was_refused = match action.as_str() {
                "take" => lockout.take(now).map(|token| taken.push(token)).is_err(),
                "give back" => {
                    // A door gives back what it took in the same entry; the rule itself does not ask.
                    lockout.give_back(taken.pop().unwrap_or(TakenToken { left: 0 }), now);
                    false
                }
                "restore" => {
                    lockout = Lockout::restore(policy, stored, now);
                    false
                }
                "look" => false,
                other => panic!("an action called {other}"),
            };
            stored = lockout.state(now);
            let state = LockoutState { tokens, progress_ms: progress };
            assert_eq!((was_refused, stored), (refused, state), "{name}, at {at}");
        }
    }
}

/// What happens to a door with somebody at its keypad.
#[derive(Clone, Debug)]
enum Event {
    /// The door runs.
    Pass(u64),
    /// A wrong code; stored before the refusal shows.
    Wrong,
    /// A code that is wrong at first and right in the end; the token that comes back is stored or not.
    RightInTheEnd { stored: bool },
    /// The power is cut; the door's timer begins anew.
    PowerCut,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (0_u64..2_000_000).prop_map(Event::Pass),
        5 => Just(Event::Wrong),
        1 => any::<bool>().prop_map(|stored| Event::RightInTheEnd { stored }),
        2 => Just(Event::PowerCut),
    ];
    prop::collection::vec(event, 1..200)
}

fn worth(policy: LockoutPolicy, state: LockoutState) -> u64 {
    u64::from(state.tokens) * u64::from(policy.interval_ms) + u64::from(state.progress_ms)
}

proptest! {
    /// However often the power is cut, wrong codes never exceed the bucket and what uptime adds.
    #[test]
    fn power_cuts_never_restore_tokens(residence: bool, events in events()) {
        let policy = if residence { RESIDENCE } else { COMMON };
        let mut lockout = Lockout::full(policy, Millis(0));
        let mut stored = lockout.state(Millis(0));
        let (mut now, mut uptime, mut wrong) = (0, 0, 0);
        for event in events {
            match event {
                Event::Pass(milliseconds) => (now, uptime) = (now + milliseconds, uptime + milliseconds),
                Event::Wrong => {
                    wrong += u64::from(take(&mut lockout, now));
                    stored = lockout.state(Millis(now));
                }
                Event::RightInTheEnd { stored: after } => {
                    if let Ok(token) = lockout.take(Millis(now)) {
                        stored = lockout.state(Millis(now));
                        lockout.give_back(token, Millis(now));
                        stored = if after { lockout.state(Millis(now)) } else { stored };
                    }
                }
                Event::PowerCut => {
                    let before = lockout.state(Millis(now));
                    now = 0;
                    lockout = Lockout::restore(policy, stored, Millis(now));
                    let after = lockout.state(Millis(now));
                    prop_assert!(worth(policy, after) <= worth(policy, before));
                }
            }
            prop_assert!(wrong <= u64::from(policy.capacity) + uptime / u64::from(policy.interval_ms));
        }
    }

    /// Wherever the timer jumps, the same time is never counted twice.
    #[test]
    fn a_jumping_timer_gives_no_more_than_the_rate(jumps in prop::collection::vec(0_u64..30_000_000, 1..200)) {
        let mut lockout = Lockout::full(RESIDENCE, Millis(0));
        let mut latest = 0;
        let mut wrong = 0;
        for now in jumps {
            latest = latest.max(now);
            wrong += u64::from(take(&mut lockout, now));
            prop_assert!(wrong <= 6 + latest / 600_000);
        }
    }

    /// Uptime is worth the same in one piece and in many.
    #[test]
    fn looking_at_the_bucket_changes_nothing(pieces in prop::collection::vec(0_u64..400_000, 1..30)) {
        let empty = || Lockout::restore(RESIDENCE, LockoutState::EMPTY, Millis(0));
        let (mut often, mut once) = (empty(), empty());
        let mut now = 0;
        for piece in pieces {
            now += piece;
            let _ = often.check(Millis(now));
        }
        prop_assert_eq!(often.state(Millis(now)), once.state(Millis(now)));
    }
}
