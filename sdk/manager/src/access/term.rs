//! From when until when.

use thumbturn_protocol::time::UnixSeconds;

/// A stretch of time with a start, and an end that it does not contain, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    start: UnixSeconds,
    end: Option<UnixSeconds>,
}

/// An end that is not after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("access has to end after it starts: choose a later end, or none")]
pub struct EmptyTerm;

impl Term {
    /// From `start` until before `end`; without an end until it is revoked.
    ///
    /// # Errors
    ///
    /// [`EmptyTerm`] unless the end is after the start.
    pub fn new(start: UnixSeconds, end: Option<UnixSeconds>) -> Result<Self, EmptyTerm> {
        if end.is_some_and(|end| end <= start) { Err(EmptyTerm) } else { Ok(Self { start, end }) }
    }

    /// When it begins.
    #[must_use]
    pub const fn start(self) -> UnixSeconds {
        self.start
    }

    /// When it is over, if ever.
    #[must_use]
    pub const fn end(self) -> Option<UnixSeconds> {
        self.end
    }

    /// Whether `instant` is within.
    #[must_use]
    pub fn contains(self, instant: UnixSeconds) -> bool {
        self.start <= instant && !self.is_over(instant)
    }

    /// Whether it has ended at `now`.
    #[must_use]
    pub fn is_over(self, now: UnixSeconds) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    /// What both have in common, if anything.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let end = [self.end, other.end].into_iter().flatten().min();
        Self::new(self.start.max(other.start), end).ok()
    }

    /// From the start of the earlier to the end of the later, where they meet or overlap.
    #[must_use]
    pub fn or(self, other: Self) -> Option<Self> {
        let (first, second) = if self.start <= other.start { (self, other) } else { (other, self) };
        if first.end.is_some_and(|end| end < second.start) {
            return None;
        }
        let end = first.end.zip(second.end).map(|(one, another)| one.max(another));
        Some(Self { start: first.start, end })
    }

    /// The same, over at `now` at the latest; `None` where it had not begun by then. What becomes of a term that is revoked.
    #[must_use]
    pub fn ended_at(self, now: UnixSeconds) -> Option<Self> {
        let end = self.end.map_or(now, |end| end.min(now));
        Self::new(self.start, Some(end)).ok()
    }
}
