//! Sealed batches of events (spec §12.3).

use alloc::vec::Vec;

use super::{EventSalt, LogHead};
use crate::error::Error;
use crate::fixed::{Fields, joined};
use crate::ids::EventNumber;
use crate::keys::{DoorPublicKeys, ExchangeKey, ExchangeKeyPair};
use crate::labels::{self, Label};
use crate::limits;
use crate::random::SecureRandom;
use crate::statement::{EncapsulatedStatement, Layout, ORIGIN, Origin, SealedStatement, StatementKeys};

/// Length of the open part.
const BATCH_HEADER: usize = ORIGIN + 44;
/// Length of an event's length.
const LENGTH: usize = 2;

/// The open part of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Whose log.
    pub origin: Origin,
    /// Number of the first event, from 1.
    pub first: EventNumber,
    /// How many events, from 1.
    pub count: u16,
    /// How many directly before the first the door holds no more, acknowledged or overwritten (*gone* in the spec).
    pub gone: u32,
    /// Head of the chain before the first.
    pub before: LogHead,
}

/// Events that a door gathers for one batch.
#[derive(Debug)]
pub struct BatchDraft {
    header: BatchHeader,
    events: Vec<u8>,
}

/// A batch as it travels, of unknown origin until it is opened: at most 2,229 bytes.
pub type SealedBatch = SealedStatement<BatchHeader>;

/// A batch half made, between [`BatchDraft::encapsulate`] and its signature.
pub type EncapsulatedBatch = EncapsulatedStatement<BatchHeader>;

/// A batch that the door signed, opened by the property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogBatch {
    header: BatchHeader,
    events: Vec<Vec<u8>>,
}

/// How a batch fits what the property has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// It begins with or before the next event and agrees with the chain: events beyond it are new.
    Continues,
    /// Nothing in it is new.
    Known,
    /// Events between are missing. They are lost if the header says so, else another batch brings them.
    Gap {
        /// How many.
        missing: u32,
    },
    /// The chain is not the one that the property has: the door's storage or its receipt key is not what it was.
    Forked,
}

impl BatchDraft {
    /// A draft without events, which will begin with `first`; `before` is the head of the chain before it and `gone` how
    /// many events directly before it the door holds no more.
    pub fn new(origin: Origin, first: EventNumber, before: LogHead, gone: u32) -> Result<Self, Error> {
        if first == EventNumber(0) {
            return Err(Error::InvalidArgument("events are counted from 1"));
        }
        Ok(Self { header: BatchHeader { origin, first, count: 0, gone, before }, events: Vec::new() })
    }

    /// Adds the next salted event. `false`: the batch is full and stays as it is.
    pub fn push(&mut self, event: &[u8]) -> Result<bool, Error> {
        let length = u16::try_from(event.len()).map_err(|_| Error::InvalidArgument("event too long"))?;
        if event.len() <= EventSalt::LENGTH || event.len() > limits::LOG_BATCH_EVENTS - LENGTH {
            return Err(Error::InvalidArgument("length of an event"));
        }
        let full = self.events.len() + LENGTH + event.len() > limits::LOG_BATCH_EVENTS;
        let count = self.header.count.saturating_add(1);
        // The last number must exist too.
        if full || self.header.first.0.checked_add(u32::from(count) - 1).is_none() {
            return Ok(false);
        }
        self.events.extend_from_slice(&length.to_be_bytes());
        self.events.extend_from_slice(event);
        self.header.count = count;
        Ok(true)
    }

    /// Seals it to the property and signs it as the door. Refuses a batch without events.
    pub fn seal(
        &self,
        keys: &StatementKeys<'_>,
        random: &mut dyn SecureRandom,
    ) -> Result<SealedBatch, Error> {
        self.encapsulate(keys.sealing_key, random)?.sign(keys.receipt_key)
    }

    /// The first half of [`BatchDraft::seal`], for a door that does one thing in a call: three scalar multiplications.
    pub fn encapsulate(
        &self,
        sealing_key: &ExchangeKey,
        random: &mut dyn SecureRandom,
    ) -> Result<EncapsulatedBatch, Error> {
        if self.header.count == 0 {
            return Err(Error::InvalidArgument("a batch without events"));
        }
        EncapsulatedStatement::begin(self.header, self.events.clone(), sealing_key, random)
    }

    /// Bytes of events so far, with their lengths.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.events.len()
    }
}

impl SealedBatch {
    /// Opens it as the property: signed by the door with `keys`, about `origin`, sealed to `sealing_key`.
    pub fn open(
        &self,
        origin: &Origin,
        keys: &DoorPublicKeys,
        sealing_key: &ExchangeKeyPair,
    ) -> Result<LogBatch, Error> {
        let (header, events) = self.read(origin, keys, sealing_key)?;
        Ok(LogBatch { header, events: split(&events, header.count)? })
    }
}

/// Exactly `count` events, each behind its length.
fn split(mut rest: &[u8], count: u16) -> Result<Vec<Vec<u8>>, Error> {
    let malformed = Error::Malformed(BatchHeader::NAME);
    let mut events = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<LENGTH>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (event, after) = after.split_at_checked(length).ok_or(malformed)?;
        if event.len() <= EventSalt::LENGTH {
            return Err(malformed);
        }
        events.push(event.to_vec());
        rest = after;
    }
    if rest.is_empty() && events.len() == usize::from(count) { Ok(events) } else { Err(malformed) }
}

