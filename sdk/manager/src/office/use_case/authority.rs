//! What the property signs, and what its doors say: keys, claims, updates, receipts.

mod begin;
mod claim;
mod receipt;
mod rotate;
mod seal;

pub use self::begin::MakeKeys;
pub use self::claim::{Claimed, Decommission, PrepareClaim};
pub(super) use self::receipt::take as take_receipt;
pub use self::receipt::{ReceiptTaken, TakeReceipt};
pub use self::rotate::{PrepareRotation, TakeRotation};
pub(super) use self::seal::seal;
pub use self::seal::{SealUpdate, SealedUpdate};
