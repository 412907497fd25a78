//! What will happen: a queue ordered by time, then by insertion.

use std::collections::BTreeMap;

use crate::clock::Instant;

/// Events to come. Two events of one moment happen in the order in which they were put in, so that a run has one order.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    events: BTreeMap<(Instant, u64), T>,
    inserted: u64,
}

impl<T> Agenda<T> {
    pub(crate) const fn new() -> Self {
        Self { events: BTreeMap::new(), inserted: 0 }
    }

    pub(crate) fn put(&mut self, at: Instant, event: T) {
        self.events.insert((at, self.inserted), event);
        self.inserted = self.inserted.saturating_add(1);
    }

    /// Takes the first event if it happens no later than `limit`.
    pub(crate) fn take_until(&mut self, limit: Instant) -> Option<(Instant, T)> {
        let first = self.events.first_entry()?;
        let at = first.key().0;
        (at <= limit).then(|| (at, first.remove()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_then_by_insertion() {
        let mut agenda = Agenda::new();
        for (at, name) in [(5, "c"), (1, "a"), (5, "d"), (2, "b")] {
            agenda.put(Instant::from_micros(at), name);
        }
        let mut order = Vec::new();
        while let Some((_, name)) = agenda.take_until(Instant::from_micros(5)) {
            order.push(name);
        }
        assert_eq!(order, ["a", "b", "c", "d"]);
    }

    #[test]
    fn nothing_after_the_limit_is_taken() {
        let mut agenda = Agenda::new();
        agenda.put(Instant::from_micros(6), ());
        assert_eq!(agenda.take_until(Instant::from_micros(5)), None);
        assert!(agenda.take_until(Instant::from_micros(6)).is_some());
    }
}
