//! Pictures, as SVG inside the page.

use core::fmt::{self, Write};
use std::collections::BTreeMap;

use super::page::escaped;
use crate::measure::figures::Figures;

/// Width of a picture, of the names at its left, and of the numbers at its right, in units of the picture.
const WIDTH: f64 = 800.0;
const NAMES: f64 = 110.0;
const NUMBERS: f64 = 150.0;
/// Height of a row.
const ROW: f64 = 26.0;
/// Height of a histogram's bars.
const BARS: f64 = 140.0;

/// Most lines of a scale.
const LINES: f64 = 8.0;

/// The phases one below the other over one scale of time: the dark part up to the median, the light part up to the 95th percentile.
/// Each begins where the medians before it end; the wait for the hello begins with the subscription.
pub(super) fn phases(text: &mut String, figures: &BTreeMap<String, Figures>) -> fmt::Result {
    let parts = placed(figures);
    if parts.is_empty() {
        return Ok(());
    }
    let end = parts.iter().map(|part| part.begin + part.most).fold(0.001, f64::max);
    let scale = (WIDTH - NAMES - NUMBERS) / end;
    let rows = ROW * f64::from(u32::try_from(parts.len()).unwrap_or(0));
    open(text, rows + ROW, "phases of an unlock: median and 95th percentile")?;
    let step = step(end);
    for line in (0_u32..).map(|number| step * f64::from(number)).take_while(|at| *at <= end) {
        let left = NAMES + line * scale;
        write!(text, "<path class=\"line\" d=\"M{left:.1} 0V{rows:.1}\"/>")?;
        let words = format!("{line:.3}");
        let words = words.trim_end_matches('0').trim_end_matches('.');
        label(text, left, rows + ROW - 9.0, "middle", words)?;
    }
    let mut top = 0.0;
    for part in parts {
        let left = NAMES + part.begin * scale;
        label(text, 0.0, top + ROW - 9.0, "start", &escaped(part.name))?;
        for (class, length) in [("light", part.most), ("dark", part.middle)] {
            let (top, width, height) = (top + 4.0, length * scale, ROW - 8.0);
            bar(text, class, [left, top, width, height], "")?;
        }
        let words = format!("{:.1} / {:.1}", part.middle, part.most);
        label(text, WIDTH, top + ROW - 9.0, "end", &words)?;
        top += ROW;
    }
    label(text, WIDTH, top + ROW - 9.0, "end", "p50 / p95 in ms")?;
    write!(text, "</svg>")?;
    write!(
        text,
        "<p class=\"facts\">Dark: the median of a phase; light: up to its 95th percentile. Each begins where the "
    )?;
    write!(text, "medians before it end, and the wait for the hello with the subscription.</p>")
}

/// A phase on the scale, in milliseconds.
struct Part<'a> {
    name: &'a str,
    begin: f64,
    middle: f64,
    most: f64,
}

fn placed(figures: &BTreeMap<String, Figures>) -> Vec<Part<'_>> {
    let (mut parts, mut begin, mut subscribed) = (Vec::new(), 0.0_f64, 0.0_f64);
    for (name, figures) in figures {
        let Some(name) = phase(name) else { continue };
        let (middle, most) = (figures.quantile(50).unwrap_or(0.0), figures.quantile(95).unwrap_or(0.0));
        // Both begin when the subscription is asked for.
        if name == "hello" {
            begin -= subscribed;
        }
        parts.push(Part { name, begin, middle, most });
        begin += if name == "hello" { middle.max(subscribed) } else { middle };
        subscribed = if name == "subscribe" { middle } else { 0.0 };
    }
    parts
}

/// The distance of a scale's lines: 1, 2 or 5 of some power of ten.
fn step(end: f64) -> f64 {
    let least = end / LINES;
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].map(|times| times * power).into_iter().find(|step| *step >= least).unwrap_or(power * 10.0)
}

/// How many figures fell where.
pub(super) fn histogram(text: &mut String, name: &str, figures: &Figures) -> fmt::Result {
    let bars = figures.histogram();
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return Ok(()) };
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    let width = WIDTH / f64::from(u32::try_from(bars.len()).unwrap_or(1).max(1));
    let name = escaped(name);
    open(text, BARS + 3.0 * ROW, &format!("{name}: how often which time"))?;
    label(text, 0.0, ROW - 9.0, "start", &format!("{name}, {} times", figures.0.len()))?;
    let mut left = 0.0;
    for column in &bars {
        let height = BARS * f64::from(column.count) / f64::from(most);
        let top = 2.0 * ROW + BARS - height;
        let title = format!("{:.1} to {:.1} ms: {}", column.from, column.to, column.count);
        bar(text, "dark", [left, top, width - 4.0, height], &title)?;
        if column.count > 0 {
            label(text, left + width / 2.0 - 2.0, top - 6.0, "middle", &column.count.to_string())?;
        }
        left += width;
    }
    let floor = 2.0 * ROW + BARS;
    write!(text, "<path class=\"line\" d=\"M0 {floor:.1}H{WIDTH:.1}\"/>")?;
    label(text, 0.0, floor + ROW - 9.0, "start", &format!("{:.1} ms", first.from))?;
    label(text, WIDTH, floor + ROW - 9.0, "end", &format!("{:.1} ms", last.to))?;
    write!(text, "</svg>")
}

/// The phase of a row of figures like `fast path 1 scan`; the total is none.
fn phase(name: &str) -> Option<&str> {
    let (_, numbered) = name.split_once(" path ")?;
    let (_, phase) = numbered.split_once(' ')?;
    (phase != "total").then_some(phase)
}

fn open(text: &mut String, height: f64, title: &str) -> fmt::Result {
    write!(
        text,
        "<svg viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" font-size=\"14\" font-family=\"sans-serif\">"
    )?;
    write!(text, "<title>{title}</title>")
}

fn label(text: &mut String, left: f64, bottom: f64, anchor: &str, words: &str) -> fmt::Result {
    write!(text, "<text x=\"{left:.1}\" y=\"{bottom:.1}\" text-anchor=\"{anchor}\">{words}</text>")
}

/// A bar, and what it says to whoever points at it.
fn bar(text: &mut String, class: &str, [left, top, width, height]: [f64; 4], title: &str) -> fmt::Result {
    let place = format!("x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"");
    write!(text, "<rect class=\"{class}\" {place}><title>{title}</title></rect>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_awaited_from_the_subscription_on() {
        let row = |name: &str, figure: f64| (format!("fast path {name}"), Figures(vec![figure]));
        let rows =
            [row("2 connect", 40.0), row("4 subscribe", 30.0), row("5 hello", 50.0), row("6 answer", 20.0)];
        let figures = BTreeMap::from(rows);
        let begins: Vec<_> = placed(&figures).iter().map(|part| (part.name, part.begin)).collect();
        assert_eq!(begins, [("connect", 0.0), ("subscribe", 40.0), ("hello", 40.0), ("answer", 90.0)]);
    }

    #[test]
    fn a_scale_has_few_and_round_lines() {
        assert_eq!([1.0, 16.0, 252.9, 2_000.0].map(step), [0.2, 2.0, 50.0, 500.0]);
    }
}
