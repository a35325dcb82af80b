//! Drawing a plan from a profile.
//!
//! Fault number n has a stream of its own, so that a fault that is refused, or dropped later, leaves the others as they
//! were. Each makes its draws in one order: when, what, whom, how much, how long.

use std::time::Duration;

use super::budget::{is_active, takes, within};
use super::replicas::Atlas;
use super::style::Style;
use super::{Between, FaultKind, Plan, PlannedFault, Profile, What, When};
use crate::base::{Bandwidth, Bytes, Error, Key, Kind, NameFailure, Probability, Signal, Stream, Time, Zone};

/// A plan has at most so many faults: more is a mistake in the profile's rate.
const FAULTS_MAX: u64 = 10_000;

impl Profile {
    /// Draws a plan for these processes, from the start of the run to the horizon, by which all of it is healed.
    ///
    /// `key` is the run's root key; the same key gives the same plan. A fault that would exceed the budget or the
    /// number at once is left out, and its name (f1, f2, …) with it.
    ///
    /// # Errors
    /// When the budget or a spared name mentions a process that is unknown.
    pub fn draw(&self, key: &Key, processes: &[impl AsRef<str>], horizon: Duration) -> Result<Plan, Error> {
        self.draw_as(&Style::AsIs, key, processes, horizon)
    }

    /// As [`draw`](Self::draw), in another manner.
    pub(crate) fn draw_as(
        &self,
        style: &Style,
        key: &Key,
        processes: &[impl AsRef<str>],
        horizon: Duration,
    ) -> Result<Plan, Error> {
        self.budget.check_names(processes)?;
        let all: Vec<&str> = processes.iter().map(AsRef::as_ref).collect();
        if let Some(name) = self.spared.iter().find(|name| !all.contains(&name.as_str())) {
            let message = format!("spare `{name}`: it is no process here; write one of {}", all.join(", "));
            return Err(Error::new(Kind::Config, message));
        }
        let targets: Vec<&str> = all.iter().copied().filter(|p| !self.spared.iter().any(|s| s == p)).collect();
        let key = key.child("plan");
        let every = self.every / style.times();
        let mut weights = self.weights_for(&mut key.child("swarm").stream());
        weights.retain(|(kind, _)| self.can_draw(*kind, all.len(), !targets.is_empty()));
        let atlas = Atlas::new(&self.budget.replicas, &key);
        let total: u64 = weights.iter().map(|(_, w)| u64::from(*w)).sum();
        let (mut plan, mut at, end) = (Plan::new(), Time::ZERO, Time::ZERO + horizon);
        for n in 1..=FAULTS_MAX {
            if total == 0 {
                break;
            }
            let mut stream = key.numbered(n).stream();
            at += whole_ms(every.mul_f64(-libm::log(1.0 - stream.unit())));
            if at >= end {
                break;
            }
            let kind = weighted(&weights, stream.below(total));
            let mut drawn = Drawn { stream: &mut stream, all: &all, targets: &targets, profile: self };
            let lasts = drawn.log_uniform(self.lasts.0, self.lasts.1);
            let lasts = within(end, at, lasts);
            let mut what = drawn.what(kind, lasts);
            if let What::DiskLatent(process, .., zone) = &mut what {
                let Some(allowed) = atlas.zone(process, self.weights.contains_key(&kind)) else { continue };
                *zone = allowed;
            }
            let lasts = (!kind.is_instant()).then_some(lasts);
            let fault = PlannedFault { id: format!("f{n}"), when: When::At(at), what, lasts };
            if self.allows(&plan, &fault, at) {
                plan.push(fault).expect("a drawn fault is sound and its number new");
            }
        }
        Ok(plan)
    }

    /// Whether there is what a fault of this kind takes: processes to be on its sides, one that is not spared, a rule, a
    /// name.
    fn can_draw(&self, kind: FaultKind, processes: usize, targets: bool) -> bool {
        match kind {
            FaultKind::Rule => !self.rules.is_empty(),
            FaultKind::NameFailure | FaultKind::StaleName | FaultKind::NameChange => !self.names.is_empty(),
            FaultKind::Bridge => processes >= 3,
            FaultKind::Isolate | FaultKind::Swizzle => processes >= 2 && targets,
            FaultKind::Partition
            | FaultKind::Cut
            | FaultKind::Hold
            | FaultKind::Loss
            | FaultKind::Duplicate
            | FaultKind::Reorder
            | FaultKind::Delay
            | FaultKind::Flap
            | FaultKind::Corrupt
            | FaultKind::CorruptHeader
            | FaultKind::Throttle
            | FaultKind::BurstLoss
            | FaultKind::BlackHole => processes >= 2,
            _ => targets,
        }
    }