impl LogBatch {
    /// The open part.
    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The salted events, with their numbers.
    pub fn events(&self) -> impl Iterator<Item = (EventNumber, &[u8])> {
        (self.header.first.0..).map(EventNumber).zip(self.events.iter().map(Vec::as_slice))
    }

    /// Number of the last event.
    #[must_use]
    pub fn last(&self) -> EventNumber {
        EventNumber(self.header.first.0.saturating_add(u32::from(self.header.count).saturating_sub(1)))
    }

    /// The head of the chain after event `number`: of one in the batch, or of the one before the first.
    #[must_use]
    pub fn head_at(&self, number: EventNumber) -> Option<LogHead> {
        if number.0.checked_add(1)? < self.header.first.0 || number > self.last() {
            return None;
        }
        let events = self.events().take_while(|(each, _)| *each <= number);
        Some(events.fold(self.header.before, |head, (each, event)| head.after(each, event)))
    }

    /// How it fits a log that the property has up to event `known` (0: nothing yet) with this head.
    #[must_use]
    pub fn continues(&self, known: EventNumber, head: LogHead) -> Continuity {
        let next = known.0.saturating_add(1);
        if self.header.first.0 > next {
            return Continuity::Gap { missing: self.header.first.0 - next };
        }
        match self.head_at(known) {
            Some(own) if own != head => Continuity::Forked,
            Some(_) if known < self.last() => Continuity::Continues,
            // A batch that ended before: the property took it once, or something newer over the gap.
            Some(_) | None => Continuity::Known,
        }
    }
}

impl Layout for BatchHeader {
    const NAME: &'static str = "log batch";
    const BODY: Label = labels::LOG_BODY;
    const SIGNATURE: Label = labels::LOG_BATCH;
    const LENGTH: usize = BATCH_HEADER;
    const SHORTEST_MESSAGE: usize = LENGTH + EventSalt::LENGTH + 1;
    const LONGEST: usize = limits::LOG_BATCH;

    fn origin(&self) -> Origin {
        self.origin
    }

    fn to_bytes(self) -> Vec<u8> {
        joined::<BATCH_HEADER>(&[
            &self.origin.to_bytes(),
            &self.first.0.to_be_bytes(),
            &self.count.to_be_bytes(),
            &self.gone.to_be_bytes(),
            &[0, 0],
            &self.before.0,
        ])
        .to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = Error::Malformed(Self::NAME);
        let mut fields = Fields::new(bytes, Self::NAME);
        let origin = Origin::read(&mut fields, Self::NAME)?;
        let first = EventNumber(fields.number()?);
        let count = u16::from_be_bytes(fields.take()?);
        let gone = fields.number()?;
        if fields.take()? != [0, 0] {
            return Err(malformed);
        }
        let last = u32::from(count).checked_sub(1).and_then(|more| first.0.checked_add(more));
        if first == EventNumber(0) || last.is_none() || gone >= first.0 {
            return Err(malformed);
        }
        Ok(Self { origin, first, count, gone, before: LogHead(fields.take()?) })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::ids::{DoorId, Generation, PropertyId};
    use crate::keys::SigningKeyPair;
    use crate::random::RandomFailed;

    struct Fixed;

    impl SecureRandom for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.fill(7);
            Ok(())
        }
    }

    /// What the property makes of a batch that a door signed with this count and these events.
    fn opened(count: u16, events: &[u8]) -> Result<usize, Error> {
        let (receipt_key, sealing) =
            (SigningKeyPair::from_secret([1; 32]), ExchangeKeyPair::from_secret([2; 32]));
        let door = ExchangeKeyPair::from_secret([3; 32]).public();
        let keys = DoorPublicKeys { session_key: door, sealing_key: door, receipt_key: receipt_key.public() };
        let origin = Origin::new(PropertyId([4; 8]), Generation(1), DoorId([5; 8]), &keys);
        let before = LogHead::start(origin.door_key);
        let header = BatchHeader { origin, first: EventNumber(1), count, gone: 0, before };
        let message = events.to_vec();
        let batch = EncapsulatedStatement::begin(header, message, &sealing.public(), &mut Fixed)?;
        batch.sign(&receipt_key)?.open(&origin, &keys, &sealing).map(|batch| batch.events().count())
    }

    /// A door whose storage is broken may sign anything.
    #[test]
    fn events_that_are_not_what_the_open_part_says_are_refused() {
        let event = |length: u8| [vec![0, length], vec![7; usize::from(length)]].concat();
        let malformed = Err(Error::Malformed("log batch"));
        assert_eq!(opened(2, &[event(17), event(30)].concat()), Ok(2));
        assert_eq!(opened(1, &[event(17), event(30)].concat()), malformed);
        assert_eq!(opened(3, &[event(17), event(30)].concat()), malformed);
        assert_eq!(opened(2, &[event(16), event(30)].concat()), malformed, "a salt and nothing");
        assert_eq!(opened(2, &[event(17), event(30), vec![0]].concat()), malformed, "half a length");
        assert_eq!(opened(2, &[event(17), vec![0, 31], vec![7; 30]].concat()), malformed, "a cut event");
    }
}
