//! Which phone is given which events: each to three phones, then once more for each 24 h (spec §12.4).
//!
//! In RAM only: after a power cut three more phones are given what was not acknowledged, which costs radio time and nothing else.

use core::ops::RangeInclusive;

use thumbturn_protocol::ids::PhoneId;
use thumbturn_protocol::time::Millis;

use thumbturn_protocol::event::Sequence;

/// Phones that are given an event before it was acknowledged.
const COURIERS: usize = 3;
/// After as long, one phone is given everything once more.
const AGAIN_MS: u64 = 86_400_000;

/// How far the couriers' copies reach.
pub(super) struct Redundancy {
    /// The phones that were given the newest events, and up to which. Each event up to the smallest of three was given to three.
    couriers: heapless::Vec<(PhoneId, Sequence), COURIERS>,
    /// What is to be given once more.
    again: Option<Again>,
    next_again: Millis,
}

/// Events after the one given last, up to one.
#[derive(Clone, Copy)]
struct Again {
    given: Sequence,
    up_to: Sequence,
}

impl Redundancy {
    pub(super) const fn new(now: Millis) -> Self {
        Self { couriers: heapless::Vec::new(), again: None, next_again: now.plus(AGAIN_MS) }
    }

    /// The first event that this phone is to be given now; `None`: there is none for it.
    pub(super) fn first_for(
        &mut self,
        phone: PhoneId,
        now: Millis,
        acknowledged: Sequence,
        newest: Sequence,
    ) -> Option<Sequence> {
        if now >= self.next_again {
            self.again = Some(Again { given: acknowledged, up_to: newest });
            self.next_again = now.plus(AGAIN_MS);
        }
        let again = self.again.map(|again| (again.given.max(acknowledged).next(), again.up_to));
        let again = again.filter(|(first, up_to)| first <= up_to).map(|(first, _)| first);
        let first = self.given(phone).max(acknowledged).next();
        again.or_else(|| (first <= newest).then_some(first))
    }

    /// A phone keeps these events: from the first that it was to be given, as far as there was room.
    pub(super) fn taken(
        &mut self,
        phone: PhoneId,
        now: Millis,
        acknowledged: Sequence,
        events: RangeInclusive<Sequence>,
    ) {
        let (first, last) = events.into_inner();
        if self.again.is_none() && self.couriers.iter().all(|(_, up_to)| *up_to <= acknowledged) {
            // Nothing of what waits was given before.
            self.next_again = now.plus(AGAIN_MS);
        }
        if let Some(again) = &mut self.again
            && first <= again.given.max(acknowledged).next()
        {
            again.given = again.given.max(last);
        }
        self.again = self.again.filter(|again| again.given < again.up_to);
        let given = self.given(phone).max(acknowledged);
        // A copy with a gap before it is none.
        if first <= given.next() && last > given {
            self.put(phone, last);
        }
    }

    /// Up to which event nothing is given to this phone any more.
    fn given(&self, phone: PhoneId) -> Sequence {
        match self.couriers.iter().find(|(courier, _)| *courier == phone) {
            Some((_, up_to)) => *up_to,
            None if self.couriers.is_full() => {
                self.couriers.iter().map(|(_, up_to)| *up_to).min().unwrap_or_default()
            }
            None => Sequence(0),
        }
    }

    fn put(&mut self, phone: PhoneId, last: Sequence) {
        if let Some((_, up_to)) = self.couriers.iter_mut().find(|(courier, _)| *courier == phone) {
            *up_to = last;
        } else if let Err(entry) = self.couriers.push((phone, last))
            && let Some(smallest) = self.couriers.iter_mut().min_by_key(|(_, up_to)| *up_to)
        {
            *smallest = entry;
        }
    }
}
