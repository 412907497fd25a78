//! One update on its way in, gathered chunk by chunk (spec §7.3). One buffer of a chunk, whatever its length.

use alloc::vec::Vec;

use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::UpdateId;
use thumbturn_protocol::record::Progress;
use thumbturn_protocol::signed::{Received, Verified};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::header::{UpdateHeader, UpdateKind};
use thumbturn_protocol::update::seal::BodyKey;
use thumbturn_protocol::update::verifier::{ChunkVerifier, VerifiedChunk};
use zeroize::{Zeroize, Zeroizing};

use super::kind_of;
use crate::input::ConnectionId;
use crate::storage::list::{Admission, Parcel, ParcelKind};

/// Chunks of one transfer that lead elsewhere than to the root, after which the session ends.
const WRONG_CHUNKS: u8 = 2;

/// A transfer that a phone began.
pub(super) struct Transfer {
    pub(super) from: ConnectionId,
    /// When it sent something last.
    pub(super) heard: Millis,
    pub(super) update: UpdateId,
    pub(super) header: Verified<UpdateHeader>,
    /// As it came, for the staging area.
    pub(super) signed: Received<UpdateHeader>,
    pub(super) admission: Admission,
    pub(super) stage: Stage,
    /// Opens the chunks of a snapshot, which is stored open.
    pub(super) key: Option<BodyKey>,
    /// The chunk that comes next.
    pub(super) chunk: u16,
    /// What of it has come: sealed until the stage says otherwise.
    pub(super) buffer: Zeroizing<Vec<u8>>,
    verifier: ChunkVerifier,
    proof: Vec<[u8; 32]>,
    /// The chunk in the buffer, while it waits to be stored.
    verified: Option<VerifiedChunk>,
    /// A gap was told, and nothing has followed the place since.
    gap_is_told: bool,
    /// Something came while the buffer was full, and was not kept.
    has_missed: bool,
    wrong: u8,
    /// Polls in which there was no room although nothing was left to be done for it.
    pub(super) waited: u8,
}

/// What is to be done next with a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Ask the staging area for room.
    Admit,
    /// Wait for pieces.
    Gather,
    /// Wait until no handshake needs the memory any more.
    GiveWay,
    /// Check the chunk against the root.
    Verify,
    /// Open it, if it is one of a snapshot.
    Open,
    /// Store it.
    Store,
}

/// What a piece led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gathered {
    /// It was taken, or is of no use and nobody is told.
    Silent,
    /// It does not follow what came before: the phone is told where to go on.
    Gap,
    /// No phone that follows the rules sends this.
    Wrong,
}

impl Transfer {
    pub(super) fn new(
        from: ConnectionId,
        now: Millis,
        signed: Received<UpdateHeader>,
        header: Verified<UpdateHeader>,
        admission: Admission,
    ) -> Self {
        Self {
            from,
            heard: now,
            update: signed.id(),
            verifier: ChunkVerifier::new(&header),
            header,
            signed,
            admission,
            stage: Stage::Admit,
            key: None,
            chunk: 0,
            buffer: Zeroizing::new(Vec::new()),
            proof: Vec::new(),
            verified: None,
            gap_is_told: false,
            has_missed: false,
            wrong: 0,
            waited: 0,
        }
    }

    pub(super) fn kind(&self) -> ParcelKind {
        kind_of(&self.header)
    }

    /// What the staging area has to know.
    pub(super) fn parcel(&self) -> Parcel {
        let (to, size) = (self.header.edition(), self.header.size.bytes());
        Parcel { kind: self.kind(), update: self.update.0, to, size }
    }

    /// Goes on with the chunk that the staging area lacks.
    pub(super) fn begin_at(&mut self, chunk: u16) {
        let longest = self.header.size.sealed_chunk(0).unwrap_or_default();
        self.buffer.reserve_exact(longest);
        self.chunk = chunk;
        self.stage = Stage::Gather;
    }

    /// Gives its memory back for a handshake, and with it what has come of a chunk: that comes again.
    pub(super) fn give_way(&mut self) {
        if self.stage != Stage::Admit {
            self.buffer = Zeroizing::new(Vec::new());
            self.proof = Vec::new();
            self.verified = None;
            self.stage = Stage::GiveWay;
        }
    }

