//! What a door gives: its receipt and its oldest log batch (spec §12).

use thumbturn_protocol::ids::EventNumber;
use thumbturn_protocol::limits;
use thumbturn_protocol::log::SealedBatch;
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::record::{DoorObject, Record, TakenObject};
use thumbturn_protocol::statement::Origin;

use super::transfer::Violation;
use super::{CourierSession, End, Stage};
use crate::courier::collected::{CollectedBatch, CollectedObject, CollectedReceipt};
use crate::courier::event::CourierEvent;
use crate::courier::inbox::document::CollectedEvents;

/// A batch below this length was not full.
const OPEN_ENDED: usize = limits::LOG_BATCH / 2;

/// A log batch on its way to the phone: at most 2,229 bytes.
#[derive(Debug, Default)]
pub(super) struct IncomingBatch {
    /// First number and length, once a piece has come.
    begun: Option<(EventNumber, u16)>,
    bytes: Vec<u8>,
}

/// How a piece fits.
enum Fit {
    More,
    Whole,
    /// One before it vanished.
    Gap,
}

impl IncomingBatch {
    fn take(&mut self, first: EventNumber, total: u16, offset: u16, bytes: &[u8]) -> Result<Fit, Violation> {
        let total_length = usize::from(total);
        if total_length > limits::LOG_BATCH || *self.begun.get_or_insert((first, total)) != (first, total) {
            return Err(Violation);
        }
        let offset = usize::from(offset);
        if offset > self.bytes.len() {
            return Ok(Fit::Gap);
        }
        if offset < self.bytes.len() || offset + bytes.len() > total_length {
            return Err(Violation);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(if self.bytes.len() == total_length { Fit::Whole } else { Fit::More })
    }
}

impl CourierSession {
    pub(super) fn on_receipt(&mut self, receipt: SealedReceipt) -> Result<(), Violation> {
        let Stage::AwaitingReceipt = self.stage else { return Err(Violation) };
        let claimed = receipt.peek_unverified().map_err(|_| Violation)?;
        let origin = Origin { generation: claimed.origin.generation, ..self.cargo.origin };
        let header = receipt.verify(&origin, &self.cargo.keys).map_err(|_| Violation)?;
        let number = header.number;
        if number > self.cargo.memory.receipt {
            let (generation, list_version) = (header.origin.generation, header.list_version);
            let collected = CollectedReceipt { number, generation, list_version, receipt };
            self.collect(CollectedObject::Receipt(collected));
            self.report(CourierEvent::ReceiptCollected { number });
        }
        self.proceed(self.active);
        Ok(())
    }

    pub(super) fn on_log_piece(
        &mut self,
        first: EventNumber,
        total: u16,
        offset: u16,
        bytes: &[u8],
    ) -> Result<(), Violation> {
        let Stage::AwaitingBatch(incoming) = &mut self.stage else { return Err(Violation) };
        match incoming.take(first, total, offset, bytes)? {
            Fit::More => Ok(()),
            // The door keeps it for the next phone; there is nothing after the log to stay for.
            Fit::Gap => {
                self.leave(End::Complete);
                Ok(())
            }
            Fit::Whole => {
                let bytes = core::mem::take(&mut incoming.bytes);
                self.take_batch(first, &bytes)
            }
        }
    }

    fn take_batch(&mut self, first: EventNumber, bytes: &[u8]) -> Result<(), Violation> {
        let batch = SealedBatch::from_bytes(bytes).map_err(|_| Violation)?;
        let claimed = batch.peek_unverified().map_err(|_| Violation)?;
        let origin = Origin { generation: claimed.origin.generation, ..self.cargo.origin };
        let header = batch.verify(&origin, &self.cargo.keys).map_err(|_| Violation)?;
        if header.first != first {
            return Err(Violation);
        }
        let last = EventNumber(first.0.saturating_add(u32::from(header.count).saturating_sub(1)));
        let open_ended = bytes.len() < OPEN_ENDED;
        let events = CollectedEvents { first, last, open_ended, meetings: 0 };
        self.collect(CollectedObject::Batch(CollectedBatch { events, batch }));
        self.report(CourierEvent::LogsCollected { first, count: header.count });
        self.stage = Stage::Keeping { first };
        Ok(())
    }

    pub(super) fn tell_taken(&mut self, first: EventNumber) {
        self.outgoing.push_back(Record::Taken(TakenObject::LogBatch { first }));
    }

    /// There is none of what was asked for.
    pub(super) fn on_nothing(&mut self, object: DoorObject) -> Result<(), Violation> {
        match (&self.stage, object) {
            (Stage::AwaitingReceipt, DoorObject::Receipt)
            | (Stage::TakingBulletin(_), DoorObject::Bulletin)
            | (Stage::AwaitingBatch(_), DoorObject::LogBatch) => {
                self.proceed(self.active);
                Ok(())
            }
            (_, DoorObject::Receipt | DoorObject::Bulletin | DoorObject::LogBatch) => Err(Violation),
        }
    }
}
