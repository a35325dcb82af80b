//! A timerfd: a timer by a clock of the process, as a descriptor.
//!
//! What it says is computed from the clock whenever it is asked. Who waits is woken by a timer of the run, which is set
//! while somebody does; a clock that was stepped or has become slower meanwhile makes it look again, and one that was
//! stepped forward makes it late, until it is asked.

use std::cell::Cell;
use std::time::Duration;

use crate::context;
use crate::hosted::errno::Errno;
use crate::hosted::object::{Events, How, Object};
use crate::hosted::thread::{Thread, me};
use crate::hosted::wait;
use crate::kernel::task::{SetId, TaskId, Waiter};
use crate::kernel::time::TimerKey;

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hosted) enum Of {
    Monotonic,
    Realtime,
}

impl Of {
    /// What it shows.
    fn now_ns(self) -> i64 {
        match self {
            // Not a read by the program: it does not count as one.
            Self::Monotonic => context::with(|w| w.deadline_ns(Duration::ZERO)).cast_signed(),
            Self::Realtime => me().map_or(0, |me| me.life.realtime_ns()),
        }
    }
}

/// When it expires, by its clock.
#[derive(Clone, Copy, Debug, Default)]
struct Setting {
    /// 0: it is not set.
    next_ns: i64,
    /// 0: once.
    every_ns: i64,
}

impl Setting {
    /// How often it has expired by then.
    fn expired(self, now_ns: i64) -> u64 {
        match self.next_ns {
            0 => 0,
            next if now_ns < next => 0,
            _ if self.every_ns == 0 => 1,
            next => ((now_ns - next) / self.every_ns).cast_unsigned() + 1,
        }
    }

    /// What is left after so many expirations were read.
    fn after(self, expired: u64) -> Self {
        if self.every_ns == 0 {
            return Self::default();
        }
        let passed = self.every_ns.saturating_mul(expired.cast_signed());
        Self { next_ns: self.next_ns.saturating_add(passed), ..self }
    }

    /// How long until it expires the next time, however often it has; `None`: never.
    fn left_ns(self, now_ns: i64) -> Option<u64> {
        let next = match self.expired(now_ns) {
            0 => self,
            n => self.after(n),
        };
        (next.next_ns != 0).then(|| (next.next_ns - now_ns).max(0).cast_unsigned())
    }
}

/// A timerfd.
#[derive(Debug)]
pub(in crate::hosted) struct TimerFd {
    clock: Of,
    setting: Cell<Setting>,
    /// Who waits for it, and the one interest in that set: that the timer of the run has fired.
    waiting: SetId,
    alarm: TaskId,
    timer: Cell<Option<TimerKey>>,
}

impl TimerFd {
    pub(in crate::hosted) fn new(clock: Of) -> Self {
        let (waiting, alarm) = context::with(|w| {
            let interests = &mut w.core.tasks.interests;
            let set = interests.open();
            (set, interests.add(set, 0))
        });
        Self { clock, setting: Cell::default(), waiting, alarm, timer: Cell::new(None) }
    }

    /// Sets it to expire at `value_ns` by its clock, or so long from now, and at intervals thereafter; 0: never.
    pub(in crate::hosted) fn set(&self, value_ns: i64, absolute: bool, every_ns: i64) {
        let next_ns = match value_ns {
            0 => 0,
            at if absolute => at,
            span => self.clock.now_ns().saturating_add(span),
        };
        self.setting.set(Setting { next_ns, every_ns });
        self.cancel();
        // Who waits looks again, and sets the timer of the run anew.
        context::with(|w| w.core.tasks.wake(self.alarm));
    }

    /// How long until it expires, 0 for never, and the interval.
    pub(in crate::hosted) fn get(&self) -> (u64, u64) {
        let setting = self.setting.get();
        let left = setting.left_ns(self.clock.now_ns());
        // One that is due this instant is still set.
        (left.map_or(0, |left| left.max(1)), setting.every_ns.cast_unsigned())
    }

    fn take(&self) -> Option<u64> {
        let expired = self.setting.get().expired(self.clock.now_ns());
        if expired == 0 {
            return None;
        }
        self.setting.set(self.setting.get().after(expired));
        // Who waits without having looked is told of the next.
        self.arm();
        Some(expired)
    }

    /// Sets the timer of the run, unless it is running.
    fn arm(&self) {
        let (setting, now) = (self.setting.get(), self.clock.now_ns());
        // One that has expired does not so again until it is read, as on Linux.
        let left = setting.left_ns(now).filter(|_| setting.expired(now) == 0);
        let timer = context::with(|w| {
            let fired = w.core.tasks.interests.next(self.waiting).is_some();
            match self.timer.take().filter(|_| !fired) {
                None => left.map(|left| {
                    let at = w.now() + w.to_virtual(Duration::from_nanos(left));
                    w.core.timers.set(&mut w.core.queue, at, Waiter::Task(self.alarm))
                }),
                running => running,
            }
        });
        self.timer.set(timer);
    }

    fn cancel(&self) {
        if let Some(timer) = self.timer.take() {
            context::with(|w| w.core.timers.cancel(&mut w.core.queue, timer));
        }
    }
}

impl Object for TimerFd {
    fn what(&self) -> &'static str {
        "a timerfd"
    }

    fn read(&self, me: &Thread, into: &mut [u8], how: How) -> Result<usize, Errno> {
        let into = into.first_chunk_mut().ok_or(Errno(libc::EINVAL))?;
        let expired = wait::as_asked(me, "a timerfd", how, |me| {
            self.take().or_else(|| {
                self.watch(&mut || me.waiter());
                None
            })
        })?;
        *into = expired.to_ne_bytes();
        Ok(size_of::<u64>())
    }

    fn is_of_messages(&self) -> bool {
        true
    }

    fn ready(&self) -> Events {
        let expired = self.setting.get().expired(self.clock.now_ns());
        Events::default().with(Events::IN, expired > 0)
    }

    fn watch(&self, waiter: &mut dyn FnMut() -> Waiter) {
        self.arm();
        if let Waiter::Task(id) = waiter() {
            context::with(|w| w.core.tasks.interests.wait(self.waiting, id));
        }
    }

    fn close(&self) {
        self.cancel();
        context::with(|w| {
            w.core.tasks.interests.remove(self.alarm);
            w.core.tasks.interests.close(self.waiting);
        });
    }
}
