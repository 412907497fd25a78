//! What can wait until nobody does: tickets, events, the floor, erased pages. One thing a poll.

use heapless::Deque;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::ids::PhoneId;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::row::CredentialNumber;

use super::Engine;
use super::tries::Tries;
use crate::clock::DoorClock;
use crate::error::Error;
use crate::flash::Flash;
use crate::identity::Identity;
use crate::known::KnownOperations;
use crate::platform::Platform;
use crate::storage::{Maintenance, Storage, StorageError};
use crate::work::Work;
use thumbturn_protocol::event::{Event, Refusal};

const HOUR_MS: u64 = 3_600_000;
/// Refusals of one phone that are logged in an hour; the rest is counted only.
const REFUSALS_PER_PHONE: u8 = 4;
/// Phones whose refusals are told apart in an hour.
const REFUSED_PHONES: usize = 8;
/// Refusals of cards that are logged in an hour; the rest is counted only.
const CARD_REFUSALS: u8 = 8;
/// Events that wait to be written.
const NOTES: usize = 16;
/// Places among them that only openings and changes take.
const RESERVED_NOTES: usize = 4;

/// What is to be done when there is time.
pub(super) struct Housekeeping {
    notes: Deque<Event, NOTES>,
    tries: Tries,
    /// Requests that authenticated nobody, since the last record of them.
    failures: u32,
    refused: heapless::Vec<(PhoneId, u8), REFUSED_PHONES>,
    /// Readings of cards that failed, since the last record of them.
    card_failures: u32,
    card_refusals: u8,
    next_hour: Millis,
}

impl Housekeeping {
    pub(super) fn boot(identity: Option<&Identity>, clock: &DoorClock, now: Millis) -> Self {
        let mut housekeeping = Self {
            notes: Deque::new(),
            tries: Tries::default(),
            failures: 0,
            refused: heapless::Vec::new(),
            card_failures: 0,
            card_refusals: 0,
            next_hour: now.plus(HOUR_MS),
        };
        housekeeping.note(Event::Booted);
        if identity.is_some() && clock.is_unsure() {
            housekeeping.note(Event::ClockLost);
        }
        housekeeping
    }

    /// Whether another event of the hardware can be taken in. Those that cannot wait where they are; some places are
    /// left to what no hardware reports.
    pub(super) fn has_room_for_events(&self) -> bool {
        self.notes.len() + RESERVED_NOTES < NOTES
    }

    /// Puts an event on the list. When it is full the event is lost and counted as a failure: what fills it is bounded
    /// above and below, so that never happens to evidence.
    pub(super) fn note(&mut self, event: Event) {
        if self.notes.push_back(event).is_err() {
            self.count_failure();
        }
    }

    /// Notes what couriers can cause as often as they like: while others leave room.
    pub(super) fn note_routine(&mut self, event: Event) {
        if self.notes.len() < NOTES / 2 {
            self.note(event);
        }
    }

    /// Notes a refusal, at most a few for each phone in an hour.
    pub(super) fn note_refusal(&mut self, phone: PhoneId, outcome: Outcome) {
        let Some(reason) = Refusal::of(outcome) else { return };
        if self.may_note(phone) && self.notes.len() < NOTES / 2 {
            self.note(Event::Refused { phone, reason });
        } else {
            self.count_failure();
        }
    }

    fn may_note(&mut self, phone: PhoneId) -> bool {
        if let Some((_, count)) = self.refused.iter_mut().find(|(known, _)| *known == phone) {
            *count = count.saturating_add(1);
            return *count <= REFUSALS_PER_PHONE;
        }
        self.refused.push((phone, 1)).is_ok()
    }

    /// Notes the refusal of a card that proved itself, at most a few in an hour.
    pub(super) fn note_card_refusal(&mut self, credential: CredentialNumber, outcome: Outcome) {
        let Some(reason) = Refusal::of(outcome) else { return };
        if self.card_refusals < CARD_REFUSALS && self.notes.len() < NOTES / 2 {
            self.card_refusals += 1;
            self.note(Event::CardRefused { credential, reason });
        } else {
            self.count_failure();
        }
    }

    pub(super) const fn count_card_failure(&mut self) {
        self.card_failures = self.card_failures.saturating_add(1);
    }

