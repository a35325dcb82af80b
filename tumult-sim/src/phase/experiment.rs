//! [`Experiment`]: what an author declares.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::action::{self, Action};
use super::{
    ActionOutput, BaselineRules, Estimate, Hypothesis, OnAnomaly, Phases, PostRules, Probe, Reading, RollbackPolicy,
    Series, Tolerance,
};
use crate::fault::Fault;
use crate::journal::{BlastRadius, EstimateRecord, RegulatoryRecord, Severity, Unit};
use crate::sim::Sim;

/// As which of its tests a failure mode runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// An experiment of its own.
    #[default]
    Plain,
    /// Without the guard.
    Repro,
    /// With it.
    Prevent,
    /// Without the guard, with the recovery's trigger; and with the recovering action, or to show that it matters.
    Recover { act: bool },
}

/// An experiment: a simulation, what is measured of it, what is predicted, what goes wrong, and in which phases.
///
/// It is a [`Sim`] as well: whatever can be declared there can be declared here. Times of triggers are from the start of
/// DURING on.
#[derive(Debug)]
pub struct Experiment<'a> {
    sim: &'a mut Sim,
    pub(super) role: Role,
    pub(super) declared: Declared,
    pub(super) phases: Phases,
    /// Which declared action failed, and why: known when the experiment has run.
    pub(super) failed_action: Option<String>,
}

/// What was declared.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) title: String,
    pub(super) target: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) regulatory: Vec<RegulatoryRecord>,
    pub(super) estimate: Option<EstimateRecord>,
    pub(super) recovery_target_s: Option<f64>,
    pub(super) probes: Vec<Sampled>,
    pub(super) hypotheses: Vec<Hypothesis>,
    pub(super) baseline: Duration,
    pub(super) during: Duration,
    pub(super) warmup: u32,
    pub(super) rules: BaselineRules,
    pub(super) post: PostRules,
    pub(super) triggers: Vec<Fault>,
    pub(super) severity: Option<Severity>,
    pub(super) blast_radius: Option<BlastRadius>,
    /// The method's actions, in the order of their declaration.
    pub(super) actions: Vec<action::Declared>,
    pub(super) recovery: Option<Recovery>,
    pub(super) rollback: RollbackPolicy,
    pub(super) rollback_actions: Vec<action::Declared>,
    pub(super) keep_samples: bool,
}

/// A probe, what it reads, and what it read.
pub(super) struct Sampled {
    pub(super) probe: Probe,
    pub(super) source: Box<dyn Fn() -> Option<f64>>,
    pub(super) series: Series,
}

impl std::fmt::Debug for Sampled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampled").field("probe", &self.probe).finish_non_exhaustive()
    }
}

/// The trigger of the recover test, and the action that is to recover from it.
pub(super) struct Recovery {
    pub(super) triggers: Vec<Fault>,
    pub(super) action: Action,
}

impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recovery").field("triggers", &self.triggers).finish_non_exhaustive()
    }
}

/// One fault or several: what a trigger is made of.
pub trait IntoFaults {
    #[doc(hidden)]
    fn into_faults(self) -> Vec<Fault>;
}

impl IntoFaults for Fault {
    fn into_faults(self) -> Vec<Fault> {
        vec![self]
    }
}

impl<I: IntoIterator<Item = Fault>> IntoFaults for I {
    fn into_faults(self) -> Vec<Fault> {
        self.into_iter().collect()
    }
}

impl<'a> Experiment<'a> {
    pub(crate) fn new(sim: &'a mut Sim, title: impl Into<String>, role: Role) -> Self {
        let declared = Declared {
            title: title.into(),
            target: None,
            tags: BTreeMap::new(),
            regulatory: vec![],
            estimate: None,
            recovery_target_s: None,
            probes: vec![],
            hypotheses: vec![],
            baseline: Duration::from_secs(10),
            during: Duration::from_secs(30),
            warmup: 0,
            rules: BaselineRules::default(),
            post: PostRules::default(),
            triggers: vec![],
            severity: None,
            blast_radius: None,
            actions: vec![],
            recovery: None,
            rollback: RollbackPolicy::default(),
            rollback_actions: vec![],
            keep_samples: false,
        };
        Self { sim, role, declared, phases: Phases::default(), failed_action: None }
    }

