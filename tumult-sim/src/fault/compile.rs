//! From a planned fault to the effects that inject and heal it.

use std::time::Duration;

use super::{Between, PlannedFault, What, When};
use crate::base::{
    BurstLoss, ClockChange, DiskChange, Effect, Error, Kind, LinkChange, NameChange, NameId, OverlayId, Probability,
    ProcessId, ProcessSet, Reach, RuleId, nanos,
};

/// A fault in the terms of the world.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compiled {
    pub(super) when: When<ProcessId>,
    pub(super) inject: Vec<Effect>,
    /// What follows, and how long after.
    pub(super) later: Vec<(Duration, Effect)>,
    /// What undoes it, were it the only fault: the injector puts back what was before.
    pub(super) heal: Vec<Effect>,
}

impl Compiled {
    /// Everything it does until it is healed.
    pub(super) fn all(&self) -> impl Iterator<Item = &Effect> {
        self.inject.iter().chain(self.later.iter().map(|later| &later.1))
    }
}

/// What a plan may name.
#[derive(Clone, Debug, Default)]
pub(super) struct Known<'a> {
    /// In the order of their ids.
    pub(super) processes: Vec<&'a str>,
    pub(super) rules: Vec<&'a str>,
    pub(super) names: Vec<&'a str>,
}

/// Compiles a fault for a world. Overlays are named from `next_overlay` on.
pub(super) fn compile(fault: &PlannedFault, known: &Known<'_>, next_overlay: &mut u32) -> Result<Compiled, Error> {
    let mut find_process = |name: &String| find(fault, "process", &known.processes, name).map(ProcessId);
    let when = fault.when.try_map(&mut find_process)?;
    let what = fault.what.try_map(&mut find_process)?;
    let rule = match &fault.what {
        What::Rule(name) => Some(find(fault, "rule", &known.rules, name).map(RuleId)?),
        _ => None,
    };
    let name = match &fault.what {
        What::NameFailure(name, _) | What::StaleName(name) | What::NameChange(name, _) => {
            Some(find(fault, "name", &known.names, name).map(NameId)?)
        }
        _ => None,
    };
    let count = known.processes.len() as u32;
    let mut maker = Maker { count, next_overlay, inject: vec![], later: vec![], heal: vec![] };
    if let Some(rule) = rule {
        maker.pair(Effect::Rule(rule, true), Effect::Rule(rule, false));
    }
    if let Some((id, change)) = name.zip(name_change(&what)) {
        let sound = change.sound();
        maker.pair(Effect::Name(id, change), Effect::Name(id, sound));
    }
    maker.make(&what);
    Ok(Compiled { when, inject: maker.inject, later: maker.later, heal: maker.heal })
}

/// The place of a name among those of its kind.
fn find(fault: &PlannedFault, kind: &str, names: &[&str], name: &str) -> Result<u32, Error> {
    let at = names.iter().position(|n| *n == name);
    at.map(|n| n as u32).ok_or_else(|| {
        let known = match names {
            [] => format!("no {kind} is declared"),
            _ if names.len() <= 20 => format!("write one of {}", names.join(", ")),
            _ => format!("write one of {} and {} more", names[..20].join(", "), names.len() - 20),
        };
        Error::new(Kind::Plan, format!("compile the plan, `{fault}`: `{name}` is no {kind} here; {known}"))
    })
}

struct Maker<'a> {
    count: u32,
    next_overlay: &'a mut u32,
    inject: Vec<Effect>,
    later: Vec<(Duration, Effect)>,
    heal: Vec<Effect>,
}

