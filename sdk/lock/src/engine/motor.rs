//! The motor: what it is doing, what it reported, when the door relocks.

use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::record::{ActuatorResult, Record};
use thumbturn_protocol::time::Millis;

use super::Engine;
use crate::connection::Stage;
use crate::decision::Motor;
use crate::hardware::{Hardware, HardwareEvent};
use crate::input::ConnectionId;
use crate::platform::Platform;
use thumbturn_protocol::event::Event;

/// A motor that has not reported by then is taken for broken; what the bolt did is not known.
const MOTOR_MS: u64 = 5_000;

/// What the motor is doing.
#[derive(Debug, Default)]
pub(super) enum MotorState {
    /// Nothing; the door is locked, as far as the engine knows.
    #[default]
    Locked,
    /// Opening the door.
    Opening {
        operation: OperationId,
        connection: Option<ConnectionId>,
        started: Millis,
        relock_seconds: u8,
        /// When it relocks should this come to nothing: an opening before may have left it open.
        otherwise: Millis,
    },
    /// The door is open and relocks then.
    Open { relock: Millis },
}

impl MotorState {
    /// The bolt may be where it should not: the door locks at once.
    pub(super) const fn unknown(now: Millis) -> Self {
        Self::Open { relock: now }
    }

    /// A connection is a new one from now on: whoever had its number before is told nothing more.
    pub(super) fn forget_listener(&mut self, id: ConnectionId) {
        if let Self::Opening { connection, .. } = self
            && *connection == Some(id)
        {
            *connection = None;
        }
    }

    pub(super) const fn start(
        &mut self,
        now: Millis,
        operation: OperationId,
        connection: Option<ConnectionId>,
        relock_seconds: u8,
    ) {
        let otherwise = match self {
            Self::Open { relock } => *relock,
            Self::Locked | Self::Opening { .. } => now,
        };
        *self = Self::Opening { operation, connection, started: now, relock_seconds, otherwise };
    }

    pub(super) const fn occupation(&self) -> Motor {
        match self {
            Self::Locked | Self::Open { .. } => Motor::Free,
            Self::Opening { .. } => Motor::Moving,
        }
    }

    /// Seconds until the door relocks, rounded up; 0 when it is locked.
    pub(super) fn seconds_to_relock(&self, now: Millis) -> u8 {
        match self {
            Self::Locked => 0,
            Self::Opening { relock_seconds, .. } => *relock_seconds,
            Self::Open { relock } => u8::try_from(relock.since(now).div_ceil(1_000)).unwrap_or(u8::MAX),
        }
    }

    /// When something must be done about it.
    pub(super) fn deadline(&self) -> Option<Millis> {
        match self {
            Self::Locked => None,
            Self::Opening { started, .. } => Some(started.plus(MOTOR_MS)),
            Self::Open { relock } => Some(*relock),
        }
    }
}

impl<P: Platform> Engine<P> {
    /// Takes in what the hardware reports. Bounded: a few events a poll, and none that could not be noted.
    pub(super) fn take_hardware_events(&mut self, now: Millis) {
        const EVENTS: usize = 8;
        for _ in 0..EVENTS {
            // What was typed and what a card said are looked at before anything that came after them.
            if !self.housekeeping.has_room_for_events() || self.doorcodes.waits() || self.cards.waits() {
                return;
            }
            let Some(event) = self.hardware.next_event() else { return };
            self.hardware_event(now, event);
        }
    }

    fn hardware_event(&mut self, now: Millis, event: HardwareEvent) {
        match event {
            HardwareEvent::BoltMoved => self.bolt_reported(now, ActuatorResult::Moved),
            HardwareEvent::BoltJammed => self.bolt_reported(now, ActuatorResult::Jammed),
            HardwareEvent::BoltBlocked => self.bolt_reported(now, ActuatorResult::Blocked),
            HardwareEvent::BatteryGaveOut => self.bolt_reported(now, ActuatorResult::BatteryLow),
            HardwareEvent::DoorOpened => self.housekeeping.note(Event::DoorSensor { open: true }),
            HardwareEvent::DoorClosed => self.housekeeping.note(Event::DoorSensor { open: false }),
            HardwareEvent::Touched => self.advertising.touched(now),
            HardwareEvent::ResetPressed => self.begin_reset(now),
            HardwareEvent::Digit(digit) => self.digit_typed(now, digit),
            HardwareEvent::KeypadCleared => self.keypad_cleared(),
            HardwareEvent::CardPresent => self.cards.arrived(),
            HardwareEvent::CardAnswered(answer) => self.cards.answered(answer),
            HardwareEvent::CardGone => self.card_gone(),
        }
    }

    fn bolt_reported(&mut self, now: Millis, result: ActuatorResult) {
        let MotorState::Opening { operation, connection, relock_seconds, otherwise, .. } = self.motor else {
            return;
        };
        self.motor = match result {
            ActuatorResult::Moved => MotorState::Open { relock: now.plus(u64::from(relock_seconds) * 1_000) },
            // How far it came, nobody knows.
            ActuatorResult::Jammed | ActuatorResult::Blocked | ActuatorResult::BatteryLow => {
                MotorState::Open { relock: otherwise }
            }
        };
        self.housekeeping.note(Event::Actuator { operation, result });
        if let Some(connection) = connection {
            self.tell_asker(connection, Record::Actuator { operation, result });
        }
    }

    /// Tells the phone that asked, if its session still lives. It is told when the answer has been computed: records follow the answer.
    fn tell_asker(&mut self, id: ConnectionId, record: Record) {
        let Some(connection) = self.connections.get(id) else { return };
        match &mut connection.stage {
            Stage::Request(step) => step.tell_later(record),
            Stage::Session(_) | Stage::Waiting | Stage::Claim(_) => self.tell(id, &record),
        }
    }

    /// Relocks, and gives up on a motor that does not report: it may have opened the door, so that relocks, too.
    pub(super) fn run_motor_timer(&mut self, now: Millis) {
        if self.motor.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        self.motor = match self.motor {
            MotorState::Opening { relock_seconds, .. } => {
                MotorState::Open { relock: now.plus(u64::from(relock_seconds) * 1_000) }
            }
            MotorState::Open { .. } | MotorState::Locked => {
                self.hardware.lock();
                MotorState::Locked
            }
        };
    }
}