    /// Goes on with the chunk that it gave back.
    pub(super) fn resume(&mut self) -> Progress {
        self.begin_at(self.chunk);
        (self.gap_is_told, self.has_missed) = (true, false);
        self.gap()
    }

    /// Whether all chunks are stored.
    pub(super) fn is_complete(&self) -> bool {
        self.chunk >= self.header.size.chunks()
    }

    /// Whether a chunk is whole, and is to be stored before the next can come.
    pub(super) fn is_full(&self) -> bool {
        matches!(self.stage, Stage::Verify | Stage::Open | Stage::Store)
    }

    /// Something came that there is no room for.
    pub(super) const fn miss(&mut self) {
        self.has_missed = true;
    }

    /// Takes the proof of the chunk that comes next. One that came behind a gap comes again.
    pub(super) fn take_proof(&mut self, chunk: u16, nodes: &[[u8; 32]]) {
        if self.stage == Stage::Gather && chunk == self.chunk && self.buffer.is_empty() {
            self.proof = nodes.to_vec();
        }
    }

    /// Takes a piece of the chunk.
    pub(super) fn take_piece(&mut self, chunk: u16, offset: u16, bytes: &[u8]) -> Gathered {
        if self.stage != Stage::Gather {
            self.has_missed = true;
            return Gathered::Silent;
        }
        let follows = chunk == self.chunk && usize::from(offset) == self.buffer.len();
        if !follows || self.lacks_proof() {
            let told = core::mem::replace(&mut self.gap_is_told, true);
            return if told { Gathered::Silent } else { Gathered::Gap };
        }
        let length = self.header.size.sealed_chunk(self.chunk).unwrap_or_default();
        if self.buffer.len() + bytes.len() > length {
            return Gathered::Wrong;
        }
        self.gap_is_told = false;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() == length {
            self.stage = Stage::Verify;
        }
        Gathered::Silent
    }

    /// Whether the proof of the chunk that comes next must have come and has not.
    fn lacks_proof(&self) -> bool {
        let chunks = self.header.size.chunks();
        let is_first = self.verifier.next().is_none();
        let has_nodes =
            if is_first { chunks > 1 } else { self.chunk.is_multiple_of(2) && self.chunk + 1 < chunks };
        has_nodes && self.proof.is_empty()
    }

    /// Checks the whole chunk against the root. A wrong one is dropped.
    pub(super) fn verify(&mut self) -> Result<(), Error> {
        let checked = self.verifier.check(self.chunk, &self.buffer, &self.proof);
        self.proof.clear();
        match checked {
            Ok(verified) => {
                self.verified = Some(verified);
                self.stage = Stage::Open;
                Ok(())
            }
            Err(error) => {
                self.empty();
                self.wrong = self.wrong.saturating_add(1);
                Err(error)
            }
        }
    }

    /// Whether so many wrong chunks came that the session ends.
    pub(super) const fn is_hostile(&self) -> bool {
        self.wrong >= WRONG_CHUNKS
    }

    /// The chunk is stored.
    pub(super) fn stored(&mut self) {
        if let Some(verified) = self.verified.take() {
            self.verifier.advance(verified);
        }
        self.empty();
        self.chunk = self.chunk.saturating_add(1);
        self.waited = 0;
    }

    /// What the phone is told when a chunk was dealt with: where to go on.
    pub(super) fn progress(&mut self) -> Progress {
        let Self { chunk, .. } = *self;
        let offset = u16::try_from(self.buffer.len()).unwrap_or(u16::MAX);
        self.gap_is_told = core::mem::take(&mut self.has_missed);
        if self.gap_is_told { Progress::Gap { chunk, offset } } else { Progress::Next { chunk, offset } }
    }

    /// Where the phone is to go on after a gap.
    pub(super) fn gap(&self) -> Progress {
        Progress::Gap { chunk: self.chunk, offset: u16::try_from(self.buffer.len()).unwrap_or(u16::MAX) }
    }

    /// Whether a key must be recovered before chunks can be opened.
    pub(super) fn needs_key(&self) -> bool {
        self.header.kind == UpdateKind::Snapshot && self.key.is_none()
    }

    fn empty(&mut self) {
        // The buffer keeps its place: it is the one that the next chunk comes into.
        self.buffer.as_mut_slice().zeroize();
        self.buffer.clear();
        self.stage = Stage::Gather;
    }
}
