//! What a session has got from a door, verified, on its way into the inbox.

use thumbturn_protocol::ids::{EventNumber, Generation, ListVersion, ReceiptNumber, UpdateId};
use thumbturn_protocol::log::SealedBatch;
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::update::edition::Edition;

use crate::courier::inbox::document::{CollectedEvents, HeldBulletin};

/// Something to keep. Only a session makes one, after it has checked who signed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    pub(crate) origin: Origin,
    pub(crate) object: CollectedObject,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CollectedObject {
    /// The door was met; its waiting events begin with this one.
    Met {
        log_first: EventNumber,
    },
    Receipt(CollectedReceipt),
    Batch(CollectedBatch),
    Bulletin(HeldBulletin),
    /// The door's list is as new as this, or newer.
    ListAtLeast(Edition),
    /// The door has refused this update for good.
    Unwanted(UpdateId),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CollectedReceipt {
    pub(crate) number: ReceiptNumber,
    /// Which generation the door believes.
    pub(crate) generation: Generation,
    pub(crate) list_version: ListVersion,
    pub(crate) receipt: SealedReceipt,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CollectedBatch {
    pub(crate) events: CollectedEvents,
    pub(crate) batch: SealedBatch,
}
