//! What a fault does, as data. `P` is how it names processes: by id for code, by name in a plan.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FaultKind;
use super::text::serde_ns;
use crate::base::{Bandwidth, Bytes, Latent, NameFailure, Probability, Signal, Zone};

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What<P = String> {
    /// The process ends; its machine goes on. Healed: it starts again.
    Kill(P),
    /// The machine ends. Healed: it is on again and the process starts.
    PowerLoss(P),
    /// The process ends and starts again at once.
    Restart(P),
    /// The process is asked to end; after the grace it is killed. Healed: it starts again.
    Shutdown(P, #[serde(with = "serde_ns")] Duration),
    /// The process is sent a signal, which ends it unless it handles that. Healed: it starts again, if it has ended.
    Signal(P, Signal),
    /// The process stands still. Healed: it goes on.
    Pause(P),
    /// No packet goes between two groups. Processes in no group are unaffected.
    Partition(Vec<Vec<P>>),
    /// No packet goes between the process and any other.
    Isolate(P),
    /// No packet goes from the first to the second.
    Cut(P, P),
    /// Packets wait until the fault is healed, then arrive in their order.
    Hold(Between<P>),
    /// Packets are lost with this probability, on top of their link's.
    Loss(Between<P>, Probability),
    /// Packets arrive twice with this probability, on top of their link's.
    Duplicate(Between<P>, Probability),
    /// Packets may overtake others with this probability, on top of their link's.
    Reorder(Between<P>, Probability),
    /// Packets take this much longer.
    Delay(Between<P>, #[serde(with = "serde_ns")] Duration),
    /// No packet goes between two groups; the process reaches all of them.
    Bridge(P, Vec<Vec<P>>),
    /// The packets of these processes wait: one process more after each step, in the first order; then one less, in
    /// the second.
    Swizzle(Vec<P>, Vec<P>, #[serde(with = "serde_ns")] Duration),
    /// No packet passes for the first time, any for the second, and so on.
    Flap(Between<P>, #[serde(with = "serde_ns")] Duration, #[serde(with = "serde_ns")] Duration),
    /// One to three bits of a payload flip with this probability, on top of the link's.
    Corrupt(Between<P>, Probability),
    /// A header is damaged with this probability, on top of the link's.
    CorruptHeader(Between<P>, Probability),
    /// Each link carries so much and no more.
    Throttle(Between<P>, Bandwidth),
    /// At a packet, a burst of losses begins with the first probability, and is over with the second.
    BurstLoss(Between<P>, Probability, Probability),
    /// Connections are made, and none of their bytes arrive.
    BlackHole(Between<P>),
    /// All connections of the process are reset, at both ends.
    Reset(P),
    /// Lookups of the name fail so.
    NameFailure(String, NameFailure),
    /// Lookups of the name give what held before it was last changed.
    StaleName(String),
    /// The name stands for these, whatever it is set to.
    NameChange(String, Vec<P>),
    /// The rule that the simulation declared under this name is asked about every packet.
    Rule(String),
    /// The wall clock jumps by this many nanoseconds. Healed: it jumps back by as many.
    Clock(P, i64),
    /// Both clocks run faster by this many parts in a million, slower if negative.
    Drift(P, i64),
    /// The wall clock loses a leap second, evenly over this time. Healed: it stops where it is.
    LeapSmear(P, #[serde(with = "serde_ns")] Duration),
    /// Reads fail with EIO, with this probability.
    DiskReadErrors(P, Probability),
    /// Writes fail with EIO, with this probability.
    DiskWriteErrors(P, Probability),
    /// Syncs fail with EIO, with this probability.
    DiskSyncErrors(P, Probability),
    /// Only this many bytes fit.
    DiskFull(P, Bytes),
    /// Every operation takes this much longer.
    DiskSlow(P, #[serde(with = "serde_ns")] Duration),
    /// No operation completes until the fault is healed.
    DiskStall(P),
    /// This share of each core of the process's machine is taken.
    CpuTheft(P, Probability),
    /// This share of the memory of the process's machine is taken. Healed: who was killed for it starts again.
    MemoryPressure(P, Probability),
    /// Syncs of files fail with EIO, with this probability; what they should have made durable counts as written, is
    /// still seen, and is lost with the power.
    DiskSyncDrops(P, Probability),
    /// Syncs of files fail with EIO, with this probability; what they should have made durable is gone at once.
    DiskSyncReverts(P, Probability),
    /// Whatever would change the disk fails with EROFS.
    DiskReadOnly(P),
    /// Only this many operations a second; those over it wait their turn.
    DiskIops(P, u64),
    /// Only this many bytes a second; operations over it wait their turn.
    DiskBandwidth(P, Bytes),
    /// Something goes wrong unreported, with this probability at each operation, within the zone.
    DiskLatent(P, Latent, Probability, Zone),
    /// Opening one more file or socket than this fails with EMFILE.
    DescriptorLimit(P, u32),
}

/// Whose packets a fault of the network touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Between<P = String> {
    /// Those between these two, both ways.
    Two(P, P),
    /// Those between any two.
    Everyone,
}

/// The fastest and slowest a drifting clock may be, in parts in a million.
const DRIFT_PPM_MAX: i64 = 999_999;

impl<P> What<P> {
    /// What kind of thing it does.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Kill(_) => FaultKind::Kill,
            Self::PowerLoss(_) => FaultKind::PowerLoss,
            Self::Restart(_) => FaultKind::Restart,
            Self::Shutdown(..) => FaultKind::Shutdown,
            Self::Signal(..) => FaultKind::Signal,
            Self::Pause(_) => FaultKind::Pause,
            Self::Partition(_) => FaultKind::Partition,
            Self::Isolate(_) => FaultKind::Isolate,
            Self::Cut(..) => FaultKind::Cut,
            Self::Hold(_) => FaultKind::Hold,
            Self::Loss(..) => FaultKind::Loss,
            Self::Duplicate(..) => FaultKind::Duplicate,
            Self::Reorder(..) => FaultKind::Reorder,
            Self::Delay(..) => FaultKind::Delay,
            Self::Bridge(..) => FaultKind::Bridge,
            Self::Swizzle(..) => FaultKind::Swizzle,
            Self::Flap(..) => FaultKind::Flap,
            Self::Corrupt(..) => FaultKind::Corrupt,
            Self::CorruptHeader(..) => FaultKind::CorruptHeader,
            Self::Throttle(..) => FaultKind::Throttle,
            Self::BurstLoss(..) => FaultKind::BurstLoss,
            Self::BlackHole(_) => FaultKind::BlackHole,
            Self::Reset(_) => FaultKind::Reset,
            Self::NameFailure(..) => FaultKind::NameFailure,
            Self::StaleName(_) => FaultKind::StaleName,
            Self::NameChange(..) => FaultKind::NameChange,
            Self::Rule(_) => FaultKind::Rule,
            Self::Clock(..) => FaultKind::Clock,
            Self::Drift(..) => FaultKind::Drift,
            Self::LeapSmear(..) => FaultKind::LeapSmear,
            Self::DiskReadErrors(..) => FaultKind::DiskReadErrors,
            Self::DiskWriteErrors(..) => FaultKind::DiskWriteErrors,
            Self::DiskSyncErrors(..) => FaultKind::DiskSyncErrors,
            Self::DiskFull(..) => FaultKind::DiskFull,
            Self::DiskSlow(..) => FaultKind::DiskSlow,
            Self::DiskStall(_) => FaultKind::DiskStall,
            Self::CpuTheft(..) => FaultKind::CpuTheft,
            Self::MemoryPressure(..) => FaultKind::MemoryPressure,
            Self::DiskSyncDrops(..) => FaultKind::DiskSyncDrops,
            Self::DiskSyncReverts(..) => FaultKind::DiskSyncReverts,
            Self::DiskReadOnly(_) => FaultKind::DiskReadOnly,
            Self::DiskIops(..) => FaultKind::DiskIops,
            Self::DiskBandwidth(..) => FaultKind::DiskBandwidth,
            Self::DiskLatent(_, latent, ..) => FaultKind::of_latent(*latent),
            Self::DescriptorLimit(..) => FaultKind::DescriptorLimit,
        }
    }

    /// The same with processes named in another way.
    pub(crate) fn try_map<Q, E>(&self, f: &mut impl FnMut(&P) -> Result<Q, E>) -> Result<What<Q>, E> {
        Ok(match self {
            Self::Kill(p) => What::Kill(f(p)?),
            Self::PowerLoss(p) => What::PowerLoss(f(p)?),
            Self::Restart(p) => What::Restart(f(p)?),
            Self::Shutdown(p, grace) => What::Shutdown(f(p)?, *grace),
            Self::Signal(p, signal) => What::Signal(f(p)?, *signal),
            Self::Pause(p) => What::Pause(f(p)?),
            Self::Partition(groups) => What::Partition(try_map_groups(groups, f)?),
            Self::Isolate(p) => What::Isolate(f(p)?),
            Self::Cut(from, to) => What::Cut(f(from)?, f(to)?),
            Self::Hold(b) => What::Hold(b.try_map(f)?),
            Self::Loss(b, p) => What::Loss(b.try_map(f)?, *p),
            Self::Duplicate(b, p) => What::Duplicate(b.try_map(f)?, *p),
            Self::Reorder(b, p) => What::Reorder(b.try_map(f)?, *p),
            Self::Delay(b, d) => What::Delay(b.try_map(f)?, *d),
            Self::Bridge(p, groups) => What::Bridge(f(p)?, try_map_groups(groups, f)?),
            Self::Swizzle(clog, unclog, step) => What::Swizzle(try_map_all(clog, f)?, try_map_all(unclog, f)?, *step),
            Self::Flap(b, down, up) => What::Flap(b.try_map(f)?, *down, *up),
            Self::Corrupt(b, p) => What::Corrupt(b.try_map(f)?, *p),
            Self::CorruptHeader(b, p) => What::CorruptHeader(b.try_map(f)?, *p),
            Self::Throttle(b, bandwidth) => What::Throttle(b.try_map(f)?, *bandwidth),
            Self::BurstLoss(b, enter, leave) => What::BurstLoss(b.try_map(f)?, *enter, *leave),
            Self::BlackHole(b) => What::BlackHole(b.try_map(f)?),
            Self::Reset(p) => What::Reset(f(p)?),
            Self::NameFailure(name, how) => What::NameFailure(name.clone(), *how),
            Self::StaleName(name) => What::StaleName(name.clone()),
            Self::NameChange(name, to) => What::NameChange(name.clone(), try_map_all(to, f)?),
            Self::Rule(name) => What::Rule(name.clone()),
            Self::Clock(p, ns) => What::Clock(f(p)?, *ns),
            Self::Drift(p, ppm) => What::Drift(f(p)?, *ppm),
            Self::LeapSmear(p, window) => What::LeapSmear(f(p)?, *window),
            Self::DiskReadErrors(p, x) => What::DiskReadErrors(f(p)?, *x),
            Self::DiskWriteErrors(p, x) => What::DiskWriteErrors(f(p)?, *x),
            Self::DiskSyncErrors(p, x) => What::DiskSyncErrors(f(p)?, *x),
            Self::DiskFull(p, bytes) => What::DiskFull(f(p)?, *bytes),
            Self::DiskSlow(p, d) => What::DiskSlow(f(p)?, *d),
            Self::DiskStall(p) => What::DiskStall(f(p)?),
            Self::CpuTheft(p, share) => What::CpuTheft(f(p)?, *share),
            Self::MemoryPressure(p, share) => What::MemoryPressure(f(p)?, *share),
            Self::DiskSyncDrops(p, x) => What::DiskSyncDrops(f(p)?, *x),
            Self::DiskSyncReverts(p, x) => What::DiskSyncReverts(f(p)?, *x),
            Self::DiskReadOnly(p) => What::DiskReadOnly(f(p)?),
            Self::DiskIops(p, n) => What::DiskIops(f(p)?, *n),
            Self::DiskBandwidth(p, bytes) => What::DiskBandwidth(f(p)?, *bytes),
            Self::DiskLatent(p, latent, x, zone) => What::DiskLatent(f(p)?, *latent, *x, zone.clone()),
            Self::DescriptorLimit(p, n) => What::DescriptorLimit(f(p)?, *n),
        })
    }

    /// The processes it names, in its order; none for a fault that touches everyone.
    pub fn processes(&self) -> Vec<&P> {
        match self {
            Self::Partition(groups) => groups.iter().flatten().collect(),
            Self::Cut(a, b) => vec![a, b],
            Self::Hold(b)
            | Self::Loss(b, _)
            | Self::Duplicate(b, _)
            | Self::Reorder(b, _)
            | Self::Delay(b, _)
            | Self::Flap(b, ..)
            | Self::Corrupt(b, _)
            | Self::CorruptHeader(b, _)
            | Self::Throttle(b, _)
            | Self::BlackHole(b)
            | Self::BurstLoss(b, ..) => match b {
                Between::Two(x, y) => vec![x, y],
                Between::Everyone => vec![],
            },
            Self::Bridge(p, groups) => std::iter::once(p).chain(groups.iter().flatten()).collect(),
            Self::Swizzle(clog, ..) => clog.iter().collect(),
            Self::NameChange(_, to) => to.iter().collect(),
            Self::Rule(_) | Self::NameFailure(..) | Self::StaleName(_) => vec![],
            Self::Kill(p)
            | Self::PowerLoss(p)
            | Self::Restart(p)
            | Self::Shutdown(p, _)
            | Self::Signal(p, _)
            | Self::Pause(p)
            | Self::Isolate(p)
            | Self::Clock(p, _)
            | Self::Drift(p, _)
            | Self::LeapSmear(p, _)
            | Self::DiskReadErrors(p, _)
            | Self::DiskWriteErrors(p, _)
            | Self::DiskSyncErrors(p, _)
            | Self::DiskFull(p, _)
            | Self::DiskSlow(p, _)
            | Self::DiskStall(p)
            | Self::CpuTheft(p, _)
            | Self::MemoryPressure(p, _)
            | Self::DiskSyncDrops(p, _)
            | Self::DiskSyncReverts(p, _)
            | Self::DiskReadOnly(p)
            | Self::DiskIops(p, _)
            | Self::DiskBandwidth(p, _)
            | Self::DiskLatent(p, ..)
            | Self::DescriptorLimit(p, _)
            | Self::Reset(p) => vec![p],
        }
    }

    /// What is wrong with it in itself, and how to mend it.
    pub(crate) fn flaw(&self, lasts: Option<Duration>) -> Option<&'static str>
    where
        P: PartialEq,
    {
        match self {
            Self::Restart(_) if lasts.is_some() => {
                Some("a restart is over at once; leave `for` away, or kill the process for that long")
            }
            Self::Reset(_) if lasts.is_some() => {
                Some("a reset is over at once; leave `for` away, or write `black-hole` or `isolate`")
            }
            Self::Shutdown(_, grace) if lasts.is_some_and(|d| d < *grace) => {
                Some("it would be healed before the grace is over; let it last at least as long")
            }
            Self::Partition(groups) if groups.len() < 2 || groups.iter().any(Vec::is_empty) => {
                Some("a partition needs two or more groups, none of them empty, as in `{a} | {b,c}`")
            }
            Self::Bridge(_, groups) if groups.len() < 2 || groups.iter().any(Vec::is_empty) => {
                Some("a bridge needs two or more groups, none of them empty, as in `b {a} | {c,d}`")
            }
            Self::Swizzle(clog, ..) if clog.is_empty() => Some("a swizzle needs processes; name one or more"),
            Self::Swizzle(clog, unclog, _)
                if clog.len() != unclog.len() || clog.iter().any(|p| !unclog.contains(p)) =>
            {
                Some("what is cut off must come back; name the same processes behind `back`, each once")
            }
            Self::Swizzle(.., step) if step.is_zero() => {
                Some("nothing would stay cut off; let more than 0 s pass from one to the next")
            }
            Self::Flap(_, down, up) if down.is_zero() || up.is_zero() => {
                Some("a link flaps when both times are more than 0 s; else use `cut`, or leave the fault away")
            }
            Self::Throttle(_, bandwidth) if bandwidth.get() == 0 => {
                Some("nothing would pass; write a bandwidth above 0B/s, or use `cut`")
            }
            Self::BurstLoss(_, _, leave) if !leave.possible() => {
                Some("a burst would never be over; write more than 0 behind `leave`")
            }
            Self::Rule(name) if name.is_empty() => {
                Some("the rule has no name; write the one under which the simulation declares it")
            }
            Self::NameFailure(name, _) | Self::StaleName(name) | Self::NameChange(name, _) if name.is_empty() => {
                Some("it says no name; write the one that the simulation declares")
            }
            Self::NameChange(_, to) if to.is_empty() => {
                Some("the name would stand for nobody; name one process or more, or write `name-failure`")
            }
            Self::Drift(_, ppm) if ppm.abs() > DRIFT_PPM_MAX => {
                Some("a clock may drift by less than 1000000 parts in a million, either way")
            }
            Self::LeapSmear(_, window) if *window <= Duration::from_secs(1) => {
                Some("a leap second is smeared over more than a second; write a longer time, such as 24h")
            }
            Self::DiskIops(_, 0) | Self::DiskBandwidth(_, Bytes(0)) => {
                Some("a disk that does nothing in a second is stalled: write `disk-stall`")
            }
            Self::DiskLatent(.., Zone { part: Some(part), .. }) => part.flaw(),
            Self::Partition(_)
            | Self::NameChange(..)
            | Self::Cut(..)
            | Self::Hold(_)
            | Self::Loss(..)
            | Self::Duplicate(..)
            | Self::Reorder(..)
            | Self::Delay(..)
            | Self::Bridge(..)
            | Self::Swizzle(..)
            | Self::Flap(..)
            | Self::Corrupt(..)
            | Self::CorruptHeader(..)
            | Self::Throttle(..)
            | Self::BlackHole(_)
            | Self::BurstLoss(..) => {
                let named = self.processes();
                let twice = named.iter().enumerate().any(|(n, p)| named[..n].contains(p));
                twice.then_some("a process is named twice; each may be on one side only")
            }
            _ => None,
        }
    }
}

fn try_map_all<P, Q, E>(all: &[P], f: &mut impl FnMut(&P) -> Result<Q, E>) -> Result<Vec<Q>, E> {
    all.iter().map(f).collect()
}

fn try_map_groups<P, Q, E>(groups: &[Vec<P>], f: &mut impl FnMut(&P) -> Result<Q, E>) -> Result<Vec<Vec<Q>>, E> {
    groups.iter().map(|group| try_map_all(group, f)).collect()
}

impl<P> Between<P> {
    fn try_map<Q, E>(&self, f: &mut impl FnMut(&P) -> Result<Q, E>) -> Result<Between<Q>, E> {
        Ok(match self {
            Self::Two(a, b) => Between::Two(f(a)?, f(b)?),
            Self::Everyone => Between::Everyone,
        })
    }
}
