//! Dates as managers write them, and the instants that they mean at a property.

use core::fmt;

use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};

const DAY: i64 = 86_400;

/// The host's table of the world's time zones. A core has none of its own: laws change faster than programs.
pub trait ZoneRules: Send + Sync {
    /// The offsets of an IANA zone such as `Europe/Berlin`, from `from` on for 24 months or more; `None` where it knows no such
    /// zone. Names are told apart by upper and lower case.
    fn zone(&self, name: &str, from: UnixSeconds) -> Option<Zone>;
}

/// A date as a manager writes it: `2026-05-01`, a day at the property, or an instant of RFC 3339 such as `2026-05-01T09:00:00+02:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Date {
    /// A day of the property's calendar: from its first instant on, or until its end.
    Day(LocalDay),
    /// An instant.
    Instant(UnixSeconds),
}

/// When something ends: the instant, and the last day where it was given as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct End {
    pub(crate) at: UnixSeconds,
    pub(crate) last_day: Option<LocalDay>,
}

impl From<UnixSeconds> for Date {
    fn from(instant: UnixSeconds) -> Self {
        Self::Instant(instant)
    }
}

/// No date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no date: write it as 2026-05-01, or as 2026-05-01T09:00:00+02:00")]
pub struct InvalidDate;

impl Date {
    /// Takes a date of the years 1970 to 9999. A leap second is none.
    ///
    /// # Errors
    ///
    /// [`InvalidDate`].
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        let (day, rest) = text.split_at_checked(10).ok_or(InvalidDate)?;
        let day = parse_day(day).ok_or(InvalidDate)?;
        if rest.is_empty() {
            return Ok(Self::Day(LocalDay(i32::try_from(day).map_err(|_| InvalidDate)?)));
        }
        let seconds = parse_time(rest).ok_or(InvalidDate)?;
        let instant = u64::try_from(day * DAY + seconds).ok().and_then(UnixSeconds::new);
        instant.map(Self::Instant).ok_or(InvalidDate)
    }
}

/// As it is told from any other: a day by its number since 1970, an instant by its seconds.
impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(formatter, "day {}", day.0),
            Self::Instant(instant) => write!(formatter, "instant {}", instant.seconds()),
        }
    }
}

/// The first instant of a local day: where the clock jumps over midnight, the first after the jump; where it returns to the day before, the
/// first of both. A day that the calendar left out begins when the next one does. `zone`: from two days before on, or earlier.
#[must_use]
pub fn first_instant(day: LocalDay, zone: &Zone) -> UnixSeconds {
    let midnight = i64::from(day.0) * DAY;
    let instant = |seconds: i64| {
        u64::try_from(seconds).ok().map_or(UnixSeconds::ZERO, |seconds| UnixSeconds::ZERO.plus(seconds))
    };
    // No offset is larger, so the day has not begun before the one and has by the other. Days never go back, so halving finds the change.
    let (mut before, mut by) = (midnight - LARGEST - 1, midnight + LARGEST);
    while by - before > 1 {
        let middle = before + (by - before) / 2;
        if LocalDay::at(instant(middle), zone) >= day { by = middle } else { before = middle }
    }
    instant(by)
}

/// From when on the rules of a zone have to be known to tell when a day begins.
pub(crate) fn shortly_before(day: LocalDay) -> UnixSeconds {
    let seconds = u64::try_from(i64::from(day.0) * DAY).unwrap_or(0);
    UnixSeconds::ZERO.plus(seconds.saturating_sub(172_800))
}

#[expect(clippy::as_conversions, reason = "widens, in a constant")]
const LARGEST: i64 = UtcOffset::LIMIT_SECONDS as i64;

/// An instant as RFC 3339 has it, on the clock of this offset; what an offset has beyond minutes is left out of it.
pub(crate) fn rfc3339(instant: UnixSeconds, offset: UtcOffset) -> String {
    let minutes = i64::from(offset.seconds_east()) / 60;
    let local = i64::try_from(instant.seconds()).unwrap_or(i64::MAX / 2) + minutes * 60;
    let (year, month, day) = civil(local.div_euclid(DAY));
    let second = local.rem_euclid(DAY);
    let (sign, size) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    let (east_hours, east_minutes) = (size / 60, size % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}{sign}{east_hours:02}:{east_minutes:02}",
        second % 60
    )
}

/// Days from 1970-01-01 to `YYYY-MM-DD`.
fn parse_day(text: &str) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = <[u8; 10]>::try_from(text.as_bytes()).ok()? else {
        return None;
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let days = days(year, month, day);
    (year >= 1970 && civil(days) == (year, month, day)).then_some(days)
}

/// Seconds from the day's midnight in UTC to `Thh:mm:ss`, with or without a fraction, and its offset. A fraction is cut off.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, rest) = text.as_bytes().split_first_chunk::<9>()?;
    let [b'T' | b't', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
    let offset = match after_fraction(rest)? {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 18 || minutes > 59 {
                return None;
            }
            if *sign == b'+' { hours * 60 + minutes } else { -(hours * 60 + minutes) }
        }
        _ => return None,
    };
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second - offset * 60)
}

fn after_fraction(text: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = text.strip_prefix(b".") else { return Some(text) };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { fraction.get(digits..) }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar. Years begin in March, so that the leap day is the last of them.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// Year, month and day of a day since 1970-01-01: the inverse of [`days`].
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (year, day) = (year + era * 400, of_year - (153 * month + 2) / 5 + 1);
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests;
