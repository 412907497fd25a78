//! The property's staff: a round of all doors with a task. The same for every product.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::building::DoorNumber;
use crate::life::HORIZON;

/// Of a hundred working mornings, so many have time for a round.
const MORNINGS_PERCENT: u32 = 60;
/// Hours that one door takes.
const DOOR: f64 = 3.0 / 60.0;

/// When each of `doors` is visited. A round begins between nine and twelve of a working day, after the change is known.
pub(crate) fn round(begins: f64, doors: &[DoorNumber], random: &mut ChaCha8Rng) -> Vec<(DoorNumber, f64)> {
    let mut midnight = -(begins % 24.0);
    loop {
        let morning = midnight + random.random_range(9.0..12.0);
        let weekday = ((begins + midnight + 12.0) / 24.0).floor().rem_euclid(7.0);
        let has_time = random.random_ratio(MORNINGS_PERCENT, 100);
        if morning > 0.0 && weekday < 5.0 && has_time || morning > HORIZON {
            let mut at = morning;
            let mut visit = |door: &DoorNumber| {
                at += DOOR;
                (*door, at)
            };
            return doors.iter().map(&mut visit).collect();
        }
        midnight += 24.0;
    }
}
