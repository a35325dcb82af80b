//! In which order ready tasks run. Each policy gives a ready task a priority; the lowest runs next.

use std::fmt;
use std::str::FromStr;

use crate::base::{Counter, Error, Key, Kind, Stream};

/// How the next task is chosen among those that are ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// Each wake of each task draws its priority, by (key of its spawn path, wake count): a uniform choice that no
    /// other task's fate can shift.
    #[default]
    Random,
    /// First woken, first run.
    Fifo,
    /// Probabilistic concurrency testing with bug depth `d` (Burckhardt et al., ASPLOS 2010): each task has a fixed
    /// random priority, and at d − 1 random polls the running task falls below all others. Finds any bug of depth d in
    /// a run of k polls over n tasks with a probability of at least 1 / (n·(11.5·k)^(d−1)): the paper's bound, and what it
    /// costs not to know k.
    Pct(u32),
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("random"),
            Self::Fifo => f.write_str("fifo"),
            Self::Pct(d) => write!(f, "pct({d})"),
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self, Error> {
        let pct = || s.strip_prefix("pct(")?.strip_suffix(')')?.parse().ok().filter(|d| *d > 0);
        match s {
            "random" => Ok(Self::Random),
            "fifo" => Ok(Self::Fifo),
            _ => pct().map(Self::Pct).ok_or_else(|| {
                Error::new(Kind::Config, format!("parse the schedule `{s}`: write random, fifo, or pct(3) for depth 3"))
            }),
        }
    }
}

/// PCT wants its change points spread over the polls of the run, and how many those are is not known before it. So they
/// are spread evenly over the orders of magnitude up to this: short runs meet them, and long ones do not only early.
const PCT_POLLS: f64 = 100_000.0;

/// The policy at work.
#[derive(Debug)]
pub(super) struct Policy {
    /// What it was made for.
    own: Schedule,
    /// What is in use: that, or first woken, first run.
    schedule: Schedule,
    woken: u64,
    /// PCT: the polls at which the running task falls, latest first.
    changes: Vec<u64>,
    polls: u64,
    fallen: u64,
}

impl Policy {
    pub(super) fn new(schedule: Schedule, key: &Key) -> Self {
        let mut changes = vec![];
        if let Schedule::Pct(depth) = schedule {
            let mut stream: Stream = key.child("pct").stream();
            changes.extend((1..depth).map(|_| libm::pow(PCT_POLLS, stream.unit()) as u64));
            changes.sort_unstable_by(|a, b| b.cmp(a));
        }
        Self { own: schedule, schedule, woken: 0, changes, polls: 0, fallen: 0 }
    }

    /// The priority with which a task becomes ready for the `wakes`th time.
    #[inline]
    pub(super) fn priority(&mut self, key: Counter, wakes: u64, pct: u64) -> u64 {
        match self.schedule {
            Schedule::Random => key.draw(wakes, 0),
            Schedule::Fifo => {
                self.woken += 1;
                self.woken
            }
            Schedule::Pct(_) => pct,
        }
    }

    /// Whether it decides as it was made to, or first woken, first run.
    pub(super) fn draws(&mut self, drawn: bool) {
        self.schedule = if drawn { self.own } else { Schedule::Fifo };
    }

    /// PCT's priority of a new task: uniform, above every fallen one.
    pub(super) fn initial(key: Counter) -> u64 {
        key.draw(u64::MAX / Counter::SLOTS, 1) >> 1
    }

    /// A task is about to run: its new PCT priority, if this is a change point.
    #[inline]
    pub(super) fn polled(&mut self) -> Option<u64> {
        if !matches!(self.schedule, Schedule::Pct(_)) {
            return None;
        }
        self.polls += 1;
        if self.changes.last().is_some_and(|at| *at < self.polls) {
            self.changes.pop();
            self.fallen += 1;
            return Some((1 << 63) + self.fallen);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_parse_what_they_print() {
        for s in [Schedule::Random, Schedule::Fifo, Schedule::Pct(3)] {
            assert_eq!(s.to_string().parse::<Schedule>().unwrap(), s);
        }
        for bad in ["", "pct", "pct(0)", "pct(x)", "lifo"] {
            let message = bad.parse::<Schedule>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{bad}`")) && message.contains("pct(3)"), "{message}");
        }
    }
}
