//! The token bucket for doorcodes (spec §14.5): how many wrong codes a door takes.
//!
//! Pure: the caller stores [`Lockout::state`] before anybody can see that a code was refused.

use serde::{Deserialize, Serialize};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::time::Millis;

/// Size and speed of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    capacity: u8,
    interval_ms: u32,
}

impl LockoutPolicy {
    /// The bucket of a kind of door.
    #[must_use]
    pub const fn of(kind: DoorKind) -> Self {
        match kind {
            DoorKind::Residence => Self { capacity: 6, interval_ms: 600_000 },
            DoorKind::BuildingEntrance | DoorKind::Service | DoorKind::Communal => {
                Self { capacity: 10, interval_ms: 180_000 }
            }
        }
    }
}

/// What a door keeps in flash of its bucket. The default is what one that cannot be read is taken for: empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockoutState {
    /// Wrong codes that are left.
    pub tokens: u8,
    /// Milliseconds that count towards the next token.
    pub progress_ms: u32,
}

impl LockoutState {
    /// What a state that cannot be read is taken for.
    pub const EMPTY: Self = Self { tokens: 0, progress_ms: 0 };
}

/// A token that was taken. Given back if the same entry turns out to be right.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the bucket must be stored before the refusal shows"]
pub struct TakenToken {
    left: u8,
}

impl TakenToken {
    /// Whether it was the last one: managers are told.
    #[must_use]
    pub const fn was_last(&self) -> bool {
        self.left == 0
    }
}

/// No token is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockedOut;

/// The bucket of a running door.
#[derive(Debug)]
pub struct Lockout {
    policy: LockoutPolicy,
    state: LockoutState,
    updated: Millis,
}

impl Lockout {
    /// The bucket of a door that was just claimed: full.
    #[must_use]
    pub const fn full(policy: LockoutPolicy, now: Millis) -> Self {
        let state = LockoutState { tokens: policy.capacity, progress_ms: 0 };
        Self { policy, state, updated: now }
    }

    /// The bucket after a boot or after a change of settings: what was stored, cut to the policy, and nothing for the time in between.
    #[must_use]
    pub fn restore(policy: LockoutPolicy, stored: LockoutState, now: Millis) -> Self {
        let tokens = stored.tokens.min(policy.capacity);
        let progress_ms = if tokens == policy.capacity {
            0
        } else {
            stored.progress_ms.min(policy.interval_ms.saturating_sub(1))
        };
        Self { policy, state: LockoutState { tokens, progress_ms }, updated: now }
    }

    /// Whether a code may be looked at.
    ///
    /// # Errors
    ///
    /// [`LockedOut`] without a token.
    pub fn check(&mut self, now: Millis) -> Result<(), LockedOut> {
        self.refill(now);
        if self.state.tokens == 0 { Err(LockedOut) } else { Ok(()) }
    }

    /// Takes a token for a code that opens nothing.
    ///
    /// # Errors
    ///
    /// [`LockedOut`] without a token.
    pub fn take(&mut self, now: Millis) -> Result<TakenToken, LockedOut> {
        self.refill(now);
        self.state.tokens = self.state.tokens.checked_sub(1).ok_or(LockedOut)?;
        Ok(TakenToken { left: self.state.tokens })
    }

    /// Gives a token back: the entry that it was taken for was right in the end.
    pub fn give_back(&mut self, _: TakenToken, now: Millis) {
        self.refill(now);
        self.add_token();
    }

    /// What to store.
    pub fn state(&mut self, now: Millis) -> LockoutState {
        self.refill(now);
        self.state
    }

    /// When it is full again, which is worth storing once; `None`: it is.
    pub fn full_at(&mut self, now: Millis) -> Option<Millis> {
        self.refill(now);
        let missing = self.policy.capacity.saturating_sub(self.state.tokens);
        let wait = u64::from(missing) * u64::from(self.policy.interval_ms);
        (missing > 0).then(|| self.updated.plus(wait.saturating_sub(self.state.progress_ms.into())))
    }

    /// The settings changed: what there is, cut to what there may be.
    pub fn change_policy(&mut self, policy: LockoutPolicy, now: Millis) {
        self.refill(now);
        // Not with `now`: a timer that went back must not count the same time twice.
        *self = Self::restore(policy, self.state, self.updated);
    }

    fn refill(&mut self, now: Millis) {
        let passed = now.since(self.updated);
        // A timer that went back and forth again must not count the same time twice.
        self.updated = self.updated.max(now);
        let interval = u64::from(self.policy.interval_ms);
        let progress = u64::from(self.state.progress_ms).saturating_add(passed);
        let missing = self.policy.capacity.saturating_sub(self.state.tokens);
        let earned = u8::try_from(progress / interval).unwrap_or(u8::MAX).min(missing);
        self.state.tokens = self.state.tokens.saturating_add(earned);
        let rest = if earned == missing { 0 } else { progress % interval };
        self.state.progress_ms = u32::try_from(rest).unwrap_or(0);
    }

    fn add_token(&mut self) {
        if self.state.tokens < self.policy.capacity {
            self.state.tokens = self.state.tokens.saturating_add(1);
        }
        if self.state.tokens == self.policy.capacity {
            self.state.progress_ms = 0;
        }
    }
}

#[cfg(test)]
mod tests;
