//! A staging area: blocks that hold what a parcel's header says, and its chunks in their order.
//!
//! The idle slot is one, whose blocks have fixed places; the area of deltas is another, in which each parcel begins after
//! the one before it, so that blocks wear alike and a small parcel finds erased ones.

use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thumbturn_protocol::update::edition::Edition;
use zeroize::Zeroizing;

use crate::flash::{ERASE_BLOCK, Flash, WRITE_GRANULE};
use crate::storage::StorageError;
use crate::storage::layout::{LIST_FIRST, Region};

use super::ListError;
use super::block::{self, BlockState, Content, Mark};
use super::parcel::{Parcel, ParcelKind, Staged};

/// Longest header in bytes that is kept with a parcel.
pub const HEADER: usize = 256;

/// Bytes before the header in the header block.
const HEADER_PREFIX: usize = 32;

/// What the header block holds, beside the header itself.
#[derive(Serialize, Deserialize)]
struct Beginning<'a> {
    /// Counts the parcels that this door began to stage: the newest one counts.
    sequence: u32,
    update: [u8; 8],
    to: Edition,
    size: u32,
    header: &'a [u8],
}

pub(super) struct Area {
    region: Region,
    kind: ParcelKind,
    /// The block of the header; chunks follow it, and go on at the first block after the last.
    base: usize,
    staged: Option<Staged>,
    erased: BlockSet,
}

impl Area {
    /// Reads all trailers, and finds the newest parcel that leads beyond `edition`.
    pub(super) fn open<F: Flash>(
        flash: &mut F,
        region: Region,
        kind: ParcelKind,
        edition: Edition,
    ) -> Result<Self, StorageError> {
        let mut area = Self::unknown(region, kind);
        let mut newest: Option<(u32, usize, Parcel)> = None;
        for number in 0..region.blocks {
            match block::state(flash, region, number)? {
                BlockState::Erased => area.erased.insert(number),
                BlockState::Marked(mark) if mark.content == Content::Header && area.may_begin_at(number) => {
                    let begun = area.beginning(flash, number, mark)?;
                    if let Some((sequence, parcel)) = begun
                        && parcel.to > edition
                        && newest.is_none_or(|(newest, ..)| newest <= sequence)
                    {
                        newest = Some((sequence, number, parcel));
                    }
                }
                BlockState::Marked(_) | BlockState::Dirty => {}
            }
        }
        if let Some((_, base, parcel)) = newest {
            area.base = base;
            area.staged = Some(Staged { parcel, chunks: area.chunks_held(flash, parcel)? });
        }
        Ok(area)
    }

    /// An area of which nothing is known: all of it has to be erased.
    pub(super) const fn unknown(region: Region, kind: ParcelKind) -> Self {
        Self { region, kind, base: region.blocks - 1, staged: None, erased: BlockSet::EMPTY }
    }

    pub(super) const fn staged(&self) -> Option<Staged> {
        self.staged
    }

    pub(super) const fn region(&self) -> Region {
        self.region
    }

    /// Begins a parcel in an empty area. [`StorageError::NoRoom`] before a block for its header is erased.
    pub(super) fn begin<F: Flash>(
        &mut self,
        flash: &mut F,
        sequence: u32,
        parcel: Parcel,
        header: &[u8],
    ) -> Result<(), ListError> {
        if header.len() > HEADER || parcel.chunks() >= self.region.blocks {
            return Err(StorageError::TooLong.into());
        }
        let Parcel { update, to, size, .. } = parcel;
        let mut bytes = [0; HEADER + HEADER_PREFIX];
        let beginning = Beginning { sequence, update, to, size, header };
        let used = postcard::to_slice(&beginning, &mut bytes).map_err(|_| StorageError::TooLong)?.len();
        let padded = bytes.get(..used.next_multiple_of(WRITE_GRANULE)).unwrap_or_default();
        self.write(flash, self.base, update, Content::Header, padded)?;
        self.staged = Some(Staged { parcel, chunks: 0 });
        Ok(())
    }

