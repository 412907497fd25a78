//! Batches of events: counted, gathered and signed one step a poll, and given in pieces (spec §12.3).

use alloc::boxed::Box;
use alloc::vec::Vec;

use thumbturn_protocol::bounded::Bytes;
use thumbturn_protocol::ids::{EventNumber, PhoneId};
use thumbturn_protocol::limits;
use thumbturn_protocol::log::{BatchDraft, EncapsulatedBatch, LogHead};
use thumbturn_protocol::record::{DoorObject, Record};
use thumbturn_protocol::time::Millis;

use super::{Engine, origin};
use crate::connection::{Connection, Session};
use crate::error::Error;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::work::Work;
use thumbturn_protocol::event::Sequence;

/// A batch for the phone of a session, one step a poll.
pub(super) enum Making {
    /// Finds out how many events directly before the first are gone. They are from `gone` on, and not from `held` on.
    Counting { place: BatchPlace, before: LogHead, held: Sequence, gone: Sequence },
    /// Adds events.
    Gathering { place: BatchPlace, draft: BatchDraft },
    /// To be signed.
    Half { place: BatchPlace, half: Box<EncapsulatedBatch> },
}

/// Whose batch it is, and which events are in it.
#[derive(Clone, Copy)]
pub(super) struct BatchPlace {
    to: ConnectionId,
    /// What was looked for: nothing from here on to the first is held.
    wanted: Sequence,
    first: Sequence,
    /// The last so far; before the first: none is.
    last: Sequence,
}

/// A batch that a phone is being given.
pub(in crate::engine) struct GivenBatch {
    place: BatchPlace,
    number: EventNumber,
    bytes: Vec<u8>,
    offset: usize,
}

impl<P: Platform> Engine<P> {
    /// A phone asks for events: they are gathered while nobody else waits.
    pub(in crate::engine) fn want_batch(&mut self, id: ConnectionId) {
        if let Some(session) = self.session(id) {
            session.delivery.wants_batch = true;
            session.delivery.batch = None;
        }
    }

    /// Does one step of a batch that a phone waits for. `false`: none does.
    pub(in crate::engine) fn step_batch(&mut self, now: Millis) -> bool {
        let Some(making) = self.logs.making.take() else { return self.begin_batch(now) };
        let to = making.place().to;
        if self.session(to).is_some() {
            // What fails is not made; the phone waits no longer than its session lives.
            match self.continue_batch(making) {
                Ok(next) => self.logs.making = next,
                Err(_) => self.tell(to, &Record::Nothing(DoorObject::LogBatch)),
            }
        }
        true
    }

    /// Whether a phone waits for a batch that is not made yet.
    pub(in crate::engine) fn is_batch_wanted(&self) -> bool {
        self.logs.making.is_some() || self.connections.iter().any(Connection::wants_batch)
    }

    fn begin_batch(&mut self, now: Millis) -> bool {
        let waiting = self.connections.iter_mut().find_map(|connection| {
            let id = connection.id;
            let session = connection.session()?;
            let phone = courier(session);
            core::mem::take(&mut session.delivery.wants_batch).then_some((id, phone))
        });
        let Some((to, phone)) = waiting else { return false };
        let acknowledged = self.storage.acknowledged();
        let newest = self.storage.newest_event();
        let wanted = self.logs.redundancy.first_for(phone, now, acknowledged, newest);
        let link = wanted.and_then(|wanted| Some((wanted, self.storage.next_link(wanted).ok()??)));
        let Some((wanted, link)) = link else {
            self.tell(to, &Record::Nothing(DoorObject::LogBatch));
            return true;
        };
        let first = link.event.sequence;
        // Nothing of it is in the batch yet.
        let place = BatchPlace { to, wanted, first, last: Sequence(first.0.saturating_sub(1)) };
        self.logs.making =
            Some(Making::Counting { place, before: link.before, held: acknowledged, gone: first });
        true
    }

    fn continue_batch(&mut self, making: Making) -> Result<Option<Making>, Error> {
        match making {
            Making::Counting { place, before, held, gone } => self.count_gone(place, before, held, gone),
            Making::Gathering { place, draft } => self.gather(place, draft),
            Making::Half { place, half } => self.finish_batch(place, *half),
        }
    }

