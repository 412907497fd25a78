//! One event applied to one state.

use crate::action::Action;
use crate::cleanup::cleanup;
use crate::rules::Rules;
use crate::state::State;
use crate::violation::Violation;
use crate::{door, phone, world};

/// What an event leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "callers match all three")]
pub enum Step {
    /// The event cannot happen in this state.
    Disabled,
    /// The state after it.
    To(State),
    /// The event breaks I8.
    Breach(Violation),
}

/// What `action` leads to in `state`.
pub fn apply(state: &State, rules: &Rules, action: Action) -> Step {
    match dispatch(state, rules, action) {
        Step::To(mut next) => {
            cleanup(&mut next, rules);
            Step::To(next)
        }
        other @ (Step::Disabled | Step::Breach(_)) => other,
    }
}

fn dispatch(state: &State, rules: &Rules, action: Action) -> Step {
    match action {
        Action::Tap => phone::tap(state, rules),
        Action::Connect(side) => phone::connect(state, rules, side),
        Action::Relay => world::relay(state, rules),
        Action::Send(path) => phone::send(state, rules, path),
        Action::AskHello => phone::ask_hello(state, rules),
        Action::Abandon => phone::abandon(state),
        Action::GiveUp => phone::give_up(state, rules),
        Action::CancelAtOnce => phone::cancel_at_once(state, rules),
        Action::Report => phone::report_end(state),
        Action::ReceiveAnswer { side, keep_ticket, next } => {
            phone::receive_answer(state, rules, side, keep_ticket, next)
        }
        Action::BelieveNotAccepted => phone::believe_not_accepted(state, rules),
        Action::ReceiveForeignAnswer => phone::receive_foreign_answer(state, rules),
        Action::PhoneCut => phone::power_cut(state),
        Action::CopyVault => phone::copy_vault(state, rules),
        Action::RestoreVault => phone::restore_vault(state, rules),
        Action::Verify(side, path) => door::verify(state, rules, side, path),
        Action::Decide(side, path, choice) => door::decide(state, rules, side, path, choice),
        Action::DoorCut { ticket_written } => door::power_cut(state, rules, ticket_written),
        Action::OthersOpen => world::others_open(state, rules),
        Action::Tick => world::tick(state, rules),
        Action::PhoneTick => world::phone_tick(state),
    }
}
