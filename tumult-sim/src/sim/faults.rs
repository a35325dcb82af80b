//! The faults of a simulation: declared, drawn, or given from outside; armed, healed, and what became of them.
//!
//! Names tell where a fault came from: `f1` was declared, `g1` drawn by a profile, `t1` is a trigger of an experiment,
//! whose times are from the start of DURING on.

use std::time::Duration;

use super::Sim;
use crate::base::{OrPanic, Time};
use crate::context::Cause;
use crate::fault::{Condition, Fault, Outcome, Plan, PlannedFault, Profile, Style, When};

/// What drawn faults are called.
const DRAWN: char = 'g';
/// What triggers of experiments are called.
const TRIGGER: char = 't';

/// What goes wrong in a simulation.
#[derive(Debug, Default)]
pub(super) struct Faults {
    declared: Plan,
    profiles: Vec<(Profile, Duration)>,
    /// Everything that was armed, as it was planned.
    pub(super) plan: Plan,
}

impl Sim {
    /// Something goes wrong at this time after the start.
    ///
    /// # Panics
    /// When the fault contradicts itself.
    #[track_caller]
    pub fn at(&mut self, after_start: Duration, fault: Fault) {
        self.plan_fault(&fault.at(after_start));
    }

    /// Something goes wrong when the condition has come about.
    ///
    /// # Panics
    /// When the fault contradicts itself.
    #[track_caller]
    pub fn on(&mut self, condition: Condition, fault: Fault) {
        self.plan_fault(&fault.on(condition));
    }

    /// Something goes wrong when the fault itself says: at its time, or on its condition; at the start without either.
    ///
    /// # Panics
    /// When the fault contradicts itself.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a declaration, as `at` and `on` are")]
    pub fn fault(&mut self, fault: Fault) {
        self.plan_fault(&fault);
    }

    #[track_caller]
    fn plan_fault(&mut self, fault: &Fault) {
        assert!(!self.started, "failed to plan a fault: the simulation has started; declare its faults before");
        let id = format!("f{}", self.faults.declared.len() + 1);
        let fault = fault.planned(id, |p| self.name(p));
        self.faults.declared.push(fault).or_panic();
    }

    /// Faults drawn from the seed, for as long as `horizon` from the start on. Drawn again for each seed.
    pub fn draw_faults(&mut self, profile: Profile, horizon: Duration) {
        self.faults.profiles.push((profile, horizon));
    }

    /// Everything that was planned so far, declared and drawn. Times of `t…` faults are from the start of DURING on.
    pub fn plan(&self) -> &Plan {
        &self.faults.plan
    }

    /// Arms what is declared and drawn, or what was given instead.
    pub(super) fn arm_faults(&mut self) {
        let chosen = match &self.config.plan {
            Some(plan) => plan.iter().filter(|f| !f.id.starts_with(TRIGGER)).cloned().collect(),
            None => self.drawn_and_declared(),
        };
        self.arm(chosen, Time::ZERO);
    }

    fn drawn_and_declared(&self) -> Vec<PlannedFault> {
        let names: Vec<String> = self.processes().into_iter().map(|p| self.name(p)).collect();
        let mut all: Vec<PlannedFault> = self.faults.declared.iter().cloned().collect();
        let mut drawn = 0;
        for (n, (profile, horizon)) in self.faults.profiles.iter().enumerate() {
            let key = self.run.world.borrow().key.child("plan").numbered(n as u64);
            let profile = self.with_names(self.with_zones(profile));
            let plan = match &self.config.manner.style {
                Style::Like(parent, how) if self.faults.profiles.len() == 1 => {
                    let drawn = parent.iter().filter(|f| f.id.starts_with(DRAWN)).cloned();
                    let parent = drawn.collect::<Vec<_>>().try_into().or_panic();
                    profile.draw_like(&parent, &key.numbered(*how), &names, *horizon)
                }
                style => profile.draw_as(style, &key, &names, *horizon),
            };
            for fault in &plan.or_panic() {
                drawn += 1;
                all.push(PlannedFault { id: format!("{DRAWN}{drawn}"), ..fault.clone() });
            }
        }
        all
    }

    /// Arms the triggers of an experiment, or those that were given instead; their times are from now on.
    pub(crate) fn arm_triggers(&mut self, triggers: &[Fault]) {
        let chosen = match &self.config.plan {
            Some(plan) => plan.iter().filter(|f| f.id.starts_with(TRIGGER)).cloned().collect(),
            None => (1..).zip(triggers).map(|(n, f)| f.planned(format!("{TRIGGER}{n}"), |p| self.name(p))).collect(),
        };
        self.arm(chosen, self.now());
    }

    fn arm(&mut self, faults: Vec<PlannedFault>, from: Time) {
        let mut armed = Plan::new();
        for fault in faults {
            let when = match fault.when {
                When::At(at) => When::At(at + from.since_start()),
                When::On(_) => fault.when.clone(),
            };
            let shifted = PlannedFault { when, ..fault.clone() };
            if let Err(error) = self.faults.plan.push(fault).and_then(|()| armed.push(shifted)) {
                return self.run.fail(Cause::Setup { message: error.to_string() }, None);
            }
        }
        let result = self.hub.injector.borrow_mut().arm(&mut self.run.world.borrow_mut(), &armed);
        if let Err(error) = result {
            self.run.fail(Cause::Setup { message: error.to_string() }, None);
        }
    }

    /// Lifts every fault that is in force, and calls off those to come.
    pub(crate) fn heal_faults(&mut self) {
        self.hub.injector.borrow_mut().heal_all(&mut self.run.world.borrow_mut(), None);
    }

    /// What became of each fault.
    pub(crate) fn fault_outcomes(&self) -> Vec<Outcome> {
        let mut injector = self.hub.injector.borrow_mut();
        injector.settle(&mut self.run.world.borrow_mut());
        injector.outcomes().to_vec()
    }
}
