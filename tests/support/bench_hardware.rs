//! The body of a door on the bench: a test moves its parts.

use std::collections::VecDeque;

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::hardware::{Hardware, HardwareEvent, Readiness};
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::time::UnixSeconds;

/// Motor, sensors, battery and clock, all in the test's hands.
#[derive(Clone, Debug)]
pub struct BenchHardware {
    /// The operations for which the motor was started, in order.
    pub bolt_moves: Vec<OperationId>,
    /// What the hardware will report.
    pub events: VecDeque<HardwareEvent>,
    /// What the motor reports when it is started; `None`: nothing.
    pub motor_reports: Option<HardwareEvent>,
    /// Whether the motor could move.
    pub readiness: Readiness,
    /// Whether the battery should be changed.
    pub battery_low: bool,
    /// A battery-backed clock.
    pub real_time_clock: Option<UnixSeconds>,
    /// How often the door was locked again.
    pub relocks: u32,
}

impl Default for BenchHardware {
    fn default() -> Self {
        Self {
            bolt_moves: Vec::new(),
            events: VecDeque::new(),
            motor_reports: Some(HardwareEvent::BoltMoved),
            readiness: Readiness::Ready,
            battery_low: false,
            real_time_clock: None,
            relocks: 0,
        }
    }
}

impl Hardware for BenchHardware {
    fn unlock(&mut self, order: UnlockOrder) {
        self.bolt_moves.push(order.operation());
        self.events.extend(self.motor_reports);
    }

    fn lock(&mut self) {
        self.relocks += 1;
    }

    fn readiness(&self) -> Readiness {
        self.readiness
    }

    fn battery_low(&self) -> bool {
        self.battery_low
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.events.pop_front()
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        self.real_time_clock
    }
}
