//! Opening hours as people write them.

use super::{Days, Minute, Window};
use crate::error::Error;

/// From one minute of the day until another, on each of `days`; where `to` is before `from`, until `to` of the next day.
///
/// 22:00 to 06:00 on Friday ends on Saturday at six. 22:00 to 00:00 and 22:00 to 24:00 are the same. A whole day is 00:00
/// to 24:00; equal minutes are refused, since "08:00 to 08:00" could mean nothing or everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
    /// The days on which the hours begin.
    pub days: Days,
    /// The first minute inside, before 24:00.
    pub from: Minute,
    /// The first minute outside again.
    pub to: Minute,
}

impl Hours {
    /// The one or two windows of these hours, each within a day: the part before midnight and the part after.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] when `from` equals `to` or is 24:00.
    pub fn windows(&self) -> Result<(Window, Option<Window>), Error> {
        if self.from < self.to {
            return Ok((Window::new(self.days, self.from, self.to)?, None));
        }
        if self.from == self.to {
            return Err(Error::InvalidArgument("hours that end when they begin"));
        }
        let evening = Window::new(self.days, self.from, Minute::DAY_END)?;
        if self.to == Minute::DAY_START {
            return Ok((evening, None));
        }
        Ok((evening, Some(Window::new(self.days.next(), Minute::DAY_START, self.to)?)))
    }
}
