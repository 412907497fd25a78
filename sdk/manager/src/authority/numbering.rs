//! Numbers that are never given twice, also not by an authority that came back from an old backup (spec §2.6).
//!
//! They are counted with the minutes. Who gives less than one number in a minute on average cannot repeat one after a restore; for the
//! rest, receipts tell how far an authority had come.

use thumbturn_protocol::time::UnixSeconds;

use super::error::AuthorityError;

/// 2024-01-01T00:00Z: minutes are counted from here.
const BEGINNING: u64 = 1_704_067_200;
/// How far ahead of the minutes a number can honestly be: two years' worth of numbers given in bursts.
const LEAD: u32 = 1 << 20;

/// The number after `last`: one more, or the minutes since 2024 if these are further.
///
/// # Errors
///
/// [`AuthorityError::NumbersUsedUp`] after `u32::MAX`.
pub fn next_number(last: u32, now: UnixSeconds) -> Result<u32, AuthorityError> {
    let after = last.checked_add(1).ok_or(AuthorityError::NumbersUsedUp)?;
    Ok(after.max(minutes(now)))
}

/// The larger of what is known and what a door says that it has, unless no honest authority can have given that.
///
/// A thief of a key may give a door any number. The authority does not follow him there: it would have no number left, and the
/// rotation that ends the theft lets doors take lower ones again (spec §10.8).
#[must_use]
pub fn raised(known: u32, heard: u32, now: UnixSeconds) -> u32 {
    if heard > minutes(now).saturating_add(LEAD) { known } else { known.max(heard) }
}

fn minutes(now: UnixSeconds) -> u32 {
    u32::try_from(now.seconds().saturating_sub(BEGINNING) / 60).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minutes: u64) -> UnixSeconds {
        UnixSeconds::new(BEGINNING + minutes * 60).unwrap()
    }

    #[test]
    fn numbers_rise_with_the_minutes_and_within_one() {
        let mut given = Vec::new();
        for now in [minute(10), minute(10), minute(11), minute(110), minute(3)] {
            given.push(next_number(given.last().copied().unwrap_or(0), now).unwrap());
        }
        assert_eq!(given, [10, 11, 12, 110, 111]);
    }

    #[test]
    fn after_the_last_number_there_is_none() {
        assert_eq!(next_number(u32::MAX - 1, minute(1)), Ok(u32::MAX));
        assert_eq!(next_number(u32::MAX, minute(1)), Err(AuthorityError::NumbersUsedUp));
    }

    #[test]
    fn a_number_that_only_a_thief_can_have_given_raises_nothing() {
        assert_eq!(raised(5, 9, minute(1)), 9);
        assert_eq!(raised(9, 5, minute(1)), 9);
        assert_eq!(raised(5, u32::MAX, minute(1)), 5);
        assert_eq!(raised(5, LEAD + 1, minute(1)), LEAD + 1);
        assert_eq!(raised(5, LEAD + 2, minute(1)), 5);
    }
}
