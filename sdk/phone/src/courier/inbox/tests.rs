//! What an inbox takes, keeps, hands in and forgets.

mod budget;
mod crashes;
mod intake;

use thumbturn_protocol::ids::{EventNumber, ListVersion, ReceiptNumber};
use thumbturn_protocol::log::SealedBatch;

use crate::courier::collected::{Collected, CollectedBatch, CollectedObject, CollectedReceipt};
use crate::courier::inbox::document::CollectedEvents;
use crate::courier::scene::ScriptedDoor;

/// A door's receipt with this number, as a session hands it to the inbox.
pub(super) fn receipt(door: &mut ScriptedDoor, number: u32) -> Collected {
    let (generation, list_version) = (door.origin.generation, door.list_version);
    let (number, receipt) = (ReceiptNumber(number), door.make_receipt(number));
    let collected = CollectedReceipt { number, generation, list_version, receipt };
    Collected { origin: door.origin, object: CollectedObject::Receipt(collected) }
}

/// A door's oldest events, as a session hands them to the inbox.
pub(super) fn batch(door: &mut ScriptedDoor) -> Collected {
    let (first, bytes) = door.batch_bytes().unwrap();
    let first = EventNumber(first);
    let events = CollectedEvents { first, last: first, open_ended: false, meetings: 0 };
    let batch = SealedBatch::from_bytes(&bytes).unwrap();
    Collected { origin: door.origin, object: CollectedObject::Batch(CollectedBatch { events, batch }) }
}

pub(super) const fn at(version: u32) -> ListVersion {
    ListVersion(version)
}
