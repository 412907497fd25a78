//! A door of a Key as people write it: its name, and hours of every day.

use thumbturn_manager::access::WeeklyHours;
use thumbturn_protocol::schedule::{Days, Minute, Window};

use crate::failure::Failure;

/// The name of a door, and when it is to open.
pub(crate) fn door_and_hours(text: &str) -> Result<(&str, WeeklyHours), Failure> {
    let Some((name, hours)) = text.rsplit_once('=') else { return Ok((text, WeeklyHours::Always)) };
    let window = hours.split_once('-').and_then(|(start, end)| {
        let (start, end) = (minute(start)?, minute(end)?);
        Window::new(Days::EVERY_DAY, start, end).ok()
    });
    let window = window.ok_or_else(|| {
        let what = format!("{hours} are no hours of a day");
        Failure::new("no-hours", what, "write them like Gym=06:00-22:00")
    })?;
    Ok((name, WeeklyHours::Within([window].into())))
}

fn minute(text: &str) -> Option<Minute> {
    let (hour, minute) = text.split_once(':')?;
    Minute::at(hour.parse().ok()?, minute.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_stand_behind_the_name() {
        assert_eq!(door_and_hours("Flat 1").unwrap(), ("Flat 1", WeeklyHours::Always));
        assert_eq!(door_and_hours("Gym=06:00-22:00").unwrap().0, "Gym");
        for wrong in ["Gym=06:00", "Gym=six-ten", "Gym=25:00-26:00"] {
            assert!(door_and_hours(wrong).is_err(), "{wrong}");
        }
    }
}
