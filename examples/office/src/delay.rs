//! How long a door goes on letting in whoever loses access, in plain words and for programs.

use core::time::Duration;

use serde_json::{Value, json};
use thumbturn_manager::revocation::RevocationTime;

/// One sentence.
pub(crate) fn words(time: &RevocationTime) -> String {
    let likely = || length(time.in_99_of_100);
    match time.bound {
        Some(bound) if time.in_99_of_100 < bound => {
            format!("at the latest in {}, in 99 of 100 cases within {}", length(bound), likely())
        }
        Some(bound) => format!("at the latest in {}", length(bound)),
        None if time.in_99_of_100 < Duration::MAX => {
            format!("in 99 of 100 cases within {}, but nothing bounds it", likely())
        }
        None => "when somebody comes by with a phone, which nobody is expected to do".to_owned(),
    }
}

/// The same in seconds, rounded up; `null` where there is no such time.
pub(crate) fn facts(time: &RevocationTime) -> Value {
    json!({
        "bound_seconds": time.bound.and_then(seconds),
        "expected_seconds": seconds(time.expected),
        "in_99_of_100_seconds": seconds(time.in_99_of_100),
    })
}

/// Seconds, rounded up; `None`: for ever.
pub(crate) fn seconds(time: Duration) -> Option<u64> {
    (time < Duration::MAX).then(|| up(time, 1))
}

/// In the largest unit of which there are two or more, rounded up.
pub(crate) fn length(time: Duration) -> String {
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let unit = units.into_iter().find(|(unit, _)| time.as_secs() >= 2 * unit);
    unit.map_or_else(
        || if time <= Duration::from_secs(60) { "a minute".to_owned() } else { "2 minutes".to_owned() },
        |(unit, name)| format!("{} {name}", up(time, unit)),
    )
}

/// How many of so many seconds.
fn up(time: Duration, unit: u64) -> u64 {
    let started = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(started).div_ceil(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn time(bound: Option<u32>, hours: u32) -> RevocationTime {
        let in_99_of_100 = HOUR.saturating_mul(hours);
        RevocationTime { bound: bound.map(|days| HOUR * 24 * days), expected: HOUR, in_99_of_100 }
    }

    #[test]
    fn a_delay_is_told_in_plain_words() {
        assert_eq!(words(&time(Some(7), 5)), "at the latest in 7 days, in 99 of 100 cases within 5 hours");
        assert_eq!(words(&time(Some(1), 24)), "at the latest in 24 hours");
        assert_eq!(words(&time(None, 49)), "in 99 of 100 cases within 3 days, but nothing bounds it");
        let never = RevocationTime { bound: None, expected: Duration::MAX, in_99_of_100: Duration::MAX };
        assert!(words(&never).contains("nobody"));
    }

    #[test]
    fn lengths_are_rounded_up() {
        for (seconds, told) in [
            (0, "a minute"),
            (60, "a minute"),
            (61, "2 minutes"),
            (119, "2 minutes"),
            (7_199, "120 minutes"),
            (7_200, "2 hours"),
            (7_201, "3 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(length(Duration::from_secs(seconds)), told, "{seconds}");
        }
    }

    #[test]
    fn programs_get_seconds_or_null() {
        let facts = facts(&RevocationTime {
            bound: Some(Duration::from_millis(1_500)),
            expected: HOUR,
            in_99_of_100: Duration::MAX,
        });
        assert_eq!(
            facts,
            json!({ "bound_seconds": 2, "expected_seconds": 3_600, "in_99_of_100_seconds": null })
        );
    }
}
