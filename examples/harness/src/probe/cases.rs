//! All cases, in the order in which they are tried.

use futures_util::FutureExt;

use super::case::{Case, Needs};
use super::{fast, framing, full, hello, opening, outcomes, records};

/// One line for each case.
macro_rules! cases {
    ($($name:literal, $section:literal, $needs:ident, $module:ident::$function:ident;)*) => {
        &[$(Case {
            name: $name,
            section: $section,
            needs: Needs::$needs,
            run: |subject| $module::$function(subject).boxed(),
        }),*]
    };
}

/// All cases.
pub(crate) const CASES: &[Case] = cases! {
    "hello-pushed", "4.5", AnyRadio, hello::a_hello_is_pushed_and_names_its_door;
    "hello-fifth-request", "4.5", AnyRadio, hello::each_hello_is_another_and_the_fifth_request_gets_none;
    "hello-before-subscription", "4.5", AnyRadio, hello::a_request_before_the_subscription_does_not_count;
    "hello-request-with-payload", "4.4", AnyRadio, hello::a_hello_request_with_a_payload_is_ignored;
    "frames-in-order", "4.3", AnyRadio, framing::frames_in_order_are_one_message;
    "frames-unknown-type", "4.3", AnyRadio, framing::unknown_types_are_ignored;
    "frames-type-of-the-door", "4.4", AnyRadio, framing::types_of_the_door_are_ignored;
    "frames-record-without-session", "4.4", AnyRadio, framing::records_before_a_session_are_ignored;
    "frames-later-without-first", "4.3", AnyRadio, framing::a_later_frame_without_a_first_is_ignored;
    "frames-later-without-payload", "4.3", AnyRadio, framing::a_later_frame_without_payload_is_ignored;
    "frames-missing", "4.3", AnyRadio, framing::a_missing_frame_drops_the_message;
    "frames-repeated", "4.3", AnyRadio, framing::a_repeated_frame_drops_the_message;
    "frames-first-forgets", "4.3", AnyRadio, framing::a_first_frame_forgets_the_message_before;
    "frames-unknown-first-forgets", "4.3", AnyRadio, framing::an_unknown_first_frame_forgets_it_too;
    "frames-longest", "4.3", AnyRadio, framing::the_longest_message_is_taken;
    "frames-too-long", "4.3", AnyRadio, framing::a_longer_message_is_dropped;
    "frames-empty-value", "4.3", EmptyValues, framing::an_empty_value_is_ignored;
    "fast-unknown-ticket", "6.3", AnyRadio, fast::an_unknown_ticket_spends_no_hello;
    "fast-impossible-counters", "6.3", AnyRadio, fast::impossible_counters_are_not_recognised;
    "fast-too-short", "6.3", AnyRadio, fast::a_short_request_is_not_recognised;
    "fast-eighth-refusal", "4.7", AnyRadio, fast::the_eighth_refusal_ends_the_connection;
    "fast-spent-hello", "4.6", AnyRadio, fast::a_spent_hello_is_stale;
    "full-wrong-gate", "5.2", AnyRadio, full::a_wrong_gate_is_not_recognised;
    "full-changed", "5.2", AnyRadio, full::a_changed_request_is_not_recognised;
    "full-other-door", "5.1", AnyRadio, full::a_request_to_another_door_is_not_recognised;
    "full-forged-grant", "8.5", AnyRadio, full::a_grant_of_a_forger_is_not_recognised;
    "full-second-on-a-hello", "4.7", AnyRadio, full::a_hello_takes_one_handshake;
    "full-recorded", "4.5", AnyRadio, full::a_recorded_request_is_not_recognised;
    "claim-of-a-claimed-door", "9.1", ClaimSecret, full::a_claim_of_a_claimed_door_is_not_recognised;
    "outcome-other-phone", "8.5", AnyRadio, outcomes::another_phones_grant;
    "outcome-other-door", "8.5", AnyRadio, outcomes::a_grant_for_another_door;
    "outcome-other-property", "8.5", AnyRadio, outcomes::a_grant_of_another_property;
    "outcome-unknown-generation", "8.5", AnyRadio, outcomes::a_grant_of_unknown_keys;
    "outcome-earlier-life", "8.5", AnyRadio, outcomes::a_grant_for_an_earlier_life;
    "outcome-without-unlock", "8.5", AnyRadio, outcomes::a_grant_without_unlock;
    "outcome-not-yet", "8.5", AnyRadio, outcomes::a_grant_of_tomorrow;
    "outcome-expired", "8.5", AnyRadio, outcomes::a_grant_of_yesterday;
    "outcome-lease-ended", "8.5", AnyRadio, outcomes::a_lease_of_yesterday;
    "outcome-update-required", "8.5", AnyRadio, outcomes::a_grant_that_waits_for_an_update;
    "records-state", "7.2", AnyRadio, records::who_asks_is_told_the_doors_state;
    "records-gap", "7.1", AnyRadio, records::a_gap_between_records_is_allowed;
    "records-repeated", "7.1", AnyRadio, records::a_repeated_record_ends_the_session;
    "records-changed", "7.1", AnyRadio, records::a_changed_record_ends_the_session;
    "session-idle", "4.7", AnyRadio, records::a_silent_session_ends_after_two_seconds;
    "connection-silent", "4.7", AnyRadio, hello::a_silent_phone_is_sent_away_after_three_seconds;
    "connection-unsubscribed", "4.7", NoSubscription, hello::who_does_not_subscribe_is_sent_away_after_ten_seconds;
    "connections-three", "4.7", SeveralConnections, hello::three_phones_are_served_at_once;
    "opening-actuator", "7.2", AnyRadio, opening::an_accepted_request_is_followed_by_the_bolts_word;
    "opening-once", "8.2", AnyRadio, opening::a_ticket_opens_once_for_each_intent;
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_cases_have_one_name() {
        let names: BTreeSet<_> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len());
    }
}
