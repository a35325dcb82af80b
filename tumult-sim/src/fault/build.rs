//! [`Fault`]: what a test writes.

use std::convert::identity;
use std::fmt;
use std::time::Duration;

use super::{Between, Condition, PlannedFault, What, When};
use crate::base::{Bandwidth, Error, Kind, NameFailure, OrPanic as _, Probability, ProcessId, Signal, Time};

/// Something that goes wrong: what, when, and for how long.
///
/// Without [`at`](Self::at) or [`on`](Self::on) it happens at once; without [`lasting`](Self::lasting) it stays until
/// the faults are lifted: at the end of an experiment's fault phase, else never.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a fault does nothing until it is given to a run"]
pub struct Fault {
    pub(super) when: When<ProcessId>,
    pub(super) what: What<ProcessId>,
    pub(super) lasts: Option<Duration>,
}

/// Makes the constructors of faults of the network: one for the packets between two, one for everyone's.
macro_rules! between {
    ($($(#[$doc:meta])* $two:ident, $everywhere:ident => $what:ident $(, $arg:ident: $ty:ty, $convert:expr)*;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// When the two are one, or the argument is out of its range.
        #[track_caller]
        pub fn $two(a: ProcessId, b: ProcessId $(, $arg: $ty)*) -> Self {
            Self::new(What::$what(Between::Two(a, b) $(, $convert($arg))*))
        }

        #[doc = concat!("As [`", stringify!($two), "`](Self::", stringify!($two), "), between any two processes.")]
        ///
        /// # Panics
        /// When the argument is out of its range.
        #[track_caller]
        pub fn $everywhere($($arg: $ty),*) -> Self {
            Self::new(What::$what(Between::Everyone $(, $convert($arg))*))
        }
    )*};
}

impl Fault {
    #[track_caller]
    pub(crate) fn new(what: What<ProcessId>) -> Self {
        Self { when: When::At(Time::ZERO), what, lasts: None }.checked()
    }

    #[track_caller]
    pub(super) fn checked(self) -> Self {
        let flaw = self.what.flaw(self.lasts).map_or(Ok(()), |flaw| {
            Err(Error::new(Kind::Config, format!("make a fault of `{}`: {flaw}", self.what.kind())))
        });
        flaw.or_panic();
        self
    }

    /// The process ends; its machine closes its sockets, and completed writes stay. Healed: it starts again.
    pub fn kill(process: ProcessId) -> Self {
        Self::new(What::Kill(process))
    }

    /// The machine ends: its peers are left half-open, and unsynced data is lost. Healed: the process starts again.
    pub fn power_loss(process: ProcessId) -> Self {
        Self::new(What::PowerLoss(process))
    }

    /// The process ends and starts again at once.
    pub fn restart(process: ProcessId) -> Self {
        Self::new(What::Restart(process))
    }

    /// The process is asked to end, a hosted one by a SIGTERM, and killed after `grace`. Healed: it starts again.
    pub fn shutdown(process: ProcessId, grace: Duration) -> Self {
        Self::new(What::Shutdown(process, grace))
    }

    /// The process is sent a signal: a hosted one finds it in its handlers, `sigwait` or `tokio::signal`, a native one in
    /// [`process::signal`](crate::process::signal). One that does not handle it is ended by it, as by
    /// [`kill`](Self::kill). Healed: it starts again, if it has ended.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tumult_sim::{Sim, fault::{Fault, Signal}, process};
    ///
    /// let mut sim = Sim::new(1);
    /// let server = sim.primary("server", async || process::signal(Signal::Hangup).await);
    /// sim.at(Duration::from_secs(1), Fault::signal(server, Signal::Hangup));
    /// sim.run();
    /// ```
    pub fn signal(process: ProcessId, signal: Signal) -> Self {
        Self::new(What::Signal(process, signal))
    }

    /// The process stands still; its machine goes on, so arrivals pile up in bounded buffers. Healed: it goes on.
    pub fn pause(process: ProcessId) -> Self {
        Self::new(What::Pause(process))
    }

    /// No packet goes between two of these groups. Processes in none of them are unaffected.
    ///
    /// # Panics
    /// When there are fewer than two groups, one is empty, or a process is in two.
    #[track_caller]
    pub fn partition(groups: &[&[ProcessId]]) -> Self {
        Self::new(What::Partition(groups.iter().map(|g| g.to_vec()).collect()))
    }

    /// No packet goes between the process and any other.
    pub fn isolate(process: ProcessId) -> Self {
        Self::new(What::Isolate(process))
    }

    /// All connections of the process are reset at once, at both ends, as something between the machines may do it.
    pub fn reset(process: ProcessId) -> Self {
        Self::new(What::Reset(process))
    }

    /// No packet goes from `from` to `to`; the other way is open.
    ///
    /// # Panics
    /// When the two are one.
    #[track_caller]
    pub fn cut(from: ProcessId, to: ProcessId) -> Self {
        Self::new(What::Cut(from, to))
    }

    between! {
        /// Packets between the two wait until the fault is healed, then arrive in their order.
        hold, hold_everywhere => Hold;
        /// Packets between the two are lost with this probability, on top of their link's.
        loss, loss_everywhere => Loss, probability: impl TryInto<Probability, Error: fmt::Display>, checked;
        /// Packets between the two arrive twice with this probability, on top of their link's.
        duplicate, duplicate_everywhere => Duplicate, probability: impl TryInto<Probability, Error: fmt::Display>, checked;
        /// Packets between the two may overtake others with this probability, on top of their link's.
        reorder, reorder_everywhere => Reorder, probability: impl TryInto<Probability, Error: fmt::Display>, checked;
        /// Packets between the two take `by` longer.
        delay, delay_everywhere => Delay, by: Duration, identity;
        /// No packet passes between the two while the link is `down`, any while it is `up`, and so on in turn.
        flap, flap_everywhere => Flap, down: Duration, identity, up: Duration, identity;
        /// One to three bits of the payload of packets between the two flip with this probability, on top of their
        /// link's. A segment of a stream is lost then, by its checksum.
        corrupt, corrupt_everywhere => Corrupt, probability: impl TryInto<Probability, Error: fmt::Display>, checked;
        /// The headers of packets between the two are damaged with this probability, on top of their link's: they are
        /// lost by their checksum, or, one time in four, come to another port.
        corrupt_header, corrupt_header_everywhere =>
            CorruptHeader, probability: impl TryInto<Probability, Error: fmt::Display>, checked;
        /// Each link between the two carries so much and no more; what it cannot carry waits in its queue.
        throttle, throttle_everywhere => Throttle, bandwidth: Bandwidth, identity;
        /// Packets between the two are lost in bursts, on top of their link's loss: at each packet, a burst begins with
        /// the probability `enter`, and is over with the probability `leave`.
        burst_loss, burst_loss_everywhere => BurstLoss,
            enter: impl TryInto<Probability, Error: fmt::Display>, checked,
            leave: impl TryInto<Probability, Error: fmt::Display>, checked;
        /// Connections between the two are made, and none of their bytes arrive: what a broken load balancer does.
        /// Datagrams pass.
        black_hole, black_hole_everywhere => BlackHole;
    }

    /// No packet goes between two of these groups, but `via` reaches all of them, and they reach it.
    ///
    /// # Panics
    /// When there are fewer than two groups, one is empty, or a process is in two, or `via` in one.
    #[track_caller]
    pub fn bridge(via: ProcessId, groups: &[&[ProcessId]]) -> Self {
        Self::new(What::Bridge(via, groups.iter().map(|g| g.to_vec()).collect()))
    }

    /// The packets of these processes wait: after each `step` those of one process more, in this order; then, one by
    /// one, those of the processes of `back` come through. The order in which the network comes back is what finds
    /// defects that a partition does not (the "swizzle-clogging" of FoundationDB's simulation).
    ///
    /// # Panics
    /// When `back` does not name the same processes, each once, or the step is zero.
    #[track_caller]
    pub fn swizzle(processes: &[ProcessId], back: &[ProcessId], step: Duration) -> Self {
        Self::new(What::Swizzle(processes.to_vec(), back.to_vec(), step))
    }

    /// The rule that the simulation declares under this name is asked about every packet. See
    /// [`Sim::rule`](crate::Sim::rule).
    ///
    /// # Panics
    /// When the name is empty.
    #[track_caller]
    pub fn rule(name: impl Into<String>) -> Self {
        Self::new(What::Rule(name.into()))
    }

    /// Lookups of this name, which the simulation declares, fail so. See [`Sim::alias`](crate::Sim::alias).
    ///
    /// # Panics
    /// When the name is empty.
    #[track_caller]
    pub fn name_failure(name: impl Into<String>, how: NameFailure) -> Self {
        Self::new(What::NameFailure(name.into(), how))
    }

    /// Lookups of this name give what held before it was last changed: what a cache does that nobody told.
    ///
    /// # Panics
    /// When the name is empty.
    #[track_caller]
    pub fn stale_name(name: impl Into<String>) -> Self {
        Self::new(What::StaleName(name.into()))
    }

    /// This name stands for these processes, whatever it is set to. Healed: for what it is set to then.
    ///
    /// # Panics
    /// When the name is empty, or stands for nobody, or for one process twice.
    #[track_caller]
    pub fn name_change(name: impl Into<String>, to: impl IntoIterator<Item = ProcessId>) -> Self {
        Self::new(What::NameChange(name.into(), to.into_iter().collect()))
    }

    /// The process's wall clock jumps by this many nanoseconds, back if negative; [`ahead`] and [`behind`] make them
    /// of a duration. Healed: it jumps back by as many.
    pub fn clock_step(process: ProcessId, ns: i64) -> Self {
        Self::new(What::Clock(process, ns))
    }

    /// The process's clocks run faster by this many parts in a million, slower if negative.
    ///
    /// # Panics
    /// When that is a million or more, either way.
    #[track_caller]
    pub fn clock_drift(process: ProcessId, ppm: i64) -> Self {
        Self::new(What::Drift(process, ppm))
    }

    /// The process's wall clock loses a leap second, evenly over `window`, as a day is usual for machines that ask a
    /// smearing time server. Healed: it stops where it is. A leap second without a smear, in which the wall clock shows
    /// one second twice, is a [`clock_step`](Self::clock_step) of a second [`behind`].
    ///
    /// # Panics
    /// When the window is not longer than a second.
    #[track_caller]
    pub fn leap_smear(process: ProcessId, window: Duration) -> Self {
        Self::new(What::LeapSmear(process, window))
    }

    /// This share of each core of the process's machine is taken: at 0.95, [`cpu::work`](crate::cpu::work) takes twenty
    /// times as long; at 1 it stands still. Of two such faults on one machine the greater counts.
    ///
    /// # Panics
    /// When the share is not within 0..=1.
    #[track_caller]
    pub fn steal_cpu(process: ProcessId, share: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::CpuTheft(process, checked(share)))
    }

    /// This share of the memory of the process's machine is taken. While what is left is not enough for what is held,
    /// the process that holds most is killed. Healed: who was killed for want of memory starts again. Of two such faults
    /// on one machine the greater counts.
    ///
    /// # Panics
    /// When the share is not within 0..=1.
    #[track_caller]
    pub fn memory_pressure(process: ProcessId, share: impl TryInto<Probability, Error: fmt::Display>) -> Self {
        Self::new(What::MemoryPressure(process, checked(share)))
    }

    /// It is healed after this time.
    ///
    /// # Panics
    /// For a restart, which is over at once; for a shutdown that would be healed before its grace is over.
    #[track_caller]
    pub fn lasting(self, lasts: Duration) -> Self {
        Self { lasts: Some(lasts), ..self }.checked()
    }

    /// It happens at this time after the start of the run.
    pub fn at(self, after_start: Duration) -> Self {
        Self { when: When::At(Time::ZERO + after_start), ..self }
    }

    /// It happens when this has come about.
    pub fn on(self, condition: Condition) -> Self {
        Self { when: When::On(condition), ..self }
    }

    /// The fault as data.
    pub(crate) fn planned(&self, id: impl Into<String>, mut name: impl FnMut(ProcessId) -> String) -> PlannedFault {
        let mut name = |p: &ProcessId| Ok::<_, std::convert::Infallible>(name(*p));
        let (Ok(when), Ok(what)) = (self.when.try_map(&mut name), self.what.try_map(&mut name));
        PlannedFault { id: id.into(), when, what, lasts: self.lasts }
    }
}

