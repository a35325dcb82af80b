//! What a page shows, as a pure function of recorded runs.

use serde::Serialize;

use super::columns::Columns;
use super::probes::Experiment;
use crate::fault::{FaultKind, Outcome};
use crate::report::event::Scene;
use crate::sim::RunOutcome;

/// A page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PageData {
    /// Which test.
    pub(crate) title: String,
    /// The report as text.
    pub(crate) text: String,
    /// The runs, one below the other; the first is the one to look at first.
    pub(crate) runs: Vec<RunData>,
}

/// A run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RunData {
    /// What tells it from the page's other runs, as `as found` and `shrunk`.
    label: String,
    seed: String,
    trace: String,
    ended_ns: u64,
    processes: Vec<String>,
    faults: Vec<FaultData>,
    failure: Option<FailureData>,
    events: Columns,
    experiment: Option<Experiment>,
}

/// A fault of the plan and what became of it.
#[derive(Clone, Debug, Serialize)]
struct FaultData {
    id: String,
    /// When, what, how long, as in a plan.
    plan: String,
    what: String,
    /// The kind in a word, as `partition`.
    kind: String,
    /// Those that it touches; all of them where it names none.
    processes: Vec<u32>,
    /// It is over as soon as it is done.
    instant: bool,
    injected_ns: Option<u64>,
    met_ns: Option<u64>,
    healed_ns: Option<u64>,
    skipped: Option<String>,
}

/// How it failed.
#[derive(Clone, Debug, Serialize)]
struct FailureData {
    what: String,
    at_ns: u64,
    process: Option<u32>,
    invariant: Option<&'static str>,
}

/// So many events a page shows at the most. Of longer runs it shows the last, where the failure is.
const SHOWN: usize = 200_000;

impl RunData {
    /// A run as one of `many` on a page; `epoch_ns` is what its wall clock showed at the start. Without a recording it has
    /// no events.
    pub(crate) fn of(label: impl Into<String>, run: &RunOutcome, epoch_ns: i64, many: usize) -> Self {
        let names = &run.process_names;
        let number = |name: &str| names.iter().position(|n| n == name).map(|n| n as u32);
        let failure = run.failure.as_ref().map(|f| FailureData {
            what: f.to_string(),
            at_ns: f.at.as_nanos(),
            process: f.process.as_deref().and_then(number),
            invariant: f.invariant(),
        });
        let events =
            run.recording.as_ref().map(|recording| Columns::of(Scene { recording, names }, SHOWN / many.max(1)));
        Self {
            label: label.into(),
            seed: run.seed.to_string(),
            trace: run.trace.to_string(),
            ended_ns: run.ended_at.as_nanos(),
            processes: names.clone(),
            faults: run.faults.iter().map(|f| fault(f, names)).collect(),
            failure,
            events: events.unwrap_or_default(),
            experiment: run.journal.as_ref().map(|journal| Experiment::of(journal, epoch_ns)),
        }
    }
}

fn fault(outcome: &Outcome, names: &[String]) -> FaultData {
    let planned = &outcome.fault;
    let touched = planned.what.processes();
    let touches = |name: &String| touched.is_empty() || touched.contains(&name);
    let ns = |at: Option<crate::base::Time>| at.map(crate::base::Time::as_nanos);
    FaultData {
        id: planned.id.clone(),
        plan: planned.to_string(),
        what: planned.what.to_string(),
        kind: planned.what.kind().to_string(),
        processes: (0..).zip(names).filter(|(_, name)| touches(name)).map(|(n, _)| n).collect(),
        instant: matches!(planned.what.kind(), FaultKind::Restart | FaultKind::Reset),
        injected_ns: ns(outcome.injected_at),
        met_ns: ns(outcome.met_at),
        healed_ns: ns(outcome.healed_at),
        skipped: outcome.skipped.clone(),
    }
}
