//! The page: one section for each measurement, the newest first.

use core::fmt::{self, Write};

use thumbturn_protocol::time::UnixSeconds;

use super::plot;
use super::table;
use crate::measure::store::Measurement;

/// Everything that the page needs to look like one; nothing is loaded.
const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem;border-top:1px solid #ccc;padding-top:1rem}\
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:right}\
th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto;display:block;margin:1rem 0}\
.facts{color:#555}.bad{color:#a00;font-weight:bold}";

/// The whole page.
pub(crate) fn page(measurements: &[Measurement], made: UnixSeconds) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write(&mut text, measurements, made);
    text
}

fn write(text: &mut String, measurements: &[Measurement], made: UnixSeconds) -> fmt::Result {
    write!(text, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")?;
    write!(text, "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")?;
    write!(text, "<title>Thumbturn harness</title><style>{STYLE}</style></head><body>")?;
    write!(text, "<h1>Thumbturn harness: what was measured</h1>")?;
    write!(text, "<p class=\"facts\">Made {}. Times are in milliseconds.</p>", moment(made))?;
    if measurements.is_empty() {
        write!(text, "<p>Nothing was measured yet: run <code>bench</code> or <code>soak</code> first.</p>")?;
    }
    for measurement in measurements.iter().rev() {
        section(text, measurement)?;
    }
    writeln!(text, "</body></html>")
}

fn section(text: &mut String, measurement: &Measurement) -> fmt::Result {
    let Measurement { command, at, door, radio, figures, facts } = measurement;
    let (command, door, radio) = (escaped(command), escaped(door), escaped(radio));
    write!(text, "<section><h2>{command}, door {door}, {radio}</h2><p class=\"facts\">{}</p>", moment(*at))?;
    if let Some(broken) = facts.get("broken").and_then(|broken| broken.as_str()) {
        write!(text, "<p class=\"bad\">broken: {}</p>", escaped(broken))?;
    }
    plot::phases(text, figures)?;
    table::quantiles(text, figures)?;
    for (name, row) in figures.iter().filter(|(name, _)| !is_part(name)) {
        plot::histogram(text, name, row)?;
    }
    table::facts(text, facts)?;
    write!(text, "</section>")
}

/// Whether it is a part of something that is plotted as a whole.
fn is_part(name: &str) -> bool {
    name.contains(" path ") && !name.ends_with("total")
}

/// Text that is no markup, whatever it holds.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, character| {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
        safe
    })
}

/// Date and time of day in UTC, proleptic Gregorian.
fn moment(at: UnixSeconds) -> String {
    let (days, second) = (at.seconds() / 86_400, at.seconds() % 86_400);
    // Years begin in March here, so that the leap day is the last of its year; 719,468 days lie before 1970-01-01.
    let (era, day) = ((days + 719_468) / 146_097, (days + 719_468) % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + next;
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::measure::figures::Figures;

    #[test]
    fn a_moment_is_the_date_that_it_is() {
        let at = |seconds| moment(UnixSeconds::new(seconds).unwrap());
        assert_eq!(at(0), "1970-01-01 00:00 UTC");
        assert_eq!(at(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(at(1_772_438_400 + 61), "2026-03-02 08:01 UTC");
        assert_eq!(at(1_798_761_599), "2026-12-31 23:59 UTC");
    }

    #[test]
    fn a_page_loads_nothing_and_believes_no_name() {
        let measurement = Measurement {
            command: "bench".to_owned(),
            at: UnixSeconds::ZERO,
            door: "<script>".to_owned(),
            radio: "virtual radio".to_owned(),
            figures: BTreeMap::from([("fast path 1 scan".to_owned(), Figures(vec![1.0, 2.0]))]),
            facts: json!({ "broken": "<b>" }),
        };
        let text = page(&[measurement], UnixSeconds::ZERO);
        assert!(text.contains("<svg") && text.contains("scan"));
        assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
        for loading in ["src=", "href=", "@import", "url("] {
            assert!(!text.contains(loading), "{loading}");
        }
    }
}
