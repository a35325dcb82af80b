//! A process's own clock: what it reads, as a function of the virtual time.
//!
//! The monotonic clock runs at (1 + drift) times the speed of virtual time and never goes back. The wall clock is the
//! monotonic clock plus an offset that steps change. A power loss restarts the monotonic clock; the wall clock goes on
//! (the battery keeps it).

use std::cell::Cell;
use std::time::Duration;

use super::ClockConfig;
use crate::base::{Time, nanos};
use crate::trace::NO_EVENT;

/// The second that a leap smear takes from the wall clock.
const LEAP_NS: u128 = 1_000_000_000;
const BILLION: i128 = 1_000_000_000;
/// From this read without a yield on, a read moves the clock.
const SPIN_READS: u32 = 64;
/// By how much: a busy wait for a second ends after a million reads.
const SPIN_STEP_NS: u64 = 1_000;

/// A leap second that is smeared: the wall clock loses it evenly over the window.
#[derive(Clone, Copy, Debug)]
struct Smear {
    from: Time,
    window_ns: u64,
}

impl Smear {
    fn lost_ns(&self, now: Time) -> i128 {
        let passed = (now - self.from).as_nanos().min(u128::from(self.window_ns));
        (LEAP_NS * passed / u128::from(self.window_ns.max(1))) as i128
    }
}

/// One process's clock.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// The virtual time at which `mono_ns` was right.
    base: Time,
    mono_ns: u64,
    /// Wall clock minus monotonic clock.
    wall_offset_ns: i128,
    drift_ppb: i64,
    smears: Vec<Smear>,
    /// Reads since the process last yielded, and what they added.
    reads: u32,
    spun_ns: u64,
    /// Reads since the start, and timers set while it drifted: whether a fault of the clock was felt.
    total_reads: u64,
    wall_reads: u64,
    bent_timers: Cell<u64>,
    /// The event of the trace in which a fault changed it last.
    pub(crate) changed: u32,
}

impl Clock {
    /// A clock that is right: monotonic 0 at `boot`, wall clock `epoch_ns` at the start of the run.
    pub(crate) fn new(boot: Time, epoch_ns: i64) -> Self {
        Self {
            base: boot,
            mono_ns: 0,
            wall_offset_ns: i128::from(epoch_ns) + i128::from(boot.as_nanos()),
            drift_ppb: 0,
            smears: vec![],
            reads: 0,
            spun_ns: 0,
            total_reads: 0,
            wall_reads: 0,
            bent_timers: Cell::new(0),
            changed: NO_EVENT,
        }
    }

    #[inline]
    fn mono_at(&self, now: Time) -> u64 {
        let passed = now.as_nanos().saturating_sub(self.base.as_nanos());
        let local = if self.drift_ppb == 0 {
            passed
        } else {
            (i128::from(passed) * (BILLION + i128::from(self.drift_ppb)) / BILLION) as u64
        };
        self.mono_ns.saturating_add(local).saturating_add(self.spun_ns)
    }

    /// What the process reads off its monotonic clock, in nanoseconds since its machine's start.
    #[inline]
    pub(crate) fn read_monotonic(&mut self, now: Time) -> u64 {
        self.reads += 1;
        self.total_reads += 1;
        if self.reads >= SPIN_READS {
            self.spun_ns += SPIN_STEP_NS;
        }
        self.mono_at(now)
    }

