//! The injector: arms a plan in a world, does what is due, takes it back, and keeps what became of each fault.

use super::compile::{Compiled, Known, compile};
use super::layers::{self, Layers};
use super::outcome::Step;
use super::{Outcome, Plan, What, When};
use crate::base::{ClockChange, Effect, Error, Incarnation, ProcessId, ProcessSet, Time};
use crate::kernel::process::{Exit, State};
use crate::kernel::world::World;
use crate::trace::Kind;

/// Cues from here on are the injector's; below, others may use them.
const OURS: u32 = 1 << 31;
/// A cue to heal, not to inject.
const HEAL: u32 = 1 << 30;
/// A cue for what follows an injection.
const STEP: u32 = 1 << 29;

/// Does the faults of plans to a world, and keeps what became of each.
#[derive(Debug, Default)]
pub(crate) struct Injector {
    faults: Vec<Armed>,
    /// What follows injections: of which fault, and which of what comes later.
    steps: Vec<(usize, usize)>,
    layers: Layers,
    next_overlay: u32,
    outcomes: Vec<Outcome>,
}

#[derive(Debug)]
struct Armed {
    compiled: Compiled,
    /// Which life of each process that ends or stands still was meant: a later one is not touched by the healing.
    lives: Vec<(ProcessId, Incarnation)>,
    /// How often the clock or the disk had been used, or had failed, when it was changed.
    uses: u64,
    /// The event of the trace from which what it does follows: that it was planned, and then that it was injected.
    event: u32,
}

impl Injector {
    /// Whether a cue is the injector's.
    pub(crate) fn owns(cue: u32) -> bool {
        cue & OURS != 0
    }

    /// Arms a plan. More than one may be armed, also while the run goes on; a time that has passed is now.
    ///
    /// # Errors
    /// When the plan names a process or a rule that is unknown; then nothing of it is armed.
    pub(crate) fn arm(&mut self, world: &mut World, plan: &Plan) -> Result<(), Error> {
        let mut next_overlay = self.next_overlay;
        let compiled = {
            let processes = world.processes.iter().map(|(_, p)| &*p.name).collect();
            let known = Known {
                processes,
                rules: world.net.rules.names().collect(),
                names: world.net.directory.names().collect(),
            };
            plan.iter().map(|f| compile(f, &known, &mut next_overlay)).collect::<Result<Vec<_>, _>>()?
        };
        self.next_overlay = next_overlay;
        for (fault, compiled) in plan.iter().zip(compiled) {
            let n = self.faults.len();
            let cue = OURS | n as u32;
            match &compiled.when {
                // What goes wrong from now on does so before anything else happens.
                When::At(at) if *at <= world.now() => world.cue_now(cue),
                When::At(at) => world.cue_at(*at, cue),
                When::On(c) => world.watch(c.by, &c.point, c.nth, cue),
            }
            self.faults.push(Armed { compiled, lives: vec![], uses: 0, event: world.core.trace.next() });
            self.outcomes.push(Outcome::planned(fault.clone()));
            note(world, n, Step::Planned, &fault.to_string());
        }
        Ok(())
    }

    /// A cue has come up. False when it is not the injector's.
    pub(crate) fn cue(&mut self, world: &mut World, cue: u32) -> bool {
        let n = (cue & !(OURS | HEAL | STEP)) as usize;
        let known = if cue & STEP == 0 { self.faults.len() } else { self.steps.len() };
        if !Self::owns(cue) || n >= known {
            return false;
        }
        // What this one does may hide what another one has done.
        self.settle(world);
        match cue & (HEAL | STEP) {
            0 => self.inject(world, n),
            HEAL => self.heal(world, n),
            _ => self.step(world, n),
        }
        true
    }

