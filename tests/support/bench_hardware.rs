//! The body of a door on the bench: a test moves its parts.

use std::collections::VecDeque;

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::hardware::{Hardware, HardwareEvent, Readiness};
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::time::UnixSeconds;

use crate::bench_flash::BenchFlash;

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
    /// What was shown at keypad and reader, in order.
    pub signals: Vec<Signal>,
    /// Commands for the card in the field, in order.
    pub card_commands: VecDeque<Vec<u8>>,
    /// Without power there is neither light nor sound, and the reader's field is off.
    pub power: Option<BenchFlash>,
}

impl BenchHardware {
    fn is_powered(&self) -> bool {
        self.power.as_ref().is_none_or(BenchFlash::is_powered)
    }
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
            signals: Vec::new(),
            card_commands: VecDeque::new(),
            power: None,
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

    fn signal(&mut self, signal: Signal) {
        if self.is_powered() {
            self.signals.push(signal);
        }
    }

    fn send_to_card(&mut self, command: &[u8]) {
        if self.is_powered() {
            self.card_commands.push_back(command.to_vec());
        }
    }
}
