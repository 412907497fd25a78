//! What doors give a phone to carry, until it is handed in.

use thumbturn_protocol::ids::EventNumber;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::update::edition::Edition;

use super::document::{CollectedEvents, Contents, HeldBatch, HeldBulletin};
use super::upload::{Upload, UploadId, UploadObject};
use super::{Inbox, VISITED_DOORS};
use crate::courier::collected::{Collected, CollectedBatch, CollectedObject, CollectedReceipt};
use crate::wallet::WalletError;

/// At this many visits all counts are halved, so that habits of long ago fade.
const MANY_VISITS: u8 = 250;

/// Meetings after which a door that still has the same events is asked for them again.
const FORGOTTEN_AFTER: u8 = 50;

impl Inbox {
    /// All that waits to be handed in, in the order in which it came. At most 256 receipts and 64 batches, 4 of one door: beyond that
    /// nothing more is collected until some were handed in.
    #[must_use]
    pub fn to_upload(&self) -> Vec<Upload> {
        let state = self.state();
        let bulletins = state.contents.properties.iter().filter_map(|shelf| {
            let held = shelf.bulletin.as_ref()?;
            let (header, entries) = (held.header.clone(), held.entries.clone());
            let object = UploadObject::Bulletin { header, entries };
            Some(Upload { id: held.upload?, property: shelf.property, object })
        });
        let statements = state.contents.doors.iter().flat_map(|shelf| {
            let receipt = shelf.held_receipt.iter().map(|(id, receipt)| {
                let object = UploadObject::Receipt(receipt.clone());
                Upload { id: *id, property: shelf.property, object }
            });
            let batches = shelf.batches.iter().map(|held| {
                let object = UploadObject::LogBatch(held.batch.clone());
                Upload { id: held.upload, property: shelf.property, object }
            });
            receipt.chain(batches)
        });
        let mut uploads: Vec<_> = bulletins.chain(statements).collect();
        uploads.sort_by_key(|upload| upload.id);
        uploads
    }

    /// The authority has these: they are not handed in again. What came meanwhile has another id and stays.
    ///
    /// # Errors
    ///
    /// See [`WalletError`]; all of them are handed in again.
    pub fn uploaded(&self, ids: &[UploadId], random: &mut dyn SecureRandom) -> Result<(), WalletError> {
        self.change(&mut self.state(), random, |draft| {
            for shelf in &mut draft.contents.properties {
                if let Some(held) = &mut shelf.bulletin {
                    held.upload = held.upload.filter(|id| !ids.contains(id));
                }
            }
            for shelf in &mut draft.contents.doors {
                shelf.held_receipt = shelf.held_receipt.take().filter(|(id, _)| !ids.contains(id));
                shelf.batches.retain(|held| !ids.contains(&held.upload));
            }
            Ok(())
        })
    }

    /// Keeps what a session has collected. Once this returned, the door may be told that it is kept.
    ///
    /// Gives `false` for what is not kept: something newer is held, or there is no room.
    ///
    /// # Errors
    ///
    /// See [`WalletError`]; it is not kept.
    pub fn keep(&self, collected: Collected, random: &mut dyn SecureRandom) -> Result<bool, WalletError> {
        let Collected { origin, object } = collected;
        let mut state = self.state();
        match object {
            CollectedObject::Met { log_first } => {
                // In memory, to be written with the next change: no visit is worth a write of its own.
                state.contents.meet(&origin, log_first);
                Ok(true)
            }
            CollectedObject::Receipt(receipt) => {
                self.change(&mut state, random, |draft| Ok(draft.contents.keep_receipt(&origin, receipt)))
            }
            CollectedObject::Batch(batch) => {
                self.change(&mut state, random, |draft| Ok(draft.contents.keep_batch(&origin, batch)))
            }
            CollectedObject::Bulletin(held) => {
                self.change(&mut state, random, |draft| Ok(draft.contents.keep_bulletin(&origin, held)))
            }
            CollectedObject::ListAtLeast(edition) => {
                self.change(&mut state, random, |draft| Ok(draft.contents.keep_edition(&origin, edition)))
            }
            CollectedObject::Unwanted(update) => self.change(&mut state, random, |draft| {
                draft.parcels.retain(|held| held.id != update);
                Ok(true)
            }),
        }
    }
}