    /// Whether a fault that begins later than all of the plan's may be added to it.
    pub(super) fn allows(&self, plan: &Plan, fault: &PlannedFault, at: Time) -> bool {
        let mut active: Vec<&PlannedFault> = plan.iter().filter(|f| is_active(f, at)).collect();
        let dead = |f: &PlannedFault| takes(&f.what).filter(|taken| taken.1).map(|taken| taken.0.to_owned());
        let target = dead(fault);
        // It would be skipped: its process is down already.
        if target.is_some() && active.iter().any(|f| dead(f) == target) {
            return false;
        }
        active.push(fault);
        active.len() <= self.max_active && self.budget.exceeded(&active).is_none()
    }
}

fn weighted(weights: &[(FaultKind, u32)], mut draw: u64) -> FaultKind {
    for (kind, weight) in weights {
        match draw.checked_sub(u64::from(*weight)) {
            Some(rest) => draw = rest,
            None => return *kind,
        }
    }
    unreachable!("the draw is below the sum of the weights")
}

/// Times of drawn plans are whole milliseconds: they are read and edited.
pub(super) fn whole_ms(d: Duration) -> Duration {
    Duration::from_millis(d.as_millis() as u64)
}

/// The draws of one fault.
struct Drawn<'a> {
    stream: &'a mut Stream,
    all: &'a [&'a str],
    targets: &'a [&'a str],
    profile: &'a Profile,
}

