//! The page: one section for each measurement, the newest first.

use core::fmt::{self, Write};

use thumbturn_protocol::time::UnixSeconds;

use super::plot;
use super::table;
use crate::clock::date_and_time;
use crate::measure::store::Measurement;

/// Everything that the page needs to look like one; nothing is loaded.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#222;--soft:#666;--line:#ddd;--page:#fff;--dark:#2a6db0;--light:#b8d0ea;--bad:#a00}\
@media(prefers-color-scheme:dark){:root{--ink:#ddd;--soft:#999;--line:#444;--page:#181a1b;--dark:#5b9bd9;--light:#2c4a68;--bad:#f77}}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--page)}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem}\
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;border-bottom:1px solid var(--line);text-align:right}\
th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto;display:block;margin:1rem 0}\
text{fill:var(--ink)}.line{stroke:var(--line)}rect.dark{fill:var(--dark)}rect.light{fill:var(--light)}\
.facts{color:var(--soft)}.bad{color:var(--bad);font-weight:bold}";

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
    write!(text, "<p class=\"facts\">Made {}. Times are in milliseconds.</p>", date_and_time(made))?;
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
    write!(
        text,
        "<section><h2>{command}, door {door}, {radio}</h2><p class=\"facts\">{}</p>",
        date_and_time(*at)
    )?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::measure::figures::Figures;

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