    /// Whether the guard is in place: false in the repro, true in the prevent.
    pub fn guarded(&self) -> bool {
        self.role == Role::Prevent
    }

    /// Which phase it is, for processes to wait on.
    pub fn phases(&self) -> Phases {
        self.phases.clone()
    }

    /// The system under test.
    pub fn target(&mut self, name: impl Into<String>) -> &mut Self {
        self.declared.target = Some(name.into());
        self
    }

    /// A tag of the journal, such as `team`.
    pub fn tag(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.declared.tags.insert(key.into(), value.into());
        self
    }

    /// The run is evidence for this requirement, such as `("DORA", "Art. 25")`.
    pub fn regulatory(&mut self, framework: impl Into<String>, requirement: impl Into<String>) -> &mut Self {
        let record = RegulatoryRecord { framework: framework.into(), requirement: requirement.into() };
        self.declared.regulatory.push(record);
        self
    }

    /// What the author predicts, before anything runs.
    #[expect(clippy::needless_pass_by_value, reason = "reads as a declaration: x.estimate(Estimate::degraded())")]
    pub fn estimate(&mut self, estimate: Estimate) -> &mut Self {
        self.declared.estimate = Some(estimate.record().clone());
        self
    }

    /// Within how long the system is to recover; without, the estimate's recovery time is the target.
    pub fn recovery_target(&mut self, within: Duration) -> &mut Self {
        self.declared.recovery_target_s = Some(within.as_secs_f64());
        self
    }

    /// Measures something every `interval`, in all phases. `source` gives the value, or `None` when the reading failed.
    ///
    /// # Panics
    /// When the interval is zero.
    #[track_caller]
    pub fn probe<V: Into<Option<f64>>>(
        &mut self,
        name: impl Into<String>,
        unit: Unit,
        interval: Duration,
        source: impl Fn() -> V + 'static,
    ) -> &mut Probe {
        let probe = Probe::new(name, unit, interval);
        self.declared.probes.push(Sampled {
            probe,
            source: Box::new(move || source().into()),
            series: Series::default(),
        });
        &mut self.declared.probes.last_mut().expect("just pushed").probe
    }

    /// A claim about the steady state: looked at at the end of BASELINE, whenever a probe is sampled in DURING, and at the
    /// end of POST, unless it is for [some of these](Hypothesis::only) alone.
    pub fn hypothesis<V: Into<Reading>>(
        &mut self,
        title: impl Into<String>,
        source: impl Fn() -> V + 'static,
        tolerance: impl Into<Tolerance>,
    ) -> &mut Hypothesis {
        let source = Box::new(move || source().into());
        self.declared.hypotheses.push(Hypothesis::new(title.into(), source, tolerance.into()));
        self.declared.hypotheses.last_mut().expect("just pushed")
    }

    /// How long BASELINE is sampled, and POST. Default: 10 s.
    pub fn baseline(&mut self, duration: Duration) -> &mut Self {
        self.declared.baseline = duration;
        self
    }

    /// BASELINE begins with a warm-up, on top of its own time: so many samples of the probe with the longest interval.
    /// What is sampled in it is thrown away. Default: none.
    pub fn warmup(&mut self, samples: u32) -> &mut Self {
        self.declared.warmup = samples;
        self
    }

    /// A baseline of fewer good samples of a probe is anomalous. Default: 10.
    pub fn min_samples(&mut self, samples: usize) -> &mut Self {
        self.declared.rules.min_samples = samples;
        self
    }

    /// A probe is back when so many samples in a row are within its thresholds. Default: 10.
    pub fn recovered_after(&mut self, samples: usize) -> &mut Self {
        self.declared.post.recovered_samples = samples.max(1);
        self
    }