impl Contents {
    fn meet(&mut self, origin: &Origin, log_first: EventNumber) {
        if let Some(shelf) = self.door_mut(origin) {
            // 0: no event waits.
            let freed = |sequence: EventNumber| log_first > sequence || log_first == EventNumber(0);
            shelf.acknowledgement = shelf.acknowledgement.take().filter(|(sequence, _)| !freed(*sequence));
            if let Some(events) = &mut shelf.events {
                events.meetings = events.meetings.saturating_add(1);
            }
        }
        let door = origin.door;
        if let Some((_, count)) = self.visits.iter_mut().find(|(visited, _)| *visited == door) {
            *count = count.saturating_add(1);
            if *count >= MANY_VISITS {
                self.visits.iter_mut().for_each(|(_, count)| *count /= 2);
            }
            return;
        }
        if self.visits.len() >= VISITED_DOORS
            && let Some(rarest) =
                (0..self.visits.len()).min_by_key(|at| self.visits.get(*at).map(|(_, count)| *count))
        {
            self.visits.remove(rarest);
        }
        self.visits.push((door, 1));
    }

    fn keep_receipt(&mut self, origin: &Origin, receipt: CollectedReceipt) -> bool {
        let others = self.held_receipts();
        let upload = UploadId(self.next_upload);
        let Some(shelf) = self.door_mut(origin) else { return false };
        let full = others >= super::RECEIPTS && shelf.held_receipt.is_none();
        if full || receipt.number <= shelf.receipt {
            return false;
        }
        shelf.receipt = receipt.number;
        shelf.list = shelf.list.heard(receipt.generation, receipt.list_version);
        shelf.held_receipt = Some((upload, receipt.receipt));
        self.number_upload();
        true
    }

    fn keep_edition(&mut self, origin: &Origin, edition: Edition) -> bool {
        let Some(shelf) = self.door_mut(origin) else { return false };
        shelf.list = shelf.list.raised_to(edition);
        true
    }

    fn keep_batch(&mut self, origin: &Origin, batch: CollectedBatch) -> bool {
        let others = self.held_batches();
        let upload = UploadId(self.next_upload);
        let Some(shelf) = self.door_mut(origin) else { return false };
        let CollectedBatch { events, batch } = batch;
        // The same events, and more behind them: the shorter one has nothing more to say.
        let shorter = shelf.batches.iter().position(|held| held.first == events.first);
        let full = others >= super::BATCHES || shelf.batches.len() >= super::BATCHES_OF_A_DOOR;
        if full && shorter.is_none() {
            return false;
        }
        if let Some(shorter) = shorter {
            shelf.batches.remove(shorter);
        }
        shelf.events = Some(events);
        shelf.batches.push(HeldBatch { upload, first: events.first, batch });
        self.number_upload();
        true
    }

    fn keep_bulletin(&mut self, origin: &Origin, mut held: HeldBulletin) -> bool {
        let upload = UploadId(self.next_upload);
        let Some(shelf) = self.property_mut(origin.property) else { return false };
        if shelf.bulletin.as_ref().is_some_and(|present| present.version() >= held.version()) {
            return false;
        }
        held.upload = Some(upload);
        shelf.bulletin = Some(held);
        self.number_upload();
        true
    }
}

impl CollectedEvents {
    /// Whether a door whose waiting events begin with `first` and end before `next` would give nothing that was not collected.
    pub(crate) fn covers(&self, first: EventNumber, next: EventNumber) -> bool {
        let begins_within = self.first <= first && first <= self.last;
        let nothing_behind = next.0 <= self.last.0.saturating_add(1) || !self.open_ended;
        // An authority that lost what it was given has nobody else to ask.
        begins_within && nothing_behind && self.meetings < FORGOTTEN_AFTER
    }
}
