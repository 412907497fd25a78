//! What a door lacks, between its refusal and asking again (spec §8.1, design §3).
//!
//! A door never opens at the end of a delivery: the same operation is asked for again, with a new hello, while the intent is live.

use std::sync::Arc;

use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::time::Millis;

use super::UnlockMachine;
use crate::conversation::{HangUp, Step};
use crate::courier::channel::{Channel, ChannelStep};
use crate::courier::collected::Collected;
use crate::courier::{Cargo, CourierEvent, CourierSession, End, Occasion};
use crate::unlock::connection::Phase;
use crate::unlock::error::UnlockError;
use crate::unlock::progress::Progress;
use crate::wallet::pass::Pass;

/// What is known of deliveries that this intent waits for.
#[derive(Default)]
pub(super) struct Delivering {
    /// The refusal that a delivery may change.
    refusal: Option<Refusal>,
    /// The machine stands at that refusal and waits for what the inbox has.
    wants_cargo: bool,
    /// Occasions on which the door had what it lacked, and was asked again: each of them leads there once.
    satisfied: Vec<Occasion>,
    /// What was learnt of the door, for the inbox.
    collected: Vec<Collected>,
}

struct Refusal {
    occasion: Occasion,
    /// What was shown to the door.
    pass: Arc<Pass>,
    error: UnlockError,
    /// Something is being handed over.
    begun: bool,
}

impl Delivering {
    /// The door has refused what was shown to it. *Update required* is the better one to have changed: the door would open.
    pub(super) fn note(&mut self, error: UnlockError, pass: Option<&Arc<Pass>>) {
        let occasion = match error {
            UnlockError::Denied => Occasion::Denied,
            UnlockError::UpdateRequired => Occasion::UpdateRequired,
            _ => return,
        };
        let better = self.refusal.as_ref().is_none_or(|noted| noted.occasion == Occasion::Denied);
        if let (Some(pass), true, false) = (pass, better, self.satisfied.contains(&occasion)) {
            self.refusal = Some(Refusal { occasion, pass: Arc::clone(pass), error, begun: false });
        }
    }

    /// What an intent ends with that was cut off while the door was being given what it lacks.
    pub(super) fn interrupted(&self) -> Option<UnlockError> {
        let refusal = self.refusal.as_ref().filter(|refusal| refusal.begun)?;
        Some(match refusal.occasion {
            Occasion::UpdateRequired => UnlockError::UpdateInterrupted,
            Occasion::Accepted | Occasion::Denied => refusal.error,
        })
    }
}

impl UnlockMachine {
    /// Nothing else can be shown to the door: ends with `error`, unless a delivery may change an answer.
    pub(super) fn last_refused(&mut self, error: UnlockError) {
        let answered = self.connection.as_mut().filter(|connection| connection.records.is_some());
        let (Some(connection), Some(refusal)) = (answered, &self.delivering.refusal) else {
            self.verdict = Some(error);
            return;
        };
        connection.phase = Phase::Delivering;
        self.delivering.wants_cargo = true;
        // From here on it is the one to show.
        self.passes = [Arc::clone(&refusal.pass)].into();
    }

    /// For which occasion, and behind which credential, the inbox is asked for what there is. [`UnlockMachine::take_cargo`] answers.
    pub(crate) fn wants_cargo(&self) -> Option<(Occasion, Arc<Pass>)> {
        let refusal = self.delivering.refusal.as_ref().filter(|_| self.delivering.wants_cargo)?;
        Some((refusal.occasion, Arc::clone(&refusal.pass)))
    }