    /// What became of each fault, in the order in which they were armed. [`settle`](Self::settle) first.
    pub(crate) fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Since when no fault is in force: from the start on where there was none yet. `None` while one is.
    pub(crate) fn quiet_since(&self) -> Option<Time> {
        let mut since = Time::ZERO;
        for outcome in self.outcomes.iter().filter(|o| o.injected_at.is_some()) {
            since = since.max(outcome.healed_at?);
        }
        Some(since)
    }

    /// Looks which of the faults in force have taken effect by now.
    pub(crate) fn settle(&mut self, world: &mut World) {
        for n in 0..self.faults.len() {
            if self.outcomes[n].is_active() && !self.outcomes[n].is_met() && self.has_taken_effect(world, n) {
                self.outcomes[n].met_at = Some(world.now());
                let event = self.faults[n].event;
                following(world, event, |world| note(world, n, Step::Met, &self.outcomes[n].fault.id));
            }
        }
    }

    /// Takes back every fault that is in force, and calls off those that are still to come. With a core, only those
    /// that touch a process of it, or the packets between two processes of it: the others stay, and may still come.
    pub(crate) fn heal_all(&mut self, world: &mut World, core: Option<&ProcessSet>) {
        self.settle(world);
        for n in 0..self.faults.len() {
            if core.is_some_and(|core| !self.touches(n, core, world.processes.len() as u32)) {
                continue;
            }
            let outcome = &self.outcomes[n];
            if outcome.is_active() {
                self.heal(world, n);
            } else if outcome.injected_at.is_none() && outcome.skipped.is_none() {
                self.skip(world, n, "the faults were lifted before it was due".into());
            }
        }
    }

    fn inject(&mut self, world: &mut World, n: usize) {
        if self.outcomes[n].injected_at.is_some() || self.outcomes[n].skipped.is_some() {
            return;
        }
        // What waits for a point follows from that it was reached.
        let reached = matches!(self.faults[n].compiled.when, When::On(_)).then_some(world.core.trace.step());
        following(world, self.faults[n].event, |world| self.inject_now(world, n, reached));
    }

    fn inject_now(&mut self, world: &mut World, n: usize, reached: Option<u32>) {
        let effects = self.faults[n].compiled.inject.clone();
        let why_not = effects.first().and_then(|e| obstacle(world, e));
        self.note_before(world, n, &effects);
        let mut done = false;
        for effect in &effects {
            let base = former(world, effect);
            // A setting that another fault holds is held by both, even when they want the same.
            let applied = world.apply(effect) || self.layers.holds(effect);
            if applied {
                self.layers.lay(n, effect, || base);
            }
            done |= applied;
        }
        if !done {
            return self.skip(world, n, why_not.unwrap_or_else(|| "it could have no effect as things were".into()));
        }
        for (k, (after, _)) in self.faults[n].compiled.later.iter().enumerate() {
            world.cue_at(world.now() + *after, OURS | STEP | self.steps.len() as u32);
            self.steps.push((n, k));
        }
        let outcome = &mut self.outcomes[n];
        outcome.injected_at = Some(world.now());
        self.faults[n].event = world.core.trace.next();
        note(world, n, Step::Injected, &format!("{} {}", outcome.fault.id, outcome.fault.what));
        if let Some(reached) = reached {
            world.core.trace.link(self.faults[n].event, reached);
        }
        if let Some(lasts) = outcome.fault.lasts {
            world.cue_at(world.now() + lasts, OURS | HEAL | n as u32);
        } else if self.faults[n].compiled.heal.is_empty() {
            outcome.healed_at = Some(world.now());
        }
        if is_met_at_once(&self.outcomes[n].fault.what) {
            self.outcomes[n].met_at = Some(world.now());
            note(world, n, Step::Met, &self.outcomes[n].fault.id);
        }
    }