    /// Whether the block of a header is erased.
    pub(super) const fn can_begin(&self) -> bool {
        self.erased.contains(self.base)
    }

    /// Stores the next chunk of the parcel.
    pub(super) fn store<F: Flash>(&mut self, flash: &mut F, data: &[u8]) -> Result<(), ListError> {
        let Some(staged) = self.staged else { return Err(ListError::NotStaged) };
        let index = u16::try_from(staged.chunks).map_err(|_| StorageError::TooLong)?;
        self.write(
            flash,
            self.chunk_block(staged.chunks),
            staged.parcel.update,
            Content::Chunk(index),
            data,
        )?;
        self.staged = Some(Staged { chunks: staged.chunks + 1, ..staged });
        Ok(())
    }

    /// Reads a chunk that was stored. `None` when it has rotted.
    pub(super) fn read<F: Flash>(
        &self,
        flash: &mut F,
        index: usize,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ListError> {
        let staged = self.staged.filter(|staged| index < staged.chunks).ok_or(ListError::NotStaged)?;
        let number = self.chunk_block(index);
        let Some(mark) = self.chunk_mark(flash, staged.parcel, index)? else { return Ok(None) };
        let mut data = Zeroizing::new(vec![0; usize::from(mark.length).min(block::DATA)]);
        flash.read(block::address(self.region, number), &mut data)?;
        Ok((Mark::new(mark.update, mark.content, &data) == mark).then_some(data))
    }

    /// The header that came with the parcel.
    pub(super) fn header<F: Flash>(&self, flash: &mut F) -> Result<Option<Vec<u8>>, ListError> {
        let Some(staged) = self.staged else { return Ok(None) };
        let mut bytes = [0; HEADER + HEADER_PREFIX];
        flash.read(block::address(self.region, self.base), &mut bytes)?;
        let beginning: Option<Beginning<'_>> = postcard::from_bytes(&bytes).ok();
        let own = beginning.filter(|beginning| beginning.update == staged.parcel.update);
        Ok(own.map(|beginning| beginning.header.to_vec()))
    }

    /// Forgets the parcel; its blocks are erased one by one.
    pub(super) fn clear(&mut self) {
        if let Some(staged) = self.staged.take()
            && self.kind == ParcelKind::Delta
        {
            self.base = self.chunk_block(staged.chunks);
        }
    }

    /// Erases one block that is not in use, those that are needed first. Tells whether there was one.
    pub(super) fn clean<F: Flash>(&mut self, flash: &mut F) -> Result<bool, StorageError> {
        let Some(number) = self.next_unclean() else { return Ok(false) };
        self.erase(flash, number)?;
        Ok(true)
    }

    pub(super) fn is_clean(&self) -> bool {
        self.erased.len() + self.used() >= self.region.blocks
    }

    /// Whether what is needed next is not erased: the block of the next chunk, or of a header.
    pub(super) fn is_waiting(&self) -> bool {
        match self.staged {
            Some(staged) => !staged.is_complete() && !self.erased.contains(self.chunk_block(staged.chunks)),
            None => !self.can_begin(),
        }
    }

    pub(super) fn erase<F: Flash>(&mut self, flash: &mut F, number: usize) -> Result<(), StorageError> {
        block::erase(flash, self.region, number)?;
        self.erased.insert(number);
        Ok(())
    }

    pub(super) const fn is_erased(&self, number: usize) -> bool {
        self.erased.contains(number)
    }

    /// Marks an erased block as a part of a merge, which writes its rows itself.
    pub(super) fn take_for_merge<F: Flash>(
        &mut self,
        flash: &mut F,
        number: usize,
    ) -> Result<(), StorageError> {
        self.erased.remove(number);
        Ok(block::mark(flash, self.region, number, Mark::new([0; 8], Content::Merged, &[]))?)
    }

    fn write<F: Flash>(
        &mut self,
        flash: &mut F,
        number: usize,
        update: [u8; 8],
        content: Content,
        data: &[u8],
    ) -> Result<(), StorageError> {
        if data.len() > block::DATA {
            return Err(StorageError::TooLong);
        }
        if !self.erased.contains(number) {
            return Err(StorageError::NoRoom);
        }
        self.erased.remove(number);
        block::mark(flash, self.region, number, Mark::new(update, content, data))?;
        Ok(flash.program(block::address(self.region, number), data)?)
    }

    /// Blocks that hold the parcel. None of them is erased.
    fn used(&self) -> usize {
        self.staged.map_or(0, |staged| staged.chunks + 1)
    }

    /// The first block to erase, counted from where the next chunk goes.
    fn next_unclean(&self) -> Option<usize> {
        let first = self.staged.map_or(self.base, |staged| self.chunk_block(staged.chunks));
        (0..self.region.blocks.saturating_sub(self.used()))
            .map(|offset| (first + offset) % self.region.blocks)
            .find(|number| !self.erased.contains(*number))
    }

    const fn chunk_block(&self, index: usize) -> usize {
        (self.base + 1 + index) % self.region.blocks
    }

    fn may_begin_at(&self, number: usize) -> bool {
        self.kind == ParcelKind::Delta || number == self.base
    }

    fn beginning<F: Flash>(
        &self,
        flash: &mut F,
        number: usize,
        mark: Mark,
    ) -> Result<Option<(u32, Parcel)>, StorageError> {
        let mut bytes = [0; HEADER + HEADER_PREFIX];
        let Some(data) = bytes.get_mut(..usize::from(mark.length)) else { return Ok(None) };
        flash.read(block::address(self.region, number), data)?;
        if Mark::new(mark.update, mark.content, data) != mark {
            return Ok(None);
        }
        let Ok((beginning, _)) = postcard::take_from_bytes::<Beginning<'_>>(data) else { return Ok(None) };
        let Beginning { sequence, update, to, size, .. } = beginning;
        Ok(Some((sequence, Parcel { kind: self.kind, update, to, size })))
    }

    /// How many chunks are there without a gap. Only the last can be torn, so only its data is read.
    fn chunks_held<F: Flash>(&self, flash: &mut F, parcel: Parcel) -> Result<usize, StorageError> {
        let mut last = None;
        let mut held = 0;
        while held < parcel.chunks().min(self.region.blocks - 1) {
            let Some(mark) = self.chunk_mark(flash, parcel, held)? else { break };
            (last, held) = (Some(mark), held + 1);
        }
        let Some(mark) = last else { return Ok(0) };
        let whole = block::is_whole(flash, self.region, self.chunk_block(held - 1), mark)?;
        Ok(if whole { held } else { held - 1 })
    }

    fn chunk_mark<F: Flash>(
        &self,
        flash: &mut F,
        parcel: Parcel,
        index: usize,
    ) -> Result<Option<Mark>, StorageError> {
        let state = block::state(flash, self.region, self.chunk_block(index))?;
        let BlockState::Marked(mark) = state else { return Ok(None) };
        let is_it = mark.update == parcel.update
            && u16::try_from(index).is_ok_and(|index| mark.content == Content::Chunk(index));
        Ok(is_it.then_some(mark))
    }
}

/// A set of block numbers of a region.
struct BlockSet([u32; WORDS]);

const WORDS: usize = LIST_FIRST.blocks / 32;

const _: () = assert!(LIST_FIRST.blocks.is_multiple_of(32) && block::DATA < ERASE_BLOCK);

impl BlockSet {
    const EMPTY: Self = Self([0; WORDS]);

    const fn contains(&self, number: usize) -> bool {
        match self.0.as_slice().split_at_checked(number / 32) {
            Some((_, [word, ..])) => *word >> (number % 32) & 1 == 1,
            Some((_, [])) | None => false,
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(|word| usize::try_from(word.count_ones()).unwrap_or_default()).sum()
    }

    fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 32) {
            *word |= 1 << (number % 32);
        }
    }

    fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 32) {
            *word &= !(1 << (number % 32));
        }
    }
}
