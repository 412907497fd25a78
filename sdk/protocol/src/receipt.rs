//! Receipts: what a door knows, carried to its property by any phone (spec §12.1).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::error::Error;
use crate::fixed::{Fields, joined};
use crate::ids::{BulletinEpoch, EventNumber, ListVersion, ReceiptNumber};
use crate::keys::{DoorPublicKeys, ExchangeKey, ExchangeKeyPair};
use crate::labels::{self, Label};
use crate::limits;
use crate::log::LogHead;
use crate::random::SecureRandom;
use crate::statement::{EncapsulatedStatement, Layout, Origin, SealedStatement, StatementKeys};
use crate::time::UnixSeconds;

/// Length of the open part.
pub const RECEIPT_HEADER: usize = 36;
/// Length of the shortest body: numbers take one byte each.
const SHORTEST_BODY: usize = 71;

/// The open part, which tells couriers what they carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptHeader {
    /// Whose receipt.
    pub origin: Origin,
    /// Rises by one with each receipt of this life of the door.
    pub number: ReceiptNumber,
    /// The door's list.
    pub list_version: ListVersion,
    /// What the door wants or suffers from.
    pub flags: ReceiptFlags,
}

/// What a door wants or suffers from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptFlags {
    /// Its list must be sent whole: a delta did not fit or a digest was wrong.
    pub wants_snapshot: bool,
    /// Events wait to be collected.
    pub logs_waiting: bool,
    /// The battery should be changed.
    pub battery_low: bool,
    /// The clock is unsure (spec §8.6).
    pub clock_unsure: bool,
}

/// The sealed part, for the property alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// Digest of list and settings (spec §10.6).
    pub list_digest: [u8; 32],
    /// Epoch of the bulletin in force; 0: none.
    pub bulletin_epoch: BulletinEpoch,
    /// The estimate, or the floor when the clock is unsure.
    pub clock: UnixSeconds,
    /// Seconds by which `clock` may be off; `u32::MAX`: the clock is unsure.
    pub clock_error: u32,
    /// Percent, 0…100.
    pub battery: u8,
    /// Version of the firmware.
    pub firmware: u32,
    /// Number of the next event.
    pub log_next: EventNumber,
    /// Head of the log before it.
    pub log_head: LogHead,
    /// Events that were overwritten before they were acknowledged, in this life of the door.
    pub lost_events: u32,
}

/// A receipt that the door signed, opened by the property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The open part.
    pub header: ReceiptHeader,
    /// The sealed part.
    pub body: ReceiptBody,
}

/// A receipt as it travels, of unknown origin until it is opened: 219…244 bytes.
pub type SealedReceipt = SealedStatement<ReceiptHeader>;

/// A receipt half made, between [`Receipt::encapsulate`] and its signature.
pub type EncapsulatedReceipt = EncapsulatedStatement<ReceiptHeader>;

impl Receipt {
    /// Seals it to the property and signs it as the door.
    pub fn seal(
        &self,
        keys: &StatementKeys<'_>,
        random: &mut dyn SecureRandom,
    ) -> Result<SealedReceipt, Error> {
        self.encapsulate(keys.sealing_key, random)?.sign(keys.receipt_key)
    }

    /// The first half of [`Receipt::seal`], for a door that does one thing in a call: three scalar multiplications.
    pub fn encapsulate(
        &self,
        sealing_key: &ExchangeKey,
        random: &mut dyn SecureRandom,
    ) -> Result<EncapsulatedReceipt, Error> {
        let body = codec::encode(&self.body)?;
        EncapsulatedStatement::begin(self.header, body, sealing_key, random)
    }
}

impl SealedReceipt {
    /// Opens it as the property: signed by the door with `keys`, about `origin`, sealed to `sealing_key`.
    ///
    /// Whether its number is above the last one of this life of the door is for the caller to check.
    pub fn open(
        &self,
        origin: &Origin,
        keys: &DoorPublicKeys,
        sealing_key: &ExchangeKeyPair,
    ) -> Result<Receipt, Error> {
        let (header, body) = self.read(origin, keys, sealing_key)?;
        Ok(Receipt { header, body: codec::decode(&body, limits::RECEIPT, ReceiptHeader::NAME)? })
    }
}

impl Layout for ReceiptHeader {
    const NAME: &'static str = "receipt";
    const BODY: Label = labels::RECEIPT_BODY;
    const SIGNATURE: Label = labels::RECEIPT;
    const LENGTH: usize = RECEIPT_HEADER;
    const SHORTEST_MESSAGE: usize = SHORTEST_BODY;
    const LONGEST: usize = limits::RECEIPT;

    fn origin(&self) -> Origin {
        self.origin
    }

    fn to_bytes(self) -> Vec<u8> {
        joined::<RECEIPT_HEADER>(&[
            &self.origin.to_bytes(),
            &self.number.0.to_be_bytes(),
            &self.list_version.0.to_be_bytes(),
            &[self.flags.bits()],
        ])
        .to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::new(bytes, Self::NAME);
        let header = Self {
            origin: Origin::read(&mut fields, Self::NAME)?,
            number: ReceiptNumber(fields.number()?),
            list_version: ListVersion(fields.number()?),
            flags: ReceiptFlags::from_bits(fields.byte()?)?,
        };
        if fields.take()? == [0, 0] { Ok(header) } else { Err(Error::Malformed(Self::NAME)) }
    }
}

impl ReceiptFlags {
    fn bits(self) -> u8 {
        u8::from(self.wants_snapshot)
            | (u8::from(self.logs_waiting) << 1)
            | (u8::from(self.battery_low) << 2)
            | (u8::from(self.clock_unsure) << 3)
    }

    const fn from_bits(bits: u8) -> Result<Self, Error> {
        if bits > 0x0f {
            return Err(Error::Malformed(ReceiptHeader::NAME));
        }
        Ok(Self {
            wants_snapshot: bits & 1 != 0,
            logs_waiting: bits & 2 != 0,
            battery_low: bits & 4 != 0,
            clock_unsure: bits & 8 != 0,
        })
    }
}