    pub(super) const fn count_failure(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// A reset: what waits belongs to a life that is over.
    pub(super) fn forget(&mut self) {
        self.notes.clear();
        self.refused.clear();
        self.failures = 0;
        self.card_failures = 0;
        self.card_refusals = 0;
    }

    pub(super) const fn deadline(&self) -> Millis {
        self.next_hour
    }

    fn begin_hour(&mut self, now: Millis) {
        self.next_hour = now.plus(HOUR_MS);
        self.refused.clear();
        self.card_refusals = 0;
        let failures = core::mem::take(&mut self.failures);
        if failures > 0 {
            self.note(Event::Failures { count: failures });
        }
        let card_failures = core::mem::take(&mut self.card_failures);
        if card_failures > 0 {
            self.note(Event::CardFailures { count: card_failures });
        }
    }
}

/// The operations of the log that must never run again (spec §8.2).
pub(super) fn reload_known<F: Flash>(storage: &mut Storage<F>) -> Result<KnownOperations, Error> {
    let mut known = KnownOperations::default();
    if !storage.is_resetting() {
        for recent in storage.recent_operations()?.into_iter().rev() {
            known.reload(recent.operation.phone, recent.operation.operation);
        }
    }
    Ok(known)
}

impl<P: Platform> Engine<P> {
    /// Does one thing that waits. `false`: nothing does.
    ///
    /// Flash that fails here is tried again, a few times, at the next polls after something happened, and told as a fault to
    /// whoever wants to open.
    pub(super) fn keep_house(&mut self, now: Millis) -> bool {
        self.keep_one(now).unwrap_or(false)
    }

    fn keep_one(&mut self, now: Millis) -> Result<bool, Error> {
        self.drop_stalled_bulletin(now);
        Ok(self.step_reset()?
            || self.write_note(now)?
            || self.write_ticket()?
            || self.store_bucket_again(now)?
            || self.step_update(now)?
            || self.make_ephemeral()?
            || self.storage.prepare()? == Maintenance::More)
    }

    /// One piece of the list's own upkeep, which after a snapshot is 320 erases: last of all. `false`: none is due.
    pub(super) fn keep_list(&mut self) -> bool {
        self.storage.maintain() == Ok(Maintenance::More)
    }

    fn write_note(&mut self, now: Millis) -> Result<bool, Error> {
        let Some(event) = self.housekeeping.notes.front().cloned() else { return Ok(false) };
        match self.append_event(now, &event) {
            // The page ahead must be erased first.
            Err(StorageError::NoRoom) => Ok(self.storage.makes_room()?),
            result => {
                if self.housekeeping.tries.is_over(result.is_ok()) {
                    self.housekeeping.notes.pop_front();
                }
                result?;
                Ok(true)
            }
        }
    }

    /// While a phone discovers services, so that its request does not wait for it.
    pub(super) fn make_ephemeral(&mut self) -> Result<bool, Error> {
        if self.ephemeral.is_some() || self.connections.is_empty() {
            return Ok(false);
        }
        self.work.add(Work::KEY_PAIR);
        self.ephemeral = Some(Ephemeral::generate(&mut self.random)?);
        Ok(true)
    }

    pub(super) fn run_timers(&mut self, now: Millis) {
        self.run_motor_timer(now);
        self.drop_expired(now);
        self.run_hour(now);
        self.run_keypad_timer(now);
        self.run_card_timer(now);
    }

    fn run_hour(&mut self, now: Millis) {
        if now < self.housekeeping.next_hour {
            return;
        }
        self.housekeeping.begin_hour(now);
        self.keep_floor(now);
    }

    /// When `poll` must be called if nothing happens before.
    pub(super) fn next_deadline(&self, now: Millis) -> Option<Millis> {
        let connections = self.connections.iter().map(crate::connection::Connection::deadline);
        connections
            .chain(self.motor.deadline())
            .chain(self.advertising.deadline(now))
            .chain(core::iter::once(self.housekeeping.deadline()))
            .chain(self.statement_deadline(now))
            .chain(self.doorcodes.deadline(now))
            .chain(self.cards.deadline())
            .min()
    }
}