impl Maker<'_> {
    fn make(&mut self, what: &What<ProcessId>) {
        match what {
            What::Kill(p) => self.pair(Effect::Kill(*p), Effect::Restart(*p)),
            What::PowerLoss(p) => self.pair(Effect::PowerLoss(*p), Effect::Restart(*p)),
            What::Shutdown(p, grace) => self.pair(Effect::Shutdown(*p, *grace), Effect::Restart(*p)),
            What::Signal(p, signal) => self.pair(Effect::Signal(*p, *signal), Effect::Restart(*p)),
            What::Restart(p) => self.inject.extend([Effect::Kill(*p), Effect::Restart(*p)]),
            What::Pause(p) => self.pair(Effect::Pause(*p), Effect::Resume(*p)),
            What::Partition(groups) | What::Bridge(_, groups) => {
                for (n, one) in groups.iter().enumerate() {
                    for other in &groups[n + 1..] {
                        self.overlay(one.iter().copied(), other.iter().copied(), true, LinkChange::Cut);
                    }
                }
            }
            What::Isolate(p) => {
                let others = self.all().filter(move |other| other != p);
                self.overlay([*p], others, true, LinkChange::Cut);
            }
            What::Cut(from, to) => self.overlay([*from], [*to], false, LinkChange::Cut),
            What::Hold(b) => self.between(b, LinkChange::Hold),
            What::Loss(b, p) => self.between(b, LinkChange::Loss(*p)),
            What::Duplicate(b, p) => self.between(b, LinkChange::Duplicate(*p)),
            What::Reorder(b, p) => self.between(b, LinkChange::Reorder(*p)),
            What::Delay(b, d) => self.between(b, LinkChange::Delay(*d)),
            What::Swizzle(clog, unclog, step) => self.swizzle(clog, unclog, *step),
            What::Flap(b, down, up) => self.between(b, LinkChange::Flap(*down, *up)),
            What::Corrupt(b, p) => self.between(b, LinkChange::Corrupt(*p)),
            What::CorruptHeader(b, p) => self.between(b, LinkChange::CorruptHeader(*p)),
            What::Throttle(b, bandwidth) => self.between(b, LinkChange::Throttle(*bandwidth)),
            What::BurstLoss(b, enter, leave) => {
                self.between(b, LinkChange::BurstLoss(BurstLoss::new(*enter, *leave)));
            }
            What::BlackHole(b) => self.between(b, LinkChange::BlackHole),
            What::Reset(p) => self.inject.push(Effect::ResetStreams(*p)),
            // Its effects are made where its name is found.
            What::Rule(_) | What::NameFailure(..) | What::StaleName(_) | What::NameChange(..) => {}
            What::Clock(p, ns) => self.pair(
                Effect::Clock(*p, ClockChange::Step(*ns)),
                Effect::Clock(*p, ClockChange::Step(ns.saturating_neg())),
            ),
            What::Drift(p, ppm) => {
                let drift = |ppb| Effect::Clock(*p, ClockChange::Drift(ppb));
                self.pair(drift(*ppm * 1_000), drift(0));
            }
            What::LeapSmear(p, window) => {
                let window = nanos(*window);
                self.pair(
                    Effect::Clock(*p, ClockChange::Smear(window)),
                    Effect::Clock(*p, ClockChange::EndSmear(window)),
                );
            }
            What::DiskReadErrors(p, x) => self.disk(*p, DiskChange::ReadErrors(*x)),
            What::DiskWriteErrors(p, x) => self.disk(*p, DiskChange::WriteErrors(*x)),
            What::DiskSyncErrors(p, x) => self.disk(*p, DiskChange::SyncErrors(*x)),
            What::DiskFull(p, bytes) => self.disk(*p, DiskChange::Capacity(Some(*bytes))),
            What::DiskSlow(p, d) => self.disk(*p, DiskChange::Slow(*d)),
            What::DiskStall(p) => self.disk(*p, DiskChange::Stall(true)),
            What::CpuTheft(p, share) => self.pair(Effect::StealCpu(*p, ppm(*share)), Effect::StealCpu(*p, 0)),
            What::MemoryPressure(p, share) => {
                self.pair(Effect::PressMemory(*p, ppm(*share)), Effect::PressMemory(*p, 0));
                self.heal.push(Effect::Revive(*p));
            }
            What::DiskSyncDrops(p, x) => self.disk(*p, DiskChange::SyncDrops(*x)),
            What::DiskSyncReverts(p, x) => self.disk(*p, DiskChange::SyncReverts(*x)),
            What::DiskReadOnly(p) => self.disk(*p, DiskChange::ReadOnly(true)),
            What::DiskIops(p, n) => self.disk(*p, DiskChange::Iops(Some(*n))),
            What::DiskBandwidth(p, bytes) => self.disk(*p, DiskChange::Bandwidth(Some(*bytes))),
            What::DiskLatent(p, latent, x, zone) => self.disk(*p, DiskChange::Latent(*latent, *x, zone.clone())),
            What::DescriptorLimit(p, n) => self.pair(Effect::Descriptors(*p, *n), Effect::Descriptors(*p, u32::MAX)),
        }
    }

    fn pair(&mut self, inject: Effect, heal: Effect) {
        self.inject.push(inject);
        self.heal.push(heal);
    }

    /// Holds the packets of one process after the other, and lets them go in the second order.
    fn swizzle(&mut self, clog: &[ProcessId], unclog: &[ProcessId], step: Duration) {
        let mut after = Duration::ZERO;
        let mut holds = vec![];
        for p in clog {
            let others = self.all().filter(move |other| other != p);
            self.overlay([*p], others, true, LinkChange::Hold);
            holds.push((*p, self.heal.last().cloned()));
            if !after.is_zero() {
                let clogged = self.inject.pop().expect("it was put there");
                self.later.push((after, clogged));
            }
            after = after.saturating_add(step);
        }
        for p in unclog {
            let lift = holds.iter().find(|(q, _)| q == p).and_then(|(_, lift)| lift.clone());
            self.later.extend(lift.map(|lift| (after, lift)));
            after = after.saturating_add(step);
        }
    }

    fn disk(&mut self, p: ProcessId, change: DiskChange) {
        let sound = change.sound();
        self.pair(Effect::Disk(p, change), Effect::Disk(p, sound));
    }

    fn all(&self) -> impl Iterator<Item = ProcessId> + use<> {
        (0..self.count).map(ProcessId)
    }

    fn between(&mut self, between: &Between<ProcessId>, change: LinkChange) {
        match between {
            Between::Two(a, b) => self.overlay([*a], [*b], true, change),
            Between::Everyone => self.overlay(self.all(), self.all(), false, change),
        }
    }

    fn overlay(
        &mut self,
        from: impl IntoIterator<Item = ProcessId>,
        to: impl IntoIterator<Item = ProcessId>,
        both_ways: bool,
        change: LinkChange,
    ) {
        let id = OverlayId(*self.next_overlay);
        *self.next_overlay += 1;
        let set = |processes: &mut dyn Iterator<Item = ProcessId>| -> ProcessSet { processes.collect() };
        let reach = Reach { from: set(&mut from.into_iter()), to: set(&mut to.into_iter()), both_ways };
        self.pair(Effect::Overlay { id, reach, change }, Effect::Lift(id));
    }
}