impl Drawn<'_> {
    /// Short times as often as long ones: uniform in the logarithm.
    fn log_uniform(&mut self, low: Duration, high: Duration) -> Duration {
        let low_s = low.as_secs_f64().max(1e-3);
        let ratio = (high.as_secs_f64() / low_s).max(1.0);
        let drawn = whole_ms(Duration::from_secs_f64(low_s * libm::pow(ratio, self.stream.unit())));
        drawn.clamp(low, high)
    }

    /// A probability from 0.01 to this one, in hundredths.
    fn up_to(&mut self, percent: u64) -> Probability {
        Probability::new((1 + self.stream.below(percent)) as f64 / 100.0).expect("at most 100 hundredths")
    }

    fn target(&mut self) -> String {
        (*self.stream.choose(self.targets).expect("kinds without targets are left out")).to_owned()
    }

    fn name(&mut self) -> String {
        self.stream.choose(&self.profile.names).expect("left out without").clone()
    }

    /// Two different processes.
    fn two(&mut self) -> (String, String) {
        let (first, second) = (self.stream.below(self.all.len() as u64), self.stream.below(self.all.len() as u64 - 1));
        let second = second + u64::from(second >= first);
        (self.all[first as usize].to_owned(), self.all[second as usize].to_owned())
    }

    /// Everyone's packets, in one of four.
    fn between(&mut self) -> Between {
        let (everyone, (a, b)) = (self.stream.below(4) == 0, self.two());
        if everyone { Between::Everyone } else { Between::Two(a, b) }
    }

    fn shuffled(&mut self, names: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = names.iter().map(|p| (*p).to_owned()).collect();
        self.stream.shuffle(&mut names);
        names
    }

    /// Two groups, neither of them empty.
    fn halves(&mut self, mut names: Vec<String>) -> Vec<Vec<String>> {
        let mut other = names.split_off(1 + self.stream.below(names.len() as u64 - 1) as usize);
        names.sort_unstable();
        other.sort_unstable();
        vec![names, other]
    }

    /// A domain and the rest, one time in two, where there are domains.
    fn domain(&mut self) -> Option<Vec<Vec<String>>> {
        let domain = self.stream.choose(&self.profile.domains)?;
        let (inside, outside): (Vec<&str>, Vec<&str>) =
            self.all.iter().copied().partition(|p| domain.iter().any(|d| d == p));
        let real = !inside.is_empty() && !outside.is_empty() && self.stream.below(2) == 0;
        real.then(|| [inside, outside].map(|side| side.into_iter().map(str::to_owned).collect()).into())
    }

    fn sign(&mut self) -> i64 {
        if self.stream.below(2) == 0 { -1 } else { 1 }
    }

    fn what(&mut self, kind: FaultKind, lasts: Duration) -> What {
        let ms = Duration::from_millis;
        match kind {
            FaultKind::Kill => What::Kill(self.target()),
            FaultKind::PowerLoss => What::PowerLoss(self.target()),
            FaultKind::Restart => What::Restart(self.target()),
            FaultKind::Shutdown => What::Shutdown(self.target(), whole_ms(lasts / 4)),
            FaultKind::Signal => {
                What::Signal(self.target(), *self.stream.choose(&Signal::ALL).expect("there are some"))
            }
            FaultKind::Pause => What::Pause(self.target()),
            FaultKind::Partition => {
                let names = self.shuffled(self.all);
                let halves = self.halves(names);
                What::Partition(self.domain().unwrap_or(halves))
            }
            FaultKind::Isolate => What::Isolate(self.target()),
            FaultKind::Cut => {
                let (from, to) = self.two();
                What::Cut(from, to)
            }
            FaultKind::Hold => What::Hold(self.between()),
            FaultKind::Loss => What::Loss(self.between(), self.up_to(60)),
            FaultKind::Duplicate => What::Duplicate(self.between(), self.up_to(50)),
            FaultKind::Reorder => What::Reorder(self.between(), self.up_to(50)),
            FaultKind::Delay => What::Delay(self.between(), self.log_uniform(ms(1), ms(1_000))),
            FaultKind::Bridge => {
                let mut names = self.shuffled(self.all);
                let via = names.pop().expect("three or more");
                What::Bridge(via, self.halves(names))
            }
            FaultKind::Swizzle => {
                let mut clog = self.shuffled(self.targets);
                clog.truncate(1 + self.stream.below(clog.len() as u64) as usize);
                let mut unclog = clog.clone();
                self.stream.shuffle(&mut unclog);
                let step = whole_ms(lasts / (2 * clog.len() as u32)).max(ms(1));
                What::Swizzle(clog, unclog, step)
            }
            FaultKind::Flap => {
                let (down, up) = (self.log_uniform(ms(10), ms(1_000)), self.log_uniform(ms(10), ms(1_000)));
                What::Flap(self.between(), down, up)
            }
            FaultKind::Corrupt => What::Corrupt(self.between(), self.up_to(20)),
            FaultKind::CorruptHeader => What::CorruptHeader(self.between(), self.up_to(20)),
            FaultKind::Throttle => {
                let kb = self.log_uniform(ms(1), ms(1_000)).as_millis() as u64;
                What::Throttle(self.between(), Bandwidth::bytes_per_second(kb * 1_000))
            }
            FaultKind::BurstLoss => What::BurstLoss(self.between(), self.up_to(10), self.up_to(50)),
            FaultKind::BlackHole => What::BlackHole(self.between()),
            FaultKind::Reset => What::Reset(self.target()),
            FaultKind::NameFailure => {
                let how = *self.stream.choose(&NameFailure::ALL).expect("there are some");
                What::NameFailure(self.name(), how)
            }
            FaultKind::StaleName => What::StaleName(self.name()),
            FaultKind::NameChange => {
                What::NameChange(self.name(), vec![(*self.stream.choose(self.all).expect("one or more")).to_owned()])
            }
            FaultKind::Rule => What::Rule(self.stream.choose(&self.profile.rules).expect("left out without").clone()),
            FaultKind::Clock => {
                What::Clock(self.target(), self.sign() * self.log_uniform(ms(1), ms(60_000)).as_nanos() as i64)
            }
            // Quartz is good for 200 parts in a million; what is broken may be off by far more.
            FaultKind::Drift => {
                What::Drift(self.target(), self.sign() * self.log_uniform(ms(10), ms(50_000)).as_millis() as i64)
            }
            FaultKind::LeapSmear => What::LeapSmear(self.target(), self.log_uniform(ms(2_000), ms(86_400_000))),
            FaultKind::DiskReadErrors => What::DiskReadErrors(self.target(), self.up_to(30)),
            FaultKind::DiskWriteErrors => What::DiskWriteErrors(self.target(), self.up_to(30)),
            FaultKind::DiskSyncErrors => What::DiskSyncErrors(self.target(), self.up_to(30)),
            FaultKind::DiskFull => What::DiskFull(self.target(), Bytes::kib(self.stream.below(64))),
            FaultKind::DiskSlow => What::DiskSlow(self.target(), self.log_uniform(ms(1), ms(500))),
            FaultKind::DiskStall => What::DiskStall(self.target()),
            FaultKind::CpuTheft => What::CpuTheft(self.target(), self.up_to(99)),
            FaultKind::MemoryPressure => What::MemoryPressure(self.target(), self.up_to(99)),
            FaultKind::DiskSyncDrops => What::DiskSyncDrops(self.target(), self.up_to(30)),
            FaultKind::DiskSyncReverts => What::DiskSyncReverts(self.target(), self.up_to(30)),
            FaultKind::DiskReadOnly => What::DiskReadOnly(self.target()),
            FaultKind::DiskIops => What::DiskIops(self.target(), 10 << self.stream.below(10)),
            FaultKind::DiskBandwidth => What::DiskBandwidth(self.target(), Bytes::kib(1 << self.stream.below(15))),
            FaultKind::DiskBitRot
            | FaultKind::DiskBitFlips
            | FaultKind::DiskMisdirectedReads
            | FaultKind::DiskStaleReads
            | FaultKind::DiskLostWrites
            | FaultKind::DiskMisdirectedWrites => {
                let latent = kind.latent().expect("these are the kinds of them");
                What::DiskLatent(self.target(), latent, self.up_to(30), Zone::WHOLE)
            }
            FaultKind::DescriptorLimit => What::DescriptorLimit(self.target(), self.stream.below(17) as u32),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Seed;
    use crate::fault::Budget;

    const NAMES: [&str; 5] = ["n1", "n2", "n3", "client", "store"];
    const HOUR: Duration = Duration::from_secs(3600);

    fn draw(profile: &Profile, seed: u64) -> Plan {
        profile.draw(&Key::root(Seed(seed)), &NAMES, HOUR).unwrap()
    }

    #[test]
    fn a_drawn_plan_is_pinned() {
        // A change here changes the plan of every seed: it must be said in the changelog.
        let profile = Profile::default().every(Duration::from_secs(2));
        let plan = profile.draw(&Key::root(Seed(1)), &NAMES, Duration::from_secs(10)).unwrap();
        let text = "\
f1 at 2.262s disk-slow n1 19ms for 102ms
f2 at 4.387s reset n2
f3 at 4.930s clock n2 +5.685s for 548ms
f4 at 4.990s memory-pressure client 0.81 for 186ms
f5 at 8.533s loss store <-> n2 0.56 for 244ms
f6 at 9.784s pause n2 for 216ms
";
        assert_eq!(plan.to_string(), text);
    }

    #[test]
    fn swarms_differ_in_kinds_from_seed_to_seed() {
        let kinds = |plan: &Plan| {
            let mut kinds: Vec<FaultKind> = plan.iter().map(|f| f.what.kind()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds
        };
        let drawn: Vec<_> = (0..20).map(|seed| kinds(&draw(&Profile::swarm(), seed))).collect();
        let sizes: Vec<usize> = drawn.iter().map(Vec::len).collect();
        assert!(sizes.iter().all(|n| (1..FaultKind::ALL.len()).contains(n)), "a swarm leaves kinds out: {sizes:?}");
        let anywhere = |kind| Profile::none().can_draw(kind, NAMES.len(), true);
        let asked_for = |kind: FaultKind| kind == FaultKind::Signal;
        let of_itself =
            || FaultKind::ALL.into_iter().filter(|k| anywhere(*k) && k.latent().is_none() && !asked_for(*k));
        assert!(of_itself().all(|kind| drawn.iter().any(|d| d.contains(&kind))), "every kind comes somewhere");
        let all = Profile::default().every(Duration::from_secs(5));
        assert_eq!(kinds(&draw(&all, 1)).len(), of_itself().count(), "without swarm, all of them");
        assert!(
            kinds(&draw(&all.clone().rule("lose acks"), 1)).contains(&FaultKind::Rule),
            "a rule that is named comes too"
        );
        let named = kinds(&draw(&all.name("db"), 1));
        let of_names = [FaultKind::NameFailure, FaultKind::StaleName, FaultKind::NameChange];
        assert!(of_names.iter().all(|k| named.contains(k)), "{named:?}");
        let replicas = Profile::default().budget(Budget::new().replicas(["n1", "n2", "n3"])).max_active(100);
        let dense = replicas.every(Duration::from_secs(1));
        let but_rules: Vec<_> =
            FaultKind::ALL.into_iter().filter(|kind| anywhere(*kind) && !asked_for(*kind)).collect();
        assert_eq!(kinds(&draw(&dense, 1)), but_rules, "with replicas, those that corrupt them too");
        let signals = Profile::none().weight(FaultKind::Signal, 1);
        assert_eq!(kinds(&draw(&signals, 1)), [FaultKind::Signal], "and signals where they are asked for");
    }

    #[test]
    fn every_second_partition_parts_a_domain_from_the_rest() {
        let profile = Profile::none().weight(FaultKind::Partition, 1).max_active(100);
        let zoned = draw(&profile.clone().domain(["n1", "store"]).domain(["ghost"]), 3);
        let along = |plan: &Plan| {
            let sides = |f: &PlannedFault| f.what.to_string() == "partition {n1,store} | {n2,n3,client}";
            plan.iter().filter(|f| sides(f)).count()
        };
        let (along, all, by_chance) = (along(&zoned), zoned.len(), along(&draw(&profile, 3)));
        assert!(all / 5 < along && along < all / 3 && by_chance < all / 20, "{along} and {by_chance} of {all}");
    }

    #[test]
    fn a_fault_that_is_refused_leaves_the_others_as_they_were() {
        let few = Profile::default().max_active(1);
        let many = Profile::default().max_active(100).budget(Budget::new());
        let (few, many) = (draw(&few, 7), draw(&many, 7));
        assert!(few.len() < many.len() && few.len() > 10, "{} {}", few.len(), many.len());
        for fault in &few {
            assert_eq!(many.get(&fault.id), Some(fault));
        }
    }

    #[test]
    fn without_a_kind_or_a_process_there_is_no_plan() {
        assert!(draw(&Profile::none(), 1).is_empty());
        let lonely = Profile::none().weight(FaultKind::Cut, 1).draw(&Key::root(Seed(1)), &["a"], HOUR);
        assert!(lonely.unwrap().is_empty(), "one process has no links");
        let nobody: [&str; 0] = [];
        assert!(Profile::default().draw(&Key::root(Seed(1)), &nobody, HOUR).unwrap().is_empty());
    }

    #[test]
    fn a_spared_stranger_is_refused() {
        let error = Profile::default().spare("ghost").draw(&Key::root(Seed(1)), &NAMES, HOUR).unwrap_err();
        assert!(error.to_string().contains("spare `ghost`: it is no process here; write one of n1, "), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn one_key_draws_one_plan(seed: u64) {
            let plan = draw(&Profile::swarm(), seed);
            prop_assert!(!plan.is_empty());
            prop_assert_eq!(&plan, &draw(&Profile::swarm(), seed));
            prop_assert_ne!(&plan, &draw(&Profile::swarm(), seed.wrapping_add(1)));
        }

        #[test]
        fn drawn_plans_keep_every_promise(seed: u64, active in 1usize..6, dead in 0usize..3) {
            let budget = Budget::new().max_dead(dead).quorum(["n1", "n2", "n3"]);
            let profile = Profile::default().max_active(active).every(Duration::from_secs(2)).spare("client")
                .budget(budget.clone());
            let plan = draw(&profile, seed);
            prop_assert_eq!(budget.check(&plan, &NAMES).map_err(|e| e.to_string()), Ok(()));
            for fault in &plan {
                let When::At(at) = fault.when else { panic!("{fault}") };
                let together = plan.iter().filter(|f| is_active(f, at)).count();
                prop_assert!(together <= active, "{}", fault);
                prop_assert!(at + fault.lasts.unwrap_or_default() <= Time::ZERO + HOUR, "{}", fault);
                prop_assert!(takes(&fault.what).is_none_or(|taken| taken.0 != "client"), "{}", fault);
            }
        }

        #[test]
        fn the_check_can_fail(seed: u64) {
            // The same draws without a budget exceed it: the promise above is not an empty one.
            let wild = Profile::default().max_active(100).every(Duration::from_secs(2)).budget(Budget::new());
            let budget = Budget::new().max_dead(1).quorum(["n1", "n2", "n3"]);
            prop_assert!(budget.check(&draw(&wild, seed), &NAMES).is_err());
        }
    }
}
