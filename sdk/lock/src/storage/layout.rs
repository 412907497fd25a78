//! Where everything lies in the 4 MiB of a door's flash.
//!
//! Region numbers are part of what is written: a number is never given to another use. Sizes may not change for a door
//! in the field without a reset.

use crate::flash::ERASE_BLOCK;

/// A run of erase blocks with one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its number, written into every block, so that a block of another region is never taken for one of this.
    pub number: u8,
    /// Its first block.
    pub first_block: usize,
    /// How many blocks.
    pub blocks: usize,
}

impl Region {
    /// The address of its first byte.
    #[must_use]
    pub const fn address(&self) -> usize {
        self.first_block * ERASE_BLOCK
    }

    const fn end_block(&self) -> usize {
        self.first_block + self.blocks
    }

    const fn after(previous: &Self, number: u8, blocks: usize) -> Self {
        Self { number, first_block: previous.end_block(), blocks }
    }
}

/// Snapshots of the counters and of the door's way of life.
pub const COUNTERS: Region = Region { number: 1, first_block: 0, blocks: 4 };
/// What a claim gave the door.
pub const IDENTITY: Region = Region::after(&COUNTERS, 2, 4);
/// Openings and changes: the events that noise must not overwrite.
pub const EVIDENCE: Region = Region::after(&IDENTITY, 3, 48);
/// All other events.
pub const ROUTINE: Region = Region::after(&EVIDENCE, 4, 16);
/// Ticket chains.
pub const TICKETS: Region = Region::after(&ROUTINE, 5, 144);
/// First slot of the list: a snapshot's chunks, one in each block, and what the parcel's header says in the last.
pub const LIST_FIRST: Region = Region::after(&TICKETS, 6, 320);
/// Second slot of the list.
pub const LIST_SECOND: Region = Region::after(&LIST_FIRST, 7, 320);
/// Deltas that are not merged into a slot yet. Room for the longest delta, and beside it for a delta of one row in every
/// slice of work that a merge takes.
pub const OVERLAY: Region = Region::after(&LIST_SECOND, 8, 64);
/// A delta on its way in: 31 chunks and what its header says.
pub const STAGING: Region = Region::after(&OVERLAY, 9, 32);
/// Which slot of the list is live, and at which version.
pub const LIST_STATE: Region = Region::after(&STAGING, 10, 4);
/// Two areas for bulletins: the one in force, and the next on its way in.
pub const BULLETINS: [Region; 2] = {
    let first = Region::after(&LIST_STATE, 11, 2);
    [first, Region::after(&first, 12, 2)]
};

/// The newest receipts.
pub const RECEIPTS: Region = Region::after(&BULLETINS[1], 13, 4);
/// The bucket of wrong doorcodes.
pub const LOCKOUT: Region = Region::after(&RECEIPTS, 14, 4);
/// When codes of 15 minutes were used first.
pub const FIRST_USES: Region = Region::after(&LOCKOUT, 15, 4);

/// Bytes that a door needs: the end of the last region. The rest of the 4 MiB is not used.
pub const END: usize = FIRST_USES.end_block() * ERASE_BLOCK;

/// What a reset erases, in this order: the identity first. The counters stay, so that no hello is ever repeated.
pub(crate) const ERASED_BY_RESET: [Region; 14] = [
    IDENTITY,
    TICKETS,
    EVIDENCE,
    ROUTINE,
    LIST_STATE,
    OVERLAY,
    STAGING,
    LIST_FIRST,
    LIST_SECOND,
    BULLETINS[0],
    BULLETINS[1],
    RECEIPTS,
    LOCKOUT,
    FIRST_USES,
];

const _: () = assert!(END <= 4 * 1024 * 1024, "the map fits a chip of 4 MiB");
