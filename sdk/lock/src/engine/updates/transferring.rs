//! A transfer on its way in, one slice a poll: gather, verify, open, store (spec §7.3, §10.7 step 4).

use thumbturn_protocol::record::UpdateRefusal;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::seal::BodyKey;

use super::transfer::{Gathered, Stage, Transfer};
use super::{After, Engine, Job};
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::list::ListError;
use crate::work::Work;

impl<P: Platform> Engine<P> {
    /// Takes the proof of a chunk.
    pub(in crate::engine) fn take_proof(
        &mut self,
        now: Millis,
        id: ConnectionId,
        chunk: u16,
        nodes: &[[u8; 32]],
    ) {
        self.store_full_chunk(now, id);
        if let Some(transfer) = self.transfer_from(now, id) {
            transfer.take_proof(chunk, nodes);
        }
    }

    /// Takes a piece of a chunk: copies it, unless a whole chunk has to make room first.
    pub(in crate::engine) fn take_piece(
        &mut self,
        now: Millis,
        id: ConnectionId,
        chunk: u16,
        offset: u16,
        bytes: &[u8],
    ) {
        self.store_full_chunk(now, id);
        let Some(transfer) = self.transfer_from(now, id) else { return };
        match transfer.take_piece(chunk, offset, bytes) {
            Gathered::Silent => {}
            Gathered::Gap => {
                let (update, gap) = (transfer.update, transfer.gap());
                self.tell_progress(id, update, gap);
            }
            Gathered::Wrong => {
                self.updates.job = None;
                self.end(id);
            }
        }
    }

    pub(super) fn step_transfer(&mut self, now: Millis, transfer: &mut Transfer) -> After {
        match transfer.stage {
            Stage::Admit => self.admit_transfer(now, transfer),
            Stage::Gather if transfer.needs_key() => self.recover_key(transfer),
            Stage::Gather => {
                if self.session(transfer.from).is_some() {
                    After::Waits
                } else {
                    After::Over
                }
            }
            Stage::GiveWay => {
                let gap = transfer.resume();
                self.tell_progress(transfer.from, transfer.update, gap);
                After::More
            }
            Stage::Verify => self.verify_chunk(transfer),
            Stage::Open => self.open_chunk(transfer),
            Stage::Store => self.store_chunk(transfer),
        }
    }

    fn recover_key(&mut self, transfer: &mut Transfer) -> After {
        let Some(identity) = self.identity.as_ref() else { return After::Over };
        self.work.add(Work::RECOVER_KEY);
        match BodyKey::recover(&transfer.header, &identity.keys.sealing) {
            Ok(key) => {
                transfer.key = Some(key);
                After::More
            }
            Err(_) => self.break_transfer(transfer),
        }
    }

    fn verify_chunk(&mut self, transfer: &mut Transfer) -> After {
        self.work.add(Work::hashed_bytes(transfer.buffer.len()));
        if transfer.verify().is_ok() {
            return After::More;
        }
        if transfer.is_hostile() {
            self.end(transfer.from);
            return After::Over;
        }
        let progress = transfer.progress();
        self.tell_progress(transfer.from, transfer.update, progress);
        After::More
    }

    fn open_chunk(&mut self, transfer: &mut Transfer) -> After {
        if transfer.needs_key() {
            return self.recover_key(transfer);
        }
        if let Some(key) = &transfer.key {
            self.work.add(Work::sealed_bytes(transfer.buffer.len()));
            if key.open(transfer.chunk, &mut transfer.buffer).is_err() {
                return self.break_transfer(transfer);
            }
        }
        transfer.stage = Stage::Store;
        After::More
    }

    fn store_chunk(&mut self, transfer: &mut Transfer) -> After {
        let Ok((list, flash)) = self.storage.list() else { return After::Over };
        let index = usize::from(transfer.chunk);
        let (kind, update) = (transfer.kind(), transfer.update.0);
        match list.store_chunk(flash, kind, update, index, &mut transfer.buffer) {
            Ok(()) => {}
            Err(ListError::Unusable) => return self.break_transfer(transfer),
            Err(error) => return self.wait_for_room(transfer, error),
        }
        transfer.stored();
        if transfer.is_complete() {
            return self.begin_applying(transfer);
        }
        let progress = transfer.progress();
        self.tell_progress(transfer.from, transfer.update, progress);
        After::More
    }

    /// A chunk that is whole makes room for what comes: in one call, because the phone may send the next at once.
    fn store_full_chunk(&mut self, now: Millis, id: ConnectionId) {
        let is_full = |transfer: &mut Transfer| {
            let full = transfer.is_full() && !(transfer.stage != Stage::Store && transfer.needs_key());
            if transfer.is_full() && !full {
                transfer.miss();
            }
            full
        };
        while self.transfer_from(now, id).is_some_and(is_full) {
            let Some(Job::Transfer(mut transfer)) = self.updates.job.take() else { return };
            let before = transfer.stage;
            let after = self.step_transfer(now, &mut transfer);
            let is_stuck = transfer.stage == before;
            if matches!(after, After::Over) {
                return;
            }
            self.updates.job = Some(Job::Transfer(transfer));
            if is_stuck {
                return;
            }
        }
    }

    /// The transfer of a session, which has just sent something.
    fn transfer_from(&mut self, now: Millis, id: ConnectionId) -> Option<&mut Transfer> {
        match &mut self.updates.job {
            Some(Job::Transfer(transfer)) if transfer.from == id => {
                transfer.heard = now;
                Some(transfer)
            }
            _ => None,
        }
    }

    /// The content is not what the header promises: the parcel goes, and the door asks for a snapshot.
    fn break_transfer(&mut self, transfer: &Transfer) -> After {
        self.drop_broken(transfer.kind());
        self.refuse_update(transfer.from, transfer.update, UpdateRefusal::Broken)
    }

    /// There is no room, or the flash fails: maintenance makes room, and whatever lasts ends the transfer.
    pub(super) fn wait_for_room(&mut self, transfer: &mut Transfer, error: ListError) -> After {
        if self.may_wait(&mut transfer.waited, error) {
            return After::More;
        }
        self.refuse_update(transfer.from, transfer.update, UpdateRefusal::NoRoom)
    }
}
