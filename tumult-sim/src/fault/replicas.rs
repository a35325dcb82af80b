//! The recoverability map: which parts of which disks may be corrupted, so that some copy of everything stays whole.
//!
//! May: corrupt one part of the disks of a set of replicas, or of each disk other blocks, as drawn from the seed.
//!
//! Must never: corrupt the same data on half of the disks or more.
//!
//! Why survivable: whatever is corrupted can be had from the others, and they are a majority that agrees. (The storage
//! fault atlas of `TigerBeetle` does the same.)

use std::collections::BTreeSet;

use super::{Plan, What};
use crate::base::{Bytes, Key, Part, Zone};

/// Processes whose disks have copies of the same data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replicas {
    members: Vec<String>,
    /// They have the same data at the same place: blocks of this size are told apart.
    block: Option<Bytes>,
}

impl Replicas {
    pub(super) fn new<S: Into<String>>(members: impl IntoIterator<Item = S>, block: Option<Bytes>) -> Self {
        Self { members: members.into_iter().map(Into::into).collect(), block }
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &String> {
        self.members.iter()
    }

    /// On how many of the disks the same data may be corrupted: fewer than half.
    const fn spare(&self) -> usize {
        self.members.len().saturating_sub(1) / 2
    }

    /// The part of its disk on which a member may be corrupted, if there is one. `turn` says who begins.
    fn zone_of(&self, member: usize, turn: u64) -> Option<Zone> {
        let (n, spare) = (self.members.len() as u64, self.spare());
        let first = (member as u64 + turn % n) % n;
        match self.block {
            None => (first < spare as u64).then_some(Zone::WHOLE),
            Some(_) if spare == 0 => None,
            Some(block) => {
                let part = Part { first: first as u32, count: spare as u32, of: n as u32, block };
                Some(Zone { under: None, part: Some(part) })
            }
        }
    }

    /// What a plan takes beyond what is allowed, over all of its time.
    pub(super) fn exceeded(&self, plan: &Plan) -> Option<String> {
        let faults: Vec<(&str, &str, &Zone)> = plan
            .iter()
            .filter_map(|fault| match &fault.what {
                What::DiskLatent(p, _, x, zone) if x.possible() && self.members.contains(p) => {
                    Some((&*fault.id, &**p, zone))
                }
                _ => None,
            })
            .collect();
        // What is corrupted together with one fault, at each of the places that this one touches.
        for (_, _, zone) in &faults {
            for class in classes(zone) {
                let met = faults.iter().filter(|(_, _, other)| zone.meets_path(other) && self.has(other, zone, class));
                let (ids, members): (Vec<&str>, BTreeSet<&str>) = met.map(|(id, p, _)| (*id, *p)).unzip();
                if members.len() > self.spare() {
                    let who: Vec<&str> = members.into_iter().collect();
                    return Some(format!(
                        "the same data may be corrupted on {} of {{{}}}, and {} may be; leave out one of {}",
                        who.join(", "),
                        self.members.join(","),
                        self.spare(),
                        ids.join(", ")
                    ));
                }
            }
        }
        None
    }

    /// Whether `other` touches the blocks of `zone` that have this remainder. Patterns that are not of one kind meet.
    fn has(&self, other: &Zone, zone: &Zone, class: Option<u32>) -> bool {
        match (self.block, other.part, zone.part, class) {
            (Some(block), Some(other), Some(part), Some(class))
                if other.of == part.of && other.block == part.block && part.block.0.is_multiple_of(block.0) =>
            {
                other.has(class)
            }
            _ => true,
        }
    }
}

/// The remainders of the blocks that a zone touches; one for all of them when it touches all.
fn classes(zone: &Zone) -> Vec<Option<u32>> {
    zone.part.map_or_else(|| vec![None], |part| (0..part.of).filter(|class| part.has(*class)).map(Some).collect())
}

/// Where a drawn fault may corrupt the disk of a process, for the sets of a budget.
pub(super) struct Atlas<'a> {
    sets: &'a [Replicas],
    turns: Vec<u64>,
}

