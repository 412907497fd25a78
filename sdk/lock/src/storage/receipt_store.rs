//! The newest receipt (spec §12.1), so that every phone that lacks it gets it, also after a power cut.
//!
//! A receipt leaves only after it was appended here, and the newest record tells the newest number: so none is given twice.

use alloc::vec::Vec;

use thumbturn_protocol::ids::ReceiptNumber;
use thumbturn_protocol::receipt::SealedReceipt;

use crate::flash::Flash;

use super::ring::{Ring, Shape};
use super::{Storage, StorageError, layout, record};

/// A program page: the longest receipt fits.
const SLOT: usize = 256;
const AHEAD: usize = 1;

pub(super) struct ReceiptStore {
    ring: Ring,
    newest: Option<SealedReceipt>,
    /// The number that was tried last: one of which it is not known whether it is in flash is not tried again.
    last: ReceiptNumber,
}

impl ReceiptStore {
    pub(super) fn open<F: Flash>(flash: &mut F) -> Result<Self, StorageError> {
        let ring = Ring::open(flash, Shape { region: layout::RECEIPTS, slot: SLOT, ahead: AHEAD })?;
        let mut newest = None;
        for place in ring.newest_first() {
            let mut slot = [0; SLOT];
            ring.read(flash, place, &mut slot)?;
            let bytes: Option<Vec<u8>> = record::decode(layout::RECEIPTS.number, &slot);
            newest = bytes.and_then(|bytes| SealedReceipt::from_bytes(&bytes).ok());
            if newest.is_some() {
                break;
            }
        }
        // The door's own flash: what is there the door has signed.
        let header = newest.as_ref().and_then(|receipt| receipt.peek_unverified().ok());
        Ok(Self { ring, newest, last: header.map(|header| header.number).unwrap_or_default() })
    }

    fn keep<F: Flash>(&mut self, flash: &mut F, receipt: SealedReceipt) -> Result<(), StorageError> {
        let header = receipt.peek_unverified().map_err(|_| StorageError::TooLong)?;
        let mut slot = [0; SLOT];
        let bytes = record::encode(layout::RECEIPTS.number, &receipt.as_bytes(), &mut slot)?;
        // Before the fallible step: if it fails, nobody knows what is in flash.
        self.last = self.last.max(header.number);
        self.ring.append(flash, bytes)?;
        self.newest = Some(receipt);
        Ok(())
    }

    /// Prepares one block if one is due: at most one erase. Tells whether it did.
    pub(super) fn maintain<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        if !self.ring.is_due() {
            return Ok(false);
        }
        self.ring.prepare(flash)?;
        Ok(true)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.ring.is_due()
    }
}

/// The newest receipt (spec §12.1).
impl<F: Flash> Storage<F> {
    /// The newest receipt of this life; `None` before the first.
    pub const fn receipt(&self) -> Option<&SealedReceipt> {
        self.receipts.newest.as_ref()
    }

    /// The number that the next receipt takes. Never one that has left.
    pub fn next_receipt(&self) -> Result<ReceiptNumber, StorageError> {
        self.receipts.last.0.checked_add(1).map(ReceiptNumber).ok_or(StorageError::WornOut)
    }

    /// Keeps a receipt in the place of the one before: one append. It may leave when this returns without an error.
    pub fn keep_receipt(&mut self, receipt: SealedReceipt) -> Result<(), StorageError> {
        self.check_not_resetting()?;
        self.receipts.keep(&mut self.flash, receipt)
    }
}