#[track_caller]
pub(super) fn checked(p: impl TryInto<Probability, Error: fmt::Display>) -> Probability {
    p.try_into().or_panic()
}

/// For [`Fault::clock_step`]: this far ahead, in nanoseconds.
pub const fn ahead(d: Duration) -> i64 {
    let ns = d.as_nanos();
    if ns > i64::MAX as u128 { i64::MAX } else { ns as i64 }
}

/// For [`Fault::clock_step`]: this far behind, in nanoseconds.
pub const fn behind(d: Duration) -> i64 {
    -ahead(d)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProcessId = ProcessId(0);
    const B: ProcessId = ProcessId(1);

    #[test]
    fn a_fault_becomes_data_with_names() {
        let fault = Fault::cut(A, B).on(Condition::point("leased").by(B).nth(2)).lasting(Duration::from_secs(1));
        let planned = fault.planned("f1", |p| format!("n{}", p.index()));
        assert_eq!(planned.to_string(), "f1 on point leased by n1 #2 cut n0 -> n1 for 1s");
        let step = Fault::clock_step(A, behind(Duration::from_millis(800))).at(Duration::from_secs(3));
        assert_eq!(step.planned("f2", |_| "n".into()).to_string(), "f2 at 3.000s clock n -800ms");
    }

    fn refusal(make: fn() -> Fault) -> String {
        let payload = std::panic::catch_unwind(make).unwrap_err();
        payload.downcast_ref::<String>().expect("a message").clone()
    }

    #[test]
    fn a_fault_that_cannot_be_is_refused_where_it_is_made() {
        type Make = fn() -> Fault;
        let refused: [(Make, &str); 12] = [
            (|| Fault::bridge(A, &[&[A], &[B]]), "named twice"),
            (|| Fault::swizzle(&[A, B], &[A, A], Duration::from_secs(1)), "must come back"),
            (|| Fault::flap(A, B, Duration::ZERO, Duration::from_secs(1)), "more than 0 s"),
            (|| Fault::throttle(A, B, Bandwidth::kbit(0)), "above 0B/s"),
            (|| Fault::burst_loss(A, B, 0.1, 0.0), "never be over"),
            (|| Fault::loss(A, B, 1.2), "1.2 as a probability: it is not within 0..=1"),
            (|| Fault::cut(A, A), "`cut`: a process is named twice"),
            (|| Fault::partition(&[&[A, B]]), "two or more groups"),
            (|| Fault::partition(&[&[A], &[A, B]]), "named twice"),
            (|| Fault::clock_drift(A, -1_000_000), "less than 1000000"),
            (|| Fault::restart(A).lasting(Duration::from_secs(1)), "kill the process for that long"),
            (
                || Fault::shutdown(A, Duration::from_secs(5)).lasting(Duration::from_secs(1)),
                "healed before the grace is over",
            ),
        ];
        for (make, says) in refused {
            let message = refusal(make);
            assert!(message.contains(says), "{message}");
        }
    }
}
