//! The transfer of one update, from offer to applied (spec §7.3).

use std::sync::Arc;

use thumbturn_protocol::bounded::{Bytes, List};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::{ListVersion, UpdateId};
use thumbturn_protocol::record::{Progress, Record, UpdateRefusal};
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::size::BodySize;
use thumbturn_protocol::update::tree::ChunkTree;

use super::pieces::piece_length;
use crate::courier::inbox::parcels::HeldParcel;

/// Most bytes of pieces beyond the last progress.
const WINDOW: usize = 8_192;
/// Offers in a row that lead to no chunk stored, after which the update is left to the next phone.
const FUTILE_OFFERS: u8 = 3;
/// Gaps without a chunk stored in between, after which the link or the door is good for nothing.
const FUTILE_GAPS: u8 = 16;

/// One update on its way to the door.
pub(super) struct Transfer {
    held: Arc<HeldParcel>,
    tree: ChunkTree,
    stage: Stage,
    /// The first chunk after the last offer: it goes with its whole audit path.
    first: u16,
    /// What is sent next.
    position: Place,
    /// Up to where the door has confirmed.
    confirmed: Place,
    /// Whether the proof of the chunk at `position` has left.
    proved: bool,
    offers: u8,
    gaps: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// To be offered.
    New,
    /// The door's answer is awaited.
    Offered,
    Sending,
    /// The door has everything.
    Applying,
}

/// A place in an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    chunk: u16,
    offset: u16,
}

/// What a progress has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Going,
    Applied(ListVersion),
    Refused(UpdateRefusal),
}

/// The door said what no door says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Violation;

impl Transfer {
    /// An update to be offered. Hashes all of it once.
    pub(super) fn new(held: Arc<HeldParcel>) -> Self {
        let start = Place { chunk: 0, offset: 0 };
        Self {
            tree: ChunkTree::of(&held.parcel),
            held,
            stage: Stage::New,
            first: 0,
            position: start,
            confirmed: start,
            proved: false,
            offers: 0,
            gaps: 0,
        }
    }

    pub(super) fn update(&self) -> UpdateId {
        self.held.id
    }

    pub(super) fn to(&self) -> ListVersion {
        self.held.header.to
    }

    /// How new the list is that it leads to.
    pub(super) fn edition(&self) -> Edition {
        self.held.header.edition()
    }

    pub(super) const fn is_applying(&self) -> bool {
        matches!(self.stage, Stage::Applying)
    }

    /// How much of it the door has, 0…100.
    pub(super) fn percent(&self) -> u8 {
        let done = self.linear(self.confirmed) * 100 / self.size().sealed().max(1);
        u8::try_from(done).unwrap_or(100).min(100)
    }

    /// The door is silent, or busy with another phone: offers the update again. `false`: often enough.
    pub(super) fn offer_again(&mut self) -> bool {
        self.stage = Stage::New;
        self.offers < FUTILE_OFFERS
    }

    /// The next record, if one may be sent now.
    pub(super) fn next(&mut self, mtu: AttMtu) -> Result<Option<Record>, Error> {
        match self.stage {
            Stage::New => {
                self.stage = Stage::Offered;
                self.offers = self.offers.saturating_add(1);
                let header = self.held.parcel.header().as_bytes();
                Ok(Some(Record::Offer(Bytes::try_from(header)?)))
            }
            Stage::Sending => match self.next_length(mtu) {
                None => Ok(None),
                Some(length) => match self.next_proof()? {
                    Some(proof) => Ok(Some(proof)),
                    None => self.next_piece(length).map(Some),
                },
            },
            Stage::Offered | Stage::Applying => Ok(None),
        }
    }

    fn next_proof(&mut self) -> Result<Option<Record>, Error> {
        let Place { chunk, offset } = self.position;
        if self.proved || offset != 0 || chunk >= self.size().chunks() {
            return Ok(None);
        }
        self.proved = true;
        let nodes =
            if chunk == self.first { self.tree.audit_path(chunk) } else { self.tree.continuation(chunk) };
        if nodes.is_empty() {
            return Ok(None);
        }
        Ok(Some(Record::Proof { chunk, nodes: List::try_from(nodes)? }))
    }

    /// Length of the next piece, if the window is open for it. A proof leaves with its first piece and not before.
    fn next_length(&self, mtu: AttMtu) -> Option<usize> {
        let Place { chunk, offset } = self.position;
        let rest = self.size().sealed_chunk(chunk)?.checked_sub(usize::from(offset))?;
        let length = piece_length(mtu, chunk, offset, rest);
        let in_flight = self.linear(self.position).saturating_sub(self.linear(self.confirmed));
        (in_flight + length <= WINDOW).then_some(length)
    }

