//! What a door says it knows, brought by whichever phone came by (spec §12.1).

use thumbturn_protocol::ids::{DoorId, ListVersion};
use thumbturn_protocol::receipt::{ReceiptBody, SealedReceipt};
use thumbturn_protocol::time::UnixSeconds;

use crate::authority::error::AuthorityError;
use crate::authority::receipt_book::ReceiptBook;
use crate::office::permission::Need;
use crate::office::store::life::Heard;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, books, store};

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
        let (property, now) = (work.property(), work.now);
        let sealed = SealedReceipt::from_bytes(&self.receipt).map_err(|_| Invalid::Foreign)?;
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
        let mut book = books::list(work, &door, &life).await?;
        book.learn(&receipt, now);
        books::keep_versions(work, &life, &book).await?;
        let heard = Heard {
            receipt: receipt.header.number,
            battery: receipt.body.battery,
            firmware: receipt.body.firmware,
        };
        store::life::heard(work.connection(), (property, door.id, life.door_key), heard, now).await?;
        let visited = visited_at(&receipt.body, now);
        store::visit::note(work.connection(), (property, door.id), visited, now).await?;
        let mut closed_task = false;
        if let Some(version) = book.confirmed() {
            let place = (property, door.id);
            store::list::confirm(work.connection(), place, (door.left, version)).await?;
            store::parcel::drop_up_to(work.connection(), place, version).await?;
            closed_task = store::task::close(work.connection(), place, version, now).await?;
        }
        Ok(ReceiptTaken { door: door.id, is_new: true, confirmed: book.confirmed(), closed_task })
    }
}

/// When the receipt was made: by the door's clock, unless that is unsure or ahead; then by ours, which is later.
fn visited_at(body: &ReceiptBody, now: UnixSeconds) -> UnixSeconds {
    if body.clock_error <= CLOCK_ERROR { body.clock.min(now) } else { now }
}
