//! Door: reads a body chunk by chunk, in order, and believes nothing (spec §10.4, §10.7).

use super::{HEAD_LENGTH, Head, NAME};
use crate::codec;
use crate::error::Error;
use crate::limits::UPDATE_HEAD;
use crate::update::header::{UpdateHeader, UpdateKind};
use crate::update::row::{Change, ROW, RowKey};
use crate::update::size::BodySize;

/// Reads the plain chunks of one body. Holds counts and one key, whatever the size.
///
/// Nothing that it gives may take effect before [`BodyReader::finish`] and the digest say so.
#[derive(Debug)]
pub struct BodyReader {
    kind: UpdateKind,
    size: BodySize,
    next: u16,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The first chunk is to come.
    Head,
    /// Rows are to come, and zeros after them.
    Rows(Pending),
    /// Something was wrong: nothing is read any more.
    Failed,
}

/// The rows to come.
#[derive(Debug)]
struct Pending {
    /// How many.
    left: u32,
    /// The key of the last one, above which they are.
    above: Option<RowKey>,
}

/// What one chunk held.
#[derive(Debug)]
pub struct Piece<'a> {
    /// The head, in the first chunk.
    pub head: Option<Head>,
    /// Rows, rising by key over the whole body. Each passed [`Change::parse`]; in a snapshot none is removed.
    pub changes: &'a [[u8; ROW]],
}

impl BodyReader {
    /// A reader for the body of `header`.
    #[must_use]
    pub const fn new(header: &UpdateHeader) -> Self {
        Self { kind: header.kind, size: header.size, next: 0, state: State::Head }
    }

    /// Reads the next plain chunk: parses each of its rows once, at most 63.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for whatever breaks a rule of §10.1, §10.2 or §10.4; the body is unusable then.
    pub fn read<'a>(&mut self, plain: &'a [u8]) -> Result<Piece<'a>, Error> {
        // Failed before the fallible transition: whatever goes wrong, nothing more is accepted.
        let state = core::mem::replace(&mut self.state, State::Failed);
        if self.size.plain_chunk(self.next) != Some(plain.len()) {
            return Err(Error::Malformed(NAME));
        }
        let (head, mut pending, rest) = match state {
            State::Head => {
                let (head, rest) = self.head(plain)?;
                let pending = Pending { left: head.changes, above: None };
                (Some(head), pending, rest)
            }
            State::Rows(pending) => (None, pending, plain),
            State::Failed => return Err(Error::Malformed(NAME)),
        };
        let changes = self.rows(rest, &mut pending)?;
        self.next = self.next.saturating_add(1);
        self.state = State::Rows(pending);
        Ok(Piece { head, changes })
    }

    /// Whether the whole body was read and held what its head promised.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] when chunks or rows are missing, or something was wrong before.
    pub fn finish(self) -> Result<(), Error> {
        match self.state {
            State::Rows(Pending { left: 0, .. }) if self.next == self.size.chunks() => Ok(()),
            State::Rows(_) | State::Head | State::Failed => Err(Error::Malformed(NAME)),
        }
    }

    /// The head, and what follows its padding.
    fn head<'a>(&self, plain: &'a [u8]) -> Result<(Head, &'a [u8]), Error> {
        let (length, rest) = plain.split_first_chunk::<HEAD_LENGTH>().ok_or(Error::Malformed(NAME))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (head, _) = rest.split_at_checked(length).ok_or(Error::Malformed(NAME))?;
        let head: Head = codec::decode(head, UPDATE_HEAD, NAME)?;
        head.check(self.kind)?;
        let rows_at = (HEAD_LENGTH + length).next_multiple_of(ROW);
        let padding = plain.get(HEAD_LENGTH + length..rows_at).ok_or(Error::Malformed(NAME))?;
        refuse_unless_zero(padding)?;
        Ok((head, plain.get(rows_at..).unwrap_or_default()))
    }

    /// The rows among `bytes`, of those that are pending; what follows the last row is zero.
    fn rows<'a>(&self, bytes: &'a [u8], pending: &mut Pending) -> Result<&'a [[u8; ROW]], Error> {
        let (slots, rest) = bytes.as_chunks::<ROW>();
        let here = usize::try_from(pending.left).map_or(slots.len(), |left| left.min(slots.len()));
        let (rows, padding) = slots.split_at_checked(here).ok_or(Error::Malformed(NAME))?;
        for row in rows {
            let change = Change::parse(row)?;
            let key = change.key();
            let allowed = self.kind != UpdateKind::Snapshot || matches!(change, Change::Set(_));
            if !allowed || pending.above.as_ref().is_some_and(|above| *above >= key) {
                return Err(Error::Malformed(NAME));
            }
            pending.above = Some(key);
        }
        refuse_unless_zero(padding.as_flattened())?;
        refuse_unless_zero(rest)?;
        let read = u32::try_from(here).map_err(|_| Error::Malformed(NAME))?;
        pending.left = pending.left.saturating_sub(read);
        Ok(rows)
    }
}

fn refuse_unless_zero(padding: &[u8]) -> Result<(), Error> {
    if padding.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Error::Malformed(NAME)) }
}
