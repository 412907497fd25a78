//! The operations that never move the bolt again (spec §8.2).

use heapless::Deque;
use thumbturn_protocol::ids::{OperationId, PhoneId};
use thumbturn_protocol::time::Millis;

/// How many operations of a door stay known; reloaded from the event log at boot.
pub(crate) const KNOWN_OPERATIONS: usize = 16;
/// For how long an accepted operation is answered *already done*.
const REPEAT_MS: u64 = 10_000;

/// The last operations that a door accepted, whoever asked.
#[derive(Debug, Default)]
pub(crate) struct KnownOperations {
    newest_last: Deque<Entry, KNOWN_OPERATIONS>,
}

#[derive(Debug)]
struct Entry {
    phone: PhoneId,
    operation: OperationId,
    accepted: Accepted,
}

#[derive(Debug, PartialEq, Eq)]
enum Accepted {
    At(Millis),
    BeforeBoot,
}

/// What is known of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Accepted at most 10 s ago.
    JustDone,
    /// Accepted before this boot: what became of it is not known.
    BeforeBoot,
    /// Accepted longer ago.
    LongAgo,
}

impl KnownOperations {
    /// Remembers an operation that was accepted now.
    pub(crate) fn accept(&mut self, phone: PhoneId, operation: OperationId, now: Millis) {
        self.push(Entry { phone, operation, accepted: Accepted::At(now) });
    }

    /// Remembers an operation found in the log at boot, oldest first.
    pub(crate) fn reload(&mut self, phone: PhoneId, operation: OperationId) {
        self.push(Entry { phone, operation, accepted: Accepted::BeforeBoot });
    }

    /// What is known of an operation of a phone.
    pub(crate) fn find(&self, phone: PhoneId, operation: OperationId, now: Millis) -> Option<Known> {
        let entry = self
            .newest_last
            .iter()
            .rev()
            .find(|entry| entry.phone == phone && entry.operation == operation)?;
        Some(match entry.accepted {
            Accepted::At(at) if now.since(at) <= REPEAT_MS => Known::JustDone,
            Accepted::At(_) => Known::LongAgo,
            Accepted::BeforeBoot => Known::BeforeBoot,
        })
    }

    fn push(&mut self, entry: Entry) {
        if self.newest_last.is_full() {
            self.newest_last.pop_front();
        }
        // There is room: the oldest just left.
        let _ = self.newest_last.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: PhoneId = PhoneId([1; 16]);

    #[test]
    fn an_operation_is_repeated_for_ten_seconds_and_known_after() {
        let mut known = KnownOperations::default();
        known.accept(PHONE, OperationId([1; 8]), Millis(5));
        assert_eq!(known.find(PHONE, OperationId([1; 8]), Millis(10_005)), Some(Known::JustDone));
        assert_eq!(known.find(PHONE, OperationId([1; 8]), Millis(10_006)), Some(Known::LongAgo));
    }

    #[test]
    fn operations_are_scoped_by_phone() {
        let mut known = KnownOperations::default();
        known.accept(PHONE, OperationId([1; 8]), Millis(0));
        assert_eq!(known.find(PhoneId([2; 16]), OperationId([1; 8]), Millis(0)), None);
    }

    #[test]
    fn the_last_sixteen_stay_known() {
        let mut known = KnownOperations::default();
        for number in 0..17 {
            known.reload(PHONE, OperationId([number; 8]));
        }
        assert_eq!(known.find(PHONE, OperationId([0; 8]), Millis(0)), None);
        assert_eq!(known.find(PHONE, OperationId([1; 8]), Millis(0)), Some(Known::BeforeBoot));
        assert_eq!(known.find(PHONE, OperationId([16; 8]), Millis(0)), Some(Known::BeforeBoot));
    }
}
