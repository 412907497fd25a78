//! What a person sees between tap and open door.

use thumbturn_protocol::answer::DoorStatus;
use thumbturn_protocol::ids::DoorId;

/// A step on the way, for a screen. Steps may repeat; none of them is the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Listening for the door.
    Searching,
    /// The door, or one that may be it, was heard; connecting.
    Connecting {
        /// Which connection attempt of this intent, from 1.
        attempt: u32,
    },
    /// The door has named itself; the request leaves.
    Asking,
    /// The door is busy; waiting to ask again.
    WaitingForDoor,
    /// The door takes this intent only once it is updated, and this phone brings the update: stay near. It opens when it is asked
    /// again afterwards.
    Updating {
        /// How much of it the door has, 0…100.
        percent: u8,
    },
    /// The door has accepted and its motor runs. What the bolt did follows with the outcome.
    Accepted {
        /// Seconds until it relocks; 255 stands for 255 or more.
        relock_seconds: u8,
    },
}

/// An open door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// The door.
    pub door: DoorId,
    /// Seconds from the answer until it relocks; 255 stands for 255 or more.
    pub relock_seconds: u8,
    /// How the answer came about.
    pub path: UnlockPath,
    /// Whether the bolt's movement was confirmed.
    pub bolt: Bolt,
    /// What the door says about itself.
    pub status: DoorStatus,
    /// The door's list version, modulo 2^16.
    pub list_version: u16,
    /// How many tries it took, from 1: more than one after a lost answer.
    pub attempts: u8,
}

/// Which exchange opened a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnlockPath {
    /// Twenty bytes under a ticket (spec §6).
    Fast,
    /// The full handshake (spec §5).
    Full,
}

/// What is known of the bolt behind an accepted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bolt {
    /// It moved.
    Moved,
    /// The door accepted, but its word about the bolt did not arrive in time.
    Unconfirmed,
}
