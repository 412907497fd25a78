//! The inbox at rest: two records of the vault, format version 1 (*postcard*, spec §1.2), each behind one byte of version.
//!
//! Two, since updates are large and change seldom, while something is collected at each unlock.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use thumbturn_protocol::bulletin::{BulletinHeader, Entry};
use thumbturn_protocol::ids::{DoorId, DoorKeyId, EventNumber, Generation, PropertyId, ReceiptNumber};
use thumbturn_protocol::log::{Acknowledgement, SealedBatch};
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time_token::TimeToken;
use thumbturn_protocol::update::parcel::Parcel;

use crate::courier::inbox::parcels::HeldParcel;
use crate::courier::inbox::upload::UploadId;
use crate::courier::list_floor::ListFloor;
use crate::vault::sealing::SealError;

const VERSION: u8 = 1;

/// What an inbox holds, without the updates. Changed as a copy, which takes its place once it is durable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contents {
    /// The number of the next upload: no number is ever given twice.
    pub(crate) next_upload: u64,
    /// Counts changes of `doors`, so that the one that was met longest ago can be forgotten.
    pub(crate) meetings: u64,
    pub(crate) properties: Vec<PropertyShelf>,
    pub(crate) doors: Vec<DoorShelf>,
    /// How often this phone was at which door.
    pub(crate) visits: Vec<(DoorId, u8)>,
}

/// What is for all doors of a property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PropertyShelf {
    pub(crate) property: PropertyId,
    pub(crate) rotation: Option<(Generation, Received<KeyRotation>)>,
    pub(crate) bulletin: Option<HeldBulletin>,
    pub(crate) time: Option<Received<TimeToken>>,
}

/// A whole bulletin that this phone has verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeldBulletin {
    pub(crate) generation: Generation,
    pub(crate) epoch: thumbturn_protocol::ids::BulletinEpoch,
    pub(crate) header: Received<BulletinHeader>,
    pub(crate) entries: Vec<Entry>,
    /// It came from a door, and the authority has not heard of that.
    pub(crate) upload: Option<UploadId>,
}

/// What this phone remembers of one life of a door, and holds of it and for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DoorShelf {
    pub(crate) property: PropertyId,
    pub(crate) door: DoorId,
    pub(crate) door_key: DoorKeyId,
    /// When it was met last, counted by [`Contents::meetings`].
    pub(crate) met: u64,
    /// The newest receipt that was collected, also when it was handed in since.
    pub(crate) receipt: ReceiptNumber,
    /// How new its list is at least.
    pub(crate) list: ListFloor,
    /// The newest log batch that was collected, also when it was handed in since.
    pub(crate) events: Option<CollectedEvents>,
    /// The receipt, until it is handed in.
    pub(crate) held_receipt: Option<(UploadId, SealedReceipt)>,
    /// Log batches, until they are handed in.
    pub(crate) batches: Vec<HeldBatch>,
    /// For the door: the property has its events.
    pub(crate) acknowledgement: Option<(EventNumber, Received<Acknowledgement>)>,
}

/// Which events a log batch held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CollectedEvents {
    pub(crate) first: EventNumber,
    pub(crate) last: EventNumber,
    /// The batch had room for more events.
    pub(crate) open_ended: bool,
    /// How often the door was met since.
    pub(crate) meetings: u8,
}

/// A log batch on its way to the authority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeldBatch {
    pub(crate) upload: UploadId,
    pub(crate) first: EventNumber,
    #[serde(serialize_with = "batch_bytes", deserialize_with = "batch")]
    pub(crate) batch: SealedBatch,
}

fn batch_bytes<S: Serializer>(batch: &SealedBatch, serializer: S) -> Result<S::Ok, S::Error> {
    batch.as_bytes().serialize(serializer)
}

fn batch<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SealedBatch, D::Error> {
    let bytes = Vec::<u8>::deserialize(deserializer)?;
    SealedBatch::from_bytes(&bytes).map_err(serde::de::Error::custom)
}

impl DoorShelf {
    pub(crate) const fn new(property: PropertyId, door: DoorId, door_key: DoorKeyId) -> Self {
        Self {
            property,
            door,
            door_key,
            met: 0,
            receipt: ReceiptNumber(0),
            list: ListFloor::NONE,
            events: None,
            held_receipt: None,
            batches: Vec::new(),
            acknowledgement: None,
        }
    }

    /// Whether forgetting it loses something that somebody waits for.
    pub(crate) const fn holds_something(&self) -> bool {
        self.held_receipt.is_some() || !self.batches.is_empty() || self.acknowledgement.is_some()
    }
}

impl Contents {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, SealError> {
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_allocvec(self).map_err(|_| SealError::Damaged)?);
        Ok(bytes)
    }

    pub(crate) fn decode(content: &[u8]) -> Result<Self, SealError> {
        let (contents, rest) = postcard::take_from_bytes(body(content)?).map_err(|_| SealError::Damaged)?;
        if rest.is_empty() { Ok(contents) } else { Err(SealError::Damaged) }
    }
}

/// The updates, each as `header ‖ sealed chunks`.
pub(crate) fn encode_parcels(parcels: &[Arc<HeldParcel>]) -> Result<Vec<u8>, SealError> {
    let all: Vec<Vec<u8>> = parcels.iter().map(|held| held.parcel.to_bytes()).collect();
    let mut bytes = vec![VERSION];
    bytes.extend(postcard::to_allocvec(&all).map_err(|_| SealError::Damaged)?);
    Ok(bytes)
}

/// The updates of a record; those that are damaged are left out.
pub(crate) fn decode_parcels(content: &[u8]) -> Result<Vec<Arc<HeldParcel>>, SealError> {
    let (all, rest): (Vec<&[u8]>, _) =
        postcard::take_from_bytes(body(content)?).map_err(|_| SealError::Damaged)?;
    if !rest.is_empty() {
        return Err(SealError::Damaged);
    }
    let held = |bytes: &&[u8]| Parcel::parse(bytes).and_then(HeldParcel::from_vault).ok().map(Arc::new);
    Ok(all.iter().filter_map(held).collect())
}

fn body(content: &[u8]) -> Result<&[u8], SealError> {
    match content.split_first() {
        Some((&VERSION, body)) => Ok(body),
        Some((0, _)) | None => Err(SealError::Damaged),
        Some(_) => Err(SealError::TooNew),
    }
}
