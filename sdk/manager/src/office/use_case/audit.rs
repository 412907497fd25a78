//! Admin Actions: what was done, and what was tried and denied. For Portfolio Managers.

use crate::office::audit::Entry;
use crate::office::permission::Need;
use crate::office::work::View;
use crate::office::{Error, store};

use super::Question;
use super::sealed::Sealed;

/// Most entries of one page.
const PAGE: u32 = 1_000;

/// Entries of the audit log, oldest first, at most 1,000 at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditLog {
    /// Only those after this revision: the last of the page before.
    pub after: Option<u64>,
}

impl Sealed for AuditLog {}

impl Question for AuditLog {
    type Answer = Vec<Entry>;

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<Entry>, Error> {
        let property = view.property();
        Ok(store::audit::after(view.connection(), property, self.after, PAGE).await?)
    }
}

/// Whether the audit log is as it was written: an entry that was changed, or taken from between two, is an
/// [`Error::Store`]. Whoever took away the newest ones leaves a whole log: keep the answer, the head of the
/// chain, elsewhere from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyAuditLog;

impl Sealed for VerifyAuditLog {}

impl Question for VerifyAuditLog {
    type Answer = [u8; 32];

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, view: &mut View<'_>) -> Result<[u8; 32], Error> {
        let property = view.property();
        Ok(store::audit::verify(view.connection(), property).await?)
    }
}
