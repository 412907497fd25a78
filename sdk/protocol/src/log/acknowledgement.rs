//! The property has these events: the door may free them (spec §12.4).

use serde::{Deserialize, Serialize};

use super::LogHead;
use crate::error::Error;
use crate::ids::{EventNumber, check_version};
use crate::labels::{self, Label};
use crate::limits;
use crate::signed::Signable;
use crate::statement::Origin;

/// Signed by the property key. Names the life of the door and the head, so that it frees nothing that the property does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    version: u8,
    /// Which life of which door.
    pub origin: Origin,
    /// The last event that the property has.
    pub sequence: EventNumber,
    /// The head after it.
    pub head: LogHead,
}

impl Acknowledgement {
    const VERSION: u8 = 1;

    /// A draft.
    #[must_use]
    pub const fn new(origin: Origin, sequence: EventNumber, head: LogHead) -> Self {
        Self { version: Self::VERSION, origin, sequence, head }
    }
}

impl Signable for Acknowledgement {
    const LABEL: Label = labels::LOG_ACKNOWLEDGEMENT;
    const NAME: &'static str = "log acknowledgement";
    const MAX_BODY: usize = limits::ACKNOWLEDGEMENT_BODY;

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, Self::NAME)?;
        match self.sequence {
            EventNumber(0) => Err(Error::Malformed(Self::NAME)),
            EventNumber(_) => Ok(()),
        }
    }
}
