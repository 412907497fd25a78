//! A signal strength that does not jump: radio fades by 10 dB when a hand moves.

/// Fractions of a dB.
const SCALE: i32 = 16;
/// In the long run a sample counts for one part in this many: about two seconds at the usual advertising interval.
const WEIGHT: i32 = 8;
/// What is shown follows the smoothed signal only when it is this far off, in dB.
const STEP_DB: i32 = 5;

/// A smoothed signal strength with hysteresis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signal {
    /// Average in sixteenths of a dBm: of all samples at first, exponential later.
    smoothed: i32,
    /// What is shown, in dBm.
    shown: i32,
    /// Samples taken, up to [`WEIGHT`].
    samples: i32,
}

impl Signal {
    pub(super) fn new(sample_dbm: i8) -> Self {
        let sample = i32::from(sample_dbm);
        Self { smoothed: sample * SCALE, shown: sample, samples: 1 }
    }

    pub(super) fn sample(&mut self, sample_dbm: i8) {
        self.samples = (self.samples + 1).min(WEIGHT);
        self.smoothed += (i32::from(sample_dbm) * SCALE - self.smoothed) / self.samples;
        let smoothed = self.smoothed / SCALE;
        if (smoothed - self.shown).abs() >= STEP_DB {
            self.shown = smoothed;
        }
    }

    /// The shown signal strength in dBm.
    pub(super) fn dbm(self) -> i8 {
        i8::try_from(self.shown).unwrap_or(i8::MIN)
    }

    /// The smoothed signal strength in dBm, without the steps.
    pub(super) const fn smoothed_dbm(self) -> i32 {
        self.smoothed / SCALE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fading_around_a_level_never_moves_what_is_shown() {
        let mut signal = Signal::new(-70);
        for step in 0..1_000 {
            signal.sample(if step % 2 == 0 { -64 } else { -76 });
            assert_eq!(signal.dbm(), -70);
        }
    }

    #[test]
    fn walking_up_to_a_door_is_followed() {
        let mut signal = Signal::new(-90);
        for _ in 0..40 {
            signal.sample(-50);
        }
        assert!((-55..=-50).contains(&signal.dbm()), "{}", signal.dbm());
    }
}
