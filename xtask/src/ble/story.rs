//! What the guest's console told: figures and captures.
//!
//! `figure NAME VALUE` is a figure; `capture NAME DIGITS` a file in hexadecimal digits; and the harness tells its own in JSON.

use serde_json::{Value, json};

use super::{att, btsnoop};
use crate::failure::Failure;
use crate::figures::Figures;
use crate::workspace;

/// The controller of the phone whose unlock is captured: hci1, as in `tests/ble/story.sh`.
const PHONE: u16 = 1;

/// All figures, those of captures included.
pub(super) fn figures(told: &[String]) -> Result<Figures, Failure> {
    let mut figures = Figures::new();
    for line in told {
        if let Ok(facts) = serde_json::from_str(line) {
            figures.extend(figures_of_harness(&facts));
            continue;
        }
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

/// Those of one command; none of most.
fn figures_of_harness(facts: &Value) -> Vec<(String, Value)> {
    let count = |name: &str| facts.get(name).and_then(Value::as_u64).unwrap_or(0);
    match workspace::text(facts, "command") {
        Some("soak") => vec![
            ("ble.soak_unlocks".to_owned(), json!(count("requests"))),
            ("ble.soak_failures".to_owned(), json!(count("requests").saturating_sub(count("opened")))),
            ("ble.soak_sabotage".to_owned(), json!(facts.get("sabotage"))),
            ("ble.soak_holdings".to_owned(), json!([facts.get("early"), facts.get("late")])),
        ],
        Some("bench") => facts
            .get("transfer")
            .and_then(|transfer| transfer.get("ratio_to_raw"))
            .map(|ratio| ("ble.transfer_ratio".to_owned(), ratio.clone()))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
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
        let told =
            ["figure idle_percent 2", "guest: up", "figure", r#"{"command":"unlock"}"#].map(str::to_owned);
        let figures = figures(&told).unwrap();
        assert_eq!(figures.get("ble.idle_percent"), Some(&json!(2)));
        assert_eq!(figures.len(), 1);
    }

    #[test]
    fn what_a_soak_tells_is_a_figure() {
        let told = [r#"{"command":"soak","requests":50,"opened":49,"sabotage":{"lost-hello":3}}"#.to_owned()];
        let figures = figures(&told).unwrap();
        assert_eq!(figures.get("ble.soak_failures"), Some(&json!(1)));
        assert_eq!(figures.get("ble.soak_sabotage"), Some(&json!({"lost-hello": 3})));
    }
}
