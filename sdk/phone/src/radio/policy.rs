//! How long the driver waits for what.

use crate::unlock::UnlockTimes;

/// Budgets of one intent in milliseconds. The total bounds all the others: one intent has one deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// From tap to outcome. The last request leaves three seconds before, so that its hello is dead by then (spec §8.3).
    pub total: u64,
    /// For hearing the door, for each scan.
    pub scan: u64,
    /// For a connection with its services discovered, for each attempt.
    pub connect: u64,
    /// For agreeing on a larger ATT MTU; without an answer the connection goes on with the one in force.
    pub mtu: u64,
    /// For subscribing.
    pub subscribe: u64,
    /// For the platform to take one frame, or to become writable again.
    pub write: u64,
    /// How long a door without scan response waits for one that resolves, before it is tried.
    pub unresolved: u64,
    /// For finding a door that is only passed by, and its answer.
    pub pass: u64,
    /// From one delivery at a door to the next, unless its person opens it (spec §8.8).
    pub pass_interval: u64,
    /// What the unlock itself waits for.
    pub unlock: UnlockTimes,
}

impl Policy {
    /// What the budgets are unless an app has reasons.
    pub const DEFAULT: Self = Self {
        total: 15_000,
        scan: 8_000,
        connect: 4_000,
        mtu: 1_000,
        subscribe: 2_000,
        write: 1_500,
        unresolved: 800,
        pass: 10_000,
        pass_interval: 15 * 60 * 1_000,
        unlock: UnlockTimes::DEFAULT,
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Milliseconds to wait before a peer is tried again, after this many failures in a row: the first at once, as Android's
/// 133 usually goes away by itself.
pub(super) const fn back_off(failures: u32) -> u64 {
    match failures {
        0 | 1 => 0,
        2 => 250,
        3 => 500,
        _ => 1_000,
    }
}

/// Failures in a row after which a peer must be heard again before it is tried: its address may have changed. Not fewer,
/// since scan starts are scarce.
pub(super) const FAILURES_OF_A_PEER: u32 = 5;
