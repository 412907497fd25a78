//! The spelling of states must not change what may happen: everything the search says rests on it.

use thumbturn_search::{Action, Packed, Rules, State, Step, apply};

/// In order, each once.
fn successors(state: &State, rules: &Rules) -> Vec<Packed> {
    let steps = Action::ALL.into_iter().map(|action| apply(state, rules, action));
    let mut spelled: Vec<Packed> = steps
        .filter_map(|step| if let Step::To(next) = step { Some(Packed::of(&next)) } else { None })
        .collect();
    spelled.sort_unstable();
    spelled.dedup();
    spelled
}

/// A long random walk under steady names: at each step the canonically named twin can do the same.
#[test]
fn a_state_and_its_canonical_twin_have_the_same_future() {
    let rules = Rules::specified();
    let mut seed: u64 = 7;
    for walk in 0..3_000 {
        let mut state = [State::strangers(), State::in_step(), State::door_ahead()][walk % 3];
        for _ in 0..40 {
            let packed = Packed::of(&state);
            assert_eq!(Packed::of(&packed.state()), packed, "{state:#?}");
            assert_eq!(
                successors(&state, &rules),
                successors(&packed.state(), &rules),
                "{state:#?}\n{:#?}",
                packed.state()
            );
            let next: Vec<State> = Action::ALL
                .into_iter()
                .filter_map(|action| {
                    if let Step::To(next) = apply(&state, &rules, action) { Some(next) } else { None }
                })
                .collect();
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let choice = usize::try_from(seed >> 33).unwrap() % next.len().max(1);
            let Some(chosen) = next.get(choice) else { break };
            if chosen.phone.intents > 10 {
                break;
            }
            state = *chosen;
        }
    }
}
