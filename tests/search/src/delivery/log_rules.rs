//! The promises of the specification about logs, each of which a test takes away.

/// Which rules of §12 hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogRules {
    /// An event is in flash before anything tells of it (§12.2).
    pub written_before_told: bool,
    /// Only the authority's acknowledgement frees an event, never the courier's word (§12.4).
    pub freed_by_acknowledgement: bool,
    /// An acknowledgement names the head, and the door compares it with its own (§12.4).
    pub acknowledgement_names_head: bool,
    /// The authority acknowledges a number only if it has all up to it, or knows from the door that they are gone (§12.4).
    pub acknowledged_without_gap: bool,
    /// A batch says which events before it the door does not hold any more because they were overwritten (§12.3).
    pub overwritten_is_said: bool,
    /// ... and those that it does not hold any more because they were acknowledged (§12.3).
    pub acknowledged_is_said: bool,
    /// The authority takes a batch only if it continues or repeats the chain that it has (§12.4).
    pub chain_compared: bool,
}

impl LogRules {
    /// All rules of the specification.
    pub const fn specified() -> Self {
        Self {
            written_before_told: true,
            freed_by_acknowledgement: true,
            acknowledgement_names_head: true,
            acknowledged_without_gap: true,
            overwritten_is_said: true,
            acknowledged_is_said: true,
            chain_compared: true,
        }
    }
}