/// What a fault does to the name that it says.
fn name_change(what: &What<ProcessId>) -> Option<NameChange> {
    Some(match what {
        What::NameFailure(_, how) => NameChange::Fail(Some(*how)),
        What::StaleName(_) => NameChange::Stale(true),
        What::NameChange(_, to) => NameChange::Instead(Some(to.clone())),
        _ => return None,
    })
}

/// A share in parts in a million.
fn ppm(share: Probability) -> u32 {
    libm::round(share.get() * 1e6) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProcessId = ProcessId(0);
    const B: ProcessId = ProcessId(1);
    const C: ProcessId = ProcessId(2);

    fn compiled(line: &str) -> Result<Compiled, Error> {
        let known = Known { processes: vec!["a", "b", "c"], rules: vec!["lose acks", "late votes"], names: vec!["db"] };
        compile(&line.parse().unwrap(), &known, &mut 7)
    }

    fn effects(line: &str) -> (Vec<Effect>, Vec<Effect>) {
        let c = compiled(line).unwrap();
        (c.inject, c.heal)
    }

    fn reaches(effect: &Effect) -> Vec<(u32, u32)> {
        let Effect::Overlay { reach, .. } = effect else { panic!("{effect:?}") };
        let all = [A, B, C].into_iter().flat_map(|p| [A, B, C].map(|q| (p, q)));
        all.filter(|(p, q)| p != q && reach.covers(*p, *q)).map(|(p, q)| (p.0, q.0)).collect()
    }

    #[test]
    fn faults_of_processes_and_clocks_become_one_effect_and_its_opposite() {
        assert_eq!(effects("f at 0s kill b"), (vec![Effect::Kill(B)], vec![Effect::Restart(B)]));
        assert_eq!(effects("f at 0s pause a"), (vec![Effect::Pause(A)], vec![Effect::Resume(A)]));
        assert_eq!(effects("f at 0s restart a"), (vec![Effect::Kill(A), Effect::Restart(A)], vec![]));
        let clock = |change| vec![Effect::Clock(C, change)];
        assert_eq!(
            effects("f at 0s clock c -800ms"),
            (clock(ClockChange::Step(-800_000_000)), clock(ClockChange::Step(800_000_000)))
        );
        assert_eq!(
            effects("f at 0s drift c +200ppm"),
            (clock(ClockChange::Drift(200_000)), clock(ClockChange::Drift(0)))
        );
        assert_eq!(
            effects("f at 0s disk-stall c"),
            (vec![Effect::Disk(C, DiskChange::Stall(true))], vec![Effect::Disk(C, DiskChange::Stall(false))])
        );
    }

    #[test]
    fn faults_of_the_network_become_overlays_with_names_of_their_own() {
        let (inject, heal) = effects("f at 0s partition {a} | {b} | {c}");
        assert_eq!(heal, [7, 8, 9].map(|n| Effect::Lift(OverlayId(n))));
        assert_eq!(inject.iter().map(|e| reaches(e)[0]).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(reaches(&effects("f at 0s partition {a} | {b,c}").0[0]), [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(reaches(&effects("f at 0s partition {a} | {b}").0[0]), [(0, 1), (1, 0)], "c is unaffected");
        assert_eq!(reaches(&effects("f at 0s isolate b").0[0]), [(0, 1), (1, 0), (1, 2), (2, 1)]);
        assert_eq!(reaches(&effects("f at 0s cut c -> a").0[0]), [(2, 0)]);
        assert_eq!(reaches(&effects("f at 0s hold c <-> a").0[0]), [(0, 2), (2, 0)]);
        assert_eq!(reaches(&effects("f at 0s loss everyone 0.5").0[0]).len(), 6);
    }

    #[test]
    fn a_bridge_is_a_partition_with_one_on_no_side() {
        let (inject, heal) = effects("f at 0s bridge b {a} | {c}");
        assert_eq!((reaches(&inject[0]), heal.len()), (vec![(0, 2), (2, 0)], 1));
    }

    #[test]
    fn a_swizzle_holds_one_after_the_other_and_lets_go_in_its_second_order() {
        let made = compiled("f at 0s swizzle {a,b,c} back {b,c,a} every 1s").unwrap();
        let [first] = &made.inject[..] else { panic!("{made:?}") };
        assert_eq!(reaches(first), [(0, 1), (0, 2), (1, 0), (2, 0)]);
        let after: Vec<u64> = made.later.iter().map(|(after, _)| after.as_secs()).collect();
        assert_eq!(after, [1, 2, 3, 4, 5]);
        assert_eq!(reaches(&made.later[0].1), [(0, 1), (1, 0), (1, 2), (2, 1)]);
        let lifts: Vec<&Effect> = made.later[2..].iter().map(|(_, e)| e).collect();
        assert_eq!(lifts, [8, 9, 7].map(|n| Effect::Lift(OverlayId(n))).iter().collect::<Vec<_>>());
        assert_eq!(made.heal, [7, 8, 9].map(|n| Effect::Lift(OverlayId(n))));
    }

    #[test]
    fn a_rule_is_found_by_its_name() {
        let rule = |on| vec![Effect::Rule(RuleId(1), on)];
        assert_eq!(effects("f at 0s rule \"late votes\""), (rule(true), rule(false)));
        let message = compiled("f1 at 0s rule \"late vote\"").unwrap_err().to_string();
        assert!(message.contains("`late vote` is no rule here; write one of lose acks, late votes"), "{message}");
    }

    #[test]
    fn a_name_is_found_and_its_fault_taken_back() {
        let name = |change| vec![Effect::Name(NameId(0), change)];
        let (stale, fresh) = (NameChange::Stale(true), NameChange::Stale(false));
        assert_eq!(effects("f at 0s stale-name db"), (name(stale), name(fresh)));
        let (instead, itself) = (NameChange::Instead(Some(vec![C, A])), NameChange::Instead(None));
        assert_eq!(effects("f at 0s name-change db {c,a}"), (name(instead), name(itself)));
        let message = compiled("f1 at 0s name-failure dbb timeout").unwrap_err().to_string();
        assert!(message.contains("`dbb` is no name here; write one of db"), "{message}");
    }

    #[test]
    fn an_unknown_process_is_named_with_those_there_are() {
        for line in ["f1 at 1s kill ghost", "f1 on point x by ghost kill a", "f1 at 1s partition {a} | {ghost}"] {
            let error = compiled(line).unwrap_err();
            assert!(error.is_plan());
            let message = error.to_string();
            let fault = line.parse::<PlannedFault>().unwrap().to_string();
            assert!(message.contains(&fault) && message.contains("`ghost` is no process here"), "{message}");
            assert!(message.contains("write one of a, b, c"), "{message}");
        }
    }
}
