//! One intent of a person at a door (spec §8.1).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::OperationId;

/// What the person wants the door to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum OperationKind {
    /// Open for a moment; the door relocks by itself.
    Unlock,
    /// Open nothing: give the door what it lacks and take what it has, in the session behind the answer (spec §8.8).
    Deliver,
}

impl OperationKind {
    /// The three-bit code of the fast path (spec §6.3).
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Unlock => 0,
            Self::Deliver => 1,
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Unlock),
            1 => Some(Self::Deliver),
            _ => None,
        }
    }
}

/// One try of one intent, as the full handshake carries it (spec §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// What to do.
    pub kind: OperationKind,
    /// The intent; the same for all its tries.
    pub id: OperationId,
    /// The try, 1…255.
    pub attempt: u8,
}

impl Operation {
    pub(crate) const fn check(&self) -> Result<(), Error> {
        if self.attempt == 0 { Err(Error::Malformed("operation")) } else { Ok(()) }
    }
}