    /// Begins to deliver; without anything to deliver the refusal is the outcome, at once.
    pub(crate) fn take_cargo(&mut self, cargo: Option<Cargo>, now: Millis) {
        self.delivering.wants_cargo = false;
        let Some(refusal) = &mut self.delivering.refusal else {
            self.verdict.get_or_insert(UnlockError::Denied);
            return;
        };
        let connection = self.connection.as_mut();
        let records = connection.and_then(|connection| Some((connection.records.take()?, connection)));
        let (Some(cargo), Some((records, connection))) = (cargo, records) else {
            self.verdict = Some(refusal.error);
            return;
        };
        refusal.begun = true;
        let session = CourierSession::new(cargo, refusal.occasion, now);
        connection.delivery = Some(Box::new(Channel::new(records, session)));
        self.relax = true;
        if refusal.occasion == Occasion::UpdateRequired {
            self.reports.push_back(Progress::Updating { percent: 0 });
        }
    }

    /// What was learnt of the door since the last time.
    pub(crate) fn take_collected(&mut self) -> Vec<Collected> {
        core::mem::take(&mut self.delivering.collected)
    }

    /// What the delivery does next; `None` when it is over, or there is something to report.
    pub(super) fn poll_delivery(&mut self, mtu: AttMtu, now: Millis) -> Option<Step> {
        let last_chance = self.last_chance();
        let connection = self.connection.as_mut()?;
        let Some(delivery) = &mut connection.delivery else {
            // Nobody has answered what the inbox has.
            self.take_cargo(None, now);
            return None;
        };
        match delivery.poll(mtu, now) {
            ChannelStep::Write(frame, kind) => Some(Step::Write { frame, kind }),
            ChannelStep::Keep(collected) => {
                self.delivering.collected.push(collected);
                delivery.kept(true, now);
                None
            }
            ChannelStep::Report(event) => {
                if let CourierEvent::Updating { percent } = event {
                    self.reports.push_back(Progress::Updating { percent });
                }
                None
            }
            // Before the bolt nothing is asked of a network (I9).
            ChannelStep::FetchTime(..) => {
                delivery.time_signed(None, now);
                None
            }
            ChannelStep::Wait(until) => Some(Step::Wait { until: until.min(last_chance.plus(1)) }),
            ChannelStep::Done(end) => {
                self.delivered(end, now);
                None
            }
        }
    }

    /// The delivery is over: asks again where the door has what it lacked.
    fn delivered(&mut self, end: End, now: Millis) {
        if let Some(connection) = &mut self.connection {
            connection.delivery = None;
        }
        match end {
            End::AskAgain => {
                if let Some(refusal) = self.delivering.refusal.take() {
                    self.delivering.satisfied.push(refusal.occasion);
                    // A chain that was denied is gone.
                    self.fast_refused |= refusal.occasion == Occasion::Denied;
                }
                self.ask_again(now);
            }
            // Another connection goes on where this one was.
            End::Silent => {
                if let Some(connection) = &mut self.connection {
                    connection.phase = Phase::Unusable(HangUp::Silent);
                }
            }
            End::Complete | End::TimeUp | End::Violation | End::GaveWay => {
                let refusal = self.delivering.refusal.as_ref();
                self.verdict = Some(refusal.map_or(UnlockError::Denied, |refusal| refusal.error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Door, Phone, Property, TestRandom};

    #[test]
    fn a_door_that_refuses_again_although_it_has_what_it_lacked_is_not_believed_twice() {
        let mut random = TestRandom(1);
        let (property, door) = (Property::new(&mut random), Door::new(&mut random));
        let mut phone = Phone::new(2);
        let wallet = phone.enrol(&property);
        phone.receive_grant(&wallet, &property, &door, 5);
        let pass = wallet.passes(door.id).into_iter().next();
        for (error, occasion) in
            [(UnlockError::Denied, Occasion::Denied), (UnlockError::UpdateRequired, Occasion::UpdateRequired)]
        {
            let mut delivering = Delivering::default();
            delivering.note(error, pass.as_ref());
            assert_eq!(delivering.refusal.take().map(|refusal| refusal.occasion), Some(occasion));
            delivering.satisfied.push(occasion);
            delivering.note(error, pass.as_ref());
            assert!(delivering.refusal.is_none(), "{error:?}");
        }
    }
}
