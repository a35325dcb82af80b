//! Fewer faults, later and shorter ones.

use std::time::{Duration, Instant};

use super::Shrinker;
use super::ddmin::ddmin;
use crate::base::{Key, Seed, Time};
use crate::fault::{Plan, PlannedFault, When};
use crate::sim::{RunOutcome, SimConfig};

/// So many other seeds are tried with a fault less.
const SEEDS: u64 = 300;
/// Where no more faults than this are left, two at a time are tried too: what one of them does the other may undo.
const PAIRS: usize = 6;
/// With two faults less, so many other seeds are tried: there are more pairs than faults.
const PAIR_SEEDS: u64 = 100;
/// A fault's beginning and end are found to a millisecond, or to a part in so many of what they may be.
const PARTS: u32 = 64;

impl Shrinker<'_> {
    /// Drops all faults that the failure does not need: those that were never due first.
    pub(super) fn drop_faults(&mut self, first: &RunOutcome) {
        let due = |f: &PlannedFault| first.faults.iter().any(|o| o.fault.id == f.id && o.injected_at.is_some());
        self.change(|config| config.plan.get_or_insert_default().retain(due));
        self.drop_faults_again();
    }

    /// Drops all faults that the failure does not need.
    pub(super) fn drop_faults_again(&mut self) {
        let all: Vec<PlannedFault> = self.plan().iter().cloned().collect();
        let base = self.best.clone();
        let mut fails = |part: &[PlannedFault]| self.fails(&with(&base, part));
        let left = ddmin(all, &mut fails);
        self.best = with(&base, &left);
    }

    /// Drops two faults at once, of few: for as long as the failure needs neither of some two.
    pub(super) fn drop_pairs(&mut self) {
        loop {
            let faults: Vec<PlannedFault> = self.plan().iter().cloned().collect();
            let base = self.best.clone();
            let fewer = pairs(&faults).into_iter().find(|fewer| self.fails(&with(&base, fewer)));
            let Some(fewer) = fewer else { return };
            self.best = with(&base, &fewer);
            self.drop_faults_again();
        }
    }

    /// Takes another seed for which one fault fewer is enough, if one of a few is. What made this one fail may be a
    /// coincidence of many faults, where the defect needs none: then it fails without them too, only not at this seed.
    ///
    /// They may take a quarter of the time that is left: a run that is slow has other uses for the rest.
    pub(super) fn fewer_by_another_seed(&mut self) -> bool {
        let now = Instant::now();
        let until = now + self.until.saturating_duration_since(now) / 4;
        let faults: Vec<PlannedFault> = self.plan().iter().cloned().collect();
        let singles: Vec<Vec<PlannedFault>> = (0..faults.len()).map(|n| without(&faults, &[n])).collect();
        // By one fault less first: where that is enough, two less are looked for from there.
        for (fewer, seeds) in [(singles, SEEDS), (pairs(&faults), PAIR_SEEDS)] {
            if self.by_another_seed(&fewer, seeds, until) {
                self.drop_faults_again();
                return !self.plan().is_empty();
            }
        }
        false
    }

    /// Keeps the first of some other seeds that fails with one of these plans.
    fn by_another_seed(&mut self, plans: &[Vec<PlannedFault>], seeds: u64, until: Instant) -> bool {
        for n in 1..=seeds {
            for fewer in plans {
                let seed = Seed(self.best.seed.0 ^ Key::root(self.best.seed).numbered(n).stream().bits());
                let config = SimConfig { seed, ..with(&self.best, fewer) };
                if Instant::now() >= until {
                    return false;
                }
                if self.keep(config) {
                    return true;
                }
            }
        }
        false
    }

    /// Has each fault begin as late as it may, and end as early.
    pub(super) fn tighten_faults(&mut self) {
        for fault in &self.plan() {
            let (When::At(at), Some(lasts)) = (&fault.when, fault.lasts) else { continue };
            let ms = |d: Duration| Duration::from_millis(d.as_millis() as u64);
            // A later begin, with the end where it is.
            let later = self.least(lasts, |lasts_now| PlannedFault {
                when: When::At(Time::from_nanos((*at + lasts).as_nanos() - lasts_now.as_nanos() as u64)),
                lasts: Some(lasts_now),
                ..fault.clone()
            });
            let begins = later.map_or(Duration::ZERO, |left| lasts.saturating_sub(left));
            let begins = ms(*at + begins - Time::ZERO).max(at.since_start());
            let lasts = (*at + lasts).saturating_since(Time::ZERO + begins);
            self.least(lasts, |lasts| PlannedFault {
                when: When::At(Time::ZERO + begins),
                lasts: Some(lasts),
                ..fault.clone()
            });
        }
    }

    /// The least time for which what `make` makes of it, in place of the fault of that name, still fails; as if what
    /// fails for a time failed for all longer ones. What was found is kept.
    fn least(&mut self, known: Duration, make: impl Fn(Duration) -> PlannedFault) -> Option<Duration> {
        let finest = (known / PARTS).max(Duration::from_millis(1));
        let (mut fails, mut holds) = (known, Duration::ZERO);
        let mut found = None;
        while fails.saturating_sub(holds) > finest {
            let middle = Duration::from_millis(((fails + holds) / 2).as_millis() as u64);
            if middle <= holds || middle >= fails {
                break;
            }
            if self.replace(&make(middle)) {
                (fails, found) = (middle, Some(middle));
            } else {
                holds = middle;
            }
        }
        found
    }

    /// Keeps the best run with this fault in the place of that of its name, if that fails.
    fn replace(&mut self, fault: &PlannedFault) -> bool {
        let faults: Vec<PlannedFault> =
            self.plan().iter().map(|f| if f.id == fault.id { fault.clone() } else { f.clone() }).collect();
        let config = with(&self.best, &faults);
        self.keep(config)
    }
}

/// These faults but for some, by their places.
fn without(faults: &[PlannedFault], left_out: &[usize]) -> Vec<PlannedFault> {
    faults.iter().enumerate().filter(|(n, _)| !left_out.contains(n)).map(|(_, fault)| fault.clone()).collect()
}

/// What is left of few faults, each time without another two of them.
fn pairs(faults: &[PlannedFault]) -> Vec<Vec<PlannedFault>> {
    if faults.len() > PAIRS {
        return vec![];
    }
    let others = |one: usize| (one + 1..faults.len()).map(move |other| [one, other]);
    (0..faults.len()).flat_map(others).map(|two| without(faults, &two)).collect()
}

/// The run with these faults, which were in a plan together.
pub(in crate::search) fn with(config: &SimConfig, faults: &[PlannedFault]) -> SimConfig {
    let mut plan = Plan::new();
    for fault in faults {
        plan.push(fault.clone()).expect("it was sound in the plan that it is taken from");
    }
    SimConfig { plan: Some(plan), ..config.clone() }
}
