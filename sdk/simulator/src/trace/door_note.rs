//! What happens to a door's body.

use core::fmt;

use thumbturn_lock::signal::Signal;

/// Something that happened to a door's body or software, for the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DoorNote {
    /// The motor was started to draw the bolt.
    MotorRuns,
    /// The bolt is drawn: the door is open.
    BoltDrawn,
    /// The bolt got stuck.
    BoltJams,
    /// Something holds the bolt.
    BoltBlocked,
    /// The battery gave out under the motor.
    BatteryGivesOut,
    /// The bolt is thrown: the door is locked.
    BoltThrown,
    /// Keypad or card reader shows something.
    Shows(Signal),
    /// The software does not start, for this reason.
    DoesNotStart(String),
}

impl fmt::Display for DoorNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MotorRuns => formatter.write_str("the motor runs"),
            Self::BoltDrawn => formatter.write_str("the bolt is drawn"),
            Self::BoltJams => formatter.write_str("the bolt jams"),
            Self::BoltBlocked => formatter.write_str("the bolt is blocked"),
            Self::BatteryGivesOut => formatter.write_str("the battery gives out"),
            Self::BoltThrown => formatter.write_str("the bolt is thrown"),
            Self::Shows(signal) => write!(formatter, "keypad or reader: {signal:?}"),
            Self::DoesNotStart(reason) => write!(formatter, "the software does not start: {reason}"),
        }
    }
}
