//! The recoverability budget: what a plan may take from the system at one instant.
//!
//! A system claims to stand so much, and a run in which more was taken says nothing about it. So drawn plans stay
//! within the budget, and the report of a written plan says whether it does.
//!
//! It is on the safe side. A process counts as down from the moment it is asked to end, while it stands still, and at
//! the instant of a restart, and under pressure on its memory, which may kill it. A member of a quorum counts as down,
//! too, when its disk is full, stalled, or fails half of its operations or more, or when all of its CPU is taken. A link
//! that loses or damages half of its packets or more counts as cut, and so does one that flaps. What a rule does is not
//! counted. A fault that waits for a condition may come at any time, so it counts as in force from the start to the
//! end. Corruption of a disk is never over: what it has destroyed stays destroyed, so it is counted over the whole plan.

use std::collections::BTreeMap;
use std::time::Duration;

use super::replicas::Replicas;
use super::{Between, Plan, PlannedFault, What, When};
use crate::base::{BurstLoss, Bytes, Error, Kind, Time, nanos};

/// From this probability on, what fails now and then counts as failing.
const AS_GOOD_AS_GONE: f64 = 0.5;

/// What a plan may take from the system at one instant. The default allows everything.
///
/// ```
/// use tumult_sim::fault::{Budget, Plan};
/// let budget = Budget::new().quorum(["a", "b", "c"]);
/// let one: Plan = "f1 at 1s kill a for 2s".parse().unwrap();
/// assert!(budget.check(&one, &["a", "b", "c"]).is_ok());
/// let two: Plan = "f1 at 1s kill a for 2s\nf2 at 2s isolate b for 1s".parse().unwrap();
/// let error = budget.check(&two, &["a", "b", "c"]).unwrap_err().to_string();
/// assert!(error.contains("at 2.000s no member of {a,b,c} reaches a majority of it"), "{error}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    max_dead: Option<usize>,
    quorums: Vec<Vec<String>>,
    pub(super) replicas: Vec<Replicas>,
}

impl Budget {
    /// Everything is allowed.
    pub fn new() -> Self {
        Self::default()
    }

    /// At most so many processes may be down at once.
    pub fn max_dead(self, processes: usize) -> Self {
        Self { max_dead: Some(processes), ..self }
    }

    /// Of these, some member that is up must reach a majority that is up, itself counted, both ways. For each group
    /// that is given.
    pub fn quorum<S: Into<String>>(mut self, members: impl IntoIterator<Item = S>) -> Self {
        self.quorums.push(members.into_iter().map(Into::into).collect());
        self
    }

    /// These processes have copies of the same data on their disks: fewer than half of the disks may ever be corrupted.
    ///
    /// Faults that corrupt a disk are drawn only where this is declared, and only within it; unless
    /// [`Profile::weight`](super::Profile::weight) gives them a weight of their own, which lets them hit processes that
    /// are in no such set.
    pub fn replicas<S: Into<String>>(mut self, members: impl IntoIterator<Item = S>) -> Self {
        self.replicas.push(Replicas::new(members, None));
        self
    }

    /// As [`replicas`](Self::replicas), for disks that have the same data at the same place: each block of so many bytes
    /// may be corrupted on fewer than half of them, so all of the disks may be corrupted, each in other blocks.
    ///
    /// # Panics
    /// When the block is not a multiple of 512 bytes.
    #[track_caller]
    pub fn replicas_by_block<S: Into<String>>(mut self, members: impl IntoIterator<Item = S>, block: Bytes) -> Self {
        assert!(
            block.0 > 0 && block.0.is_multiple_of(512),
            "failed to keep blocks of {}B apart: write a multiple of 512 bytes, such as 4096B",
            block.0
        );
        self.replicas.push(Replicas::new(members, Some(block)));
        self
    }

    /// Whether a plan stays within the budget at every instant.
    ///
    /// # Errors
    /// When it does not: the instant, what is exceeded, and the faults that do it. When a quorum names a process that
    /// is not among `processes`.
    pub fn check(&self, plan: &Plan, processes: &[impl AsRef<str>]) -> Result<(), Error> {
        self.check_names(processes)?;
        if let Some(excess) = self.replicas.iter().find_map(|set| set.exceeded(plan)) {
            return Err(Error::new(Kind::Plan, format!("keep the plan within its budget: {excess}")));
        }
        let mut instants: Vec<Time> = plan.iter().map(|f| span(f).0).collect();
        instants.sort_unstable();
        instants.dedup();
        for at in instants {
            let active: Vec<&PlannedFault> = plan.iter().filter(|f| is_active(f, at)).collect();
            if let Some(excess) = self.exceeded(&active) {
                return Err(Error::new(Kind::Plan, format!("keep the plan within its budget: at {at} {excess}")));
            }
        }
        Ok(())
    }

