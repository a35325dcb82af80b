//! Predictions against what happened: how sure the authors were against how often they were right, and predicted against
//! measured recovery.

use plotters::prelude::*;

use super::{ACCENT, Area, Axes, BAD, Failed, MUTED, OK, Picture, picture, short, span};
use crate::error::Error;
use crate::estimates::{Judged, Row, by_confidence};

const SIZE: (u32, u32) = (360, 340);
/// Into so many classes of equal width predictions are sorted by their confidence.
const CLASSES: usize = 10;
/// Numbers along each axis.
const LABELS: usize = 6;

/// The reliability diagram (Murphy and Winkler 1977): on the diagonal, who says 70 % is right in 70 of 100; below it,
/// more was promised than held.
///
/// # Errors
/// When the picture cannot be drawn.
pub(crate) fn calibration(predictions: &[Judged]) -> Result<Picture, Error> {
    let title = "Confidence, and how often it was right".to_owned();
    picture(title.clone(), SIZE, |area| chart(area, &title, &classes(predictions)))
}

fn classes(predictions: &[Judged]) -> Vec<Row> {
    by_confidence(predictions.iter(), CLASSES).iter().filter(|class| !class.is_empty()).map(|c| Row::of(c)).collect()
}

fn chart<'a>(area: &Area<'a>, title: &str, classes: &[Row]) -> Result<(), Failed<'a>> {
    let axes = Axes { x: 0.0..1.0, y: 0.0..1.0, names: ["predicted", "right"], labels: LABELS, x_lines: true };
    let mut chart = axes.chart(area, title, &short)?;
    chart.draw_series(DashedLineSeries::new([(0.0, 0.0), (1.0, 1.0)], 5, 4, MUTED.into()))?;
    let most = classes.iter().map(|c| c.estimates).max().unwrap_or(1) as f64;
    chart.draw_series(classes.iter().filter_map(|class| {
        let said = class.confidence?;
        let colour = if class.hits < said { BAD } else { OK };
        // The area of a dot says how many there are.
        let radius = 3.0 + 7.0 * (class.estimates as f64 / most).sqrt();
        Some(Circle::new((said, class.hits), radius as i32, colour.mix(0.8).filled()))
    }))?;
    Ok(())
}

/// Predicted against measured seconds to recovery: above the diagonal it took longer than was said.
///
/// # Errors
/// When the picture cannot be drawn.
pub(crate) fn recoveries(predictions: &[Judged]) -> Result<Picture, Error> {
    let title = "Recovery, predicted and measured".to_owned();
    let points: Vec<(f64, f64)> = predictions.iter().filter_map(|p| p.recovery_s).collect();
    picture(title.clone(), SIZE, |area| scatter(area, &title, &points))
}

fn scatter<'a>(area: &Area<'a>, title: &str, points: &[(f64, f64)]) -> Result<(), Failed<'a>> {
    let Some(range) = span(points.iter().flat_map(|(a, b)| [*a, *b]).chain([0.0])) else { return Ok(()) };
    let names = ["predicted, in seconds", "measured, in seconds"];
    let axes = Axes { x: range.clone(), y: range.clone(), names, labels: LABELS, x_lines: true };
    let mut chart = axes.chart(area, title, &short)?;
    let diagonal = [(range.start, range.start), (range.end, range.end)];
    chart.draw_series(DashedLineSeries::new(diagonal, 5, 4, MUTED.into()))?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, ACCENT.mix(0.7).filled())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(confidence: f64, hit: bool) -> Judged {
        Judged { confidence: Some(confidence), hit, recovery_s: Some((10.0, 12.0)), ..Judged::default() }
    }

    #[test]
    fn predictions_of_like_confidence_are_one_dot() {
        let all = [of(0.72, true), of(0.78, false), of(1.0, true), of(0.0, false)];
        let classes = classes(&all);
        assert_eq!(classes.len(), 3);
        assert_eq!((classes[1].confidence, classes[1].hits, classes[1].estimates), (Some(0.75), 0.5, 2));
        assert_eq!((classes[2].confidence, classes[2].hits), (Some(1.0), 1.0));
        assert_eq!(calibration(&all).unwrap().svg.matches("<circle").count(), 3);
        assert_eq!(recoveries(&all).unwrap().svg.matches("<circle").count(), 4);
    }

    #[test]
    fn what_is_not_known_is_no_dot() {
        let unknown = [Judged::default()];
        assert_eq!(calibration(&unknown).unwrap().svg.matches("<circle").count(), 0);
        assert_eq!(recoveries(&unknown).unwrap().svg.matches("<circle").count(), 0);
    }
}
