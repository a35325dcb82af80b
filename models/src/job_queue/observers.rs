//! What an observer of the whole queue keeps, for the invariants.

use std::time::Duration;

use tumult_invariants::{
    Answer, AttemptHistory, BacklogHistory, Bounds, ControlHistory, Counted, EffectLedger, EndHistory, GoodputHistory,
    INV_001, INV_002, INV_003, INV_004, INV_005, INV_006, INV_007, INV_008, INV_009, INV_010, LogHistory, Outcome,
    OutcomeHistory, ReplicaHistory, TransitionHistory, WorkHistory,
};
use tumult_sim::{Observed, Sim};

/// The observed states of a queue.
#[derive(Clone, Debug)]
pub struct Observers {
    /// Every effect at the ledger.
    pub effects: Observed<EffectLedger>,
    /// What the store writes to its log, and finds there.
    pub log: Observed<LogHistory>,
    /// Every step of an execution.
    pub transitions: Observed<TransitionHistory>,
    /// What was promised to clients and workers.
    pub work: Observed<WorkHistory>,
    /// What workers and clients were told, and took it for.
    pub outcomes: Observed<OutcomeHistory>,
    /// What replicas of the store have seen.
    pub replicas: Observed<ReplicaHistory>,
    /// Which accepted jobs have ended.
    pub ends: Observed<EndHistory>,
    /// How often jobs were attempted, and the ledger called.
    pub attempts: Observed<AttemptHistory>,
    /// How control traffic is served.
    pub control: Observed<ControlHistory>,
    /// How much work is queued, and where.
    pub backlog: Observed<BacklogHistory>,
    /// What was done in time.
    pub goodput: Observed<GoodputHistory>,
}

impl Observers {
    pub(super) fn install(sim: &mut Sim, bounds: Bounds, patience: Duration) -> Self {
        let effects = sim.observe("ledger", EffectLedger::default());
        let log = sim.observe("log", LogHistory::default());
        let transitions = sim.observe("transitions", TransitionHistory::default());
        let work = sim.observe("work", WorkHistory::default());
        let outcomes = sim.observe("outcomes", OutcomeHistory::default());
        let replicas = sim.observe("replicas", ReplicaHistory::default());
        sim.always(INV_001, &effects);
        sim.always(INV_002, &log);
        sim.always(INV_003, &transitions);
        sim.always(INV_004, &work);
        sim.always(INV_005, &outcomes);
        sim.always(INV_008, &replicas);
        let ends = sim.observe("ends", EndHistory::new(bounds.liveness));
        let attempts = sim.observe("attempts", AttemptHistory::new(bounds));
        let control = sim.observe("control", ControlHistory::new(bounds.control));
        let backlog = sim.observe("backlog", BacklogHistory::new(bounds));
        let goodput = sim.observe("goodput", GoodputHistory::new(patience));
        sim.always(INV_006, &ends);
        sim.always(INV_007, &attempts);
        sim.always(INV_009, &control);
        sim.always(INV_010, &backlog);
        Self { effects, log, transitions, work, outcomes, replicas, ends, attempts, control, backlog, goodput }
    }

    /// Something that was asked for has ended.
    pub(super) fn ends(&self, what: impl Into<String>, answer: Answer, counted: Counted) {
        let outcome = Outcome { what: what.into(), answer, counted };
        self.outcomes.update(|o| o.ends(outcome));
    }
}
