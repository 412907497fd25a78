//! Collects the digits of a code and says when one is complete (spec §14.4).

use core::fmt;

use thumbturn_protocol::code::{CodeLength, Doorcode};
use thumbturn_protocol::time::Millis;
use zeroize::Zeroizing;

/// Milliseconds without a digit after which an entry ends.
const PATIENCE_MS: u64 = 5_000;
/// Most digits of an entry.
const MOST_DIGITS: usize = 7;

/// A key of the keypad: 0…9.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digit(u8);

impl Digit {
    /// `None` above 9.
    #[must_use]
    pub const fn new(digit: u8) -> Option<Self> {
        if digit <= 9 { Some(Self(digit)) } else { None }
    }
}

/// Part of a secret.
impl fmt::Debug for Digit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digit")
    }
}

/// What a digit made of the entry.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// Too few digits for a code.
    Collecting,
    /// The digits so far are a code to evaluate, and more may follow.
    Code(Doorcode),
    /// The same, and the entry has ended: no code is longer.
    LastCode(Doorcode),
}

/// An entry that ended without the keypad being told that it opened something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedEntry {
    /// With fewer digits than a code has, or none: nothing was evaluated.
    TooShort,
    /// After at least one evaluation, with this many digits.
    Evaluated(CodeLength),
}

/// The digits of the entry under way. Wiped when it ends.
pub struct Keypad {
    digits: Zeroizing<[u8; MOST_DIGITS]>,
    typed: usize,
    /// When the last digit came.
    last: Millis,
    /// From this length on the entry is evaluated.
    shortest: CodeLength,
}

impl Keypad {
    /// A keypad whose entries are evaluated from `shortest` on, the door's setting `code_digits`.
    #[must_use]
    pub fn new(shortest: CodeLength) -> Self {
        Self { digits: Zeroizing::new([0; MOST_DIGITS]), typed: 0, last: Millis(0), shortest }
    }

    /// A digit was typed. Ask [`Keypad::expire`] first: a digit after the time-out begins a new entry.
    pub fn press(&mut self, digit: Digit, now: Millis) -> Entry {
        if let Some(place) = self.digits.get_mut(self.typed) {
            *place = digit.0;
            self.typed = self.typed.saturating_add(1);
        }
        self.last = self.last.max(now);
        if self.typed < usize::from(self.shortest.digits()) {
            return Entry::Collecting;
        }
        let Ok(code) = Doorcode::from_digits(self.digits.get(..self.typed).unwrap_or_default()) else {
            return Entry::Collecting;
        };
        if self.typed < MOST_DIGITS {
            return Entry::Code(code);
        }
        let _ = self.clear();
        Entry::LastCode(code)
    }

    /// Ends the entry: the clear key, an opening, or a refusal to look at codes.
    pub fn clear(&mut self) -> EndedEntry {
        let typed = u8::try_from(self.typed).ok().filter(|typed| *typed >= self.shortest.digits());
        *self.digits = [0; MOST_DIGITS];
        self.typed = 0;
        typed.and_then(CodeLength::new).map_or(EndedEntry::TooShort, EndedEntry::Evaluated)
    }

    /// Ends an entry whose time is over.
    pub fn expire(&mut self, now: Millis) -> Option<EndedEntry> {
        self.deadline().filter(|deadline| *deadline <= now).map(|_| self.clear())
    }

    /// When the entry under way ends by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        (self.typed > 0).then(|| self.last.plus(PATIENCE_MS))
    }
}

/// No digit, and not how many.
impl fmt::Debug for Keypad {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keypad")
    }
}

#[cfg(test)]
mod tests;
