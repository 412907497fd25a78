//! From a door's list to the update that phones carry.

use thumbturn_protocol::ids::{DoorId, ListVersion};

use crate::authority::parcel::Address;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::store::parcel::ParcelRecord;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, books, store};

/// Seconds for which a door applies an update: 90 days, so that one lost on a phone does not come up after years.
const APPLIES_FOR: u64 = 90 * 86_400;
/// Seconds before that end from which on an update is sealed anew.
const RENEWED_BEFORE: u64 = 30 * 86_400;

/// The update that a door lacks, for any phone to carry. What was sealed already is given again, so that one phone goes on with what
/// another has begun, until the list changes or the door says something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealUpdate {
    /// Which door.
    pub door: DoorId,
}

/// An update on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedUpdate {
    /// The version of the list to which it leads.
    pub to: ListVersion,
    /// What a phone takes.
    pub parcel: Vec<u8>,
}

impl core::fmt::Debug for SealedUpdate {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "SealedUpdate({:?}, {} bytes)", self.to, self.parcel.len())
    }
}

impl Sealed for SealUpdate {}

impl UseCase for SealUpdate {
    type Answer = Option<SealedUpdate>;
    const NAME: &'static str = "seal update";
    const IS_AUDITED: bool = false;

    fn need(&self) -> Need {
        Need::Belonging
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Option<SealedUpdate>, Error> {
        let property = work.property();
        let Some(update) = seal(work, self.door).await? else { return Ok(None) };
        let parcel = store::parcel::content(work.connection(), property, self.door).await?;
        Ok(Some(SealedUpdate { to: update.to, parcel }))
    }
}

/// The update that waits for a door, sealed now where there was none, or none that serves.
pub(in crate::office::use_case) async fn seal(
    work: &mut Work<'_>,
    door: DoorId,
) -> Result<Option<ParcelRecord>, Error> {
    let (property, now, revision) = (work.property(), work.now, work.revision());
    let door = store::door::find(work.connection(), property, door).await?;
    let door = door.ok_or(Error::NotFound(Thing::Door))?;
    let life = store::life::live(work.connection(), property, door.id).await?;
    let life = life.ok_or(Error::NotFound(Thing::Device))?;
    let is_unchanged = !store::list::has_changes(work.connection(), property, door.id).await?;
    let known = store::parcel::of(work.connection(), property, door.id).await?;
    let is_good = |known: &ParcelRecord| {
        known.door_key == life.door_key
            && known.confirmed == life.versions.confirmed
            && known.apply_until > now.plus(RENEWED_BEFORE)
    };
    if let Some(known) = known.filter(|known| is_unchanged && is_good(known)) {
        return Ok(Some(known));
    }
    let is_there = life.versions.confirmed == Some(life.versions.version) && !life.versions.snapshot_wanted;
    if is_unchanged && is_there {
        return Ok(None);
    }
    let mut book = books::list(work, &door, &life).await?;
    let Some(planned) = book.plan(now, work.random)? else { return Ok(None) };
    let (keys, _) = books::keys(work).await?;
    let (door_keys, apply_until) = (books::door_keys(&life)?, now.plus(APPLIES_FOR));
    let address = Address { door: door.id, keys: &door_keys, apply_until };
    let parcel = planned.seal(&address, &keys, now, work.random)?;
    let content = parcel.to_bytes();
    let record = ParcelRecord {
        id: Some(parcel.id()),
        door_key: life.door_key,
        to: planned.to,
        confirmed: life.versions.confirmed,
        apply_until,
        length: content.len(),
        sealed: revision,
    };
    let place = (property, door.id);
    store::list::leave(work.connection(), place, (door.left, planned.to), revision).await?;
    store::parcel::set(work.connection(), place, &record, &content).await?;
    books::keep_versions(work, &life, &book).await?;
    Ok(Some(record))
}
