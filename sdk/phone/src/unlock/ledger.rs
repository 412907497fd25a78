//! Which requests left the phone and were not answered: what a final failure has to wait for (spec §8.3).

use thumbturn_protocol::hello::HELLO_LIFETIME_MS;
use thumbturn_protocol::time::Millis;

/// Milliseconds after which a phone holds a hello for dead: the door's own time, half a second for the difference of two clocks
/// and for the step between the door's check and its motor.
pub(crate) const HELLO_DEAD_MS: u64 = HELLO_LIFETIME_MS + 500;

/// The requests of one intent, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    present: Requests,
    /// Those of connections that are over: they may still be under way inside the door.
    earlier: Requests,
    /// When the newest request left, an earlier one could still be executed. Its answer says nothing of that one.
    overtaking: bool,
}

#[derive(Debug, Default)]
struct Requests {
    unanswered: bool,
    /// When their hellos are dead.
    dead_at: Option<Millis>,
}

impl Ledger {
    /// The last frame of a request has left; its hello was received at `hello`.
    pub(crate) fn left(&mut self, hello: Millis, now: Millis) {
        self.present.unanswered = true;
        self.present.dead_at = self.present.dead_at.max(Some(hello.plus(HELLO_DEAD_MS)));
        self.overtaking = self.earlier.dead_at.is_some_and(|dead_at| now < dead_at);
    }

    /// An authentic answer to a request of the present connection: its hello is spent, and the door has told what became of
    /// the operation so far. A *not accepted* is none: whoever can change frames can forge it after the door has opened.
    pub(crate) fn answered(&mut self) {
        self.present = Requests::default();
        if !self.overtaking {
            self.earlier = Requests::default();
        }
    }

    /// The connection is over.
    pub(crate) fn connection_ended(&mut self) {
        let ended = core::mem::take(&mut self.present);
        self.earlier.unanswered |= ended.unanswered;
        self.earlier.dead_at = self.earlier.dead_at.max(ended.dead_at);
    }

    /// Whether a request left of which nothing sure was heard.
    pub(crate) const fn has_unanswered(&self) -> bool {
        self.present.unanswered || self.earlier.unanswered
    }

    /// The instant from which no request of this intent can be executed any more; `None` when that is so already.
    pub(crate) fn dead_at(&self) -> Option<Millis> {
        self.present.dead_at.max(self.earlier.dead_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_nothing_of_a_request_that_may_still_be_executed() {
        let mut ledger = Ledger::default();
        ledger.left(Millis(0), Millis(100));
        ledger.connection_ended();
        ledger.left(Millis(1_000), Millis(1_100));
        ledger.answered();
        assert!(ledger.has_unanswered());
        assert_eq!(ledger.dead_at(), Some(Millis(HELLO_DEAD_MS)));
    }

    #[test]
    fn a_refusal_settles_a_request_that_was_dead_before() {
        let mut ledger = Ledger::default();
        ledger.left(Millis(0), Millis(100));
        ledger.connection_ended();
        ledger.left(Millis(4_000), Millis(4_100));
        ledger.answered();
        assert!(!ledger.has_unanswered());
        assert_eq!(ledger.dead_at(), None);
    }
}
