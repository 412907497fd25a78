//! Deadlines, and when an outcome may be reported (spec §8.3).

use thumbturn_protocol::time::Millis;

use super::UnlockMachine;
use crate::conversation::GiveUp;
use crate::unlock::connection::Phase;
use crate::unlock::error::UnlockError;

impl UnlockMachine {
    pub(super) fn keep_deadlines(&mut self, now: Millis) {
        let last_chance = self.last_chance();
        let Some(connection) = &mut self.connection else { return };
        if connection.is_sending() || self.verdict.is_some() || self.opened.is_some() {
            return;
        }
        match connection.phase {
            Phase::AwaitHello { ask_at: until } | Phase::AwaitAnswer { until } | Phase::Pause { until }
                if now >= until =>
            {
                self.ask_again(now);
            }
            // What is handed over from now on opens nothing within this intent.
            Phase::Delivering if now > last_chance => self.give_up(GiveUp::ConnectionLost),
            Phase::AwaitHello { .. }
            | Phase::AwaitAnswer { .. }
            | Phase::Pause { .. }
            | Phase::AfterBolt { .. }
            | Phase::Delivering
            | Phase::Unusable(_) => {}
        }
    }

    /// Sets the outcome once it may be reported: success when nothing more is waited for, a failure when every hello is dead.
    pub(super) fn conclude(&mut self, now: Millis) {
        if self.result.is_some() {
            return;
        }
        if let Some(opened) = self.opened {
            let waiting = self.connection.as_ref().is_some_and(
                |connection| matches!(connection.phase, Phase::AfterBolt { until } if now < until),
            );
            if !waiting {
                self.result = Some(Ok(opened));
            }
            return;
        }
        if now >= self.deadline {
            self.give_up(GiveUp::ConnectionLost);
        }
        let Some(error) = self.verdict else { return };
        if self.ledger.dead_at().is_some_and(|dead_at| now < dead_at) {
            return;
        }
        let unknown = self.ledger.has_unanswered();
        self.result = Some(Err(if unknown { UnlockError::OutcomeUnknown } else { error }));
    }

    pub(super) fn next_deadline(&self) -> Millis {
        let of_phase = self.connection.as_ref().and_then(|connection| match connection.phase {
            Phase::AfterBolt { until } => Some(until),
            Phase::AwaitHello { ask_at: until } | Phase::AwaitAnswer { until } | Phase::Pause { until } => {
                self.verdict.is_none().then_some(until)
            }
            Phase::Delivering | Phase::Unusable(_) => None,
        });
        let of_verdict = self.verdict.and_then(|_| self.ledger.dead_at());
        [of_phase, of_verdict].into_iter().flatten().fold(self.deadline, Millis::min)
    }
}
