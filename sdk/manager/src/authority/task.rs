//! What a door is yet to learn, and the receipts that close it.

use thumbturn_protocol::bulletin::BulletinVersion;
use thumbturn_protocol::ids::{BulletinEpoch, Generation, ListVersion};

use super::list_book::ListBook;
use super::receipt_book::NewReceipt;

/// Something that has left the authority, and counts as done when the door itself says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Task {
    /// The door's list is to be the authority's at this version or at a later one.
    List(ListVersion),
    /// The door is to refuse what this bulletin or a later one names.
    Bulletin(BulletinVersion),
    /// The door is to know the keys of this generation.
    Generation(Generation),
}

/// What a receipt proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    generation: Generation,
    bulletin: BulletinVersion,
    list: Option<ListVersion>,
}

impl Confirmation {
    /// Of a receipt. Its list version counts only if its digest is that of the list which the authority sent under this number.
    #[must_use]
    pub fn of(receipt: &NewReceipt, list: &ListBook) -> Self {
        let generation = receipt.header.origin.generation;
        let bulletin = BulletinVersion { generation, epoch: receipt.body.bulletin_epoch };
        Self { generation, bulletin, list: list.recognised(receipt) }
    }

    /// Whether it closes a task.
    #[must_use]
    pub fn closes(&self, task: &Task) -> bool {
        match task {
            Task::List(version) => self.list.is_some_and(|list| list >= *version),
            // The first bulletin of a generation names again whom the last one before named (spec §11.1); until there is one, the
            // epoch of the generation before is not told.
            Task::Bulletin(version) => self.bulletin.epoch > BulletinEpoch(0) && self.bulletin >= *version,
            Task::Generation(generation) => self.generation >= *generation,
        }
    }
}