    /// What follows an injection, unless that was healed before. With the last of it a fault without an end is over.
    fn step(&mut self, world: &mut World, step: usize) {
        let (n, k) = self.steps[step];
        if !self.outcomes[n].is_active() {
            return;
        }
        let later = &self.faults[n].compiled.later;
        following(world, self.faults[n].event, |world| world.apply(&later[k].1));
        if k + 1 == later.len() && self.outcomes[n].fault.lasts.is_none() {
            self.heal(world, n);
        }
    }

    fn skip(&mut self, world: &mut World, n: usize, why: String) {
        let fault = &self.outcomes[n].fault;
        let event = self.faults[n].event;
        following(world, event, |world| note(world, n, Step::Skipped, &format!("{} {}: {why}", fault.id, fault.what)));
        self.outcomes[n].skipped = Some(why);
    }

    fn heal(&mut self, world: &mut World, n: usize) {
        if self.outcomes[n].is_active() {
            following(world, self.faults[n].event, |world| self.heal_now(world, n));
        }
    }

    fn heal_now(&mut self, world: &mut World, n: usize) {
        let effects = self.faults[n].compiled.heal.clone();
        for effect in &effects {
            if layers::setting(effect).is_some() {
                if let Some(effect) = self.layers.lift(n, effect) {
                    world.apply(&effect);
                }
                continue;
            }
            if let Effect::Restart(p) | Effect::Resume(p) = effect
                && self.faults[n].lives.iter().any(|(q, life)| q == p && *life != world.processes.get(*p).incarnation)
            {
                // It has started again meanwhile: what holds it now is another fault's.
                continue;
            }
            world.apply(effect);
        }
        let outcome = &mut self.outcomes[n];
        outcome.healed_at = Some(world.now());
        note(world, n, Step::Healed, &format!("{} {}", outcome.fault.id, outcome.fault.what));
    }

    fn note_before(&mut self, world: &mut World, n: usize, effects: &[Effect]) {
        let armed = &mut self.faults[n];
        for effect in effects {
            match effect {
                Effect::Kill(p)
                | Effect::PowerLoss(p)
                | Effect::Pause(p)
                | Effect::Shutdown(p, _)
                | Effect::Signal(p, _) => {
                    armed.lives.push((*p, world.processes.get(*p).incarnation));
                }
                _ => armed.uses = uses(world, effect).unwrap_or(armed.uses),
            }
        }
    }

    /// Whether a fault in force has been felt.
    fn has_taken_effect(&self, world: &mut World, n: usize) -> bool {
        let armed = &self.faults[n];
        armed.compiled.all().any(|effect| match effect {
            Effect::Overlay { id, .. } => world.net.overlay_hits(*id).is_some_and(|hits| hits > 0),
            Effect::Pause(p) => {
                let process = world.processes.get(*p);
                process.state == State::Paused && world.core.tasks.any_queued(process.tasks)
            }
            _ => uses(world, effect).is_some_and(|uses| uses > armed.uses),
        })
    }

    fn touches(&self, n: usize, core: &ProcessSet, processes: u32) -> bool {
        let all = || (0..processes).map(ProcessId).filter(|p| core.contains(*p));
        self.faults[n].compiled.all().any(|effect| match effect {
            Effect::Overlay { reach, .. } => all().any(|p| all().any(|q| p != q && reach.covers(p, q))),
            Effect::Lift(_) => false,
            // It may decide about any packet, or be asked for by anyone.
            Effect::Rule(..) | Effect::Name(..) => true,
            Effect::Kill(p)
            | Effect::PowerLoss(p)
            | Effect::Restart(p)
            | Effect::Pause(p)
            | Effect::Resume(p)
            | Effect::Shutdown(p, _)
            | Effect::Signal(p, _)
            | Effect::Clock(p, _)
            | Effect::Disk(p, _)
            | Effect::StealCpu(p, _)
            | Effect::PressMemory(p, _)
            | Effect::Revive(p)
            | Effect::ResetStreams(p)
            | Effect::Descriptors(p, _) => core.contains(*p),
        })
    }
}

