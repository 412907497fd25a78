//! Which requests left the phone and were not answered: what a final failure has to wait for (spec §8.3).

use thumbturn_protocol::hello::HELLO_LIFETIME_MS;
use thumbturn_protocol::time::Millis;

/// Milliseconds after which a phone holds a hello for dead: the door's own time, half a second for the difference of two clocks
/// and for the step between the door's check and its motor.
pub(crate) const HELLO_DEAD_MS: u64 = HELLO_LIFETIME_MS + 500;

/// The unanswered requests of one intent, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    unanswered: Vec<Sent>,
    /// Counts requests.
    number: u32,
    /// Counts connections.
    connection: u32,
}

#[derive(Debug)]
struct Sent {
    number: u32,
    connection: u32,
    /// When its hello is dead.
    dead_at: Millis,
}

/// A request that left, as the ledger knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Departure {
    number: u32,
    /// Until when a request of an earlier connection could still be executed, if it could when this one left.
    overtakes_until: Option<Millis>,
}

/// What an authentic refusal is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The operation was not executed before, and cannot be any more.
    Proof,
    /// A later request of the connection is still to be answered.
    Preliminary,
    /// A request of an earlier connection may still be executed, until this instant.
    Overtaken(Millis),
}

impl Ledger {
    /// The last frame of a request has left; its hello was received at `hello`.
    pub(crate) fn left(&mut self, hello: Millis, now: Millis) -> Departure {
        let earlier = self.unanswered.iter().filter(|sent| sent.connection != self.connection);
        let overtakes_until = earlier.map(|sent| sent.dead_at).max().filter(|dead_at| now < *dead_at);
        self.number = self.number.saturating_add(1);
        let dead_at = hello.plus(HELLO_DEAD_MS);
        self.unanswered.push(Sent { number: self.number, connection: self.connection, dead_at });
        Departure { number: self.number, overtakes_until }
    }

    /// An authentic answer to a request of the present connection. Gives what it is worth should it be a refusal.
    ///
    /// It settles the requests before it on this connection: their hellos are spent or voided, and had the door executed
    /// one, it would know the operation. It settles those of earlier connections that were dead when it left. A *not
    /// accepted* settles nothing: whoever can change frames can forge it after the door has opened.
    pub(crate) fn answered(&mut self, departure: Departure) -> Weight {
        let Departure { number, overtakes_until } = departure;
        let present = self.connection;
        self.unanswered.retain(|sent| {
            if sent.connection == present { sent.number > number } else { overtakes_until.is_some() }
        });
        if self.unanswered.iter().any(|sent| sent.connection == present) {
            return Weight::Preliminary;
        }
        overtakes_until.map_or(Weight::Proof, Weight::Overtaken)
    }

    /// The connection is over; what left on it may still be under way inside the door.
    pub(crate) const fn connection_ended(&mut self) {
        self.connection = self.connection.saturating_add(1);
    }

    /// Whether a request left of which nothing sure was heard.
    pub(crate) const fn has_unanswered(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// The instant from which no request of this intent can be executed any more; `None` when that is so already.
    pub(crate) fn dead_at(&self) -> Option<Millis> {
        self.unanswered.iter().map(|sent| sent.dead_at).max()
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
        let second = ledger.left(Millis(1_000), Millis(1_100));
        assert_eq!(ledger.answered(second), Weight::Overtaken(Millis(3_500)));
        assert!(ledger.has_unanswered());
        assert_eq!(ledger.dead_at(), Some(Millis(3_500)));
    }

    #[test]
    fn a_refusal_settles_a_request_that_was_dead_before() {
        let mut ledger = Ledger::default();
        ledger.left(Millis(0), Millis(100));
        ledger.connection_ended();
        let second = ledger.left(Millis(4_000), Millis(4_100));
        assert_eq!(ledger.answered(second), Weight::Proof);
        assert!(!ledger.has_unanswered());
        assert_eq!(ledger.dead_at(), None);
    }

    #[test]
    fn a_refusal_settles_the_requests_before_it_on_its_connection_and_none_after() {
        let mut ledger = Ledger::default();
        ledger.left(Millis(0), Millis(10));
        let second = ledger.left(Millis(20), Millis(30));
        let third = ledger.left(Millis(40), Millis(50));
        assert_eq!(ledger.answered(second), Weight::Preliminary);
        assert_eq!(ledger.dead_at(), Some(Millis(40 + HELLO_DEAD_MS)));
        assert_eq!(ledger.answered(third), Weight::Proof);
        assert_eq!(ledger.dead_at(), None);
    }
}
