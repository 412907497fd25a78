//! The five bytes of an answer (spec §5.5, §8.4).

use proptest::prelude::*;
use thumbturn_protocol::answer::{Answer, short_version};
use thumbturn_protocol::ids::ListVersion;

use crate::strategies;

proptest! {
    #[test]
    fn every_answer_survives_the_way(answer in strategies::answer()) {
        prop_assert_eq!(Answer::from_bytes(answer.to_bytes()), Ok(answer));
    }
}

#[test]
fn every_accepted_answer_is_the_one_encoding_of_its_value() {
    let mut accepted = 0;
    for code in 0..=255 {
        for detail in 0..=255 {
            for flags in [0, 1, 2, 4, 8, 15, 16, 32, 64, 128, 255] {
                let bytes = [code, detail, flags, 0x12, 0x34];
                if let Ok(answer) = Answer::from_bytes(bytes) {
                    assert_eq!(answer.to_bytes(), bytes);
                    accepted += 1;
                }
            }
        }
    }
    // Two outcomes with any detail, ten with none, three faults; six of those flags are known.
    assert_eq!(accepted, (2 * 256 + 10 + 3) * 6);
}

#[test]
fn exactly_four_flags_are_known() {
    let accepted = (0..=255).filter(|flags| Answer::from_bytes([0, 0, *flags, 0, 0]).is_ok());
    assert!(accepted.eq(0..16));
}

#[test]
fn a_short_version_is_the_low_half() {
    assert_eq!(short_version(ListVersion(0x0001_2345)), 0x2345);
}
