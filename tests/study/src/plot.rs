//! The picture: doors that know against hours, one panel for each change.

use core::error::Error;
use std::path::Path;

use plotters::prelude::{
    BLACK, ChartBuilder, IntoDrawingArea as _, LineSeries, PathElement, RGBColor, SVGBackend,
    SeriesLabelPosition, WHITE,
};
use plotters::style::Color as _;

use crate::results::Outcome;

const WIDTH: u32 = 900;
const PANEL: u32 = 300;
/// Hours that the picture shows.
const SHOWN: u32 = 4 * 24;
/// One for each rule; told apart also by those who see no red or green.
const COLOURS: [RGBColor; 5] = [
    RGBColor(0x99, 0x99, 0x99),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x00, 0x72, 0xb2),
];

/// Writes an SVG.
pub(crate) fn write(outcomes: &[Outcome], path: &Path) -> Result<(), Box<dyn Error>> {
    let height = PANEL * u32::try_from(outcomes.len())?;
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    for (outcome, panel) in outcomes.iter().zip(area.split_evenly((outcomes.len(), 1))) {
        let mut chart = ChartBuilder::on(&panel)
            .caption(outcome.change.title(), ("sans-serif", 18))
            .margin(10)
            .x_label_area_size(35)
            .y_label_area_size(45)
            .build_cartesian_2d(0.0..f64::from(SHOWN), 0.0..100.0)?;
        chart
            .configure_mesh()
            .x_desc("hours")
            .y_desc("% of doors that know")
            .x_labels(8)
            .light_line_style(WHITE)
            .draw()?;
        for ((rule, hours), colour) in outcome.by_rule().zip(COLOURS) {
            let points = (0..=SHOWN * 4).map(|quarter| {
                let hour = f64::from(quarter) / 4.0;
                (hour, hours.part_at(hour) * 100.0)
            });
            let style = colour.stroke_width(2);
            chart
                .draw_series(LineSeries::new(points, style))?
                .label(rule.title)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .draw()?;
    }
    area.present()?;
    Ok(())
}
