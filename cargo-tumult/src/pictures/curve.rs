//! The degradation curve: a probe's samples through the phases, its thresholds, and when what happened.

use plotters::prelude::*;
use tumult_sim::journal::{Journal, Phase, ProbeSamples};

use super::{ACCENT, Area, Axes, BAD, Failed, MUTED, OK, Picture, letters, picture, short, span};
use crate::error::Error;

const SIZE: (u32, u32) = (860, 320);
/// So many samples at the most: more than the picture has dots.
const SAMPLES: usize = 2_000;
/// Numbers along the bottom.
const LABELS: usize = 10;

/// A moment with a name, in seconds from the start.
struct Moment {
    name: &'static str,
    at_s: f64,
    colour: RGBColor,
}

/// What of a journal one curve shows.
struct Curve<'a> {
    journal: &'a Journal,
    samples: &'a ProbeSamples,
}

/// One picture for each probe whose samples the journal keeps.
///
/// # Errors
/// When a picture cannot be drawn, naming it.
pub(crate) fn curves(journal: &Journal) -> Result<Vec<Picture>, Error> {
    let kept = journal.samples.iter().flatten().filter(|s| s.value.iter().any(Option::is_some));
    kept.map(|samples| Curve { journal, samples }.draw()).collect()
}

impl Curve<'_> {
    fn draw(&self) -> Result<Picture, Error> {
        let title = format!("{}: {}", self.journal.experiment_title, self.samples.probe);
        picture(title.clone(), SIZE, |area| self.chart(area, &title))
    }

    fn chart<'a>(&self, area: &Area<'a>, title: &str) -> Result<(), Failed<'a>> {
        let step = self.samples.epoch_ns.len().div_ceil(SAMPLES).max(1);
        let points: Vec<(f64, Option<f64>)> = self
            .samples
            .epoch_ns
            .iter()
            .zip(&self.samples.value)
            .step_by(step)
            .map(|(at, value)| (self.seconds(*at), *value))
            .collect();
        let values = points.iter().filter_map(|(_, v)| *v).chain(self.bounds()).chain(self.peak());
        let end_s = self.seconds(self.journal.ended_at_ns).max(points.last().map_or(1.0, |(at, _)| *at));
        let (Some(y), x) = (span(values), 0.0..end_s.max(f64::MIN_POSITIVE)) else { return Ok(()) };
        let unit = self.unit();
        let names = ["seconds of virtual time", unit.as_str()];
        let axes = Axes { x, y: y.clone(), names, labels: LABELS, x_lines: false };
        let mut chart = axes.chart(area, title, &short)?;
        // While the fault is there, the ground is of another colour.
        for phase in &self.journal.phases {
            let (from, to) = (self.seconds(phase.started_at_ns), self.seconds(phase.ended_at_ns));
            if phase.phase == Phase::During {
                let ground = Rectangle::new([(from, y.start), (to, y.end)], BAD.mix(0.07).filled());
                chart.draw_series([ground])?;
            }
            if to > from && matches!(phase.phase, Phase::Baseline | Phase::During | Phase::Post) {
                let name = Text::new(phase.phase.to_string(), (from + end_s * 0.004, y.end), letters(MUTED));
                chart.draw_series([name])?;
            }
        }
        for bound in self.bounds() {
            chart.draw_series(DashedLineSeries::new([(0.0, bound), (end_s, bound)], 5, 4, MUTED.into()))?;
        }
        // A failed sample is a gap in the line, and a cross at the bottom.
        for piece in points.split(|(_, value)| value.is_none()) {
            chart.draw_series(LineSeries::new(piece.iter().filter_map(|(at, v)| Some((*at, (*v)?))), ACCENT))?;
        }
        let failed = points.iter().filter(|(_, value)| value.is_none());
        chart.draw_series(failed.map(|(at, _)| Cross::new((*at, y.start), 3, BAD)))?;
        for (n, Moment { name, at_s, colour }) in self.moments().into_iter().enumerate() {
            chart.draw_series([PathElement::new([(at_s, y.start), (at_s, y.end)], colour)])?;
            // Below each other, since they may be close together.
            let height = y.end - (y.end - y.start) * (0.08 + 0.065 * n as f64);
            chart.draw_series([Text::new(name, (at_s + end_s * 0.004, height), letters(colour))])?;
        }
        Ok(())
    }

    /// Seconds from the start of the journal.
    fn seconds(&self, epoch_ns: i64) -> f64 {
        epoch_ns.saturating_sub(self.journal.started_at_ns) as f64 / 1e9
    }

    fn unit(&self) -> String {
        let mut probes = self.journal.baseline.iter().flat_map(|b| &b.probes);
        probes.find(|p| p.probe == self.samples.probe).map_or_else(String::new, |p| p.unit.to_string())
    }

    /// What was normal.
    fn bounds(&self) -> Vec<f64> {
        let mut probes = self.journal.baseline.iter().flat_map(|b| &b.probes);
        let own = probes.find(|p| p.probe == self.samples.probe);
        own.into_iter().flat_map(|p| [p.bounds.lower, p.bounds.upper]).flatten().collect()
    }

    fn peak(&self) -> Option<f64> {
        let mut probes = self.journal.during.iter().flat_map(|d| &d.probes);
        probes.find(|p| p.probe == self.samples.probe)?.peak_value
    }

    /// Onset, peak, rollback and recovery, as far as they are known, in that order.
    fn moments(&self) -> Vec<Moment> {
        let during = self.journal.during.iter().flat_map(|d| &d.probes).find(|p| p.probe == self.samples.probe);
        let post = self.journal.post.iter().flat_map(|p| &p.probes).find(|p| p.probe == self.samples.probe);
        let breached = during.filter(|d| d.onset_epoch_ns.is_some());
        let all = [
            ("onset", breached.and_then(|d| d.onset_epoch_ns), BAD),
            ("peak", breached.and_then(|d| d.peak_epoch_ns), BAD),
            ("rollback", self.journal.post.as_ref().map(|p| p.rollback_epoch_ns), MUTED),
            ("recovered", post.filter(|p| p.breached).and_then(|p| p.recovery_epoch_ns), OK),
        ];
        let known = all.into_iter().filter_map(|(name, at, colour)| Some((name, at?, colour)));
        known.map(|(name, at, colour)| Moment { name, at_s: self.seconds(at), colour }).collect()
    }
}
