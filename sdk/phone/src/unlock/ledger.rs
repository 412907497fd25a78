//! Which requests left the phone and were not answered: what a final failure has to wait for (spec §8.3).

use thumbturn_protocol::hello::HELLO_LIFETIME_MS;
use thumbturn_protocol::time::Millis;

/// The requests of one intent, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    unanswered: u32,
    /// When the hellos of requests on the present connection are dead.
    present: Option<Millis>,
    /// The same for connections that are over.
    earlier: Option<Millis>,
}

impl Ledger {
    /// The last frame of a request has left; its hello was received at `hello`.
    pub(crate) fn left(&mut self, hello: Millis) {
        self.unanswered = self.unanswered.saturating_add(1);
        self.present = self.present.max(Some(hello.plus(HELLO_LIFETIME_MS)));
    }

    /// The door said, without proof, that it did not take one of them. True or not, nothing is reported before its hello has died.
    pub(crate) const fn not_accepted(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    /// An authentic answer: the hello is spent, and the door has told what became of the operation so far.
    pub(crate) const fn answered(&mut self) {
        self.unanswered = 0;
        self.present = None;
    }

    /// The connection is over; what left on it may still be under way inside the door.
    pub(crate) fn connection_ended(&mut self) {
        self.earlier = self.earlier.max(self.present.take());
    }

    /// Whether a request left of which nothing was heard.
    pub(crate) const fn has_unanswered(&self) -> bool {
        self.unanswered > 0
    }

    /// The instant from which no request of this intent can be executed any more; `None` when that is so already.
    pub(crate) fn dead_at(&self) -> Option<Millis> {
        self.present.max(self.earlier)
    }
}
