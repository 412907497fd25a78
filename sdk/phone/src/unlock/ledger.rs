//! Which requests left the phone and were not answered: what a final failure has to wait for (spec §8.3).

use thumbturn_protocol::hello::{HELLO_LIFETIME_MS, Hello};
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
}

#[derive(Debug)]
struct Sent {
    number: u32,
    hello: Hello,
    /// When its hello is dead.
    dead_at: Millis,
}

/// A request that left, as the ledger knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Departure {
    number: u32,
    /// Until when a request for an earlier hello could still be executed, if it could when this one left.
    overtakes_until: Option<Millis>,
}

/// What an authentic refusal is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The operation was not executed before, and cannot be any more.
    Proof,
    /// A request that left later is still to be answered.
    Preliminary,
    /// A request for an earlier hello may still be executed, until this instant.
    Overtaken(Millis),
}

impl Ledger {
    /// The last frame of a request has left; its hello was received at `received`.
    pub(crate) fn left(&mut self, hello: Hello, received: Millis, now: Millis) -> Departure {
        let earlier = self.unanswered.iter().filter(|sent| sent.hello != hello);
        let overtakes_until = earlier.map(|sent| sent.dead_at).max().filter(|dead_at| now < *dead_at);
        self.number = self.number.saturating_add(1);
        let dead_at = received.plus(HELLO_DEAD_MS);
        self.unanswered.push(Sent { number: self.number, hello, dead_at });
        Departure { number: self.number, overtakes_until }
    }

    /// An authentic answer to a request for `hello`. Gives what it is worth should it be a refusal.
    ///
    /// It settles the other requests for its hello, which is spent, and those that were dead when it left: had the door
    /// executed one, it would know the operation. It says nothing of other hellos, also of the same connection: whoever sits in
    /// between can have them from several connections to the door, and hand over an earlier request after the refusal. A
    /// *not accepted* settles nothing: whoever can change frames can forge it after the door has opened.
    pub(crate) fn answered(&mut self, hello: Hello, departure: Departure) -> Weight {
        let Departure { number, overtakes_until } = departure;
        self.unanswered
            .retain(|sent| sent.hello != hello && (sent.number > number || overtakes_until.is_some()));
        if self.unanswered.iter().any(|sent| sent.number > number) {
            return Weight::Preliminary;
        }
        overtakes_until.map_or(Weight::Proof, Weight::Overtaken)
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
    use thumbturn_protocol::hello::DoorState;
    use thumbturn_protocol::ids::TagKey;

    use super::*;

    fn hello(number: u8) -> Hello {
        Hello::new(DoorState::Claimed, [number; 12], &TagKey::from_bytes([7; 16]))
    }

    #[test]
    fn a_refusal_says_nothing_of_a_request_that_may_still_be_executed() {
        let mut ledger = Ledger::default();
        ledger.left(hello(1), Millis(0), Millis(100));
        let second = ledger.left(hello(2), Millis(1_000), Millis(1_100));
        assert_eq!(ledger.answered(hello(2), second), Weight::Overtaken(Millis(3_500)));
        assert!(ledger.has_unanswered());
        assert_eq!(ledger.dead_at(), Some(Millis(3_500)));
    }

    #[test]
    fn a_refusal_settles_a_request_that_was_dead_before() {
        let mut ledger = Ledger::default();
        ledger.left(hello(1), Millis(0), Millis(100));
        let second = ledger.left(hello(2), Millis(4_000), Millis(4_100));
        assert_eq!(ledger.answered(hello(2), second), Weight::Proof);
        assert!(!ledger.has_unanswered());
        assert_eq!(ledger.dead_at(), None);
    }

    #[test]
    fn a_refusal_settles_every_request_for_its_hello() {
        let mut ledger = Ledger::default();
        let first = ledger.left(hello(1), Millis(0), Millis(10));
        let fallback = ledger.left(hello(1), Millis(0), Millis(20));
        assert_eq!(ledger.answered(hello(1), fallback), Weight::Proof);
        assert_eq!(ledger.dead_at(), None);

        let mut ledger = Ledger::default();
        ledger.left(hello(1), Millis(0), Millis(10));
        ledger.left(hello(1), Millis(0), Millis(20));
        assert_eq!(ledger.answered(hello(1), first), Weight::Proof);
        assert_eq!(ledger.dead_at(), None);
    }

    #[test]
    fn a_refusal_before_a_later_request_is_answered_decides_nothing() {
        let mut ledger = Ledger::default();
        let first = ledger.left(hello(1), Millis(0), Millis(10));
        ledger.left(hello(2), Millis(20), Millis(30));
        assert_eq!(ledger.answered(hello(1), first), Weight::Preliminary);
        assert_eq!(ledger.dead_at(), Some(Millis(20 + HELLO_DEAD_MS)));
    }
}
