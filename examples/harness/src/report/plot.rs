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

/// The phases one below the other: the dark part up to the median, the light part up to the 95th percentile, each beginning where the
/// medians before it end.
pub(super) fn phases(text: &mut String, figures: &BTreeMap<String, Figures>) -> fmt::Result {
    let parts: Vec<_> = figures.iter().filter_map(|(name, figures)| Some((phase(name)?, figures))).collect();
    if parts.is_empty() {
        return Ok(());
    }
    let middle = |figures: &Figures| figures.quantile(50).unwrap_or(0.0);
    let most = |figures: &Figures| figures.quantile(95).unwrap_or(0.0);
    let (mut begin, mut end) = (0.0_f64, 0.001_f64);
    for (_, figures) in &parts {
        end = end.max(begin + most(figures));
        begin += middle(figures);
    }
    let scale = (WIDTH - NAMES - NUMBERS) / end;
    let height = ROW * f64::from(u32::try_from(parts.len()).unwrap_or(0)) + ROW;
    open(text, height, "phases of an unlock: median and 95th percentile")?;
    let (mut at, mut top) = (NAMES, 0.0);
    for (name, figures) in parts {
        let (middle, most) = (middle(figures), most(figures));
        let (dark, light, bar) = (middle * scale, most * scale, ROW - 8.0);
        label(text, 0.0, top + ROW - 9.0, &escaped(name))?;
        write!(
            text,
            "<rect x=\"{at:.1}\" y=\"{:.1}\" width=\"{light:.1}\" height=\"{bar:.1}\" fill=\"#b8d0ea\"/>",
            top + 4.0
        )?;
        write!(
            text,
            "<rect x=\"{at:.1}\" y=\"{:.1}\" width=\"{dark:.1}\" height=\"{bar:.1}\" fill=\"#2a6db0\"/>",
            top + 4.0
        )?;
        let words = format!("{middle:.1} / {most:.1}");
        label(text, WIDTH - NUMBERS + 8.0, top + ROW - 9.0, &words)?;
        at += dark;
        top += ROW;
    }
    label(text, WIDTH - NUMBERS + 8.0, top + ROW - 9.0, "p50 / p95 in ms")?;
    write!(text, "</svg>")
}

/// How many figures fell where.
pub(super) fn histogram(text: &mut String, name: &str, figures: &Figures) -> fmt::Result {
    let bars = figures.histogram();
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return Ok(()) };
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    let width = WIDTH / f64::from(u32::try_from(bars.len()).unwrap_or(1).max(1));
    let name = escaped(name);
    open(text, BARS + 2.0 * ROW, &format!("{name}: how often which time"))?;
    label(text, 0.0, ROW - 9.0, &format!("{name}, {} times", figures.0.len()))?;
    let mut left = 0.0;
    for bar in &bars {
        let height = BARS * f64::from(bar.count) / f64::from(most);
        let top = ROW + BARS - height;
        write!(
            text,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"#2a6db0\"><title>{:.1} to {:.1} ms: {}</title></rect>",
            width - 4.0,
            bar.from,
            bar.to,
            bar.count
        )?;
        left += width;
    }
    label(text, 0.0, BARS + 2.0 * ROW - 9.0, &format!("{:.1} ms", first.from))?;
    label(text, WIDTH - 90.0, BARS + 2.0 * ROW - 9.0, &format!("{:.1} ms", last.to))?;
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

fn label(text: &mut String, left: f64, bottom: f64, words: &str) -> fmt::Result {
    write!(text, "<text x=\"{left:.1}\" y=\"{bottom:.1}\" fill=\"#222\">{words}</text>")
}
