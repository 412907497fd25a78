//! The door's body: a motor that is done at once, and nothing else.

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::hardware::{Hardware, HardwareEvent, Readiness};
use thumbturn_protocol::time::UnixSeconds;

use crate::meter;

/// A motor without a clock, a keypad or a card reader beside it.
#[derive(Debug, Default)]
pub(crate) struct Motor {
    moved: Option<HardwareEvent>,
}

impl Hardware for Motor {
    fn unlock(&mut self, _: UnlockOrder) {
        meter::motor_started();
        self.moved = Some(HardwareEvent::BoltMoved);
    }

    fn lock(&mut self) {}

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    fn battery_low(&self) -> bool {
        false
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.moved.take()
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        None
    }
}
