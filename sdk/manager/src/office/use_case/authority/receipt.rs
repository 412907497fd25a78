//! What a door says it knows, brought by whichever phone came by (spec §12.1).

use thumbturn_protocol::bulletin::BulletinVersion;
use thumbturn_protocol::ids::{DoorId, ListVersion};
use thumbturn_protocol::receipt::{ReceiptBody, SealedReceipt};
use thumbturn_protocol::time::UnixSeconds;

use crate::authority::error::AuthorityError;
use crate::authority::receipt_book::{NewReceipt, ReceiptBook};
use crate::office::permission::Need;
use crate::office::store::door::Door;
use crate::office::store::life::{Heard, LifeRecord};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, books, bulletins, lists, logs, store};

/// Seconds by which the clock of a door may be off to tell when somebody was there.
const CLOCK_ERROR: u32 = 3_600;

/// Takes a receipt. Whose phone brought it does not matter: the door has signed it. It closes the task that it fulfils, and says that
/// somebody with a phone was there, which counts for how long a revocation takes at that door.
#[derive(Clone, PartialEq, Eq)]
pub struct TakeReceipt {
    /// As a phone handed it in; anything.
    pub receipt: Vec<u8>,
}

impl core::fmt::Debug for TakeReceipt {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "TakeReceipt({} bytes)", self.receipt.len())
    }
}

/// What a receipt led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptTaken {
    /// Of which door.
    pub door: DoorId,
    /// False: another phone was faster, and nothing was learnt.
    pub is_new: bool,
    /// The version of its list that the door is known to have.
    pub confirmed: Option<ListVersion>,
    /// Whether the door's task is done.
    pub closed_task: bool,
}

impl Sealed for TakeReceipt {}

impl UseCase for TakeReceipt {
    type Answer = ReceiptTaken;
    const NAME: &'static str = "take receipt";
    const IS_AUDITED: bool = false;

    fn need(&self) -> Need {
        Need::Belonging
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<ReceiptTaken, Error> {
        take(work, &self.receipt).await
    }
}

/// Takes a receipt into all books of its door.
pub(in crate::office::use_case) async fn take(
    work: &mut Work<'_>,
    receipt: &[u8],
) -> Result<ReceiptTaken, Error> {
    let property = work.property();
    let sealed = SealedReceipt::from_bytes(receipt).map_err(|_| Invalid::Foreign)?;
    let origin = sealed.peek_unverified().map_err(|_| Invalid::Foreign)?.origin;
    let life = store::life::live(work.connection(), property, origin.door).await?;
    let life = life.filter(|life| origin.property == property && life.door_key == origin.door_key);
    let life = life.ok_or(Invalid::Foreign)?;
    let door = store::door::find(work.connection(), property, origin.door).await?;
    let door = door.ok_or(Error::NotFound(Thing::Door))?;
    let keys = books::keys_of(work, origin.generation).await?;
    let mut receipts = ReceiptBook::new(door.id, books::door_keys(&life)?).resumed(life.receipt);
    let receipt = match receipts.take(&sealed, &keys) {
        Ok(receipt) => receipt,
        Err(AuthorityError::NotNewer) => {
            let confirmed = life.versions.confirmed;
            return Ok(ReceiptTaken { door: door.id, is_new: false, confirmed, closed_task: false });
        }
        Err(_) => return Err(Invalid::Foreign.into()),
    };
    note(work, &life, &receipt).await?;
    let now = work.now;
    let visited = visited_at(&receipt.body, now);
    store::visit::note(work.connection(), (property, door.id), visited, now).await?;
    logs::learn(work, &life, &receipt).await?;
    let mut book = books::versions(work, &life).await?;
    book.learn(&receipt, now);
    books::keep_versions(work, &life, &book).await?;
    let confirmed = book.confirmed();
    let closed_task = match confirmed {
        Some(version) => confirm(work, &door, version).await?,
        None => false,
    };
    Ok(ReceiptTaken { door: door.id, is_new: true, confirmed, closed_task })
}

/// Notes what a receipt says beside the list.
async fn note(work: &mut Work<'_>, life: &LifeRecord, receipt: &NewReceipt) -> Result<(), Error> {
    let (id, now) = ((work.property(), life.door, life.door_key), work.now);
    let generation = receipt.header.origin.generation;
    let version = BulletinVersion { generation, epoch: receipt.body.bulletin_epoch };
    let heard = Heard {
        receipt: receipt.header.number,
        generation,
        battery: receipt.body.battery,
        firmware: receipt.body.firmware,
        denials: bulletins::heard(work, version).await?,
    };
    Ok(store::life::heard(work.connection(), id, heard, now).await?)
}

/// The door has this version of its list: what was required of it up to there is done.
async fn confirm(work: &mut Work<'_>, door: &Door, version: ListVersion) -> Result<bool, Error> {
    let (place, now) = ((work.property(), door.id), work.now);
    store::list::confirm(work.connection(), place, (door.left, version)).await?;
    store::parcel::drop_up_to(work.connection(), place, version).await?;
    if lists::is_outdated(work, door.id).await? {
        return Ok(false);
    }
    Ok(store::task::close(work.connection(), place, version, now).await?)
}

/// When the receipt was made: by the door's clock, unless that is unsure or ahead; then by ours, which is later.
fn visited_at(body: &ReceiptBody, now: UnixSeconds) -> UnixSeconds {
    if body.clock_error <= CLOCK_ERROR { body.clock.min(now) } else { now }
}
