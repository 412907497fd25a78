//! Erase blocks that hold one chunk each, with a trailer that tells what they hold.
//!
//! Bytes 4048–4063 are a *stamp*: programmed after an erase was complete, overwritten with zeros before the next erase
//! begins. Bytes 4064–4095 are a *mark*: programmed before the data. So a block with a stamp and no mark is blank, whenever
//! power failed, and only the block written last can have a mark and not its data.

use crate::flash::{ERASE_BLOCK, Flash, FlashError, PROGRAM_PAGE};
use crate::storage::checksum::{Checksum, checksum};
use crate::storage::layout::Region;

/// Bytes that a block holds: a sealed chunk (spec §10.4).
pub(super) const DATA: usize = ERASE_BLOCK - TRAILER;

const TRAILER: usize = STAMP + MARK;
const STAMP: usize = 16;
const MARK: usize = 32;
const MAGIC: [u8; 3] = [b'T', b'L', 1];

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The update that it is of.
    pub(super) update: [u8; 8],
    pub(super) content: Content,
    /// Bytes of data.
    pub(super) length: u16,
    /// Checksum of the data.
    pub(super) check: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// What a parcel's header says.
    Header,
    /// A part of a slot that is being merged.
    Merged,
    /// The n-th chunk of an update.
    Chunk(u16),
}

impl Content {
    const fn number(self) -> u16 {
        match self {
            Self::Header => u16::MAX,
            Self::Merged => u16::MAX - 1,
            Self::Chunk(index) => index,
        }
    }

    const fn from_number(number: u16) -> Self {
        match number {
            u16::MAX => Self::Header,
            0xfffe => Self::Merged,
            index => Self::Chunk(index),
        }
    }
}

impl Mark {
    pub(super) fn new(update: [u8; 8], content: Content, data: &[u8]) -> Self {
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        Self { update, content, length, check: checksum(&[data]) }
    }

    /// Update, content, length, checksum of the data; checksum of these and of the region; zeros.
    fn to_bytes(self, region: Region) -> [u8; MARK] {
        let [a, b, c, d, e, f, g, h] = self.update;
        let [i, j] = self.content.number().to_le_bytes();
        let [k, l] = self.length.to_le_bytes();
        let [m, n, o, p] = self.check.to_le_bytes();
        let told = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
        let mut bytes = [0; MARK];
        let parts = told.into_iter().chain(checksum(&[&MAGIC, &[region.number], &told]).to_le_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        bytes
    }

    fn from_bytes(region: Region, bytes: &[u8; MARK]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = *bytes;
        let mark = Self {
            update: [a, b, c, d, e, f, g, h],
            content: Content::from_number(u16::from_le_bytes([i, j])),
            length: u16::from_le_bytes([k, l]),
            check: u32::from_le_bytes([m, n, o, p]),
        };
        (mark.to_bytes(region) == *bytes).then_some(mark)
    }
}

/// What the trailer of a block tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockState {
    /// Blank: can be written.
    Erased,
    /// Written, or being written when power failed.
    Marked(Mark),
    /// Anything else: has to be erased.
    Dirty,
}

pub(super) const fn address(region: Region, block: usize) -> usize {
    region.address() + block * ERASE_BLOCK
}

/// Reads the trailer of a block.
pub(super) fn state<F: Flash>(flash: &mut F, region: Region, block: usize) -> Result<BlockState, FlashError> {
    let mut trailer = [0; TRAILER];
    flash.read(address(region, block) + DATA, &mut trailer)?;
    let Some((stamped, rest)) = trailer.split_first_chunk::<STAMP>() else { return Ok(BlockState::Dirty) };
    let mark = rest.first_chunk::<MARK>().filter(|_| *stamped == stamp(region, block));
    let Some(mark) = mark else { return Ok(BlockState::Dirty) };
    if *mark == [0xff; MARK] {
        return Ok(BlockState::Erased);
    }
    Ok(Mark::from_bytes(region, mark).map_or(BlockState::Dirty, BlockState::Marked))
}

/// Makes a block blank: one erase.
pub(super) fn erase<F: Flash>(flash: &mut F, region: Region, block: usize) -> Result<(), FlashError> {
    let address = address(region, block);
    // A torn erase may leave any part of the block: never a stamp beside what was not erased.
    flash.program(address + DATA, &[0; TRAILER])?;
    flash.erase(address)?;
    flash.program(address + DATA, &stamp(region, block))
}

/// Marks a blank block.
pub(super) fn mark<F: Flash>(
    flash: &mut F,
    region: Region,
    block: usize,
    mark: Mark,
) -> Result<(), FlashError> {
    flash.program(address(region, block) + DATA + STAMP, &mark.to_bytes(region))
}

/// Whether the data of a block is what its mark says. Reads all of it.
pub(super) fn is_whole<F: Flash>(
    flash: &mut F,
    region: Region,
    block: usize,
    mark: Mark,
) -> Result<bool, FlashError> {
    let mut page = [0; PROGRAM_PAGE];
    let mut check = Checksum::new();
    let length = usize::from(mark.length);
    for offset in (0..length).step_by(PROGRAM_PAGE) {
        let Some(part) = page.get_mut(..PROGRAM_PAGE.min(length - offset)) else { break };
        flash.read(address(region, block) + offset, part)?;
        check.update(part);
    }
    Ok(length <= DATA && check.finish() == mark.check)
}

fn stamp(region: Region, block: usize) -> [u8; STAMP] {
    let [a, b, c, ..] = block.to_le_bytes();
    let [m0, m1, m2] = MAGIC;
    let told = [m0, m1, m2, region.number, a, b, c, 0x5a];
    let [c0, c1, c2, c3] = checksum(&[&told]).to_le_bytes();
    let [t0, t1, t2, t3, t4, t5, t6, t7] = told;
    [t0, t1, t2, t3, t4, t5, t6, t7, c0, c1, c2, c3, !c0, !c1, !c2, !c3]
}