    fn next_piece(&mut self, length: usize) -> Result<Record, Error> {
        let Place { chunk, offset } = self.position;
        let sealed = self.held.parcel.chunk(chunk).unwrap_or_default();
        let rest = sealed.get(usize::from(offset)..).unwrap_or_default();
        let bytes = Bytes::try_from(rest.get(..length).unwrap_or_default())?;
        self.position = if length == rest.len() {
            self.proved = false;
            Place { chunk: chunk.saturating_add(1), offset: 0 }
        } else {
            let length = u16::try_from(length).map_err(|_| Error::InvalidArgument("length of a piece"))?;
            Place { chunk, offset: offset.saturating_add(length) }
        };
        Ok(Record::Piece { chunk, offset, bytes })
    }

    pub(super) fn on_progress(&mut self, progress: Progress) -> Result<Verdict, Violation> {
        match progress {
            Progress::Next { chunk, offset } => self.on_next(Place { chunk, offset }),
            Progress::Gap { chunk, offset } => self.on_gap(Place { chunk, offset }),
            Progress::Applying if self.may_be_complete() => {
                self.confirmed = self.end();
                self.stage = Stage::Applying;
                Ok(Verdict::Going)
            }
            Progress::Applied { list_version } if self.may_be_complete() && list_version >= self.to() => {
                self.confirmed = self.end();
                Ok(Verdict::Applied(list_version))
            }
            Progress::Applying | Progress::Applied { .. } => Err(Violation),
            Progress::Refused(reason) => Ok(Verdict::Refused(reason)),
        }
    }

    fn on_next(&mut self, place: Place) -> Result<Verdict, Violation> {
        self.check(place)?;
        match self.stage {
            Stage::New | Stage::Applying => return Err(Violation),
            Stage::Offered if place.offset != 0 => return Err(Violation),
            Stage::Offered => self.start_from(place),
            Stage::Sending if place < self.confirmed => return Err(Violation),
            Stage::Sending if place <= self.position => self.confirm(place),
            // The answer to an offer that was made again; what was taken for it came from before.
            Stage::Sending if self.offers > 1 && place.offset == 0 => self.start_from(place),
            Stage::Sending => return Err(Violation),
        }
        Ok(Verdict::Going)
    }

    fn start_from(&mut self, place: Place) {
        self.first = place.chunk;
        self.position = place;
        self.proved = false;
        self.stage = Stage::Sending;
        let progressed = place > self.confirmed;
        self.confirmed = place;
        if progressed {
            self.offers = 1;
        }
    }

    fn confirm(&mut self, place: Place) {
        if place > self.confirmed {
            self.gaps = 0;
            self.offers = 1;
        }
        self.confirmed = place;
    }

    fn on_gap(&mut self, place: Place) -> Result<Verdict, Violation> {
        self.check(place)?;
        match self.stage {
            Stage::New | Stage::Applying => return Err(Violation),
            // About what was sent before the offer.
            Stage::Offered => return Ok(Verdict::Going),
            // A chunk whose proof was lost is dropped, and asked for again from its beginning.
            Stage::Sending if place.chunk == self.confirmed.chunk && place.offset == 0 => {}
            Stage::Sending if place < self.confirmed || place > self.position => return Err(Violation),
            Stage::Sending => {}
        }
        self.confirm(place);
        self.gaps = self.gaps.saturating_add(1);
        if self.gaps > FUTILE_GAPS {
            return Err(Violation);
        }
        self.position = place;
        // Whether the proof came is not known at the beginning of a chunk; later the door has it.
        self.proved = place.offset != 0;
        Ok(Verdict::Going)
    }

    /// Refuses a place that the update does not have.
    fn check(&self, place: Place) -> Result<(), Violation> {
        let length = self.size().sealed_chunk(place.chunk);
        let exists = length.is_some_and(|length| usize::from(place.offset) < length);
        if exists || place == self.end() { Ok(()) } else { Err(Violation) }
    }

    /// Whether the door may have all of it.
    fn may_be_complete(&self) -> bool {
        match self.stage {
            Stage::New => false,
            Stage::Offered | Stage::Applying => true,
            Stage::Sending => self.position == self.end(),
        }
    }

    fn end(&self) -> Place {
        Place { chunk: self.size().chunks(), offset: 0 }
    }

    fn size(&self) -> BodySize {
        self.held.parcel.size()
    }

    fn linear(&self, place: Place) -> usize {
        let chunk = self.size().sealed_chunk(0).unwrap_or_default();
        let before = usize::from(place.chunk) * chunk + usize::from(place.offset);
        before.min(self.size().sealed())
    }
}
