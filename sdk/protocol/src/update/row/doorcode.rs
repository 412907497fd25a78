//! A permanent doorcode (spec §10.1).

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::error::Error;

/// Four to seven digits that a person types. Leading zeros count. Secret: wiped when dropped, never printed.
///
/// `Clone` for the same reason as [`Row`](super::Row).
#[derive(Clone, Zeroize)]
#[zeroize(drop)]
pub struct Doorcode {
    digits: u8,
    number: u32,
}

impl Doorcode {
    /// Fewest digits of a permanent doorcode.
    pub const FEWEST_DIGITS: u8 = 4;
    /// Most digits of a permanent doorcode.
    pub const MOST_DIGITS: u8 = 7;

    /// The code of `digits` digits that is `number`, leading zeros added.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] unless there are 4…7 digits and `number` has no more than those.
    pub const fn new(digits: u8, number: u32) -> Result<Self, Error> {
        if digits < Self::FEWEST_DIGITS || digits > Self::MOST_DIGITS {
            return Err(Error::InvalidArgument("digits of a doorcode"));
        }
        // At most 10^7.
        let mut beyond = 1_u32;
        let mut counted = 0;
        while counted < digits {
            beyond *= 10;
            counted += 1;
        }
        if number >= beyond {
            return Err(Error::InvalidArgument("a doorcode with more digits than stated"));
        }
        Ok(Self { digits, number })
    }

    /// How many digits it has, 4…7.
    #[must_use]
    pub const fn digits(&self) -> u8 {
        self.digits
    }

    /// The digits as a decimal number.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }
}

/// In constant time.
impl PartialEq for Doorcode {
    fn eq(&self, other: &Self) -> bool {
        (self.digits.ct_eq(&other.digits) & self.number.ct_eq(&other.number)).into()
    }
}

impl Eq for Doorcode {}

impl fmt::Debug for Doorcode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Doorcode")
    }
}