    pub(super) fn check_names(&self, processes: &[impl AsRef<str>]) -> Result<(), Error> {
        let quorums = self.quorums.iter().flatten().map(|name| ("quorum", name));
        let replicas = self.replicas.iter().flat_map(Replicas::members).map(|name| ("set of replicas", name));
        let unknown = quorums.chain(replicas).find(|(_, name)| processes.iter().all(|p| p.as_ref() != **name));
        unknown.map_or(Ok(()), |(set, name)| {
            let known: Vec<&str> = processes.iter().map(AsRef::as_ref).collect();
            let message = format!("use the budget: its {set} names `{name}`, which is no process here");
            Err(Error::new(Kind::Config, format!("{message}; write one of {}", known.join(", "))))
        })
    }

    /// What these faults, all in force at once, take beyond the budget.
    pub(super) fn exceeded(&self, active: &[&PlannedFault]) -> Option<String> {
        let mut dead: BTreeMap<&str, &str> = BTreeMap::new();
        let mut useless = BTreeMap::new();
        for fault in active {
            if let Some((process, is_dead)) = takes(&fault.what) {
                useless.entry(process).or_insert(&*fault.id);
                if is_dead {
                    dead.entry(process).or_insert(&fault.id);
                }
            }
        }
        if let Some(max) = self.max_dead.filter(|max| dead.len() > *max) {
            let who: Vec<String> = dead.iter().map(|(p, f)| format!("{p} by {f}")).collect();
            let (n, who) = (dead.len(), who.join(", "));
            return Some(format!("{n} processes are down ({who}), and {max} may be; let one of these be over earlier"));
        }
        self.quorums.iter().find(|group| !has_quorum(group, &useless, active)).map(|group| {
            let blamed: Vec<&str> = active.iter().filter(|f| harms(&f.what)).map(|f| &*f.id).collect();
            format!(
                "no member of {{{}}} reaches a majority of it; let one of {} be over earlier",
                group.join(","),
                blamed.join(", ")
            )
        })
    }
}

/// From when to when a fault is in force: the end is not in it.
fn span(fault: &PlannedFault) -> (Time, Time) {
    match (&fault.when, fault.lasts) {
        (When::On(_), _) => (Time::ZERO, Time::MAX),
        (When::At(at), Some(lasts)) => (*at, Time::from_nanos((*at + lasts).as_nanos().max(at.as_nanos() + 1))),
        (When::At(at), None) if fault.what.kind().is_instant() => (*at, Time::from_nanos(at.as_nanos() + 1)),
        (When::At(at), None) => (*at, Time::MAX),
    }
}

/// Whether a fault is in force at this instant.
pub(super) fn is_active(fault: &PlannedFault, at: Time) -> bool {
    let (from, to) = span(fault);
    from <= at && at < to
}

/// The process that a fault takes, and whether that is down altogether or of no use to a quorum only.
pub(super) fn takes(what: &What) -> Option<(&str, bool)> {
    match what {
        What::Kill(p)
        | What::PowerLoss(p)
        | What::Restart(p)
        | What::Shutdown(p, _)
        | What::Signal(p, _)
        | What::Pause(p)
        // It may kill the process that it names. The others of its machine are not known here.
        | What::MemoryPressure(p, _) => Some((p, true)),
        What::DiskFull(p, _) | What::DiskStall(p) | What::DiskReadOnly(p) | What::DescriptorLimit(p, _) => {
            Some((p, false))
        }
        What::CpuTheft(p, share) => (share.get() >= 1.0).then_some((p, false)),
        What::DiskReadErrors(p, x)
        | What::DiskWriteErrors(p, x)
        | What::DiskSyncErrors(p, x)
        | What::DiskSyncDrops(p, x)
        | What::DiskSyncReverts(p, x) => (x.get() >= AS_GOOD_AS_GONE).then_some((p, false)),
        _ => None,
    }
}

/// Whether a fault lets too little through from one process to another.
fn cuts(what: &What, from: &str, to: &str) -> bool {
    let among = |b: &Between| match b {
        Between::Two(x, y) => (x == from && y == to) || (x == to && y == from),
        Between::Everyone => true,
    };
    match what {
        What::Partition(groups) | What::Bridge(_, groups) => {
            let side = |p: &str| groups.iter().position(|g| g.iter().any(|member| member == p));
            matches!((side(from), side(to)), (Some(x), Some(y)) if x != y)
        }
        What::Isolate(p) => p == from || p == to,
        What::Cut(x, y) => x == from && y == to,
        What::Swizzle(processes, ..) => processes.iter().any(|p| p == from || p == to),
        What::Hold(b) | What::Flap(b, ..) | What::BlackHole(b) => among(b),
        what => lossy(what).is_some_and(among),
    }
}

/// The links of which a fault damages or loses so much that they count as cut.
fn lossy(what: &What) -> Option<&Between> {
    match what {
        What::Loss(b, p) | What::Corrupt(b, p) | What::CorruptHeader(b, p) => (p.get() >= AS_GOOD_AS_GONE).then_some(b),
        What::BurstLoss(b, enter, leave) => (BurstLoss::new(*enter, *leave).mean() >= AS_GOOD_AS_GONE).then_some(b),
        _ => None,
    }
}

/// Whether a fault can cost a quorum.
fn harms(what: &What) -> bool {
    takes(what).is_some()
        || lossy(what).is_some()
        || matches!(
            what,
            What::Partition(_)
                | What::Isolate(_)
                | What::Cut(..)
                | What::Hold(_)
                | What::Bridge(..)
                | What::Swizzle(..)
                | What::Flap(..)
                | What::BlackHole(_)
        )
}

