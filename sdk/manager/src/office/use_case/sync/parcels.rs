//! Which updates a phone takes along: those that its own grants wait for, and as many others for its doors as it has room for.

use std::collections::BTreeSet;

use thumbturn_protocol::ids::{DoorId, UpdateId};
use thumbturn_protocol::limits::{PARCEL, SYNC_CARRIED};
use thumbturn_protocol::sync::SyncRequest;

use super::credentials::Held;
use crate::office::store::parcel::ParcelRecord;
use crate::office::use_case::authority::seal;
use crate::office::work::Work;
use crate::office::{Error, store};

/// Most updates that are sealed in one transaction, so that nobody waits long for it.
const SEALED: usize = 16;

/// What a phone takes along.
#[derive(Default)]
pub(super) struct Load {
    pub(super) parcels: Vec<Vec<u8>>,
    /// Whether there is more that it has room for.
    pub(super) more: bool,
    bytes: usize,
}

/// The updates for the doors of a phone that it does not carry yet.
pub(super) async fn load(work: &mut Work<'_>, request: &SyncRequest, held: &Held) -> Result<Load, Error> {
    let (property, revision) = (work.property(), work.revision());
    let carried: BTreeSet<UpdateId> = request.carries.iter().copied().collect();
    let room = usize::try_from(request.room).unwrap_or(usize::MAX);
    let (mut load, mut sealed) = (Load::default(), 0);
    let waiting = held.doors.iter().filter(|door| held.waiting.contains(door));
    let others = held.doors.iter().filter(|door| !held.waiting.contains(door));
    for door in waiting.chain(others) {
        if sealed >= SEALED {
            load.more = true;
            break;
        }
        let Some(update) = update(work, *door).await? else { continue };
        sealed += usize::from(update.sealed == revision);
        if update.id.is_some_and(|id| carried.contains(&id)) {
            continue;
        }
        let most = if held.waiting.contains(door) { PARCEL } else { room };
        if load.bytes.saturating_add(update.length) > most {
            continue;
        }
        // An answer has the longest update, and no more than that.
        if load.bytes.saturating_add(update.length) > PARCEL || load.parcels.len() >= SYNC_CARRIED {
            load.more = true;
            continue;
        }
        load.bytes = load.bytes.saturating_add(update.length);
        load.parcels.push(store::parcel::content(work.connection(), property, *door).await?);
    }
    Ok(load)
}

/// The update that waits for a door. Where none can be made, its task stays open, and [`SealUpdate`](crate::office::use_case::authority::SealUpdate)
/// says why: one door that cannot be updated keeps nobody from the others.
async fn update(work: &mut Work<'_>, door: DoorId) -> Result<Option<ParcelRecord>, Error> {
    match seal(work, door).await {
        Err(Error::Invalid(_) | Error::Authority(_) | Error::NotFound(_)) => Ok(None),
        sealed => sealed,
    }
}
