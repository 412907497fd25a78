//! The promises of the specification about a door's list, each of which a test takes away.

/// Which rules of §10 and §11.4 hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListRules {
    /// The door applies a delta only to a version that it reaches back to: `from ≤ mine` (§10.7).
    pub from_checked: bool,
    /// The door applies only what is newer: `mine < to` (§10.7).
    pub to_checked: bool,
    /// A delta holds every key that was touched since `from`, also when the net change is nil (§10.4).
    pub touched_keys_all_sent: bool,
    /// The door compares the digest of the list at `to` before it switches (§10.7).
    pub digest_compared: bool,
    /// Rows and version change at once, whatever happens to the power (§10.7).
    pub switch_is_atomic: bool,
    /// A version that ever left in a parcel is never taken back (§10.8).
    pub never_taken_back: bool,
    /// Versions go on rising after a restored backup (§2.6).
    pub rises_after_restore: bool,
    /// Versions are compared within a generation: an update of a newer one is newer (§10.7, §11.4).
    pub generation_counts_first: bool,
}

impl ListRules {
    /// All rules of the specification.
    pub const fn specified() -> Self {
        Self {
            from_checked: true,
            to_checked: true,
            touched_keys_all_sent: true,
            digest_compared: true,
            switch_is_atomic: true,
            never_taken_back: true,
            rises_after_restore: true,
            generation_counts_first: true,
        }
    }
}
