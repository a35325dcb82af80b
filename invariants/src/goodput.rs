//! The metastability oracle: what was got done in time, before, during and after a trigger.
//!
//! A system is metastable when it stays overloaded after what overloaded it is gone, kept there by its own work (Bronson
//! et al., "Metastable Failures in Distributed Systems", `HotOS` 2021). So one removes the trigger, and looks whether
//! goodput, what is done in time for somebody to want it, comes back.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tumult_sim::Time;

/// Goodput is back when it is this part of what it was before, or more; and down when it is at most what is left of it.
const BACK: f64 = 0.8;
/// Over how long goodput is measured: long enough for some requests.
const WINDOW: Duration = Duration::from_secs(4);

/// Requests: when each was made, and when what was asked for was done.
#[derive(Clone, Debug)]
pub struct GoodputHistory {
    /// How long an answer is worth something.
    patience: Duration,
    asked: BTreeMap<String, Time>,
    good: Vec<Time>,
    late: u64,
}

/// Goodput before, during and after a trigger, in requests a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goodput {
    /// Before the trigger.
    pub before: f64,
    /// While it lasted.
    pub during: f64,
    /// From when it should have been back, to the end.
    pub after: f64,
    /// How long after the trigger's end it was back for good; `None` if it was not.
    pub back_after: Option<Duration>,
}

impl GoodputHistory {
    /// A history of requests whose answers are worth something for so long.
    pub fn new(patience: Duration) -> Self {
        Self { patience, asked: BTreeMap::new(), good: vec![], late: 0 }
    }

    /// Somebody asks for something, under a key that is asked for once; asked again, the first time counts.
    pub fn asks(&mut self, key: &str, at: Time) {
        self.asked.entry(key.to_string()).or_insert(at);
    }

    /// What was asked for under the key is done.
    pub fn done(&mut self, key: &str, at: Time) {
        let Some(asked) = self.asked.remove(key) else { return };
        if at.saturating_since(asked) <= self.patience {
            self.good.push(at);
        } else {
            self.late += 1;
        }
    }

    /// How many requests were done in time.
    pub fn good(&self) -> usize {
        self.good.len()
    }

    /// How many requests were done when nobody wanted them any more.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Goodput from `from` to `until`, in requests a second.
    pub fn rate(&self, from: Time, until: Time) -> f64 {
        let (first, last) = (self.good.partition_point(|at| *at < from), self.good.partition_point(|at| *at < until));
        last.saturating_sub(first) as f64 / until.saturating_since(from).as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Goodput of late, at `now`.
    pub fn current(&self, now: Time) -> f64 {
        let from = Time::ZERO + now.since_start().saturating_sub(WINDOW);
        self.rate(from, now)
    }

    /// Goodput around a trigger, in a run that was under load from `start` to `end`; it should be back `within` so long
    /// after the trigger's end.
    pub fn around(&self, start: Time, trigger: (Time, Time), within: Duration, end: Time) -> Goodput {
        let (from, until) = trigger;
        let before = self.rate(start, from);
        let is_back = |at: Time| self.rate(at, at + WINDOW) >= BACK * before;
        let step = Duration::from_millis(100);
        // From the end backwards: for as long as every window is back.
        let mut back_at = None;
        let windows = (end.saturating_since(until).saturating_sub(WINDOW).as_millis() / step.as_millis()) as u32;
        for n in (0..=windows).rev() {
            let at = until + step * n;
            if !is_back(at) {
                break;
            }
            back_at = Some(at);
        }
        // A window may begin with nothing: it is back with the first that is done.
        let back_at = back_at.and_then(|at| self.good.get(self.good.partition_point(|good| *good < at)));
        Goodput {
            before,
            during: self.rate(from, until),
            after: self.rate(until + within, end),
            back_after: back_at.map(|at| at.saturating_since(until)),
        }
    }
}

impl Goodput {
    /// Whether it came back within so long after the trigger's end, and stayed.
    pub fn is_back(&self, within: Duration) -> bool {
        self.back_after.is_some_and(|after| after <= within) && self.after >= BACK * self.before
    }

    /// Whether it stayed down: the trigger is gone, and the system is still where the trigger brought it.
    pub fn is_down(&self) -> bool {
        self.back_after.is_none() && self.after <= (1.0 - BACK) * self.before
    }
}

impl fmt::Display for Goodput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, during, after, back_after } = self;
        write!(f, "{before:.1}/s before, {during:.1}/s during, {after:.1}/s after")?;
        match back_after {
            Some(d) => write!(f, ", back after {:.1} s", d.as_secs_f64()),
            None => f.write_str(", not back"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::ZERO + Duration::from_millis(ms)
    }

    /// A request every 100 ms for 30 s, each answered after what `takes` says; the trigger is from 10 s to 15 s.
    fn run(takes: impl Fn(u64) -> u64) -> Goodput {
        let mut requests: Vec<_> = (0..300).map(|n| (n * 100, n * 100 + takes(n * 100))).collect();
        requests.sort_by_key(|(_, done)| *done);
        let mut history = GoodputHistory::new(Duration::from_secs(1));
        for (asked, done) in requests {
            history.asks(&asked.to_string(), at(asked));
            history.done(&asked.to_string(), at(done));
        }
        history.around(Time::ZERO, (at(10_000), at(15_000)), Duration::from_secs(5), at(30_000))
    }

    #[test]
    fn a_system_that_recovers_is_back_and_not_down() {
        let goodput = run(|asked| if (10_000..16_000).contains(&asked) { 5000 } else { 50 });
        assert!(goodput.is_back(Duration::from_secs(5)) && !goodput.is_down(), "{goodput}");
        assert!(!goodput.is_back(Duration::from_millis(100)), "{goodput}");
        assert_eq!(goodput.to_string(), "10.0/s before, 0.0/s during, 10.0/s after, back after 1.1 s");
    }

    #[test]
    fn a_metastable_system_is_down_and_not_back() {
        let goodput = run(|asked| if asked >= 10_000 { 5000 } else { 50 });
        assert!(goodput.is_down() && !goodput.is_back(Duration::from_secs(60)), "{goodput}");
        assert_eq!(goodput.to_string(), "10.0/s before, 0.0/s during, 0.0/s after, not back");
    }

    #[test]
    fn a_system_that_comes_back_and_breaks_down_again_is_neither() {
        let goodput = run(|asked| if (10_000..16_000).contains(&asked) || asked > 25_000 { 5000 } else { 50 });
        assert!(!goodput.is_back(Duration::from_secs(5)) && !goodput.is_down(), "{goodput}");
    }

    #[test]
    fn late_answers_are_no_goodput() {
        let mut history = GoodputHistory::new(Duration::from_secs(1));
        history.asks("a", at(0));
        history.asks("a", at(900));
        history.done("a", at(1001));
        history.done("b", at(1001));
        assert_eq!((history.good(), history.late()), (0, 1));
    }
}
