//! What a door knows about the time (spec §8.6, §13).
//!
//! The floor is what the property has vouched for; it never falls. The estimate is where the clock was put, run on by the
//! door's own timer. Durations of that timer are counted in seconds; its instants never become instants of the calendar.

use thumbturn_protocol::time::{Millis, UnixSeconds};

mod estimate;
mod hearing;

use estimate::Estimate;
pub(crate) use hearing::{ClockChange, TimeRefused};

/// Hours of uptime for which a residence door opens although its clock is unsure.
const UNSURE_HOURS: u64 = 72;
/// Openings for which it does.
const UNSURE_OPENINGS: u32 = 200;
/// Seconds by which a clock that a claimer has set may be off: as long as a session may take.
const CLAIM_ERROR: u32 = 9;
/// Seconds by which a battery-backed clock may be off at its floor.
const BOOT_ERROR: u32 = 60;

/// The door's clock: a floor that never falls and an estimate that runs on the door's own timer.
#[derive(Debug)]
pub(crate) struct DoorClock {
    floor: UnixSeconds,
    estimate: Option<Estimate>,
    unsure: Unsure,
    /// An instant that no bound holds for and that the estimate has not been lifted to.
    trusted: Option<UnixSeconds>,
}

/// Since when there is no estimate, and what happened since.
#[derive(Debug)]
struct Unsure {
    since: Millis,
    /// The floor then, without what plain tokens added.
    floor: UnixSeconds,
    openings: u32,
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

impl Reading {
    /// The latest instant that is certain to have come.
    pub(crate) const fn certain(self) -> UnixSeconds {
        match self {
            Self::Sure(instant) | Self::Unsure { floor: instant, .. } => instant,
        }
    }

    /// The instant, if it is known.
    pub(crate) const fn sure(self) -> Option<UnixSeconds> {
        match self {
            Self::Sure(instant) => Some(instant),
            Self::Unsure { .. } => None,
        }
    }
}

impl DoorClock {
    /// After a boot, with the floor from flash. A clock behind the floor is no clock.
    pub(crate) fn boot(floor: UnixSeconds, real_time_clock: Option<UnixSeconds>, now: Millis) -> Self {
        let behind = |instant: UnixSeconds| BOOT_ERROR.saturating_add(estimate::drift(instant.since(floor)));
        let estimate = real_time_clock
            .filter(|instant| *instant >= floor)
            .map(|instant| Estimate::new(instant, behind(instant), floor, now))
            .filter(|estimate| estimate.is_good(now));
        Self { floor, estimate, unsure: Unsure { since: now, floor, openings: 0 }, trusted: None }
    }

    /// Sets the clock to an instant that the property signed for this door.
    pub(crate) fn set(&mut self, instant: UnixSeconds, now: Millis) {
        let instant = instant.max(self.floor);
        self.put(instant, CLAIM_ERROR, instant, now);
    }

    /// The property or its root has signed, for this very door or in a rotation, that it is this instant or later: no bound
    /// holds (spec §13.2). The estimate goes on from there when the clock is told the next time what its timer says.
    pub(crate) fn trust(&mut self, instant: UnixSeconds) {
        self.floor = self.floor.max(instant);
        self.trusted = self.trusted.max(Some(instant));
    }

    /// What it says.
    pub(crate) fn read(&self, now: Millis) -> Reading {
        match self.good(now) {
            Some(estimate) => Reading::Sure(estimate.instant(now).max(self.floor)),
            None => Reading::Unsure { floor: self.floor, allowance: self.allowance(now) },
        }
    }

    /// The largest instant that the property has vouched for.
    pub(crate) const fn floor(&self) -> UnixSeconds {
        self.floor
    }

    /// Seconds by which a sure reading may be off; `u32::MAX` when it is unsure.
    pub(crate) fn error(&self, now: Millis) -> u32 {
        let Some(estimate) = self.good(now) else { return u32::MAX };
        let ahead = self.floor.max(estimate.instant(now)).since(estimate.unpushed(now));
        estimate.error(now).saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX))
    }

    /// Counts an opening with an unsure clock.
    pub(crate) fn opened_unsure(&mut self) {
        self.unsure.openings = self.unsure.openings.saturating_add(1);
    }

    /// Raises the floor to what is certain by now, for it to be persisted; hourly. A clock whose error has grown too large is
    /// lost here.
    pub(crate) fn raise_floor(&mut self, now: Millis) -> UnixSeconds {
        self.settle(now);
        if let Some(estimate) = self.estimate {
            self.floor = self.floor.max(estimate.certain(now));
            if !estimate.is_good(now) {
                self.estimate = None;
                self.unsure = Unsure { since: now, floor: self.floor, openings: 0 };
            }
        }
        self.floor
    }

    /// Whether the estimate is missing.
    pub(crate) const fn is_unsure(&self) -> bool {
        self.estimate.is_none()
    }

    fn good(&self, now: Millis) -> Option<Estimate> {
        self.estimate.filter(|estimate| estimate.is_good(now))
    }

    /// Puts the clock at `instant`, give or take `error`; `vouched` was signed and has come.
    fn put(&mut self, instant: UnixSeconds, error: u32, vouched: UnixSeconds, now: Millis) {
        self.floor = self.floor.max(vouched);
        self.trusted = None;
        // It may lie below the floor: then the clock reads the floor, and stands still until the estimate has come there.
        self.estimate = Some(Estimate::new(instant, error, vouched, now));
        self.unsure = Unsure { since: now, floor: self.floor, openings: 0 };
    }

    /// Lifts the estimate, or what stands for it, to what was trusted.
    fn settle(&mut self, now: Millis) {
        let Some(trusted) = self.trusted.take() else { return };
        match &mut self.estimate {
            Some(estimate) => estimate.lift(trusted, now),
            None if self.unsure.latest(now) < trusted => {
                self.unsure.since = now;
                self.unsure.floor = trusted;
            }
            None => {}
        }
    }

    fn allowance(&self, now: Millis) -> Allowance {
        let Unsure { since, openings, .. } = self.unsure;
        if now.since(since) < UNSURE_HOURS * 3_600_000 && openings < UNSURE_OPENINGS {
            Allowance::Left
        } else {
            Allowance::UsedUp
        }
    }
}

impl Unsure {
    /// The floor of then, run on by the door's timer.
    fn latest(&self, now: Millis) -> UnixSeconds {
        self.floor.plus(now.since(self.since) / 1_000)
    }
}

#[cfg(test)]
mod tests;
