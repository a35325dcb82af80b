//! A circuit breaker with a half-open probe: who keeps failing stops calling, and tries one call after a rest.

use std::time::Duration;

use tumult_sim::Time;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// How many calls in a row have to fail.
    pub failures: u32,
    /// How long it is open, up to half of it less: drawn, so that not all come back together.
    pub rest: Duration,
}

/// A breaker in operation. It is closed until too many calls in a row fail, and open then until its rest is over. What
/// follows is half-open: one call is let through, whose result closes it or opens it again.
#[derive(Debug)]
pub(super) struct Fuse {
    breaker: Breaker,
    failures: u32,
    open_until: Option<Time>,
}

impl Fuse {
    pub(super) fn new(breaker: Breaker) -> Self {
        Self { breaker, failures: 0, open_until: None }
    }

    /// Until when it is open. From then on it is half-open.
    pub(super) fn open_until(&self) -> Option<Time> {
        self.open_until
    }

    pub(super) fn succeeded(&mut self) {
        (self.failures, self.open_until) = (0, None);
    }

    /// `chance` is drawn from 0..1.
    pub(super) fn failed(&mut self, now: Time, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.breaker.failures {
            let rest = self.breaker.rest;
            self.open_until = Some(now + rest / 2 + (rest / 2).mul_f64(chance));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn it_opens_after_so_many_failures_in_a_row_and_one_success_closes_it() {
        let mut fuse = Fuse::new(Breaker { failures: 3, rest: 2 * S });
        let t = Time::ZERO;
        fuse.failed(t, 1.0);
        fuse.failed(t, 1.0);
        fuse.succeeded();
        fuse.failed(t, 1.0);
        fuse.failed(t, 1.0);
        assert_eq!(fuse.open_until(), None, "not in a row");
        fuse.failed(t, 1.0);
        assert_eq!(fuse.open_until(), Some(t + 2 * S));
        fuse.failed(t + 2 * S, 0.0);
        assert_eq!(fuse.open_until(), Some(t + 3 * S), "the probe failed: open again, for half of the rest at least");
        fuse.succeeded();
        assert_eq!(fuse.open_until(), None);
    }
}
