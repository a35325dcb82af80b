//! A plan that led somewhere new is changed a little: a fault more, one moved, one aimed at another process.
//!
//! *Must never* make what the profile could not have drawn: a system that is right under the profile would be blamed.

use std::time::Duration;

use super::draw::whole_ms;
use super::style::Style;
use super::{Plan, PlannedFault, Profile, When};
use crate::base::{Error, Key, Stream, Time};

/// A plan is changed in at most so many ways at once.
const CHANGES: u64 = 3;
/// Where a fault is put beside another: from a millisecond to so many.
const NEAR_MS: f64 = 2_000.0;

impl Profile {
    /// A plan like `parent`, as far as that is one of times, within this profile.
    ///
    /// # Errors
    /// As [`Profile::draw`].
    pub(crate) fn draw_like(
        &self,
        parent: &Plan,
        key: &Key,
        processes: &[impl AsRef<str>],
        horizon: Duration,
    ) -> Result<Plan, Error> {
        let mut stream = key.child("mutate").stream();
        let mut fresh = self.draw_as(&Style::Dense(2), &key.child("fresh"), processes, horizon)?;
        // Which copy of what may rot was drawn with the parent; two such draws do not go together.
        fresh.retain(|fault| fault.what.kind().latent().is_none());
        let targets: Vec<String> =
            processes.iter().map(|p| p.as_ref().to_owned()).filter(|p| !self.spared.contains(p)).collect();
        let mut faults: Vec<PlannedFault> = parent.iter().cloned().collect();
        for _ in 0..=stream.below(CHANGES) {
            self.change(&mut faults, &fresh, &targets, &mut stream);
        }
        Ok(self.within(faults, horizon))
    }

    fn change(&self, faults: &mut Vec<PlannedFault>, fresh: &Plan, targets: &[String], stream: &mut Stream) {
        let some = |faults: &[PlannedFault], stream: &mut Stream| {
            (!faults.is_empty()).then(|| stream.below(faults.len() as u64) as usize)
        };
        let Some(one) = some(faults, stream) else {
            faults.extend(stream.choose(&fresh.iter().cloned().collect::<Vec<_>>()).cloned());
            return;
        };
        match stream.below(8) {
            // A new one, mostly beside another.
            0..=2 => {
                let Some(mut new) = stream.choose(&fresh.iter().cloned().collect::<Vec<_>>()).cloned() else { return };
                if stream.below(4) > 0 {
                    new.when = When::At(near(&faults[one], stream));
                }
                faults.push(new);
            }
            // Moved.
            3 => faults[one].when = When::At(near(&faults[one].clone(), stream)),
            // The same for another.
            4 | 5 => {
                let mut twin = aimed(&faults[one], targets, stream);
                if stream.below(2) == 0 {
                    twin.when = When::At(near(&faults[one], stream));
                    faults.push(twin);
                } else {
                    faults[one] = twin;
                }
            }
            // Longer or shorter.
            6 => {
                let (low, high) = (self.lasts.0.as_secs_f64().max(1e-3), self.lasts.1.as_secs_f64());
                let drawn = low * libm::pow((high / low).max(1.0), stream.unit());
                let lasts = whole_ms(Duration::from_secs_f64(drawn)).clamp(self.lasts.0, self.lasts.1);
                faults[one].lasts = faults[one].lasts.map(|_| lasts);
            }
            _ => drop(faults.remove(one)),
        }
    }

    /// Those of the faults that the profile allows, in their order.
    fn within(&self, mut faults: Vec<PlannedFault>, horizon: Duration) -> Plan {
        let end = Time::ZERO + horizon;
        let begins = |fault: &PlannedFault| match fault.when {
            When::At(at) => at,
            When::On(_) => end,
        };
        faults.retain(|fault| begins(fault) < end);
        faults.sort_by_key(begins);
        let mut plan = Plan::new();
        for (n, fault) in (1..).zip(faults) {
            let at = begins(&fault);
            let lasts = fault.lasts.map(|lasts| lasts.min(end - at));
            let fault = PlannedFault { id: format!("f{n}"), lasts, ..fault };
            if self.allows(&plan, &fault, at) {
                // One that contradicts itself, as a partition of a group from itself, is left out.
                drop(plan.push(fault));
            }
        }
        plan
    }
}

