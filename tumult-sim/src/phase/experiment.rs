//! [`Experiment`]: what an author declares.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::{BaselineRules, Estimate, OnAnomaly, Phases, PostRules, Probe, RollbackPolicy, Series, Tolerance};
use crate::fault::Fault;
use crate::journal::{EstimateRecord, RegulatoryRecord, Unit};
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
    pub(super) rules: BaselineRules,
    pub(super) post: PostRules,
    pub(super) triggers: Vec<Fault>,
    pub(super) recovery: Option<Recovery>,
    pub(super) rollback: RollbackPolicy,
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

/// A claim about the steady state.
pub(super) struct Hypothesis {
    pub(super) title: String,
    pub(super) source: Box<dyn Fn() -> Option<f64>>,
    pub(super) tolerance: Tolerance,
}

impl std::fmt::Debug for Hypothesis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hypothesis").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Makes the future that recovers, or says why it could not.
type Action = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>>>>>;

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

/// How a recovering action ended: nothing, or a `Result` whose error is its failure.
pub trait ActionOutput: 'static {
    #[doc(hidden)]
    fn into_result(self) -> Result<(), String>;
}

impl ActionOutput for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<T: 'static, E: std::fmt::Display + 'static> ActionOutput for Result<T, E> {
    fn into_result(self) -> Result<(), String> {
        self.map(drop).map_err(|e| e.to_string())
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
            rules: BaselineRules::default(),
            post: PostRules::default(),
            triggers: vec![],
            recovery: None,
            rollback: RollbackPolicy::default(),
            keep_samples: false,
        };
        Self { sim, role, declared, phases: Phases::default() }
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

    /// A claim about the steady state: checked at the end of BASELINE, in DURING and in POST.
    pub fn hypothesis<V: Into<Option<f64>>>(
        &mut self,
        title: impl Into<String>,
        source: impl Fn() -> V + 'static,
        tolerance: impl Into<Tolerance>,
    ) -> &mut Self {
        let source = Box::new(move || source().into());
        self.declared.hypotheses.push(Hypothesis { title: title.into(), source, tolerance: tolerance.into() });
        self
    }

    /// How long BASELINE runs, and POST. Default: 10 s.
    pub fn baseline(&mut self, duration: Duration) -> &mut Self {
        self.declared.baseline = duration;
        self
    }

    /// How many samples of each probe are thrown away before BASELINE counts. Default: none.
    pub fn warmup(&mut self, samples: usize) -> &mut Self {
        self.declared.rules.warmup_samples = samples;
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
        let action = Rc::new(action);
        self.declared.recovery = Some(Recovery {
            triggers: trigger.into_faults(),
            action: Rc::new(move || {
                let action = Rc::clone(&action);
                Box::pin(async move { action().await.into_result() })
            }),
        });
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
