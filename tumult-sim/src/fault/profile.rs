//! [`Profile`]: what kind of plans are drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Budget, FaultKind};
use crate::base::Stream;

/// What kind of plans are drawn: how often, how long, which kinds, and what must be left standing.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::fault::{Budget, FaultKind, Profile};
/// let profile = Profile::swarm()
///     .every(Duration::from_secs(5))
///     .weight(FaultKind::PowerLoss, 10)
///     .budget(Budget::new().max_dead(1).quorum(["n1", "n2", "n3"]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub(super) weights: BTreeMap<FaultKind, u32>,
    pub(super) every: Duration,
    pub(super) lasts: (Duration, Duration),
    pub(super) max_active: usize,
    pub(super) budget: Budget,
    pub(super) spared: Vec<String>,
    pub(super) rules: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) domains: Vec<Vec<String>>,
    swarm: bool,
    /// Whether disks of replicas are corrupted without a weight for that.
    corrupts: bool,
}

impl Default for Profile {
    /// Every kind of fault but rules and signals, one each 10 s on average, each for 100 ms to 10 s, three at once, one process down
    /// at once.
    ///
    /// Signals come only where a weight asks for them: who does not handle one is ended by it, which `kill` is, and who is
    /// asked to end by `shutdown` is sent one. Disks are corrupted only where [`Budget::replicas`] says that there are copies, or where [`weight`](Self::weight)
    /// asks for it.
    fn default() -> Self {
        let weight = |kind| match kind {
            FaultKind::Kill | FaultKind::PowerLoss | FaultKind::Pause | FaultKind::Partition => 4,
            FaultKind::Restart
            | FaultKind::Isolate
            | FaultKind::Cut
            | FaultKind::Hold
            | FaultKind::Loss
            | FaultKind::Duplicate
            | FaultKind::Reorder
            | FaultKind::Delay
            | FaultKind::Clock => 2,
            _ => 1,
        };
        let of_itself = |kind: &FaultKind| kind.latent().is_none() && *kind != FaultKind::Signal;
        let drawn = FaultKind::ALL.into_iter().filter(of_itself);
        Self { weights: drawn.map(|kind| (kind, weight(kind))).collect(), corrupts: true, ..Self::none() }
    }
}

impl Profile {
    /// As the default, but without any kind of fault: give weights to those that are wanted.
    pub fn none() -> Self {
        Self {
            weights: BTreeMap::new(),
            every: Duration::from_secs(10),
            lasts: (Duration::from_millis(100), Duration::from_secs(10)),
            max_active: 3,
            budget: Budget::new().max_dead(1),
            spared: vec![],
            rules: vec![],
            names: vec![],
            domains: vec![],
            swarm: false,
            corrupts: false,
        }
    }

    /// As the default, but each seed draws a random subset of the kinds, with random weights.
    ///
    /// Leaving kinds out finds more than having all of them in every run: faults hide each other, and a run with few
    /// kinds goes deeper into what they do together (Groce, Zhang, Eide, Chen, Regehr: Swarm Testing, ISSTA 2012).
    pub fn swarm() -> Self {
        Self { swarm: true, ..Self::default() }
    }

    /// How likely this kind is, relative to the others; 0 leaves it out.
    pub fn weight(mut self, kind: FaultKind, weight: u32) -> Self {
        self.weights.insert(kind, weight);
        self
    }

    /// Of the kinds that it has, these alone; kinds that are added to the library later stay out.
    ///
    /// ```
    /// use tumult_sim::fault::{FaultKind, Profile};
    /// let crashes = Profile::swarm().only([FaultKind::Kill, FaultKind::PowerLoss]);
    /// # let plan = crashes.draw(&tumult_sim::Key::root(tumult_sim::Seed(1)), &["a"], std::time::Duration::from_secs(900));
    /// # assert!(plan.unwrap().iter().all(|f| matches!(f.what.kind(), FaultKind::Kill | FaultKind::PowerLoss)));
    /// ```
    pub fn only(mut self, kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        let kinds: Vec<FaultKind> = kinds.into_iter().collect();
        self.weights.retain(|kind, _| kinds.contains(kind));
        self
    }

    /// The mean time between the beginnings of two faults.
    ///
    /// # Panics
    /// When it is zero.
    #[track_caller]
    pub fn every(self, mean: Duration) -> Self {
        assert!(!mean.is_zero(), "failed to draw faults every 0 s: the mean time between two must be more than that");
        Self { every: mean, ..self }
    }

    /// How long a fault lasts, from the shortest to the longest.
    ///
    /// # Panics
    /// When the longest is shorter than the shortest.
    #[track_caller]
    pub fn lasting(self, shortest: Duration, longest: Duration) -> Self {
        assert!(
            shortest <= longest,
            "failed to let faults last from {shortest:?} to {longest:?}: write the shortest time first"
        );
        Self { lasts: (shortest, longest), ..self }
    }

    /// At most so many faults are in force at once.
    pub fn max_active(self, faults: usize) -> Self {
        Self { max_active: faults, ..self }
    }

    /// What must be left standing; drawn plans never exceed it.
    pub fn budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// This process is never ended, paused or isolated, and its clock and disk are sound: for what stands outside the
    /// system under test, such as a client that counts. Its packets share the fate of the others'.
    pub fn spare(mut self, process: impl Into<String>) -> Self {
        self.spared.push(process.into());
        self
    }

    /// This rule, which the simulation declares, may be switched on: of itself no rule is.
    pub fn rule(mut self, name: impl Into<String>) -> Self {
        self.rules.push(name.into());
        self
    }

    /// Lookups of this name, which the simulation declares, may go wrong. Those of a simulation may without being named
    /// here; without any, no such fault is drawn.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !self.names.contains(&name) {
            self.names.push(name);
        }
        self
    }

    /// These processes share a fate, as those of a zone: every second partition parts one such group from the rest. The
    /// zones of a simulation are such groups without being named here.
    pub fn domain<S: Into<String>>(mut self, processes: impl IntoIterator<Item = S>) -> Self {
        self.domains.push(processes.into_iter().map(Into::into).collect());
        self
    }

    /// The kinds and weights for one seed. Every kind makes its draws, so that leaving one out leaves the others.
    pub(super) fn weights_for(&self, stream: &mut Stream) -> Vec<(FaultKind, u32)> {
        let mut weights = self.weights.clone();
        if self.corrupts && !self.budget.replicas.is_empty() {
            for kind in FaultKind::ALL.into_iter().filter(|kind| kind.latent().is_some()) {
                weights.entry(kind).or_insert(1);
            }
        }
        let mut kinds: Vec<(FaultKind, u32)> = weights.into_iter().filter(|k| k.1 > 0).collect();
        if !self.swarm || kinds.is_empty() {
            return kinds;
        }
        let one = stream.below(kinds.len() as u64) as usize;
        let one = kinds[one];
        for (_, weight) in &mut kinds {
            let (stays, factor) = (stream.below(2) as u32, 1 + stream.below(8) as u32);
            *weight = weight.saturating_mul(stays * factor);
        }
        kinds.retain(|kind| kind.1 > 0);
        // A seed without any fault is not worth its time.
        if kinds.is_empty() { vec![one] } else { kinds }
    }
}
