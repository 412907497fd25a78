//! How long a session waits for the door, and what it does when that is over.

use thumbturn_protocol::record::Record;
use thumbturn_protocol::time::Millis;

use super::{ASKS, CourierSession, End, Stage};

/// Milliseconds without a word after which the door is taken for gone; a door gives up after 2 s.
const PATIENCE_MS: u64 = 1_500;
/// Milliseconds that a door has to want the entries of a bulletin.
const BULLETIN_PATIENCE_MS: u64 = 1_000;
/// Milliseconds without progress after which an update is offered again (spec §7.3).
const PROGRESS_PATIENCE_MS: u64 = 1_000;
/// Milliseconds that a door may take to apply an update before the session goes on without waiting for it.
const APPLYING_PATIENCE_MS: u64 = 5_000;

impl CourierSession {
    pub(super) fn keep_deadlines(&mut self, now: Millis) {
        if self.is_over() {
            return;
        }
        if now >= self.deadline {
            self.finish(End::TimeUp);
            return;
        }
        if now < self.until() || self.has_something_to_send() {
            return;
        }
        match &mut self.stage {
            Stage::Asking { asks, .. } if *asks < ASKS => {
                *asks += 1;
                self.outgoing.push_back(Record::Ask);
            }
            Stage::Settling { confirms, asks, .. } => {
                let (confirms, asks) = (*confirms, *asks + 1);
                self.confirm(confirms, asks);
            }
            // It does not want it, or another phone gives it one.
            Stage::OfferingBulletin => self.proceed(now),
            // The receipt says what became of it.
            Stage::Updating(transfer) if transfer.is_applying() => self.proceed(now),
            Stage::Updating(transfer) => {
                if !transfer.offer_again() {
                    self.finish(End::Silent);
                }
            }
            Stage::Asking { .. }
            | Stage::GivingBulletin
            | Stage::TakingBulletin(_)
            | Stage::AwaitingReceipt
            | Stage::AwaitingBatch(_)
            | Stage::Keeping { .. }
            | Stage::Leaving(_) => self.finish(End::Silent),
            Stage::AwaitingTime => {
                self.awaited = None;
                self.proceed(now);
            }
            Stage::Over(_) => {}
        }
    }

    fn has_something_to_send(&self) -> bool {
        !self.outgoing.is_empty() || self.entries.is_some()
    }

    /// Until when the present stage waits.
    pub(super) fn until(&self) -> Millis {
        let patience = match &self.stage {
            Stage::Settling { until, .. } => return (*until).min(self.deadline),
            Stage::OfferingBulletin => BULLETIN_PATIENCE_MS,
            Stage::Updating(transfer) if transfer.is_applying() => APPLYING_PATIENCE_MS,
            Stage::Updating(_) => PROGRESS_PATIENCE_MS,
            Stage::Asking { .. }
            | Stage::GivingBulletin
            | Stage::TakingBulletin(_)
            | Stage::AwaitingReceipt
            | Stage::AwaitingBatch(_)
            | Stage::AwaitingTime
            | Stage::Keeping { .. }
            | Stage::Leaving(_)
            | Stage::Over(_) => PATIENCE_MS,
        };
        self.active.plus(patience).min(self.deadline)
    }
}
