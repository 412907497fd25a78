//! Hours of the week as people write them: `Mon-Fri 09:00-12:00`, `Sat,Sun 22:00-02:00`.

use thumbturn_protocol::schedule::{Days, Hours, Minute, Weekday};

const NAMES: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// Reads one line of hours; the error says what was expected.
pub(crate) fn parse(text: &str) -> Result<Hours, String> {
    let (days, times) = text
        .trim()
        .split_once(' ')
        .ok_or_else(|| format!("{text:?}: write days and times, like Mon-Fri 09:00-12:00"))?;
    let (from, to) = times
        .trim()
        .split_once('-')
        .ok_or_else(|| format!("{times:?}: write two times, like 09:00-12:00"))?;
    let hours = Hours { days: parse_days(days)?, from: parse_time(from)?, to: parse_time(to)? };
    if hours.from == hours.to {
        return Err(format!("{:?} begins and ends at once: write 00:00-24:00 for a whole day", times.trim()));
    }
    Ok(hours)
}

fn parse_days(text: &str) -> Result<Days, String> {
    let mut weekdays = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            None => weekdays.push(parse_day(part)?),
            Some((first, last)) => weekdays.extend(run_of_days(parse_day(first)?, parse_day(last)?)),
        }
    }
    Days::from_weekdays(weekdays).ok_or_else(|| format!("{text:?}: no day"))
}

fn parse_day(text: &str) -> Result<Weekday, String> {
    let day = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    day.map(|(_, day)| *day)
        .ok_or_else(|| format!("{text:?} is no day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun"))
}

/// From one day to another, over the end of the week if need be.
fn run_of_days(first: Weekday, last: Weekday) -> Vec<Weekday> {
    let from_first = Weekday::ALL.into_iter().cycle().skip_while(move |day| *day != first);
    let mut days = Vec::new();
    for day in from_first {
        days.push(day);
        if day == last {
            break;
        }
    }
    days
}

fn parse_time(text: &str) -> Result<Minute, String> {
    let wrong = || format!("{text:?} is no time of day: write 00:00 to 24:00");
    let (hour, minute) = text.trim().split_once(':').ok_or_else(wrong)?;
    let (hour, minute) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    Minute::at(hour, minute).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_runs_of_days() {
        assert_eq!(parse("Mon-Fri 09:00-12:00").unwrap().days, Days::WORKDAYS);
        assert_eq!(parse("sat,Sun 09:00-12:00").unwrap().days, Days::WEEKEND);
        assert_eq!(parse("Sun-Mon 22:00-02:00").unwrap().days.bits(), 0b100_0001);
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for wrong in
            ["", "Mon", "Mon 9", "Mun 09:00-12:00", "Mon 09:00-25:00", "Mon 09:60-12:00", "Mon 9:00-09:00"]
        {
            assert!(parse(wrong).unwrap_err().contains("write"), "{wrong}");
        }
    }
}
