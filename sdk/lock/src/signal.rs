//! What the door shows whoever types a code or holds a card to it (spec §14.4, §14.8).

use thumbturn_protocol::answer::Outcome;

/// A sign by light and sound. Exhaustive on purpose: a firmware that leaves one out does not build.
///
/// Each is given when everything that it tells was paid for in flash, so that a power cut after it takes nothing back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The door opens.
    Accepted,
    /// This code or card does not open it now.
    Refused,
    /// Too many wrong codes: no code is looked at for a while. Phones and cards open as before.
    LockedOut,
    /// The door does not know the time well enough to tell.
    UnknownTime,
    /// The card could not be read, or is none that this door knows. Which of them, nothing tells.
    CardFailure,
    /// The bolt is moving or cannot move, or the flash fails: nothing was looked at.
    Unable,
}

impl Signal {
    /// How a card that proved itself is told an outcome.
    pub(crate) const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted { .. } | Outcome::AlreadyDone { .. } => Self::Accepted,
            Outcome::UnknownTime => Self::UnknownTime,
            Outcome::Busy | Outcome::DoorFault(_) => Self::Unable,
            Outcome::OutcomeUnknown
            | Outcome::Denied
            | Outcome::NotYet
            | Outcome::Expired
            | Outcome::LeaseEnded
            | Outcome::OutOfSchedule
            | Outcome::UpdateRequired
            | Outcome::Ready => Self::Refused,
        }
    }
}