    /// What the process reads off its wall clock, in nanoseconds since the Unix epoch.
    pub(crate) fn read_wall(&mut self, now: Time) -> i64 {
        self.wall_reads += 1;
        let smeared: i128 = self.smears.iter().map(|s| s.lost_ns(now)).sum();
        let wall = i128::from(self.read_monotonic(now)) + self.wall_offset_ns - smeared;
        wall.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// The process yielded: a busy wait is over.
    #[inline]
    pub(crate) fn yielded(&mut self) {
        self.reads = 0;
    }

    /// How much virtual time passes at least while the process's own clock advances by `local`.
    #[inline]
    pub(crate) fn to_virtual(&self, local: Duration) -> Duration {
        if self.drift_ppb == 0 {
            return local;
        }
        self.bent_timers.set(self.bent_timers.get() + 1);
        let (num, den) = (BILLION as u128, (BILLION + i128::from(self.drift_ppb)) as u128);
        let ns = (local.as_nanos().min(u128::from(u64::MAX)) * num).div_ceil(den);
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    /// What the monotonic clock shows when it has advanced by `local`.
    #[inline]
    pub(crate) fn deadline_ns(&self, now: Time, local: Duration) -> u64 {
        self.mono_at(now).saturating_add(nanos(local))
    }

    /// The virtual time that is left until the monotonic clock shows `deadline_ns`; `None` when it does.
    #[inline]
    pub(crate) fn left_until(&self, now: Time, deadline_ns: u64) -> Option<Duration> {
        let left = deadline_ns.saturating_sub(self.mono_at(now));
        (left > 0).then(|| self.to_virtual(Duration::from_nanos(left)))
    }

    /// A clock that runs as declared, before the run begins.
    pub(crate) fn configure(&mut self, now: Time, epoch_ns: i64, config: ClockConfig) {
        *self = Self::new(now, epoch_ns);
        self.step(config.offset_ns);
        self.set_drift(now, config.drift_ppm * 1_000);
    }

    /// From `now` on the wall clock loses a second, evenly over the window.
    pub(crate) fn smear(&mut self, now: Time, window_ns: u64) {
        self.smears.push(Smear { from: now, window_ns });
    }

    /// A smear over such a window stops where it is. False if there is none.
    pub(crate) fn end_smear(&mut self, now: Time, window_ns: u64) -> bool {
        let Some(at) = self.smears.iter().position(|s| s.window_ns == window_ns) else { return false };
        self.wall_offset_ns -= self.smears.remove(at).lost_ns(now);
        true
    }

    /// The wall clock jumps.
    pub(crate) fn step(&mut self, ns: i64) {
        self.wall_offset_ns += i128::from(ns);
    }

    /// Both clocks run at another speed from `now` on. Timers that are already set keep their virtual time; who waits for
    /// one looks at the clock again when it fires.
    pub(crate) fn set_drift(&mut self, now: Time, ppb: i64) {
        let mono = self.mono_at(now);
        (self.base, self.mono_ns, self.spun_ns) = (now, mono, 0);
        self.drift_ppb = ppb.max(1 - BILLION as i64);
    }

    /// How often the process has read its clock, or set a timer by it while it drifted.
    pub(crate) fn uses(&self) -> u64 {
        self.total_reads + self.bent_timers.get()
    }

    /// How often the process has read its wall clock.
    pub(crate) fn wall_reads(&self) -> u64 {
        self.wall_reads
    }

    pub(crate) fn drift(&self) -> i64 {
        self.drift_ppb
    }

    /// The machine starts anew: monotonic 0, the wall clock goes on.
    pub(crate) fn reboot(&mut self, now: Time) {
        self.wall_offset_ns += i128::from(self.mono_at(now));
        (self.base, self.mono_ns, self.spun_ns) = (now, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;
    fn at(s: u64) -> Time {
        Time::from_nanos(s * S)
    }

    #[test]
    fn a_right_clock_reads_virtual_time() {
        let mut c = Clock::new(Time::ZERO, 1000);
        assert_eq!(c.read_monotonic(at(5)), 5 * S);
        assert_eq!(c.read_wall(at(5)), 5 * S as i64 + 1000);
    }

    #[test]
    fn a_step_moves_the_wall_clock_only() {
        let mut c = Clock::new(Time::ZERO, 0);
        c.step(-800_000_000);
        assert_eq!(c.read_monotonic(at(5)), 5 * S);
        assert_eq!(c.read_wall(at(5)), 4_200_000_000);
    }

    #[test]
    fn drift_is_continuous_and_its_inverse_is_the_timer() {
        let mut c = Clock::new(Time::ZERO, 0);
        c.set_drift(at(10), 100_000_000); // ten per cent fast
        assert_eq!(c.read_monotonic(at(10)), 10 * S);
        assert_eq!(c.read_monotonic(at(20)), 21 * S);
        assert_eq!(c.to_virtual(Duration::from_secs(11)), Duration::from_secs(10));
        c.set_drift(at(20), 0);
        assert_eq!(c.read_monotonic(at(21)), 22 * S);
    }

    #[test]
    fn a_smear_takes_a_second_evenly_and_from_the_wall_clock_only() {
        let mut c = Clock::new(Time::ZERO, 0);
        c.smear(at(100), 20 * S);
        assert_eq!(c.read_wall(at(100)), 100 * S as i64);
        assert_eq!(c.read_wall(at(110)), 109_500_000_000);
        assert_eq!((c.read_wall(at(120)), c.read_wall(at(130))), (119 * S as i64, 129 * S as i64));
        assert_eq!(c.read_monotonic(at(130)), 130 * S);
        c.smear(at(130), 40 * S);
        assert!(c.end_smear(at(140), 40 * S) && !c.end_smear(at(140), 40 * S));
        assert_eq!(c.read_wall(at(150)), 148_750_000_000, "it stopped where it was");
        let mut last = i64::MIN;
        for ns in 0..3000 {
            c.end_smear(Time::from_nanos(150 * S + ns), S + 1);
            c.smear(Time::from_nanos(150 * S + ns), S + 1);
            let wall = c.read_wall(Time::from_nanos(150 * S + ns));
            assert!(wall >= last, "even the shortest one never goes back");
            last = wall;
        }
    }

    #[test]
    fn a_timer_is_never_early_by_its_clock() {
        let mut c = Clock::new(Time::ZERO, 0);
        c.set_drift(Time::from_nanos(1), 123_456_789);
        for ns in [1, 7, 999, 1_000_000_007] {
            let now = Time::from_nanos(1_000_003 + ns);
            let deadline = c.deadline_ns(now, Duration::from_nanos(ns));
            let due = now + c.to_virtual(Duration::from_nanos(ns));
            assert_eq!(c.left_until(due, deadline), None);
            assert!(c.left_until(Time::from_nanos(due.as_nanos() - 2), deadline).is_some(), "nor is it much too late");
        }
    }

    #[test]
    fn a_reboot_restarts_the_monotonic_clock_only() {
        let mut c = Clock::new(Time::ZERO, 7);
        c.reboot(at(10));
        assert_eq!(c.read_monotonic(at(12)), 2 * S);
        assert_eq!(c.read_wall(at(12)), 12 * S as i64 + 7);
    }

    #[test]
    fn a_busy_wait_ends() {
        let mut c = Clock::new(Time::ZERO, 0);
        let deadline = S;
        let reads = (0..2_000_000).take_while(|_| c.read_monotonic(Time::ZERO) < deadline).count();
        assert!(reads < 1_100_000, "{reads}");
        c.yielded();
        let before = c.read_monotonic(Time::ZERO);
        assert_eq!(c.read_monotonic(Time::ZERO), before, "few reads do not move it");
        assert!(before >= deadline, "and it never goes back");
    }
}
