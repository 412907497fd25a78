//! What is kept no longer.

use crate::office::permission::Need;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, store};

/// Most rows of each kind in one transaction.
const ROWS: u32 = 1_000;

/// Forgets what is beyond the retention of the property: in the activity, who it was; Keys and guest accesses that are over;
/// cards and phones that open nothing; names of those who were deleted; messages that were sent. Invitations of phones that have expired go at
/// once. The host calls this once a day, again and again until [`Forgotten::is_all`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forget {
    /// Fewer rows of each kind than 1,000 in this transaction; 0: as many.
    pub most: u32,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Entries of the activity that say no more who it was.
    pub entries: u64,
    /// False: there is more, call again.
    pub is_all: bool,
}

impl Sealed for Forget {}

impl UseCase for Forget {
    type Answer = Forgotten;
    const NAME: &'static str = "forget";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Forgotten, Error> {
        let (property, now) = (work.property(), work.now);
        let limit = if self.most == 0 { ROWS } else { self.most.min(ROWS) };
        let (entries, is_all) = store::retention::forget(work.connection(), property, limit, now).await?;
        Ok(Forgotten { entries, is_all })
    }
}
