//! What the property signs, and what its doors say: keys, claims, updates, receipts.

mod begin;
mod claim;
mod receipt;
mod seal;

pub use self::begin::MakeKeys;
pub use self::claim::{Claimed, Decommission, PrepareClaim};
pub use self::receipt::{ReceiptTaken, TakeReceipt};
pub use self::seal::{SealUpdate, SealedUpdate};