/// Does something to the world that follows from an event of the trace, whatever else happens now.
fn following<R>(world: &mut World, event: u32, f: impl FnOnce(&mut World) -> R) -> R {
    let step = world.core.trace.step();
    world.core.follow(event);
    let result = f(world);
    world.core.follow(step);
    result
}

/// A step of a fault in the trace: which one, which step, and what it is.
fn note(world: &mut World, n: usize, step: Step, text: &str) {
    let now = world.now();
    world.core.trace.note(now, Kind::Fault, n as u64, step as u64, text.as_bytes());
}

/// Whether a fault that was done to the world has taken effect by that alone.
fn is_met_at_once(what: &What) -> bool {
    matches!(
        what,
        What::Kill(_) | What::PowerLoss(_) | What::Restart(_) | What::Shutdown(..) | What::Signal(..) | What::Reset(_)
    )
}

/// How often what a fault of a clock, a disk, a rule, a name or a resource changes has been felt so far; `None` of
/// those that are not counted so.
fn uses(world: &mut World, effect: &Effect) -> Option<u64> {
    Some(match effect {
        Effect::Clock(p, ClockChange::Drift(_)) => world.processes.get(*p).clock.uses(),
        Effect::Clock(p, _) => world.processes.get(*p).clock.wall_reads(),
        Effect::Rule(rule, _) => world.net.rules.hits(*rule),
        Effect::Name(name, change) => world.net.directory.felt(*name, change),
        Effect::StealCpu(p, _) => world.machines.cpu(*p).felt(),
        Effect::PressMemory(p, _) => world.machines.memory(*p).felt(),
        Effect::Disk(p, change) => world.disks.felt(*p, change),
        Effect::Descriptors(p, _) => world.processes.get(*p).descriptors.refused(),
        _ => return None,
    })
}

/// The effect that restores a setting as it is now.
fn former(world: &mut World, effect: &Effect) -> Effect {
    match effect {
        Effect::Clock(p, ClockChange::Drift(_)) => {
            Effect::Clock(*p, ClockChange::Drift(world.processes.get(*p).clock.drift()))
        }
        Effect::Disk(p, change) => {
            // The disk says what was before when it is changed; it is changed back at once, and nothing has happened.
            let disk = world.disks.get_mut(*p);
            let before = disk.apply(change.clone());
            disk.apply(before.clone());
            Effect::Disk(*p, before)
        }
        Effect::StealCpu(p, _) => Effect::StealCpu(*p, world.machines.cpu(*p).stolen_by(*p)),
        Effect::PressMemory(p, _) => Effect::PressMemory(*p, world.machines.memory(*p).pressed_by(*p)),
        Effect::Descriptors(p, _) => Effect::Descriptors(*p, world.processes.get(*p).descriptors.limit()),
        // Only faults set these.
        Effect::Name(name, change) => Effect::Name(*name, change.sound()),
        other => other.clone(),
    }
}

/// Why an effect on a process can have none.
fn obstacle(world: &World, effect: &Effect) -> Option<String> {
    let (Effect::Kill(p) | Effect::PowerLoss(p) | Effect::Pause(p) | Effect::Shutdown(p, _) | Effect::Signal(p, _)) =
        effect
    else {
        return None;
    };
    let process = world.processes.get(*p);
    let is = match process.state {
        State::Declared => "has not been started yet",
        State::Ended(Exit::Finished) => "has finished",
        State::Ended(Exit::Killed) => "has been killed already",
        State::Ended(Exit::PowerLost) => "has lost power already",
        State::Ended(Exit::Panicked) => "has panicked",
        State::Ended(Exit::OutOfMemory) => "has been killed for want of memory already",
        State::Ended(Exit::Exited(_)) => "has exited",
        State::Ended(Exit::Aborted) => "has aborted",
        State::Paused => "is paused already",
        State::Running => "has been asked to end already",
    };
    Some(format!("{} {is}", process.name))
}
