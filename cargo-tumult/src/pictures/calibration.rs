//! Predictions against what happened: how sure the authors were against how often they were right, and predicted against
//! measured recovery.

use plotters::prelude::*;

use super::{ACCENT, Area, BAD, Failed, INK, LETTERS, LINE, MUTED, OK, Picture, letters, picture, short, span};
use crate::error::Error;

const SIZE: (u32, u32) = (360, 340);
/// Into so many classes of equal width predictions are sorted by their confidence.
const CLASSES: usize = 10;

/// A prediction and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prediction {
    /// How sure its author was, 0 to 1.
    pub(crate) confidence: Option<f64>,
    /// Whether the predicted outcome was the one that was seen.
    pub(crate) right: Option<bool>,
    /// Predicted and measured seconds to recovery.
    pub(crate) recovery_s: Option<(f64, f64)>,
}

/// Predictions of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Class {
    /// Mean confidence.
    said: f64,
    /// Part that was right.
    was: f64,
    count: usize,
}

/// The reliability diagram (Murphy and Winkler 1977): on the diagonal, who says 70 % is right in 70 of 100; below it,
/// more was promised than held.
///
/// # Errors
/// When the picture cannot be drawn.
pub(crate) fn calibration(predictions: &[Prediction]) -> Result<Picture, Error> {
    let title = "Confidence, and how often it was right".to_owned();
    picture(title.clone(), SIZE, |area| chart(area, &title, &classes(predictions)))
}

fn classes(predictions: &[Prediction]) -> Vec<Class> {
    let known = predictions.iter().filter_map(|p| Some((p.confidence?, p.right?)));
    let mut sorted: [Vec<(f64, bool)>; CLASSES] = std::array::from_fn(|_| Vec::new());
    for (confidence, right) in known {
        // In range: it is clamped, and what is not a number becomes 0.
        let class = (confidence.clamp(0.0, 1.0) * CLASSES as f64) as usize;
        sorted[class.min(CLASSES - 1)].push((confidence, right));
    }
    let filled = sorted.iter().filter(|class| !class.is_empty());
    filled
        .map(|class| {
            let count = class.len();
            Class {
                said: class.iter().map(|(said, _)| said).sum::<f64>() / count as f64,
                was: class.iter().filter(|(_, right)| *right).count() as f64 / count as f64,
                count,
            }
        })
        .collect()
}

fn chart<'a>(area: &Area<'a>, title: &str, classes: &[Class]) -> Result<(), Failed<'a>> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, letters(INK))
        .margin(10)
        .x_label_area_size(LETTERS * 3)
        .y_label_area_size(LETTERS * 4)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart
        .configure_mesh()
        .light_line_style(LINE.mix(0.0))
        .bold_line_style(LINE)
        .axis_style(MUTED)
        .label_style(letters(MUTED))
        .x_desc("predicted")
        .y_desc("right")
        .x_labels(6)
        .y_labels(6)
        .draw()?;
    chart.draw_series(DashedLineSeries::new([(0.0, 0.0), (1.0, 1.0)], 5, 4, MUTED.into()))?;
    let most = classes.iter().map(|c| c.count).max().unwrap_or(1) as f64;
    chart.draw_series(classes.iter().map(|class| {
        let colour = if class.was < class.said { BAD } else { OK };
        // The area of a dot says how many there are.
        let radius = 3.0 + 7.0 * (class.count as f64 / most).sqrt();
        Circle::new((class.said, class.was), radius as i32, colour.mix(0.8).filled())
    }))?;
    Ok(())
}

/// Predicted against measured seconds to recovery: above the diagonal it took longer than was said.
///
/// # Errors
/// When the picture cannot be drawn.
pub(crate) fn recoveries(predictions: &[Prediction]) -> Result<Picture, Error> {
    let title = "Recovery, predicted and measured".to_owned();
    let points: Vec<(f64, f64)> = predictions.iter().filter_map(|p| p.recovery_s).collect();
    picture(title.clone(), SIZE, |area| scatter(area, &title, &points))
}

fn scatter<'a>(area: &Area<'a>, title: &str, points: &[(f64, f64)]) -> Result<(), Failed<'a>> {
    let Some(range) = span(points.iter().flat_map(|(a, b)| [*a, *b]).chain([0.0])) else { return Ok(()) };
    let mut chart = ChartBuilder::on(area)
        .caption(title, letters(INK))
        .margin(10)
        .x_label_area_size(LETTERS * 3)
        .y_label_area_size(LETTERS * 4)
        .build_cartesian_2d(range.clone(), range.clone())?;
    chart
        .configure_mesh()
        .light_line_style(LINE.mix(0.0))
        .bold_line_style(LINE)
        .axis_style(MUTED)
        .label_style(letters(MUTED))
        .x_desc("predicted, in seconds")
        .y_desc("measured, in seconds")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&short)
        .y_label_formatter(&short)
        .draw()?;
    let diagonal = [(range.start, range.start), (range.end, range.end)];
    chart.draw_series(DashedLineSeries::new(diagonal, 5, 4, MUTED.into()))?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, ACCENT.mix(0.7).filled())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(confidence: f64, right: bool) -> Prediction {
        Prediction { confidence: Some(confidence), right: Some(right), recovery_s: Some((10.0, 12.0)) }
    }

    #[test]
    fn predictions_of_like_confidence_are_one_dot() {
        let all = [of(0.72, true), of(0.78, false), of(1.0, true), of(0.0, false)];
        let classes = classes(&all);
        assert_eq!(classes.len(), 3);
        assert_eq!((classes[1].said, classes[1].was, classes[1].count), (0.75, 0.5, 2));
        assert_eq!((classes[2].said, classes[2].was), (1.0, 1.0));
        assert_eq!(calibration(&all).unwrap().svg.matches("<circle").count(), 3);
        assert_eq!(recoveries(&all).unwrap().svg.matches("<circle").count(), 4);
    }

    #[test]
    fn what_is_not_known_is_no_dot() {
        let unknown = Prediction { confidence: Some(0.5), right: None, recovery_s: None };
        assert_eq!(calibration(&[unknown]).unwrap().svg.matches("<circle").count(), 0);
        assert_eq!(recoveries(&[unknown]).unwrap().svg.matches("<circle").count(), 0);
    }
}
