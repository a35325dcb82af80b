//! The nearest run that holds, and where it first differs from the one that fails.
//!
//! It is one of those that were made to shrink the run and to say why it fails: the one with the fewest decisions
//! changed; of several, the one that goes the same way for longest.

use super::Ask;
use super::changes::Changes;
use crate::report::Scene;
use crate::search::padding::Padding;
use crate::search::shrink::Shrunk;
use crate::sim::{RunOutcome, SimConfig};
use crate::trace::{Kind, Record, Recording, TraceHash};

/// Of runs with equally few changes, so many are made again to see which goes the same way for longest: the last that
/// were tried, since those are nearest to a threshold.
const TRIED: usize = 16;

/// A run that holds, as the report says it.
#[derive(Debug)]
pub(in crate::search) struct Near {
    pub(in crate::search) lines: Vec<String>,
    pub(in crate::search) config: SimConfig,
    pub(in crate::search) trace: TraceHash,
}

/// The nearest run that holds; `None` where none is known, or there is no time to make it again.
pub(super) fn near(ask: &Ask<'_>, shrunk: &Shrunk) -> Option<Near> {
    let failing = shrunk.outcome.recording.as_ref()?;
    let held = ask.held.borrow();
    let mut nearest: Vec<(Changes, &SimConfig)> =
        held.iter().rev().filter_map(|config| Some((Changes::of(shrunk, config)?, config))).collect();
    let fewest = nearest.iter().map(|(changes, _)| changes.count).filter(|count| *count > 0).min()?;
    nearest.retain(|(changes, _)| changes.count == fewest);
    let mut best: Option<(Parting, &Changes, &SimConfig, RunOutcome)> = None;
    for (changes, config) in nearest.iter().take(TRIED) {
        if ask.is_late() {
            break;
        }
        let outcome = ask.runner.run_as(config, true, Padding::NONE);
        // It held once; a run that does not the second time is none that could be shown.
        let Some(recording) = outcome.recording.as_ref().filter(|_| outcome.failure.is_none()) else { continue };
        let parting = parting(failing, recording);
        if best.as_ref().is_none_or(|(latest, ..)| parting.failing > latest.failing) {
            best = Some((parting, changes, config, outcome));
        }
    }
    let (parting, changes, config, outcome) = best?;
    let lines = lines(shrunk, &outcome, &parting, changes);
    Some(Near { lines, config: config.clone(), trace: outcome.trace })
}

/// Where two runs part: the first event of each that the other has not, by its index; the length where that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parting {
    failing: usize,
    holding: usize,
}

/// Where two runs part, but for what is said of faults: those are the changes, and what matters is what follows.
fn parting(failing: &Recording, holding: &Recording) -> Parting {
    let told = |recording: &Recording, from: usize| {
        let said = |n: &usize| recording.get(*n).is_some_and(|r| !matches!(r.kind, Kind::Fault | Kind::Overlay));
        (from..recording.len()).find(said).unwrap_or(recording.len())
    };
    let mut at = Parting { failing: told(failing, 0), holding: told(holding, 0) };
    while let (Some(this), Some(that)) = (failing.get(at.failing), holding.get(at.holding)) {
        if !is_same(&this, &that) {
            break;
        }
        at = Parting { failing: told(failing, at.failing + 1), holding: told(holding, at.holding + 1) };
    }
    at
}

/// Whether an event is the same in another run. Timers have numbers that count all that is due, faults too.
fn is_same(this: &Record<'_>, that: &Record<'_>) -> bool {
    let alike = (this.at, this.kind, this.b, this.bytes) == (that.at, that.kind, that.b, that.bytes);
    alike && (this.a == that.a || this.kind == Kind::Timer)
}

/// The first event from one on that tells a reader something: not which timer fires, but who runs then.
fn first_that_tells(recording: &Recording, from: usize) -> usize {
    let quiet = |n: &usize| {
        recording.get(*n).is_some_and(|r| matches!(r.kind, Kind::Timer | Kind::Draw | Kind::Fault | Kind::Overlay))
    };
    (from..recording.len()).find(|n| !quiet(n)).unwrap_or(recording.len())
}

fn lines(shrunk: &Shrunk, holds: &RunOutcome, at: &Parting, changes: &Changes) -> Vec<String> {
    let event = |outcome: &RunOutcome, n: usize| {
        let Some(recording) = &outcome.recording else { return (String::new(), String::new()) };
        let n = first_that_tells(recording, n);
        let scene = Scene { recording, names: &outcome.process_names };
        let at = recording.get(n).map_or(outcome.ended_at, |r| r.at);
        (at.to_string(), scene.words_of(n))
    };
    let (this, that) = (event(&shrunk.outcome, at.failing), event(holds, at.holding));
    let time = this.0.chars().count().max(that.0.chars().count());
    let width = this.1.chars().count().max(that.1.chars().count());
    let row = |(at, what): &(String, String), which: &str| format!("  {at:>time$}  {what:<width$}   {which}");
    let changes = changes.words.join(" and ");
    vec![
        format!("holds {changes}; differs first at event {}:", at.failing + 1),
        row(&this, "here"),
        row(&that, "there"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::trace::Trace;

    fn recording(events: &[(u64, Kind, u64)]) -> Recording {
        let mut trace = Trace::new(true);
        for (at, kind, a) in events {
            trace.note(Time::from_nanos(*at), *kind, *a, 0, &[]);
        }
        trace.take_recording().unwrap()
    }

    #[test]
    fn runs_part_at_what_follows_from_a_fault_and_not_at_the_fault() {
        let failing = [(1, Kind::Fault, 0), (2, Kind::Timer, 7), (3, Kind::Overlay, 0), (4, Kind::Send, 1)];
        let holding = [(2, Kind::Timer, 6), (4, Kind::Send, 1)];
        let of = |that: &[(u64, Kind, u64)]| parting(&recording(&failing), &recording(that));
        assert_eq!(of(&holding), Parting { failing: 4, holding: 2 }, "both end");
        assert_eq!(of(&holding[..1]), Parting { failing: 3, holding: 1 }, "one ends");
        assert_eq!(of(&[(2, Kind::Timer, 6), (4, Kind::Send, 2)]), Parting { failing: 3, holding: 1 });
        assert_eq!(of(&[(3, Kind::Timer, 7)]), Parting { failing: 1, holding: 0 });
        assert_eq!(first_that_tells(&recording(&failing), 0), 3);
        assert_eq!(first_that_tells(&recording(&failing), 4), 4, "the end");
    }
}
