//! Signal strength over distance, and what a receiver makes of it. Integers only, so that every platform gives the same run.

use super::settings::RadioSettings;
use crate::random::SeededRandom;

/// At this strength and above the loss is the one of the settings.
const GOOD_DBM: i32 = -85;
/// At this strength and below nothing is received.
const DEAF_DBM: i32 = -97;
const MILLION: u32 = 1_000_000;

/// Received strength in dBm of one packet sent with 0 dBm over `centimetres`.
pub(crate) fn received_dbm(settings: &RadioSettings, centimetres: u64, random: &mut SeededRandom) -> i8 {
    let doublings = log2_256(centimetres.max(10)).saturating_sub(log2_256(100));
    let tenths = i64::from(settings.loss_at_one_metre)
        .saturating_mul(10)
        .saturating_add(doublings.saturating_mul(i64::from(settings.loss_per_doubling)) / 256);
    let strength = (-tenths / 10).saturating_add(fading(settings, random));
    i8::try_from(strength.clamp(-127, 20)).unwrap_or(-127)
}

/// Chance in parts per million that a packet received at `dbm` is not understood.
pub(crate) fn loss(settings: &RadioSettings, dbm: i8) -> u32 {
    let dbm = i32::from(dbm);
    let base = settings.packet_loss.min(MILLION);
    if dbm >= GOOD_DBM {
        return base;
    }
    let below = u32::try_from(GOOD_DBM.saturating_sub(dbm.max(DEAF_DBM))).unwrap_or(0);
    let span = GOOD_DBM.abs_diff(DEAF_DBM);
    let room = MILLION.saturating_sub(base);
    base.saturating_add(room.checked_div(span).unwrap_or(0).saturating_mul(below).saturating_add(room % span))
        .min(MILLION)
}

/// Triangular noise of up to twice the setting in either direction.
fn fading(settings: &RadioSettings, random: &mut SeededRandom) -> i64 {
    if settings.fading == 0 {
        return 0;
    }
    let width = u64::from(settings.fading).saturating_mul(2);
    let draw = random.below(width.saturating_add(1)).saturating_add(random.below(width.saturating_add(1)));
    i64::try_from(draw).unwrap_or(0).saturating_sub(i64::try_from(width).unwrap_or(0))
}

/// Binary logarithm times 256, linear between powers of two (at most 0.09 off, half a dB).
fn log2_256(value: u64) -> i64 {
    let exponent = value.max(1).ilog2();
    let power = 1_u64 << exponent;
    let fraction = value.saturating_sub(power).saturating_mul(256) / power;
    i64::from(exponent).saturating_mul(256).saturating_add(i64::try_from(fraction).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(centimetres: u64) -> i8 {
        received_dbm(&RadioSettings::perfect(), centimetres, &mut SeededRandom::new(1))
    }

    #[test]
    fn signal_falls_with_distance() {
        assert_eq!(strength(100), -55);
        assert!((-63..=-62).contains(&strength(200)));
        let steps: Vec<i8> = [10, 50, 100, 300, 1_000, 3_000, 10_000].map(strength).to_vec();
        assert!(steps.is_sorted_by(|near, far| near > far), "{steps:?}");
    }

    #[test]
    fn loss_rises_to_certainty() {
        let settings = RadioSettings::default();
        assert_eq!(loss(&settings, -60), settings.packet_loss);
        assert!(loss(&settings, -90) > settings.packet_loss);
        assert!(loss(&settings, -90) < MILLION);
        assert_eq!(loss(&settings, -97), MILLION);
        assert_eq!(loss(&settings, -120), MILLION);
    }
}
