//! Receipts: made when there is something to tell, kept in flash, given to every phone that asks (spec §12.1).

use thumbturn_protocol::ids::ReceiptNumber;
use thumbturn_protocol::receipt::{EncapsulatedReceipt, Receipt, ReceiptBody, ReceiptFlags, ReceiptHeader};
use thumbturn_protocol::record::{DoorObject, Record};
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::Millis;

use super::Engine;
use crate::error::Error;
use crate::hardware::Hardware;
use crate::identity::Identity;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::work::Work;
use thumbturn_protocol::event::Sequence;

/// How old the newest receipt becomes while events wait.
const WAITING_MS: u64 = 3_600_000;
/// After a failure of flash or randomness the next is tried then.
const RETRY_MS: u64 = 60_000;

/// The next receipt.
#[derive(Default)]
pub(super) struct Receipts {
    is_due: bool,
    /// When the newest was made, in this run of the door.
    made: Option<Millis>,
    /// The newest event that it tells of.
    told: Sequence,
    not_before: Millis,
    /// The one that is being made, not signed yet.
    half: Option<EncapsulatedReceipt>,
}

impl Receipts {
    /// What the newest receipt says was known before the power failed: a claimed door makes another.
    pub(super) fn boot(identity: Option<&Identity>) -> Self {
        Self { is_due: identity.is_some(), ..Self::default() }
    }

    /// A reset: whom it was for has no door any more.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    fn is_coming(&self, now: Millis) -> bool {
        self.half.is_some() || self.is_due && now >= self.not_before
    }

    fn deadline(&self, has_news: bool) -> Option<Millis> {
        if self.is_due || self.half.is_some() {
            return Some(self.not_before);
        }
        self.made.filter(|_| has_news).map(|made| made.plus(WAITING_MS))
    }

    /// Whether events that wait make another one due.
    fn is_old(&self, now: Millis) -> bool {
        self.made.is_none_or(|made| now.since(made) >= WAITING_MS)
    }
}

impl<P: Platform> Engine<P> {
    /// Something changed that the property wants to know: a receipt is made as soon as nobody waits.
    pub(super) const fn receipt_is_due(&mut self) {
        self.receipts.is_due = true;
    }

    /// Does one step of what the door states to its property, while nobody waits for an answer. `false`: there is none.
    pub(super) fn step_statements(&mut self, now: Millis) -> bool {
        if self.step_chain() {
            return true;
        }
        self.connections.asking_until(now).is_none() && (self.step_batch(now) || self.step_receipt(now))
    }

    /// When the next step of a statement can be done.
    pub(super) fn statement_deadline(&self, now: Millis) -> Option<Millis> {
        if !self.is_claimed() {
            return None;
        }
        let receipt = self.receipts.deadline(self.has_news());
        let next = if self.is_batch_wanted() { Some(now) } else { receipt };
        next.map(|next| next.max(self.connections.asking_until(now).unwrap_or(next)))
    }

    /// The number of the receipt that a phone gets when it asks; 0: none.
    pub(super) fn receipt_number(&self, now: Millis) -> ReceiptNumber {
        if self.receipts.is_coming(now) {
            return self.storage.next_receipt().unwrap_or_default();
        }
        let header = self.storage.receipt().and_then(|receipt| receipt.peek_unverified().ok());
        header.map(|header| header.number).unwrap_or_default()
    }

    /// Makes one half of a receipt that is due. `false`: none is.
    pub(super) fn step_receipt(&mut self, now: Millis) -> bool {
        if !self.is_claimed() {
            return false;
        }
        if self.receipts.half.is_none() && self.has_news() && self.receipts.is_old(now) {
            self.receipts.is_due = true;
        }
        if !self.receipts.is_coming(now) {
            return false;
        }
        let made = match self.receipts.half.take() {
            Some(half) => self.sign_receipt(now, half),
            None => self.begin_receipt(now),
        };
        if made.is_err() {
            self.receipts.is_due = true;
            self.receipts.not_before = now.plus(RETRY_MS);
        }
        true
    }

    /// Whether events wait that the newest receipt does not tell of.
    fn has_news(&self) -> bool {
        self.storage.logs_waiting() && self.storage.newest_event() > self.receipts.told
    }

    /// A phone asks for the newest receipt. One that is due is made first.
    pub(super) fn want_receipt(&mut self, id: ConnectionId) {
        if let Some(session) = self.session(id) {
            session.delivery.wants_receipt = true;
        }
    }

    /// Gives the newest receipt to a phone that asked, when it has been made. `false`: none waits.
    pub(super) fn give_receipt(&mut self, now: Millis) -> bool {
        if self.receipts.is_coming(now) {
            return false;
        }
        let waiting = self.connections.iter_mut().find_map(|connection| {
            let (id, has_room) = (connection.id, connection.has_room());
            let wants = &mut connection.session()?.delivery.wants_receipt;
            (has_room && core::mem::take(wants)).then_some(id)
        });
        let Some(id) = waiting else { return false };
        let record = match self.storage.receipt() {
            Some(receipt) => Record::Receipt(receipt.clone()),
            None => Record::Nothing(DoorObject::Receipt),
        };
        self.tell(id, &record);
        true
    }

    fn begin_receipt(&mut self, now: Millis) -> Result<(), Error> {
        let log_head = self.log_head()?;
        let Some(identity) = self.identity.as_ref() else { return Ok(()) };
        let clock = self.clock.read(now);
        let lost = self.storage.lost_events();
        let receipt = Receipt {
            header: ReceiptHeader {
                origin: origin(identity),
                number: self.storage.next_receipt()?,
                list_version: self.list_version(),
                flags: ReceiptFlags {
                    // Deltas that did not fit: updates do not tell yet.
                    wants_snapshot: self.wants_snapshot(),
                    logs_waiting: self.storage.logs_waiting(),
                    battery_low: self.hardware.battery_low(),
                    clock_unsure: clock.sure().is_none(),
                },
            },
            body: ReceiptBody {
                list_digest: self.storage.list_store().digest().unwrap_or_default(),
                bulletin_epoch: self.bulletin_epoch(),
                clock: clock.certain(),
                clock_error: self.clock.error(now),
                battery: self.hardware.battery_percent().min(100),
                firmware: self.hardware.firmware(),
                log_next: self.storage.event_number(self.storage.newest_event().next()),
                log_head,
                lost_events: lost.evidence.saturating_add(lost.routine),
            },
        };
        self.work.add(Work::ENCAPSULATE);
        let half = receipt.encapsulate(&identity.configuration.sealing_key, &mut self.random)?;
        self.receipts.half = Some(half);
        self.receipts.told = self.storage.newest_event();
        self.receipts.is_due = false;
        Ok(())
    }

    /// It is in flash before any phone gets it: its number is never given again.
    fn sign_receipt(&mut self, now: Millis, half: EncapsulatedReceipt) -> Result<(), Error> {
        let Some(identity) = self.identity.as_ref() else { return Ok(()) };
        self.work.add(Work::SIGN);
        self.work.add(Work::seals(1));
        let receipt = half.sign(&identity.keys.receipt)?;
        self.storage.keep_receipt(receipt)?;
        self.receipts.made = Some(now);
        Ok(())
    }
}

/// Which life of which door speaks.
pub(super) const fn origin(identity: &Identity) -> Origin {
    let configuration = &identity.configuration;
    Origin {
        property: configuration.property,
        generation: configuration.generation,
        door: configuration.door,
        door_key: identity.key_id,
    }
}
