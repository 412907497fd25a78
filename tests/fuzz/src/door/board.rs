//! What a fuzzed engine runs on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::hardware::{CardAnswer, Hardware, HardwareEvent, Readiness};
use thumbturn_lock::platform::Platform;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::time::UnixSeconds;

use super::estate::CLAIMED_AT;
use super::flash::SparseFlash;

/// A counter for a random source: different each time, the same in every run.
pub struct Counting(pub(super) u64);

impl SecureRandom for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        self.0 += 1;
        for (byte, value) in bytes.iter_mut().zip(self.0.to_le_bytes().into_iter().cycle()) {
            *byte = value;
        }
        Ok(())
    }
}

/// What moved and what happens next, seen from outside.
#[derive(Default)]
pub struct Body {
    pub(super) unlocked: Vec<OperationId>,
    pub(super) events: VecDeque<HardwareEvent>,
    pub(super) readiness: Option<Readiness>,
    pub(super) battery_low: bool,
}

/// The engine's handle on the body.
pub struct Limbs(pub(super) Rc<RefCell<Body>>);

impl Hardware for Limbs {
    fn unlock(&mut self, order: UnlockOrder) {
        self.0.borrow_mut().unlocked.push(order.operation());
    }

    fn lock(&mut self) {}

    fn readiness(&self) -> Readiness {
        self.0.borrow().readiness.unwrap_or(Readiness::Ready)
    }

    fn battery_low(&self) -> bool {
        self.0.borrow().battery_low
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.0.borrow_mut().events.pop_front()
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        UnixSeconds::new(CLAIMED_AT + 60)
    }
}

/// So many bytes from a card, and a status.
pub(super) fn card_answer(length: usize, status: u8) -> HardwareEvent {
    let answer = [vec![0x5a; length].as_slice(), &[0x91, status]].concat();
    HardwareEvent::CardAnswered(CardAnswer::new(&answer))
}

/// The board of the fuzzed door.
pub struct Fuzzed;

impl Platform for Fuzzed {
    type Flash = SparseFlash;
    type Random = Counting;
    type Hardware = Limbs;
}
