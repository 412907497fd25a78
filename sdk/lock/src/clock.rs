//! What a door knows about the time (spec §8.6).

use thumbturn_protocol::time::{Millis, UnixSeconds};

/// Hours of uptime for which a residence door opens although its clock is unsure.
const UNSURE_HOURS: u64 = 72;
/// Openings for which it does.
const UNSURE_OPENINGS: u32 = 200;

/// The door's clock: a floor that never falls and an estimate that runs on the door's own timer.
#[derive(Debug)]
pub(crate) struct DoorClock {
    floor: UnixSeconds,
    estimate: Option<Estimate>,
    /// Openings since the clock was lost.
    unsure_openings: u32,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    at: Millis,
    instant: UnixSeconds,
}

/// What the clock says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is this instant.
    Sure(UnixSeconds),
    /// It is this instant or later.
    Unsure {
        /// The floor.
        floor: UnixSeconds,
        /// Whether the allowance of a residence door is not used up.
        allowance: Allowance,
    },
}

/// The allowance of a residence door with an unsure clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// Some hours and openings are left.
    Left,
    /// None.
    UsedUp,
}

impl DoorClock {
    /// After a boot, with the floor from flash. A clock behind the floor is no clock.
    pub(crate) fn boot(floor: UnixSeconds, real_time_clock: Option<UnixSeconds>, now: Millis) -> Self {
        let estimate =
            real_time_clock.filter(|instant| *instant >= floor).map(|instant| Estimate { at: now, instant });
        Self { floor, estimate, unsure_openings: 0 }
    }

    /// Sets the clock to an instant that the property signed for this door.
    pub(crate) fn set(&mut self, instant: UnixSeconds, now: Millis) {
        let instant = instant.max(self.floor);
        self.floor = instant;
        self.estimate = Some(Estimate { at: now, instant });
        self.unsure_openings = 0;
    }

    /// What it says.
    pub(crate) fn read(&self, now: Millis) -> Reading {
        match self.estimate {
            Some(Estimate { at, instant }) => {
                Reading::Sure(instant.plus(now.since(at) / 1_000).max(self.floor))
            }
            None => Reading::Unsure { floor: self.floor, allowance: self.allowance(now) },
        }
    }

    /// Counts an opening with an unsure clock.
    pub(crate) fn opened_unsure(&mut self) {
        self.unsure_openings = self.unsure_openings.saturating_add(1);
    }

    /// Raises the floor to what a sure clock says, for it to be persisted.
    pub(crate) fn raise_floor(&mut self, now: Millis) -> UnixSeconds {
        if let Reading::Sure(instant) = self.read(now) {
            self.floor = instant;
        }
        self.floor
    }

    /// Whether the estimate is missing.
    pub(crate) const fn is_unsure(&self) -> bool {
        self.estimate.is_none()
    }

    fn allowance(&self, now: Millis) -> Allowance {
        // Uptime counts from the boot at which the clock was lost, which is when `Millis` begins.
        if now.0 < UNSURE_HOURS * 3_600_000 && self.unsure_openings < UNSURE_OPENINGS {
            Allowance::Left
        } else {
            Allowance::UsedUp
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixSeconds {
        UnixSeconds::new(seconds).unwrap()
    }

    #[test]
    fn a_clock_behind_the_floor_is_unsure() {
        let clock = DoorClock::boot(at(1_000), Some(at(999)), Millis(0));
        assert!(clock.is_unsure());
    }

    #[test]
    fn an_unsure_clock_never_reads_below_its_floor() {
        let mut clock = DoorClock::boot(at(1_000), None, Millis(0));
        clock.set(at(500), Millis(0));
        assert_eq!(clock.read(Millis(0)), Reading::Sure(at(1_000)));
    }

    #[test]
    fn the_allowance_ends_with_the_hours_and_with_the_openings() {
        let mut clock = DoorClock::boot(at(1_000), None, Millis(0));
        let left = Reading::Unsure { floor: at(1_000), allowance: Allowance::Left };
        let used_up = Reading::Unsure { floor: at(1_000), allowance: Allowance::UsedUp };
        assert_eq!(clock.read(Millis(72 * 3_600_000 - 1)), left);
        assert_eq!(clock.read(Millis(72 * 3_600_000)), used_up);
        for _ in 0..UNSURE_OPENINGS {
            clock.opened_unsure();
        }
        assert_eq!(clock.read(Millis(0)), used_up);
    }
}
