use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn stored(visits: Visits) -> RevocationTime {
    revocation_time(Credential::Stored { ends_in: None }, &visits)
}

#[test]
fn a_card_at_a_door_without_rounds_has_no_bound() {
    let time = stored(Visits::per_day(12.0).unwrap());
    assert_eq!(time.bound, None);
    assert_eq!(time.expected, 2 * HOUR);
    assert!(time.in_99_of_100 > 9 * HOUR && time.in_99_of_100 < 10 * HOUR);
}

#[test]
fn a_door_that_nobody_passes_is_said_to_take_for_ever() {
    let time = stored(Visits::per_day(0.0).unwrap());
    assert_eq!((time.bound, time.expected, time.in_99_of_100), (None, Duration::MAX, Duration::MAX));
}

#[test]
fn an_app_ends_with_its_lease_also_where_nobody_comes() {
    let time = revocation_time(Credential::App { lease_ends_in: 3 * DAY }, &Visits::per_day(0.0).unwrap());
    assert_eq!((time.bound, time.expected, time.in_99_of_100), (Some(3 * DAY), 3 * DAY, 3 * DAY));
}

#[test]
fn of_two_credentials_the_one_without_an_end_lives_longer() {
    let (app, card) =
        (Credential::App { lease_ends_in: 3 * DAY }, Credential::Stored { ends_in: Some(2 * DAY) });
    let endless = Credential::Stored { ends_in: None };
    for (one, other, longer) in [(app, card, app), (app, endless, endless), (card, endless, endless)] {
        assert_eq!((one.longer(other), other.longer(one)), (longer, longer));
    }
}

#[test]
fn a_rate_must_be_a_number() {
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Visits::per_day(wrong), None);
    }
}

/// The mean of many drawn delivery times, cut at the bound: what the formula must give.
#[test]
fn the_mean_is_that_of_drawn_arrivals() {
    let visits = Visits::per_day(3.0).unwrap().fetched_after(HOUR);
    let draws = 20_000_u32;
    // Evenly spread quantiles of the exponential distribution.
    let arrival = |draw: u32| {
        let chance = (f64::from(draw) + 0.5) / f64::from(draws);
        HOUR.as_secs_f64() - chance.ln() / 3.0 * 86_400.0
    };
    for lease in [HOUR / 2, 6 * HOUR, 2 * DAY] {
        let drawn: f64 = (0..draws).map(|draw| arrival(draw).min(lease.as_secs_f64())).sum();
        let drawn = drawn / f64::from(draws);
        let time = revocation_time(Credential::App { lease_ends_in: lease }, &visits);
        assert!((time.expected.as_secs_f64() - drawn).abs() < drawn / 200.0, "{time:?} {drawn}");
    }
}

prop_compose! {
    fn any_visits()(rate in 0.0..500.0_f64, round in proptest::option::of(0..90_u32), fetch in 0..600_u32) -> Visits {
        let visits = Visits::per_day(rate).unwrap().fetched_after(Duration::from_secs(u64::from(fetch)));
        match round {
            Some(days) => visits.at_least_every(days * DAY),
            None => visits,
        }
    }
}

proptest! {
    #[test]
    fn neither_mean_nor_percentile_is_beyond_the_bound(visits in any_visits(), lease in 0..100_u32) {
        let time = revocation_time(Credential::App { lease_ends_in: lease * HOUR }, &visits);
        let bound = time.bound.unwrap();
        prop_assert!(time.expected <= bound && time.in_99_of_100 <= bound);
    }

    #[test]
    fn more_visits_and_shorter_leases_never_take_longer(visits in any_visits(), more in 0.0..100.0_f64, lease in 1..100_u32) {
        let slack = Duration::from_millis(1);
        let app = |hours: u32| Credential::App { lease_ends_in: hours * HOUR };
        let before = revocation_time(app(lease), &visits);
        let busier = Visits { per_day: visits.per_day + more, ..visits };
        for better in [revocation_time(app(lease), &busier), revocation_time(app(lease - 1), &visits)] {
            prop_assert!(better.bound <= before.bound);
            prop_assert!(better.expected <= before.expected + slack);
            prop_assert!(better.in_99_of_100 <= before.in_99_of_100 + slack);
        }
    }
}