impl<'a> Atlas<'a> {
    pub(super) fn new(sets: &'a [Replicas], key: &Key) -> Self {
        let key = key.child("replicas");
        let turns = (0..sets.len() as u64).map(|n| key.numbered(n).stream().bits()).collect();
        Self { sets, turns }
    }

    /// The zone for a process; `None` when its disk must stay whole. Processes of no set may be corrupted everywhere
    /// when that is `asked` for.
    pub(super) fn zone(&self, process: &str, asked: bool) -> Option<Zone> {
        let mut zones = self.sets.iter().zip(&self.turns).filter_map(|(set, turn)| {
            let member = set.members.iter().position(|p| p == process)?;
            Some(set.zone_of(member, *turn))
        });
        match (zones.next(), zones.next()) {
            (None, _) => asked.then_some(Zone::WHOLE),
            (Some(zone), None) => zone,
            // In two sets at once: what both allow is not one pattern, so nothing is corrupted.
            (Some(_), Some(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::base::Seed;
    use crate::fault::{Budget, FaultKind, Profile};

    const NAMES: [&str; 6] = ["n1", "n2", "n3", "n4", "n5", "client"];
    const HOUR: Duration = Duration::from_secs(3600);

    fn draw(profile: &Profile, seed: u64) -> Plan {
        profile.draw(&Key::root(Seed(seed)), &NAMES, HOUR).unwrap()
    }

    /// On how many of the members each of some places may be corrupted, at the most.
    fn worst(plan: &Plan, members: &[&str], paths: &[&str]) -> usize {
        let hit = |member: &str, path: &str, offset: u64| {
            plan.iter().any(|fault| {
                matches!(&fault.what, What::DiskLatent(p, _, _, zone)
                    if p == member && zone.has_path(path) && zone.has_offset(offset))
            })
        };
        let places = paths.iter().flat_map(|path| (0..80).map(move |sector| (*path, sector * 512)));
        places.map(|(path, at)| members.iter().filter(|m| hit(m, path, at)).count()).max().unwrap_or(0)
    }

    fn corrupting(budget: Budget) -> Profile {
        let profile = Profile::default().every(Duration::from_secs(2)).max_active(100).budget(budget);
        FaultKind::ALL.into_iter().filter(|k| k.latent().is_none()).fold(profile, |p, kind| p.weight(kind, 0))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn drawn_corruption_leaves_a_majority_whole(seed: u64, members in 3usize..=5, by_block: bool) {
            let members = &NAMES[..members];
            let budget = if by_block {
                Budget::new().replicas_by_block(members.iter().copied(), Bytes(4096))
            } else {
                Budget::new().replicas(members.iter().copied())
            };
            let plan = draw(&corrupting(budget.clone()), seed);
            let spare = (members.len() - 1) / 2;
            prop_assert!(plan.len() > 100);
            prop_assert_eq!(worst(&plan, members, &["/a", "/b"]), spare, "and no more");
            prop_assert_eq!(budget.check(&plan, &NAMES).map_err(|e| e.to_string()), Ok(()));
            let hit: BTreeSet<&str> = plan.iter().flat_map(|f| f.what.processes()).map(|p| &**p).collect();
            prop_assert_eq!(hit.len(), if by_block { members.len() } else { spare }, "others are not corrupted");
        }

        #[test]
        fn without_the_map_all_copies_are_hit(seed: u64) {
            let asked = corrupting(Budget::new()).weight(FaultKind::DiskBitRot, 1).weight(FaultKind::DiskLostWrites, 1);
            let plan = draw(&asked, seed);
            prop_assert_eq!(worst(&plan, &NAMES[..3], &["/a"]), 3);
            let budget = Budget::new().replicas(["n1", "n2", "n3"]);
            prop_assert!(budget.check(&plan, &NAMES).is_err());
        }
    }

    #[test]
    fn what_a_map_allows_does_not_depend_on_the_other_faults() {
        let all = corrupting(Budget::new().replicas_by_block(["n1", "n2", "n3"], Bytes(512)));
        let zones = |profile: &Profile| {
            let plan = draw(profile, 7);
            let zone = |f: &crate::fault::PlannedFault| match &f.what {
                What::DiskLatent(p, _, _, zone) => Some((p.clone(), format!("{zone:?}"))),
                _ => None,
            };
            plan.iter().filter_map(zone).collect::<BTreeSet<_>>()
        };
        assert_eq!(zones(&all), zones(&all.clone().weight(FaultKind::Drift, 20)));
        let turns: BTreeSet<_> = (0..20).map(|seed| format!("{:?}", draw(&all, seed).iter().next())).collect();
        assert!(turns.len() > 10);
    }

    #[test]
    fn without_replicas_no_disk_is_corrupted_unless_that_is_asked_for() {
        let corrupts = |profile: &Profile, process: &str| {
            let plan = draw(&profile.clone().every(Duration::from_secs(1)).max_active(100), 1);
            plan.iter().any(|f| matches!(&f.what, What::DiskLatent(p, ..) if p == process))
        };
        assert!(!corrupts(&Profile::default(), "client"));
        assert!(corrupts(&Profile::default().weight(FaultKind::DiskBitRot, 9), "client"));
        let replicas = || Profile::default().budget(Budget::new().replicas_by_block(["n1", "n2", "n3"], Bytes(512)));
        assert!(corrupts(&replicas(), "n1") && !corrupts(&replicas(), "client"));
        let two = Profile::default().budget(Budget::new().replicas(["n1", "n2"]));
        assert!(!corrupts(&two, "n1") && !corrupts(&two, "n2"), "half of two is one");
        let none = Profile::none().weight(FaultKind::Kill, 1).budget(Budget::new().replicas(["n1", "n2", "n3"]));
        assert!(NAMES.iter().all(|name| !corrupts(&none, name)));
    }

    #[test]
    fn written_plans_are_checked_block_by_block() {
        let members = ["a", "b", "c"];
        let (whole, blocks) = (Budget::new().replicas(members), Budget::new().replicas_by_block(members, Bytes(4096)));
        let check =
            |budget: &Budget, text: &str| budget.check(&text.parse().unwrap(), &members).map_err(|e| e.to_string());
        for kept in [
            "f1 at 1s disk-bit-rot a 1",
            "f1 at 1s disk-bit-rot a 1\nf2 at 1s disk-lost-writes b 0",
            "f1 at 1s disk-bit-rot a 1 under /a\nf2 at 9s disk-stale-reads b 1 under /b",
        ] {
            assert_eq!((check(&whole, kept), check(&blocks, kept)), (Ok(()), Ok(())), "{kept}");
        }
        let apart = "f1 at 1s disk-bit-rot a 1 part 0+1/3 by 4096B\nf2 at 1s disk-bit-rot b 1 part 1+1/3 by 4096B";
        assert_eq!(check(&blocks, apart), Ok(()));
        for (budget, lost) in [
            (&whole, apart),
            (&blocks, "f1 at 1s disk-bit-rot a 1 for 1s\nf2 at 9s disk-lost-writes b 0.1"),
            (&blocks, "f1 at 1s disk-bit-rot a 1 under /a\nf2 at 9s disk-lost-writes b 1 under /a/b"),
            (&blocks, "f1 at 1s disk-bit-rot a 1 part 0+2/3 by 4096B\nf2 at 1s disk-bit-rot b 1 part 1+1/3 by 4096B"),
            (&blocks, "f1 at 1s disk-bit-rot a 1 part 0+1/3 by 512B\nf2 at 1s disk-bit-rot b 1 part 1+1/3 by 512B"),
        ] {
            let error = check(budget, lost).unwrap_err();
            assert!(
                error.contains("may be corrupted on a, b of {a,b,c}, and 1 may be; leave out one of f1, f2"),
                "{error}"
            );
        }
        let stranger = Budget::new().replicas(["a", "z"]).check(&Plan::new(), &members).unwrap_err().to_string();
        assert!(stranger.contains("its set of replicas names `z`"), "{stranger}");
    }
}