/// A time near the beginning or the end of a fault: small distances as often as large ones.
fn near(fault: &PlannedFault, stream: &mut Stream) -> Time {
    let When::At(at) = fault.when else { return Time::ZERO };
    let at = if stream.below(2) == 0 { at } else { at + fault.lasts.unwrap_or_default() };
    let by = Duration::from_millis(libm::pow(NEAR_MS, stream.unit()) as u64);
    let earlier = Duration::from_nanos(at.as_nanos()).saturating_sub(by);
    if stream.below(2) == 0 { at + by } else { Time::ZERO + earlier }
}

/// The same fault with two processes in each other's place.
fn aimed(fault: &PlannedFault, targets: &[String], stream: &mut Stream) -> PlannedFault {
    if fault.what.kind().latent().is_some() {
        return fault.clone();
    }
    let (Some(a), Some(b)) = (stream.choose(targets).cloned(), stream.choose(targets).cloned()) else {
        return fault.clone();
    };
    let mut swap = |name: &String| -> Result<String, std::convert::Infallible> {
        Ok(if *name == a {
            b.clone()
        } else if *name == b {
            a.clone()
        } else {
            name.clone()
        })
    };
    match fault.what.try_map(&mut swap) {
        Ok(what) => PlannedFault { what, ..fault.clone() },
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Seed;
    use crate::fault::{Budget, FaultKind};

    const NAMES: [&str; 5] = ["n1", "n2", "n3", "client", "store"];
    const HORIZON: Duration = Duration::from_secs(60);

    proptest! {
        #[test]
        fn a_changed_plan_is_one_that_the_profile_could_have_drawn(seed: u64, generations in 1..6_u64) {
            let budget = Budget::new().max_dead(1).quorum(["n1", "n2", "n3"]);
            let profile = Profile::swarm()
                .every(Duration::from_secs(4))
                .only([FaultKind::Kill, FaultKind::Pause, FaultKind::Partition, FaultKind::Cut, FaultKind::Clock])
                .spare("client")
                .budget(budget.clone());
            let mut plan = profile.draw(&Key::root(Seed(seed)), &NAMES, HORIZON).unwrap();
            for n in 0..generations {
                plan = profile.draw_like(&plan, &Key::root(Seed(seed)).numbered(n), &NAMES, HORIZON).unwrap();
                budget.check(&plan, &NAMES).unwrap();
                for fault in &plan {
                    let When::At(at) = fault.when else { panic!("{fault}") };
                    let lasts = fault.lasts.unwrap_or_default();
                    prop_assert!(at + lasts <= Time::ZERO + HORIZON, "{fault}");
                    prop_assert!(lasts <= Duration::from_secs(10), "{fault}");
                    let spared = matches!(fault.what.kind(), FaultKind::Kill | FaultKind::Pause | FaultKind::Clock);
                    prop_assert!(!spared || fault.what.processes() != ["client"], "{fault}");
                }
            }
        }
    }

    #[test]
    fn changes_change() {
        let profile = Profile::default().every(Duration::from_secs(4));
        let plan = profile.draw(&Key::root(Seed(1)), &NAMES, HORIZON).unwrap();
        let like = |n| profile.draw_like(&plan, &Key::root(Seed(2)).numbered(n), &NAMES, HORIZON).unwrap();
        let changed = (0..100).filter(|n| like(*n) != plan).count();
        assert!(changed > 60, "{changed}");
        assert_eq!(like(7), like(7));
    }
}
