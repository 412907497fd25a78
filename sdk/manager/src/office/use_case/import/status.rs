//! How far an import has come.

use crate::office::import::PeopleFile;
use crate::office::permission::Need;
use crate::office::store::import::BatchState;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// How far the import of a file has come; `None`: it was never begun.
#[derive(Debug)]
pub struct FindImport<'a> {
    /// The file.
    pub file: &'a PeopleFile,
}

/// How far an import has come (§4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportStatus {
    /// Which step was done.
    pub state: ImportState,
    /// Rows of the file.
    pub rows: u64,
    /// Rows whose people were added and are not sent.
    pub waiting: u64,
}

/// Which step was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImportState {
    /// Some contacts were added: go on with [`AddContacts`](super::AddContacts) from the first row.
    Adding,
    /// All contacts were: go on with [`SendInvitations`](super::SendInvitations).
    Added,
    /// Everything was sent.
    Sent,
}

impl Sealed for FindImport<'_> {}

impl Question for FindImport<'_> {
    type Answer = Option<ImportStatus>;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Option<ImportStatus>, Error> {
        let batch = (view.property(), self.file.digest());
        let found = store::import::find(view.connection(), batch).await?;
        Ok(found.map(|(state, rows, waiting)| ImportStatus { state: state.into(), rows, waiting }))
    }
}

impl From<BatchState> for ImportState {
    fn from(state: BatchState) -> Self {
        match state {
            BatchState::Adding => Self::Adding,
            BatchState::Added => Self::Added,
            BatchState::Sent => Self::Sent,
        }
    }
}
