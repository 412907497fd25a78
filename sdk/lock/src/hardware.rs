//! The door's body, as the engine needs it: motor, sensors, battery, clock.

use thumbturn_protocol::time::UnixSeconds;

use crate::decision::UnlockOrder;

/// What a lock maker implements beside flash and randomness. No call may block: a motor is started, and reports later.
pub trait Hardware {
    /// Starts the motor that opens the door.
    ///
    /// The order is the proof that the credential was verified, every check passed and the event is in flash; nothing else makes one. The
    /// motor's end is reported as one of the bolt events of [`HardwareEvent`].
    fn unlock(&mut self, order: UnlockOrder);

    /// Starts the motor that locks the door again. Reports nothing.
    fn lock(&mut self);

    /// Whether the motor could open the door now.
    fn readiness(&self) -> Readiness;

    /// Whether the battery should be changed.
    fn battery_low(&self) -> bool;

    /// How full the battery is, in percent, for the property to read. A lock that cannot measure it need not say more than
    /// whether it is low.
    fn battery_percent(&self) -> u8 {
        if self.battery_low() { 10 } else { 100 }
    }

    /// Version of the firmware, for the property to read; 0: it has none.
    fn firmware(&self) -> u32 {
        0
    }

    /// The next thing that happened, oldest first.
    fn next_event(&mut self) -> Option<HardwareEvent>;

    /// A battery-backed clock, if the door has one and it was not interrupted.
    fn real_time_clock(&mut self) -> Option<UnixSeconds>;
}

/// Whether the motor could open the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It could.
    Ready,
    /// The bolt is known to be stuck.
    Jammed,
    /// The battery is too low to move the bolt all the way.
    BatteryTooLow,
}

/// Something that happened at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HardwareEvent {
    /// After [`Hardware::unlock`]: the bolt moved, the door is open.
    BoltMoved,
    /// After [`Hardware::unlock`]: the bolt got stuck.
    BoltJammed,
    /// After [`Hardware::unlock`]: something holds the bolt, the deadbolt for example.
    BoltBlocked,
    /// After [`Hardware::unlock`]: the battery gave out under the motor.
    BatteryGaveOut,
    /// The door's sensor: it was opened.
    DoorOpened,
    /// The door's sensor: it was closed.
    DoorClosed,
    /// Somebody touched the door: advertise faster for a while.
    Touched,
    /// The control on the secured side was pressed long enough to mean it (spec §9.7).
    ResetPressed,
}
