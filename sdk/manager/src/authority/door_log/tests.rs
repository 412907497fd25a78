use thumbturn_protocol::log::BatchDraft;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::statement::StatementKeys;

use super::*;
use crate::authority::fixture::{Counting, Door, property};
use crate::authority::receipt_book::ReceiptBook;

/// A door's log of so many events, each with something of its own in it.
struct Ring {
    door: Door,
    keys: GenerationKeys,
    flavour: u8,
}

impl Ring {
    fn new() -> Self {
        Self { door: Door::claimed(), keys: property(), flavour: 0 }
    }

    fn event(&self, number: u32) -> Vec<u8> {
        let mut event = vec![self.flavour; EventSalt::LENGTH];
        event.extend_from_slice(&number.to_be_bytes());
        event
    }

    fn head(&self, number: u32) -> LogHead {
        let start = LogHead::start(self.door.keys().id());
        (1..=number).fold(start, |head, each| head.after(EventNumber(each), &self.event(each)))
    }

    /// Events `first..=last`, before which the door holds no more of `gone`.
    fn batch(&self, first: u32, last: u32, gone: u32) -> SealedBatch {
        let origin = self.keys.origin(Door::id(), &self.door.keys());
        let mut draft = BatchDraft::new(origin, EventNumber(first), self.head(first - 1), gone).unwrap();
        for number in first..=last {
            assert!(draft.push(&self.event(number)).unwrap());
        }
        let keys =
            StatementKeys { receipt_key: &self.door.receipt_key, sealing_key: &self.keys.sealing_key() };
        draft.seal(&keys, &mut Counting(u64::from(first))).unwrap()
    }

    fn log(&self) -> DoorLog {
        DoorLog::new(Door::id(), self.door.keys())
    }

    /// What the authority says after it has taken these batches.
    fn acknowledged(&self, log: &DoorLog) -> Option<(u32, LogHead)> {
        let signed = log.acknowledge(&self.keys).unwrap()?;
        let word = Received::<Acknowledgement>::from(signed).verify(&self.keys.signing_key()).unwrap();
        assert_eq!(word.origin, self.keys.origin(Door::id(), &self.door.keys()));
        Some((word.sequence.0, word.head))
    }

    fn learn(&mut self, log: &mut DoorLog, last: u32) -> Result<(), AuthorityError> {
        self.door.log = (EventNumber(last), self.head(last));
        let receipt = self.door.receipt(&self.keys);
        let mut receipts = ReceiptBook::new(Door::id(), self.door.keys());
        log.learn(&receipts.take(&receipt, &self.keys).unwrap())
    }
}

fn missing(log: &DoorLog) -> Vec<(u32, u32)> {
    log.missing().map(|run| (run.start().0, run.end().0)).collect()
}

#[test]
fn an_acknowledgement_names_exactly_the_head_up_to_which_everything_is_here() {
    let ring = Ring::new();
    let mut log = ring.log();
    assert_eq!(ring.acknowledged(&log), None);
    log.take(&ring.batch(4, 6, 0), &ring.keys).unwrap();
    assert_eq!((ring.acknowledged(&log), missing(&log)), (None, vec![(1, 3)]));
    log.take(&ring.batch(1, 2, 0), &ring.keys).unwrap();
    assert_eq!(ring.acknowledged(&log), Some((2, ring.head(2))));
    assert_eq!(missing(&log), [(3, 3)]);
    log.take(&ring.batch(2, 5, 0), &ring.keys).unwrap();
    assert_eq!(ring.acknowledged(&log), Some((6, ring.head(6))));
    assert_eq!(missing(&log), []);
    let events: Vec<_> = log.events().collect();
    assert_eq!(events[2], (EventNumber(3), &[0, 0, 0, 3][..]));
}

#[test]
fn what_the_door_holds_no_more_is_lost_and_counted_until_it_comes_after_all() {
    let ring = Ring::new();
    let mut log = ring.log();
    log.take(&ring.batch(5, 6, 4), &ring.keys).unwrap();
    assert_eq!((log.lost(), ring.acknowledged(&log)), (4, Some((6, ring.head(6)))));
    log.take(&ring.batch(2, 3, 0), &ring.keys).unwrap();
    assert_eq!((log.lost(), log.is_lost(EventNumber(1)), log.is_lost(EventNumber(2))), (2, true, false));
}

#[test]
fn a_fork_is_found_in_every_order_and_changes_nothing() {
    let (ring, other) = (Ring::new(), Ring { flavour: 1, ..Ring::new() });
    for (first, second) in [
        (ring.batch(1, 3, 0), other.batch(1, 3, 0)),
        (ring.batch(1, 3, 0), other.batch(4, 5, 0)),
        (ring.batch(4, 5, 0), other.batch(1, 3, 0)),
        (ring.batch(4, 5, 0), other.batch(2, 8, 0)),
    ] {
        let mut log = ring.log();
        log.take(&first, &ring.keys).unwrap();
        let before = log.clone();
        assert_eq!(log.take(&second, &ring.keys), Err(AuthorityError::Forked));
        assert_eq!(log, before);
    }
}

#[test]
fn a_receipt_tells_of_events_that_couriers_dropped() {
    let mut ring = Ring::new();
    let mut log = ring.log();
    log.take(&ring.batch(1, 2, 0), &ring.keys).unwrap();
    ring.learn(&mut log, 5).unwrap();
    assert_eq!(missing(&log), [(3, 5)]);
    assert_eq!(ring.acknowledged(&log), Some((2, ring.head(2))), "nobody has the events themselves");
    let before = log.clone();
    ring.flavour = 1;
    assert_eq!(ring.learn(&mut log, 5), Err(AuthorityError::Forked));
    assert_eq!(log.take(&ring.batch(3, 6, 0), &ring.keys), Err(AuthorityError::Forked));
    assert_eq!(log, before);
}

#[test]
fn a_batch_that_the_door_did_not_sign_for_this_property_changes_nothing() {
    let ring = Ring::new();
    let sealed = ring.batch(1, 2, 0);
    let mut log = ring.log();
    for position in (0..sealed.as_bytes().len()).step_by(7) {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[position] ^= 1;
        let changed = SealedBatch::from_bytes(&bytes).unwrap();
        assert!(log.take(&changed, &ring.keys).is_err());
    }
    assert_eq!(log, ring.log());
}
