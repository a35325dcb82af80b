//! How long a system took to recover, from one run to the next.

use plotters::prelude::*;

use super::{ACCENT, Area, Axes, BAD, Failed, Picture, picture, short, span};
use crate::error::Error;

const SIZE: (u32, u32) = (620, 260);

/// A run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// Which one, from 1 on.
    pub(crate) run: u64,
    /// Seconds to recovery; none where it did not recover.
    pub(crate) recovery_s: Option<f64>,
}

/// Recovery over the runs of a system, oldest first; `said` is how that is called, such as `degrading`.
///
/// # Errors
/// When the picture cannot be drawn.
pub(crate) fn trend(target: &str, said: &str, points: &[Point]) -> Result<Picture, Error> {
    let title = if said.is_empty() { format!("{target}: recovery") } else { format!("{target}: recovery, {said}") };
    picture(title.clone(), SIZE, |area| chart(area, &title, points))
}

fn chart<'a>(area: &Area<'a>, title: &str, points: &[Point]) -> Result<(), Failed<'a>> {
    let recovered: Vec<(f64, f64)> = points.iter().filter_map(|p| Some((p.run as f64, p.recovery_s?))).collect();
    let Some(runs) = span(points.iter().map(|p| p.run as f64)) else { return Ok(()) };
    let y = span(recovered.iter().map(|(_, s)| *s).chain([0.0])).unwrap_or(0.0..1.0);
    let whole = |run: &f64| if run.fract() == 0.0 { short(run) } else { String::new() };
    let names = ["run", "seconds to recovery"];
    let axes = Axes { x: runs, y: y.clone(), names, labels: points.len().clamp(2, 10), x_lines: false };
    let mut chart = axes.chart(area, title, &whole)?;
    chart.draw_series(LineSeries::new(recovered.iter().copied(), ACCENT))?;
    chart.draw_series(recovered.iter().map(|point| Circle::new(*point, 3, ACCENT.filled())))?;
    let lost = points.iter().filter(|p| p.recovery_s.is_none());
    chart.draw_series(lost.map(|p| Cross::new((p.run as f64, y.start), 4, BAD)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_did_not_recover_is_a_cross_and_no_point() {
        let points = [(1, Some(4.0)), (2, None), (3, Some(9.5))];
        let points = points.map(|(run, recovery_s)| Point { run, recovery_s });
        let picture = trend("queue", "degrading", &points).unwrap();
        assert_eq!(picture.title, "queue: recovery, degrading");
        assert_eq!(picture.svg.matches("<circle").count(), 2);
        let cross = |svg: &str| svg.matches("stroke=\"#C4262E\"").count() - svg.matches("[stroke=\"#C4262E\"]").count();
        assert!(cross(&picture.svg) > 0, "{}", picture.svg);
        let all_recovered = trend("queue", "", &points[..1]).unwrap();
        assert_eq!(cross(&all_recovered.svg), 0);
    }

    #[test]
    fn without_runs_there_is_nothing_to_draw_and_no_error() {
        assert_eq!(trend("queue", "", &[]).unwrap().svg.matches("<circle").count(), 0);
    }
}
