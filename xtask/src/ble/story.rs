//! What the guest's console told: figures and captures.
//!
//! `figure NAME VALUE` is a figure; `capture NAME DIGITS` a file in hexadecimal digits.

use serde_json::{Map, Value, json};

use super::{att, btsnoop};
use crate::failure::Failure;

/// The controller of the phone whose unlock is captured: hci1, as in `tests/ble/story.sh`.
const PHONE: u16 = 1;

/// All figures, those of captures included.
pub(super) fn figures(told: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut figures = Map::new();
    for line in told {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("figure"), Some(name), Some(value)) => {
                let value: Value = value.parse().map_err(|error| Failure::unexpected("the story", error))?;
                figures.insert(format!("ble.{name}"), value);
            }
            (Some("capture"), Some(name), Some(digits)) => {
                let capture = bytes(digits).ok_or_else(|| Failure::unexpected("the story", "odd digits"))?;
                figures.insert(format!("ble.{name}.stack"), json!(frames(&capture)?));
            }
            _ => {}
        }
    }
    Ok(figures)
}

fn frames(capture: &[u8]) -> Result<usize, Failure> {
    let data = btsnoop::read(capture)?;
    let packets = att::packets(&data, PHONE);
    att::frames_of_repeat_unlock(&packets).ok_or_else(|| {
        Failure::new(
            "the capture holds no repeat unlock",
            "tests/ble/story.sh captures one: see what the harness did there",
        )
    })
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_and_other_lines_passed_over() {
        let told = ["figure soak_unlocks 50", "guest: up", "figure"].map(str::to_owned);
        let figures = figures(&told).unwrap();
        assert_eq!(figures.get("ble.soak_unlocks"), Some(&json!(50)));
        assert_eq!(figures.len(), 1);
    }
}
