//! What a person may see of a delivery.

use thumbturn_protocol::ids::{BulletinEpoch, EventNumber, Generation, ListVersion, ReceiptNumber};
use thumbturn_protocol::record::UpdateRefusal;

/// Something that a session has delivered or collected. None of it delays or changes an unlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CourierEvent {
    /// The door has the property's next keys.
    RotationDelivered {
        /// The generation that it is in now.
        generation: Generation,
    },
    /// The door has a newer bulletin.
    BulletinDelivered {
        /// Its epoch.
        epoch: BulletinEpoch,
    },
    /// The door had a newer bulletin, which this phone carries on.
    BulletinCollected {
        /// Its epoch.
        epoch: BulletinEpoch,
    },
    /// An instant was handed over.
    TimeDelivered,
    /// An update is on its way.
    Updating {
        /// How much of it the door has, 0…100.
        percent: u8,
    },
    /// The door has applied an update.
    Updated {
        /// Its list version now.
        list_version: ListVersion,
    },
    /// The door does not take an update.
    UpdateRefused {
        /// Why.
        reason: UpdateRefusal,
    },
    /// A receipt was collected.
    ReceiptCollected {
        /// Its number.
        number: ReceiptNumber,
    },
    /// The door was told that the authority has its events.
    Acknowledged {
        /// Up to this one.
        sequence: EventNumber,
    },
    /// Events were collected.
    LogsCollected {
        /// The first.
        first: EventNumber,
        /// How many.
        count: u16,
    },
}