    /// One step of a search for the oldest event before which the next one is already the batch's first.
    fn count_gone(
        &mut self,
        place: BatchPlace,
        before: LogHead,
        held: Sequence,
        gone: Sequence,
    ) -> Result<Option<Making>, Error> {
        let distance = gone.0.saturating_sub(held.0);
        if distance <= 1 {
            let Some(identity) = self.identity.as_ref() else { return Ok(None) };
            let number = self.storage.event_number(place.first);
            // What was acknowledged is gone with what was overwritten after it.
            let oldest = if held <= self.storage.acknowledged() {
                EventNumber(1)
            } else {
                self.storage.event_number(gone)
            };
            let count = number.0.saturating_sub(oldest.0);
            let draft = BatchDraft::new(origin(identity), number, before, count)?;
            return Ok(Some(Making::Gathering { place, draft }));
        }
        // Seldom is the one before gone: it is looked for first.
        let back = if gone == place.first { 1 } else { distance / 2 };
        let middle = Sequence(gone.0.saturating_sub(back));
        let found = self.storage.next_link(middle)?.map(|link| link.event.sequence);
        Ok(Some(match found {
            Some(found) if found < place.first => Making::Counting { place, before, held: found, gone },
            Some(_) | None => Making::Counting { place, before, held, gone: middle },
        }))
    }

    fn gather(&mut self, mut place: BatchPlace, mut draft: BatchDraft) -> Result<Option<Making>, Error> {
        let next = place.last.next();
        let link = self.storage.next_link(next)?.filter(|link| link.event.sequence == next);
        let Some((_, event)) = link.and_then(|link| self.salted(&link.event)) else {
            return self.begin_half(place, &draft);
        };
        if !draft.push(&event)? {
            return self.begin_half(place, &draft);
        }
        place.last = next;
        Ok(Some(Making::Gathering { place, draft }))
    }

    fn begin_half(&mut self, place: BatchPlace, draft: &BatchDraft) -> Result<Option<Making>, Error> {
        let Some(identity) = self.identity.as_ref() else { return Ok(None) };
        self.work.add(Work::ENCAPSULATE);
        let half = draft.encapsulate(&identity.configuration.sealing_key, &mut self.random)?;
        Ok(Some(Making::Half { place, half: Box::new(half) }))
    }

    fn finish_batch(&mut self, place: BatchPlace, half: EncapsulatedBatch) -> Result<Option<Making>, Error> {
        let Some(identity) = self.identity.as_ref() else { return Ok(None) };
        let bytes = half.sign(&identity.keys.receipt)?.as_bytes().to_vec();
        self.work.add(Work::SIGN);
        self.work.add(Work::sealed_bytes(bytes.len()));
        self.work.add(Work::hashed_bytes(bytes.len() * 2));
        let number = self.storage.event_number(place.first);
        if let Some(session) = self.session(place.to) {
            session.delivery.batch = Some(GivenBatch { place, number, bytes, offset: 0 });
        }
        Ok(None)
    }

    /// Says the next piece to a phone that waits for one and has room. `false`: there is none.
    pub(in crate::engine) fn give_piece(&mut self) -> bool {
        let waiting = self.connections.iter_mut().find_map(|connection| {
            let (id, has_room) = (connection.id, connection.has_room());
            let batch = connection.session()?.delivery.batch.as_mut()?;
            let piece = if has_room { batch.next_piece() } else { None };
            piece.map(|piece| (id, piece))
        });
        let Some((id, (piece, length))) = waiting else { return false };
        self.work.add(Work::sealed_bytes(length));
        self.tell(id, &piece);
        true
    }

    /// A phone has all of a batch, and keeps it.
    pub(in crate::engine) fn batch_taken(&mut self, now: Millis, id: ConnectionId, first: EventNumber) {
        let acknowledged = self.storage.acknowledged();
        let Some(session) = self.session(id) else { return };
        let phone = courier(session);
        let taken = session.delivery.batch.take_if(|batch| batch.number == first && batch.is_given());
        if let Some(GivenBatch { place, .. }) = taken {
            self.logs.redundancy.taken(phone, now, acknowledged, place.wanted..=place.last);
        }
    }
}

impl Making {
    const fn place(&self) -> BatchPlace {
        match self {
            Self::Counting { place, .. } | Self::Gathering { place, .. } | Self::Half { place, .. } => *place,
        }
    }
}

impl GivenBatch {
    fn next_piece(&mut self) -> Option<(Record, usize)> {
        let (_, rest) = self.bytes.split_at_checked(self.offset)?;
        let piece = rest.chunks(limits::RECORD_PIECE).next()?;
        let record = Record::LogPiece {
            first: self.number,
            total: u16::try_from(self.bytes.len()).ok()?,
            offset: u16::try_from(self.offset).ok()?,
            bytes: Bytes::try_from(piece).ok()?,
        };
        self.offset += piece.len();
        Some((record, piece.len()))
    }

    const fn is_given(&self) -> bool {
        self.offset >= self.bytes.len()
    }
}

/// Who is there; all whom nobody knows by name count as one.
fn courier(session: &Session) -> PhoneId {
    session.visitor.map_or(PhoneId([0; 16]), |visitor| visitor.phone)
}