fn has_quorum(group: &[String], useless: &BTreeMap<&str, &str>, active: &[&PlannedFault]) -> bool {
    let up: Vec<&String> = group.iter().filter(|p| !useless.contains_key(p.as_str())).collect();
    let reach = |a: &str, b: &str| a == b || !active.iter().any(|f| cuts(&f.what, a, b) || cuts(&f.what, b, a));
    group.is_empty() || up.iter().any(|p| up.iter().filter(|q| reach(p, q)).count() > group.len() / 2)
}

/// How long a fault of a drawn plan may last: not beyond the horizon.
pub(super) fn within(horizon: Time, at: Time, lasts: Duration) -> Duration {
    Duration::from_nanos(nanos(lasts).min(nanos(horizon - at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: [&str; 3] = ["a", "b", "c"];

    fn check(budget: &Budget, text: &str) -> Result<(), String> {
        budget.check(&text.parse().unwrap(), &ABC).map_err(|e| e.to_string())
    }

    #[test]
    fn the_dead_are_counted_at_each_instant() {
        let budget = Budget::new().max_dead(1);
        assert_eq!(check(&budget, "f1 at 1s kill a for 1s\nf2 at 2s pause b for 1s"), Ok(()), "one after the other");
        assert_eq!(check(&budget, "f1 at 1s kill a\nf2 at 2s pause a for 1s"), Ok(()), "the same process");
        assert_eq!(check(&budget, "f1 at 1s kill a\nf2 at 2s disk-stall b"), Ok(()), "a disk is no process");
        for (text, says) in [
            ("f1 at 1s kill a for 1.000000001s\nf2 at 2s pause b", "at 2.000s 2 processes are down (a by f1, b by f2)"),
            ("f1 at 1s kill a\nf2 at 9s restart b", "at 9.000s"),
            ("f1 at 5s power-loss a for 1s\nf2 on point x #1 kill b for 1s", "at 5.000s"),
            ("f1 at 5s shutdown a grace 1s for 2s\nf2 at 5.5s kill b", "at 5.500s"),
        ] {
            let error = check(&budget, text).unwrap_err();
            assert!(error.contains(says) && error.contains("1 may be; let one of these"), "{text}: {error}");
        }
    }

    #[test]
    fn a_quorum_needs_a_member_that_reaches_a_majority_both_ways() {
        let budget = Budget::new().quorum(ABC);
        for kept in [
            "f1 at 1s kill a",
            "f1 at 1s partition {a} | {b,c}",
            "f1 at 1s cut a -> b",
            "f1 at 1s cut a -> b\nf2 at 1s cut c -> a", // b and c still reach each other
            "f1 at 1s loss everyone 0.49",
            "f1 at 1s disk-stall a\nf2 at 1s cut a -> b",
            "f1 at 1s isolate a for 1s\nf2 at 2s isolate b for 1s",
            "f1 at 1s clock a -10s\nf2 at 1s clock b +10s",
            "f1 at 1s bridge a {b} | {c}",
            "f1 at 1s swizzle {a} back {a} every 1s",
            "f1 at 1s corrupt everyone 0.4\nf2 at 1s throttle everyone 1B/s\nf3 at 1s rule x",
            "f1 at 1s burst-loss everyone enter 0.1 leave 0.2",
        ] {
            assert_eq!(check(&budget, kept), Ok(()), "{kept}");
        }
        for lost in [
            "f1 at 1s kill a\nf2 at 1s kill b",
            "f1 at 1s partition {a} | {b} | {c}",
            "f1 at 1s kill a\nf2 at 2s cut b -> c",
            "f1 at 1s loss everyone 0.5",
            "f1 at 1s swizzle {a,b} back {a,b} every 1s",
            "f1 at 1s kill a\nf2 at 1s bridge a {b} | {c}",
            "f1 at 1s flap everyone down 1s up 9s",
            "f1 at 1s corrupt everyone 0.5",
            "f1 at 1s corrupt-header everyone 0.6",
            "f1 at 1s burst-loss everyone enter 0.2 leave 0.2",
            "f1 at 1s hold everyone for 1ms",
            "f1 at 1s disk-stall a\nf2 at 1s disk-full b 0B",
            "f1 at 1s isolate a for 1s\nf2 at 1.5s isolate b for 1s",
            "f1 on point x #1 kill a for 1ms\nf2 at 900s disk-sync-errors c 1",
        ] {
            let error = check(&budget, lost).unwrap_err();
            assert!(error.contains("no member of {a,b,c} reaches a majority"), "{lost}: {error}");
            assert!(error.contains("let one of f1"), "{lost}: {error}");
        }
    }

    #[test]
    fn a_quorum_of_strangers_is_refused() {
        let error = Budget::new().quorum(["a", "z"]).check(&Plan::new(), &ABC).unwrap_err();
        assert!(error.is_config());
        assert!(error.to_string().contains("`z`, which is no process here; write one of a, b, c"), "{error}");
    }
}
