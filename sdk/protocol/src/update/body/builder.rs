//! Authority: from rows and settings to a body, and to a sealed parcel.

use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{HEAD_LENGTH, NAME, VERSION};
use crate::codec;
use crate::error::Error;
use crate::ids::ListVersion;
use crate::keys::{ExchangeKey, Signer};
use crate::limits::{LIST_ROWS, UPDATE_CHUNK, UPDATE_HEAD};
use crate::random::SecureRandom;
use crate::sealing::Encapsulation;
use crate::signed::{Received, Signable};
use crate::update::digest::{ListDigest, ListKey};
use crate::update::header::{UpdateHeader, UpdateKind};
use crate::update::parcel::{Issue, Parcel};
use crate::update::row::{Change, ROW, Row, RowKey};
use crate::update::seal::BodyKey;
use crate::update::settings::Settings;
use crate::update::size::BodySize;
use crate::update::tree::{ChunkRoot, ChunkTree};

/// A plain body, padded. Holds what a door keeps secret: wiped when dropped.
pub struct Body {
    kind: UpdateKind,
    size: BodySize,
    bytes: Zeroizing<Vec<u8>>,
}

/// What a delta brings.
#[derive(Clone, Copy, Debug)]
pub struct Delta<'a> {
    /// The key of the snapshot that the door's list began with.
    pub list_key: &'a ListKey,
    /// Of the list at the version that the delta leads to.
    pub digest: ListDigest,
    /// How many rows that list has.
    pub rows: u32,
    /// Every key that any version since touched, with its final state, rising by key.
    pub changes: &'a [Change],
    /// The settings, where they changed.
    pub settings: Option<&'a Settings>,
}

impl Body {
    /// The whole list: all rows, rising by key, and the settings. Computes the digest, which it also returns for the authority's records.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for rows that do not rise, for more than 20,000, and for a row whose schedule the settings
    /// do not have.
    pub fn snapshot(
        list_key: &ListKey,
        settings: &Settings,
        rows: &[Row],
    ) -> Result<(Self, ListDigest), Error> {
        if rows
            .iter()
            .filter_map(Row::terms)
            .filter_map(|terms| terms.schedule())
            .any(|number| settings.schedule(number).is_none())
        {
            return Err(Error::InvalidArgument("a row whose schedule is not in the settings"));
        }
        let digester = list_key.digester();
        let digest = ListDigest::EMPTY.plus(&digester.settings(&settings.to_bytes()?));
        let digest = rows.iter().fold(digest, |sum, row| sum.plus(&digester.row(&row.to_bytes())));
        let count = u32::try_from(rows.len()).map_err(|_| TOO_MANY)?;
        let head = DraftHead {
            version: VERSION,
            list_key,
            digest,
            rows: count,
            changes: count,
            settings: Some(settings),
        };
        let rows = rows.iter().map(|row| (row.key(), row.to_bytes()));
        Ok((Self::assemble(UpdateKind::Snapshot, &head, rows)?, digest))
    }

    /// What changed since `from`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for changes that do not rise by key, and for more than a delta holds (a snapshot does).
    pub fn delta(delta: &Delta<'_>, from: ListVersion) -> Result<Self, Error> {
        let head = DraftHead {
            version: VERSION,
            list_key: delta.list_key,
            digest: delta.digest,
            rows: delta.rows,
            changes: u32::try_from(delta.changes.len()).map_err(|_| TOO_MANY)?,
            settings: delta.settings,
        };
        let changes = delta.changes.iter().map(|change| (change.key(), change.to_bytes()));
        let body = Self::assemble(UpdateKind::Delta { from }, &head, changes)?;
        if body.size > BodySize::LONGEST_DELTA {
            Err(Error::InvalidArgument("a delta too long"))
        } else {
            Ok(body)
        }
    }

    fn assemble(
        kind: UpdateKind,
        head: &DraftHead<'_>,
        rows: impl ExactSizeIterator<Item = (RowKey, Zeroizing<[u8; ROW]>)>,
    ) -> Result<Self, Error> {
        if rows.len() > LIST_ROWS || usize::try_from(head.rows).is_ok_and(|rows| rows > LIST_ROWS) {
            return Err(TOO_MANY);
        }
        let encoded = codec::encode_secret(head, UPDATE_HEAD)?;
        let length = u16::try_from(encoded.len()).map_err(|_| Error::Malformed(NAME))?;
        let rows_at = (HEAD_LENGTH + encoded.len()).next_multiple_of(ROW);
        let size = BodySize::padded(rows_at + rows.len() * ROW)?;
        // Of the full size from the start: growing would leave copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(size.length()));
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&encoded);
        bytes.resize(rows_at, 0);
        let mut previous: Option<RowKey> = None;
        for (key, row) in rows {
            if previous.is_some_and(|previous| previous >= key) {
                return Err(Error::InvalidArgument("rows that do not rise by key"));
            }
            bytes.extend_from_slice(&*row);
            previous = Some(key);
        }
        bytes.resize(size.length(), 0);
        Ok(Self { kind, size, bytes })
    }

    /// How long it is: of a delta and a snapshot to the same version the shorter one travels.
    #[must_use]
    pub const fn size(&self) -> BodySize {
        self.size
    }

    /// Seals it to the door that holds `sealing` and signs the header. Draws 32 random bytes; otherwise deterministic.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for an issue that no door would take: versions or times that do not rise; [`Error::InvalidKey`] for
    /// a sealing key that is no key; [`Error::Random`].
    pub fn seal(
        &self,
        issue: &Issue,
        sealing: &ExchangeKey,
        signing: &dyn Signer,
        random: &mut dyn SecureRandom,
    ) -> Result<Parcel, Error> {
        let mut header = UpdateHeader {
            subject: issue.subject,
            kind: self.kind,
            to: issue.to,
            size: self.size,
            issued: issue.issued,
            apply_until: issue.apply_until,
            // Found below; neither is among the bytes that the key is bound to.
            encapsulation: Encapsulation([0; 32]),
            root: ChunkRoot([0; 32]),
        };
        header.check()?;
        let (encapsulation, key) = BodyKey::make(sealing, &header.bound(), random)?;
        let mut chunks = Vec::new();
        for (number, plain) in (0..).zip(self.bytes.chunks(UPDATE_CHUNK)) {
            let mut chunk = Vec::with_capacity(plain.len() + crate::crypto::TAG);
            chunk.extend_from_slice(plain);
            key.seal(number, &mut chunk)?;
            chunks.push(chunk);
        }
        header.encapsulation = encapsulation;
        header.root = ChunkTree::over(chunks.iter().map(Vec::as_slice)).root();
        Ok(Parcel::new(Received::from(header.sign(signing)?), self.size, chunks.concat()))
    }
}

const TOO_MANY: Error = Error::InvalidArgument("more rows than a list has");

/// As [`Head`](super::Head), of what belongs to others.
#[derive(Serialize)]
struct DraftHead<'a> {
    version: u8,
    list_key: &'a ListKey,
    digest: ListDigest,
    rows: u32,
    changes: u32,
    settings: Option<&'a Settings>,
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Body({:?}, {:?})", self.kind, self.size)
    }
}
