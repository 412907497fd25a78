//! Doorcodes: what a person types (spec §14.1).
//!
//! A code is a secret. It is wiped when it is dropped, compared in constant time, and never printed.
//!
//! ```
//! use thumbturn_protocol::code::{CodeLength, Doorcode};
//!
//! let code = Doorcode::parse("0972587")?;
//! assert_eq!(code.length(), CodeLength::SEVEN);
//! assert!(!code.is_weak());
//! assert_eq!(format!("{code:?}"), "Doorcode");
//! # Ok::<(), thumbturn_protocol::error::Error>(())
//! ```

mod day;
mod ddc;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use alloc::string::String;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

pub use self::day::LocalDay;
pub use self::ddc::{
    CodeEpoch, CodeKeyGeneration, DailyCode, DailyCodeKey, DailyCodeMaster, DailyKind, DoorField, Slot, Slots,
};
use crate::crypto;
use crate::error::Error;
use crate::random::{SecureRandom, random_bytes};

/// Most digits of a doorcode, and the digits of every daily code.
const MOST_DIGITS: usize = 7;
/// Draws after which a random source that gives no strong code is given up: an honest one fails once in 2^70 calls.
const DRAWS: usize = 64;

/// How many digits a code has: 4…7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeLength(u8);

impl CodeLength {
    /// The shortest.
    pub const FOUR: Self = Self(4);
    /// The longest, and that of every daily code.
    pub const SEVEN: Self = Self(7);
    /// All, ascending.
    pub const ALL: [Self; 4] = [Self(4), Self(5), Self(6), Self(7)];

    /// `None` outside 4…7.
    #[must_use]
    pub const fn new(digits: u8) -> Option<Self> {
        if digits >= Self::FOUR.0 && digits <= Self::SEVEN.0 { Some(Self(digits)) } else { None }
    }

    /// The number of digits.
    #[must_use]
    pub const fn digits(self) -> u8 {
        self.0
    }

    /// How many codes of this length there are.
    #[must_use]
    pub const fn codes(self) -> u32 {
        match self.0 {
            4 => 10_000,
            5 => 100_000,
            6 => 1_000_000,
            _ => 10_000_000,
        }
    }
}

/// A code of four to seven digits. Leading zeros count.
///
/// `Clone` because rows of a list that hold one are compared and merged; each copy is wiped.
#[derive(Clone, Zeroize)]
#[zeroize(drop)]
pub struct Doorcode {
    /// Digits 0…9; zeros behind the last.
    digits: [u8; MOST_DIGITS],
    length: u8,
}

impl Doorcode {
    /// A code of these digits, each 0…9.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for fewer than four or more than seven, and for what is no digit.
    pub fn from_digits(digits: &[u8]) -> Result<Self, Error> {
        let length = u8::try_from(digits.len()).ok().and_then(CodeLength::new);
        let length = length.ok_or(Error::Malformed("doorcode"))?;
        if digits.iter().any(|digit| *digit > 9) {
            return Err(Error::Malformed("doorcode"));
        }
        let mut code = Self { digits: [0; MOST_DIGITS], length: length.0 };
        for (to, from) in code.digits.iter_mut().zip(digits) {
            *to = *from;
        }
        Ok(code)
    }

    /// A code as people write it: decimal digits and nothing else.
    ///
    /// # Errors
    ///
    /// As [`Doorcode::from_digits`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut digits = Zeroizing::new([0; MOST_DIGITS]);
        if text.len() > MOST_DIGITS {
            return Err(Error::Malformed("doorcode"));
        }
        for (to, character) in digits.iter_mut().zip(text.bytes()) {
            *to = character.wrapping_sub(b'0');
        }
        Self::from_digits(digits.get(..text.len()).unwrap_or_default())
    }

    /// The code that is `number` in decimal with leading zeros.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for a number of more than `length` digits.
    pub fn from_number(number: u32, length: CodeLength) -> Result<Self, Error> {
        if number >= length.codes() {
            return Err(Error::Malformed("doorcode"));
        }
        let mut code = Self { digits: [0; MOST_DIGITS], length: length.0 };
        let mut rest = number;
        for digit in code.digits.iter_mut().take(usize::from(length.0)).rev() {
            *digit = u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Ok(code)
    }

    /// A new permanent code: uniform among those that are not weak (R-175). Whether it is free at a door is for the authority to check.
    ///
    /// # Errors
    ///
    /// [`Error::Random`], and [`Error::Exhausted`] when the random source repeats itself.
    pub fn make(length: CodeLength, random: &mut dyn SecureRandom) -> Result<Self, Error> {
        // The largest multiple of the number of codes below 2^24: what lies above would favour small numbers.
        let fair = (1 << 24) / length.codes() * length.codes();
        for _ in 0..DRAWS {
            let [a, b, c] = random_bytes(random)?;
            let drawn = u32::from_be_bytes([0, a, b, c]);
            if drawn >= fair {
                continue;
            }
            let code = Self::from_number(drawn % length.codes(), length)?;
            if !code.is_weak() {
                return Ok(code);
            }
        }
        Err(Error::Exhausted)
    }

    /// How many digits it has.
    #[must_use]
    pub fn length(&self) -> CodeLength {
        CodeLength::new(self.length).unwrap_or(CodeLength::SEVEN)
    }

    /// The digits, first typed first. For the keypad and for showing the code to whom it belongs.
    #[must_use]
    pub fn digits(&self) -> &[u8] {
        self.digits.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The code as people write it. For its holder only.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        // Of the right size from the start: growing would leave a copy behind.
        let mut text = String::with_capacity(MOST_DIGITS);
        text.extend(self.digits().iter().map(|digit| char::from(b'0'.saturating_add(*digit))));
        Zeroizing::new(text)
    }

    /// The code as a number, without its leading zeros.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.digits().iter().fold(0, |number, digit| number * 10 + u32::from(*digit))
    }

    /// The id of this code's row in a door's list (spec §10.1).
    #[must_use]
    pub fn row_id(&self) -> Zeroizing<[u8; 16]> {
        let [a, b, c, d] = self.number().to_be_bytes();
        Zeroizing::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, self.length, a, b, c, d])
    }

    /// Whether people try it first: at most two distinct digits, or the same step from each digit to the next, modulo 10 (spec §14.2).
    #[must_use]
    pub fn is_weak(&self) -> bool {
        let digits = self.digits();
        let distinct = (0..10).filter(|digit| digits.contains(digit)).count();
        let mut steps = digits.iter().zip(digits.iter().skip(1)).map(|(from, to)| (10 + to - from) % 10);
        let first = steps.next();
        distinct <= 2 || steps.all(|step| Some(step) == first)
    }

    /// Whether `other` is typed on the way to this code; also when they are the same. No two codes of a door may be so (spec §14.1).
    #[must_use]
    pub fn begins_with(&self, other: &Self) -> bool {
        self.digits().get(..other.digits().len()).is_some_and(|head| crypto::same(head, other.digits()))
    }
}

/// In constant time.
impl PartialEq for Doorcode {
    fn eq(&self, other: &Self) -> bool {
        // The digits behind the last are zero, so both comparisons together are exact.
        crypto::same(&self.digits, &other.digits) & crypto::same(&[self.length], &[other.length])
    }
}

impl Eq for Doorcode {}

/// No digit, and not how many.
impl fmt::Debug for Doorcode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Doorcode")
    }
}
