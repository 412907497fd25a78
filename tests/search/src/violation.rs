//! The ways in which a run can break invariant I8.

use core::fmt;

/// A breach of I8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "tests match every way of breaking I8")]
pub enum Violation {
    /// The bolt moved a second time for one intent.
    MovedTwice,
    /// The bolt moved after the phone had told the person that the operation was over without success.
    MovedAfterFinalReport,
    /// The phone said "open", and the bolt had not moved for this intent.
    OpenedWithoutMove,
    /// The phone said "not opened" (cancelled, refused), and the bolt had moved for this intent.
    NotOpenedThoughMoved,
    /// The phone reported two outcomes for one intent.
    TwoOutcomes,
}

impl Violation {
    /// The breach in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::MovedTwice => "the bolt moves twice for one intent",
            Self::MovedAfterFinalReport => "the bolt moves after the phone reported a final failure",
            Self::OpenedWithoutMove => "the phone reports opened though the bolt never moved for this intent",
            Self::NotOpenedThoughMoved => {
                "the phone reports not opened though the bolt moved for this intent"
            }
            Self::TwoOutcomes => "the phone reports two outcomes for one intent",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sentence())
    }
}
