//! The door's body, as the engine needs it: motor, sensors, battery, clock, and if it has them keypad and card reader.

use core::fmt;

use thumbturn_protocol::time::UnixSeconds;

use crate::decision::UnlockOrder;
use crate::keypad::Digit;
use crate::signal::Signal;

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

    /// Shows by light and sound what came of a code or a card. A lock without keypad and card reader has nothing to show.
    fn signal(&mut self, _signal: Signal) {}

    /// Sends a command to the card in the field, as it is: at most 64 bytes. Its answer is reported as
    /// [`HardwareEvent::CardAnswered`]. A lock without card reader reports no card, and is never asked to.
    fn send_to_card(&mut self, _command: &[u8]) {}
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
    /// A digit was typed at the keypad.
    Digit(Digit),
    /// The keypad's clear key, or whatever else ends an entry.
    KeypadCleared,
    /// A card of ISO 14443-4 is in the field and has been activated.
    CardPresent,
    /// After [`Hardware::send_to_card`]: what the card answered.
    CardAnswered(CardAnswer),
    /// The card has left the field, or does not answer.
    CardGone,
}

/// What a card answered: up to 64 bytes, status included.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardAnswer {
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl CardAnswer {
    /// Longest answer that a door reads (spec §14.8).
    pub const LONGEST: usize = 64;

    /// An answer. Of a longer one nothing is kept: no card of ours gives it, and the reading ends.
    #[must_use]
    pub fn new(answer: &[u8]) -> Self {
        let mut bytes = [0; Self::LONGEST];
        let place = bytes.get_mut(..answer.len()).map(|place| place.copy_from_slice(answer));
        let length = place.and_then(|()| u8::try_from(answer.len()).ok());
        Self { bytes, length: length.unwrap_or(0) }
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// Nothing of what the card said.
impl fmt::Debug for CardAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardAnswer")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn an_answer_of_64_bytes_is_kept_and_of_a_longer_one_nothing() {
        assert_eq!(CardAnswer::new(&[7; 64]).as_bytes(), [7; 64]);
        assert!(CardAnswer::new(&[7; 65]).as_bytes().is_empty());
    }

    #[test]
    fn neither_digits_nor_answers_are_printed() {
        for digit in 0..=9 {
            let event = HardwareEvent::Digit(Digit::new(digit).unwrap());
            assert_eq!(format!("{event:?}"), "Digit(Digit)");
        }
        let answer = HardwareEvent::CardAnswered(CardAnswer::new(&[0x91, 0x00]));
        assert_eq!(format!("{answer:?}"), "CardAnswered(CardAnswer)");
    }
}
