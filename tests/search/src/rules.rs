//! The promises of the specification, each of which a test takes away.

/// Which rules of the specification hold. [`Rules::specified`] is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// A hello dies 3 s after it was pushed (§4.5).
    pub hello_expires: bool,
    /// A hello is spent by the first request that authenticates (§4.5).
    pub hello_is_spent: bool,
    /// The door looks at the hello's age again when it decides, after the work of verifying (§8.5).
    pub hello_checked_at_decision: bool,
    /// The phone holds a hello for dead later than the door does, by more than both clocks' drift (§8.3).
    pub phone_waits_longer: bool,
    /// Fallback and repeats carry the operation id of the first try (§8.1).
    pub shared_operation_id: bool,
    /// A new ticket that arrives in the middle of an intent does not change the intent's operation id (§8.1).
    pub id_outlives_ticket: bool,
    /// A known operation never moves the bolt again (§8.2).
    pub known_is_repeated: bool,
    /// The newest operation of a phone stays known however many others open the door (§8.2).
    pub newest_is_known: bool,
    /// Fewer operations than the door remembers happen while one operation lives (§8.2: the last 16).
    pub memory_outlasts_operation: bool,
    /// The operations of the event log are known again after a power cut (§8.2).
    pub reload_at_boot: bool,
    /// The event is written before the motor starts (§8.5).
    pub event_before_motor: bool,
    /// An operation known only from before a power cut is *outcome unknown* (§8.2).
    pub reloaded_is_unknown: bool,
    /// A press lower than the highest under its ticket is not accepted (§8.2).
    pub lower_press_refused: bool,
    /// The previous ticket is kept until the current one is used (§6.1).
    pub previous_ticket_kept: bool,
    /// A vault restored from a copy drops its tickets (§8.3).
    pub restored_vault_detected: bool,
    /// The press is persisted before the request is sent (§6.2).
    pub press_persisted: bool,
    /// No final failure before the hellos of all requests have died (§8.3).
    pub failure_waits: bool,
    /// A cancel waits as a failure does (§8.3).
    pub cancel_waits: bool,
    /// A refusal is final only if no earlier request could still be executed when the refused one was sent (§8.3).
    pub refusal_needs_quiet: bool,
    /// A refusal is final only if no request that left after the refused one is unanswered (§8.3).
    pub refusal_waits_for_later: bool,
    /// An answer settles the requests for its own hello, and not the earlier ones of its connection (§8.3).
    pub answer_settles_its_hello: bool,
    /// *Not accepted* is not authentic and proves nothing about what the door did (§4.6).
    pub not_accepted_proves_nothing: bool,
    /// An answer is accepted only for the request that it answers (§6.4).
    pub answer_bound_to_request: bool,
}

impl Rules {
    /// All rules of the specification.
    pub const fn specified() -> Self {
        Self {
            hello_expires: true,
            hello_is_spent: true,
            hello_checked_at_decision: true,
            phone_waits_longer: true,
            shared_operation_id: true,
            id_outlives_ticket: true,
            known_is_repeated: true,
            newest_is_known: true,
            memory_outlasts_operation: true,
            reload_at_boot: true,
            event_before_motor: true,
            reloaded_is_unknown: true,
            lower_press_refused: true,
            previous_ticket_kept: true,
            restored_vault_detected: true,
            press_persisted: true,
            failure_waits: true,
            cancel_waits: true,
            refusal_needs_quiet: true,
            refusal_waits_for_later: true,
            answer_settles_its_hello: true,
            not_accepted_proves_nothing: true,
            answer_bound_to_request: true,
        }
    }

    /// Whether one press of one ticket can come to stand for two intents.
    pub(crate) const fn press_may_recur(&self) -> bool {
        !self.restored_vault_detected || !self.press_persisted
    }
}
