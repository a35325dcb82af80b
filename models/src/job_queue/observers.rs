//! What an observer of the whole queue keeps, for the invariants.

use tumult_invariants::{
    Answer, Counted, EffectLedger, INV_001, INV_002, INV_003, INV_004, INV_005, INV_008, LogHistory, Outcome,
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
}

impl Observers {
    pub(super) fn install(sim: &mut Sim) -> Self {
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
        Self { effects, log, transitions, work, outcomes, replicas }
    }

    /// Something that was asked for has ended.
    pub(super) fn ends(&self, what: impl Into<String>, answer: Answer, counted: Counted) {
        let outcome = Outcome { what: what.into(), answer, counted };
        self.outcomes.update(|o| o.ends(outcome));
    }
}