    /// An anomalous baseline ends the experiment as `aborted`. By default it is marked in the journal.
    pub fn abort_on_anomaly(&mut self) -> &mut Self {
        self.declared.rules.on_anomaly = OnAnomaly::Abort;
        self
    }

    /// How long DURING runs. Default: 30 s.
    pub fn during(&mut self, duration: Duration) -> &mut Self {
        self.declared.during = duration;
        self
    }

    /// What goes wrong, from the start of DURING on: faults at a time after that, or on a condition.
    pub fn trigger(&mut self, faults: impl IntoFaults) -> &mut Self {
        self.declared.triggers.extend(faults.into_faults());
        self
    }

    /// The recover test's own trigger, and the action that restores correctness after it.
    ///
    /// In POST the action runs first, as a process named `recovery`; once it has finished (or after 10 s) the faults are
    /// lifted. From its start on, no invariant tagged `recovery` may be newly violated.
    pub fn recover<T: ActionOutput>(
        &mut self,
        trigger: impl IntoFaults,
        action: impl AsyncFn() -> T + 'static,
    ) -> &mut Self {
        self.declared.recovery = Some(Recovery { triggers: trigger.into_faults(), action: Action::new(action) });
        self
    }

    /// How hard the trigger is meant to hit, for the journal.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.declared.severity = Some(severity);
        self
    }

    /// How far the trigger reaches, for the journal. Without, it follows from the processes that each fault names.
    pub fn blast_radius(&mut self, radius: BlastRadius) -> &mut Self {
        self.declared.blast_radius = Some(radius);
        self
    }

    /// Something that the experiment does besides faults: it begins `at` so long after the start of DURING, as the process
    /// `action NAME`. One that fails, or has not finished when DURING ends, makes the experiment a failed one.
    pub fn action<T: ActionOutput>(
        &mut self,
        name: impl Into<String>,
        at: Duration,
        action: impl AsyncFn() -> T + 'static,
    ) -> &mut Self {
        self.declared.actions.push(action::Declared { name: name.into(), at, action: Action::new(action) });
        self
    }

    /// Something that the rollback does: at the start of POST, before faults are lifted, as the process `rollback NAME`,
    /// in the order of declaration, if its [policy](Self::rollback) says so. One that fails, or takes more than 10 s,
    /// makes the experiment a failed one, and the others run all the same.
    pub fn rollback_action<T: ActionOutput>(
        &mut self,
        name: impl Into<String>,
        action: impl AsyncFn() -> T + 'static,
    ) -> &mut Self {
        let at = Duration::ZERO;
        self.declared.rollback_actions.push(action::Declared { name: name.into(), at, action: Action::new(action) });
        self
    }

    /// When the rollback's declared actions run.
    pub fn rollback(&mut self, policy: RollbackPolicy) -> &mut Self {
        self.declared.rollback = policy;
        self
    }

    /// The journal keeps every sample.
    pub fn keep_samples(&mut self) -> &mut Self {
        self.declared.keep_samples = true;
        self
    }

    /// The triggers of this role.
    pub(super) fn triggers(&self) -> &[Fault] {
        match (self.role, &self.declared.recovery) {
            (Role::Recover { .. }, Some(recovery)) => &recovery.triggers,
            _ => &self.declared.triggers,
        }
    }

    /// Which action of the method or the rollback failed, and why.
    pub(crate) fn failed_action(&self) -> Option<&str> {
        self.failed_action.as_deref()
    }

    /// Whether a recovery was declared.
    pub(crate) fn has_recovery(&self) -> bool {
        self.declared.recovery.is_some()
    }
}

impl Deref for Experiment<'_> {
    type Target = Sim;
    fn deref(&self) -> &Sim {
        self.sim
    }
}

impl DerefMut for Experiment<'_> {
    fn deref_mut(&mut self) -> &mut Sim {
        self.sim
    }
}
