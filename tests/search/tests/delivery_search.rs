//! Invariants I2, I3 and I7 for what couriers carry, and every rule that they rest on taken away.
#![expect(
    clippy::print_stdout,
    reason = "the run that breaks a rule is worth reading: cargo test -- --nocapture"
)]

use core::fmt::Debug;

use thumbturn_search::delivery::{
    Explored, ListBreach, ListModel, ListRules, LogBreach, LogModel, LogRules, Model, explore,
};

fn log(change: impl FnOnce(&mut LogRules)) -> LogModel {
    let mut rules = LogRules::specified();
    change(&mut rules);
    LogModel::new(rules, 4, 2, 2)
}

fn list(change: impl FnOnce(&mut ListRules)) -> ListModel {
    let mut rules = ListRules::specified();
    change(&mut rules);
    ListModel::new(rules, 4)
}

fn run<M: Model>(model: &M) -> Explored<M::Action, M::Breach> {
    let explored = explore(model, 3_000_000);
    println!("{} states", explored.states);
    if let Some((breach, way)) = &explored.found {
        println!("{breach:?} after {way:?}");
    }
    explored
}

fn assert_holds<M: Model>(model: &M)
where
    M::Breach: Debug,
{
    let explored = run(model);
    assert!(explored.found.is_none() && explored.complete);
}

fn assert_breaks<M: Model>(model: &M, breach: M::Breach)
where
    M::Breach: PartialEq,
{
    assert_eq!(run(model).found.map(|(found, _way)| found), Some(breach));
}

#[test]
fn every_event_comes_home_whatever_couriers_do() {
    assert_holds(&log(|_| {}));
}

#[test]
fn a_door_never_falls_back_and_never_holds_another_list() {
    assert_holds(&list(|_| {}));
}

/// A search that never reaches an event says nothing about it.
#[test]
fn the_search_reaches_every_event_that_the_rules_allow() {
    // Not: TakeBack, Finish, PowerCut.
    assert_eq!(run(&list(|_| {})).kinds, 6);
    // Not: Write, PowerCut, BelieveCourier.
    assert_eq!(run(&log(|_| {})).kinds, 4);
}

macro_rules! broken {
    ($($name:ident: $make:ident without $($rule:ident)and+ breaks $breach:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_breaks(&$make(|rules| { $(rules.$rule = false;)+ }), $breach);
        })*
    };
}

broken! {
    a_number_told_before_it_is_written_is_used_twice: log without written_before_told breaks LogBreach::Stuck;
    a_courier_that_is_believed_throws_the_log_away: log without freed_by_acknowledgement breaks LogBreach::FreedUnseen;
    an_acknowledgement_beyond_a_gap_frees_what_never_arrived: log without acknowledged_without_gap breaks LogBreach::FreedUnseen;
    an_authority_that_is_not_told_of_overwriting_waits_forever: log without overwritten_is_said breaks LogBreach::Stuck;
    a_restored_authority_waits_forever_for_what_it_acknowledged: log without acknowledged_is_said breaks LogBreach::Stuck;
    a_door_that_takes_older_updates_falls_back: list without to_checked breaks ListBreach::VersionFell;
    a_delta_from_a_later_version_is_applied: list without from_checked and digest_compared breaks ListBreach::WrongList;
    a_net_nil_change_is_missed: list without touched_keys_all_sent and digest_compared breaks ListBreach::WrongList;
    a_list_that_a_restored_authority_forgot_stays: list without digest_compared breaks ListBreach::WrongList;
    half_a_switch_is_another_list: list without switch_is_atomic breaks ListBreach::WrongList;
    a_version_taken_back_names_two_lists: list without never_taken_back breaks ListBreach::WrongList;
    a_restored_authority_names_two_lists: list without rises_after_restore breaks ListBreach::WrongList;
    a_thief_takes_the_highest_version: list without generation_counts_first breaks ListBreach::Stuck;
}

/// The head in an acknowledgement is what is left when a number was used twice.
#[test]
fn a_number_used_twice_frees_the_wrong_event_only_without_heads() {
    let mut model = log(|rules| rules.written_before_told = false);
    model.rescue = false;
    model.events = 3;
    assert_holds(&model);
    model.rules.acknowledgement_names_head = false;
    assert_breaks(&model, LogBreach::FreedUnseen);
}

/// Rules that others stand in for; `docs/model/delivery-search.md` says which.
macro_rules! covered {
    ($($name:ident: $make:ident without $rule:ident;)*) => {
        $(#[test]
        fn $name() {
            assert_holds(&$make(|rules| rules.$rule = false));
        })*
    };
}

covered! {
    a_head_in_acknowledgements_is_covered_by_numbers_used_once: log without acknowledgement_names_head;
    a_compared_chain_is_covered_by_numbers_used_once: log without chain_compared;
    a_checked_from_is_covered_by_the_digest: list without from_checked;
    all_touched_keys_are_covered_by_the_digest: list without touched_keys_all_sent;
}
