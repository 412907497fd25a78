//! Where doors and phones are, and how phones walk.

use core::time::Duration;

use crate::clock::{Instant, micros};

/// A point of the building, in centimetres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// East.
    pub x: i32,
    /// North.
    pub y: i32,
    /// Up.
    pub z: i32,
}

impl Place {
    /// A point on the ground floor, in whole metres.
    #[must_use]
    pub const fn metres(x: i32, y: i32) -> Self {
        Self { x: x.saturating_mul(100), y: y.saturating_mul(100), z: 0 }
    }

    /// A point one metre away: where somebody stands who opens a door here.
    #[must_use]
    pub const fn beside(self) -> Self {
        Self { y: self.y.saturating_add(100), ..self }
    }

    /// The distance to `other` in centimetres, rounded down.
    #[must_use]
    pub fn distance(self, other: Self) -> u64 {
        [(self.x, other.x), (self.y, other.y), (self.z, other.z)]
            .into_iter()
            .map(|(a, b)| u64::from(a.abs_diff(b)))
            .fold(0_u64, |sum, side| sum.saturating_add(side.saturating_mul(side)))
            .isqrt()
    }
}

/// A straight walk at constant speed; before and after it, standing still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    from: Place,
    to: Place,
    departure: Instant,
    arrival: Instant,
}

impl Walk {
    pub(crate) const fn standing(place: Place) -> Self {
        Self { from: place, to: place, departure: Instant::START, arrival: Instant::START }
    }

    /// From `from` to `to` in `time`, beginning at `departure`.
    pub(crate) fn straight(from: Place, to: Place, departure: Instant, time: Duration) -> Self {
        Self { from, to, departure, arrival: departure.plus(time) }
    }

    pub(crate) fn place(&self, now: Instant) -> Place {
        let total = micros(self.arrival.since(self.departure));
        let gone = micros(now.since(self.departure)).min(total);
        let along = |from: i32, to: i32| {
            let way = i64::from(to).saturating_sub(i64::from(from));
            let scaled = i128::from(way)
                .saturating_mul(i128::from(gone))
                .checked_div(i128::from(total))
                .unwrap_or_else(|| i128::from(way));
            i32::try_from(i128::from(from).saturating_add(scaled)).unwrap_or(to)
        };
        Place {
            x: along(self.from.x, self.to.x),
            y: along(self.from.y, self.to.y),
            z: along(self.from.z, self.to.z),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_follows_pythagoras() {
        assert_eq!(Place::metres(0, 0).distance(Place::metres(3, -4)), 500);
    }

    #[test]
    fn a_walker_is_half_way_at_half_time_and_stays_at_the_end() {
        let start = Instant::from_micros(1_000);
        let walk = Walk::straight(Place::metres(10, 0), Place::metres(0, 0), start, Duration::from_secs(8));
        assert_eq!(walk.place(Instant::START), Place::metres(10, 0));
        assert_eq!(walk.place(start.plus(Duration::from_secs(4))), Place::metres(5, 0));
        assert_eq!(walk.place(start.plus(Duration::from_secs(60))), Place::metres(0, 0));
    }
}
