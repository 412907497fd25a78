//! Invariant I8: one operation, one outcome; no retry, duplicate, cancel or crash moves the bolt twice.
#![expect(
    clippy::print_stdout,
    reason = "the run that breaks a rule is worth reading: cargo test -- --nocapture"
)]

use thumbturn_search::{Action, Limit, Rules, State, Summary, Violation, search};

/// A few seconds' work; `cargo xtask long operation-search` goes on for a minute.
const SHORT: Limit = Limit::States(1_500_000);
/// Three times what the longest of the broken rules needs.
const BRIEF: Limit = Limit::States(300_000);

fn explore(rules: &Rules, limit: Limit) -> Summary {
    search(rules, &[State::strangers(), State::in_step(), State::door_ahead()], limit, || true)
}

/// The weakened rules break I8 in this way; a shortest run is printed.
fn assert_breaks(weakened: &Rules, violation: Violation) -> String {
    let summary = search(weakened, &[State::in_step()], SHORT, || true);
    println!("{summary}");
    assert_eq!(summary.found.as_ref().map(|found| found.violation), Some(violation));
    summary.to_string()
}

fn assert_holds(rules: &Rules, limit: Limit) {
    let summary = explore(rules, limit);
    assert!(summary.found.is_none(), "{summary}");
}

#[test]
fn no_order_of_events_moves_the_bolt_twice() {
    assert_holds(&Rules::specified(), SHORT);
}

/// A search that never reaches an event says nothing about it.
#[test]
fn the_search_reaches_every_event_that_the_rules_allow() {
    let summary = explore(&Rules::specified(), BRIEF);
    for (action, times) in summary.actions {
        let only_broken = matches!(
            action,
            Action::CancelAtOnce
                | Action::BelieveNotAccepted
                | Action::ReceiveForeignAnswer
                | Action::CopyVault
                | Action::OthersOpen
                | Action::Verify(..)
        );
        assert_eq!(times == 0, only_broken, "{action:?} happened {times} times");
    }
}

macro_rules! broken {
    ($($name:ident: $rule:ident breaks $violation:ident)*) => {
        $(#[test]
        fn $name() {
            let mut rules = Rules::specified();
            rules.$rule = false;
            assert_breaks(&rules, Violation::$violation);
        })*
    };
}

broken! {
    a_hello_that_never_dies_moves_the_bolt_after_the_report: hello_expires breaks MovedAfterFinalReport
    a_hello_that_serves_twice_moves_the_bolt_after_a_refusal: hello_is_spent breaks MovedAfterFinalReport
    a_door_that_checks_the_hello_only_on_arrival_moves_the_bolt_too_late: hello_checked_at_decision breaks MovedAfterFinalReport
    a_phone_that_waits_no_longer_than_the_door_reports_too_early: phone_waits_longer breaks MovedAfterFinalReport
    a_fallback_with_its_own_id_moves_the_bolt_twice: shared_operation_id breaks MovedTwice
    an_id_that_changes_with_the_ticket_moves_the_bolt_twice: id_outlives_ticket breaks MovedTwice
    a_door_that_does_not_know_its_operations_moves_the_bolt_twice: known_is_repeated breaks MovedTwice
    a_door_that_does_not_reload_its_log_moves_the_bolt_twice: reload_at_boot breaks MovedTwice
    an_event_written_after_the_motor_moves_the_bolt_twice: event_before_motor breaks MovedTwice
    an_operation_from_before_a_power_cut_answered_as_done_lies: reloaded_is_unknown breaks OpenedWithoutMove
    a_restored_vault_that_keeps_its_tickets_is_told_of_another_opening: restored_vault_detected breaks OpenedWithoutMove
    a_press_stored_after_sending_is_told_of_another_opening: press_persisted breaks OpenedWithoutMove
    a_failure_reported_at_once_lets_the_bolt_move_later: failure_waits breaks MovedAfterFinalReport
    a_cancel_reported_at_once_lets_the_bolt_move_later: cancel_waits breaks MovedAfterFinalReport
    a_refusal_believed_too_early_contradicts_the_bolt: refusal_needs_quiet breaks NotOpenedThoughMoved
    a_refusal_believed_before_a_later_request_is_answered_contradicts_the_bolt: refusal_waits_for_later breaks NotOpenedThoughMoved
    an_answer_that_settles_earlier_hellos_of_its_connection_is_split_by_a_relay: answer_settles_its_hello breaks MovedAfterFinalReport
    a_forged_not_accepted_that_is_believed_contradicts_the_bolt: not_accepted_proves_nothing breaks NotOpenedThoughMoved
    an_answer_that_fits_any_request_opens_nothing: answer_bound_to_request breaks OpenedWithoutMove
}

/// §8.2 remembers the newest operation of each phone beside the last 16: enough while the door has power.
#[test]
fn a_short_memory_hurts_only_after_a_power_cut() {
    let mut rules = Rules::specified();
    rules.memory_outlasts_operation = false;
    let with_newest = assert_breaks(&rules, Violation::MovedTwice);
    assert!(with_newest.contains("loses power"), "{with_newest}");
    rules.newest_is_known = false;
    let without_newest = assert_breaks(&rules, Violation::MovedTwice);
    assert!(!without_newest.contains("loses power"), "{without_newest}");
}

/// Rules that serve other ends than I8; `docs/model/operation-search.md` says which rule covers them here.
macro_rules! covered {
    ($($name:ident: $rule:ident)*) => {
        $(#[test]
        fn $name() {
            let mut rules = Rules::specified();
            rules.$rule = false;
            assert_holds(&rules, BRIEF);
        })*
    };
}

covered! {
    a_lost_previous_ticket_costs_a_handshake_and_no_more: previous_ticket_kept
    an_old_press_is_covered_by_the_hello_and_the_operation_id: lower_press_refused
    the_newest_operation_is_covered_by_the_last_sixteen: newest_is_known
}
