//! [`Storm`]: what is drawn against a system, as data.

use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::fault::{FaultKind, Profile};

/// Whatever befalls packets and loses none for good: what a sender that repeats itself has to stand.
pub(crate) const NETWORK: &[FaultKind] = &[
    FaultKind::Partition,
    FaultKind::Isolate,
    FaultKind::Cut,
    FaultKind::Hold,
    FaultKind::Loss,
    FaultKind::Duplicate,
    FaultKind::Reorder,
    FaultKind::Delay,
];
/// Packets are late or do not come; none comes twice or before an earlier one.
pub(crate) const LINKS: &[FaultKind] =
    &[FaultKind::Partition, FaultKind::Isolate, FaultKind::Cut, FaultKind::Hold, FaultKind::Loss, FaultKind::Delay];
/// Some do not reach others.
pub(crate) const CUTS: &[FaultKind] = &[FaultKind::Partition, FaultKind::Isolate, FaultKind::Cut];
/// Packets are late, and all of them come.
pub(crate) const SLOW: &[FaultKind] = &[FaultKind::Hold, FaultKind::Delay, FaultKind::Pause];
/// A process stands still.
pub(crate) const PAUSE: &[FaultKind] = &[FaultKind::Pause];
/// A process ends, or stands still; what it has written stays.
pub(crate) const PROCESS: &[FaultKind] = &[FaultKind::Kill, FaultKind::Restart, FaultKind::Pause];
/// A machine ends, and what was not synced with it.
pub(crate) const POWER: &[FaultKind] = &[FaultKind::PowerLoss];
/// A wall clock is set.
pub(crate) const CLOCK: &[FaultKind] = &[FaultKind::Clock];

/// What is drawn against a system. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// Kinds of faults, in groups.
    pub kinds: &'static [&'static [FaultKind]],
    /// The mean time between the beginnings of two faults.
    pub every_ms: u64,
    /// The shortest and the longest fault.
    pub lasts_ms: (u64, u64),
    /// Until when there are faults; by then all of them are healed.
    pub horizon_ms: u64,
    /// Processes that are not hit.
    pub spares: &'static [&'static str],
}

/// How the kinds of a seed's faults are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Every seed has all kinds, each with its usual weight.
    All,
    /// Every seed has a random subset of them, with random weights.
    Swarm,
}

impl Storm {
    /// What is drawn, as the library wants it.
    pub fn profile(&self, draw: Draw) -> Profile {
        let ms = Duration::from_millis;
        let all = match draw {
            Draw::All => Profile::default(),
            Draw::Swarm => Profile::swarm(),
        };
        let profile =
            all.only(self.kinds.concat()).every(ms(self.every_ms)).lasting(ms(self.lasts_ms.0), ms(self.lasts_ms.1));
        self.spares.iter().fold(profile, |profile, process| profile.spare(*process))
    }

    pub(crate) fn draw(&self, sim: &mut Sim, draw: Draw) {
        sim.draw_faults(self.profile(draw), Duration::from_millis(self.horizon_ms));
    }
}
