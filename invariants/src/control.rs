//! Control traffic: what keeps the system together, and must not wait behind work.

use std::collections::BTreeMap;
use std::time::Duration;

use tumult_sim::Time;

/// Messages of control (heartbeats, leases, health) from when they have arrived to when they are served. What the
/// network does to them before is not counted: the bound is for how long they wait where work waits too.
#[derive(Clone, Debug)]
pub struct ControlHistory {
    within: Duration,
    /// By sender: when the oldest that waits arrived.
    waiting: BTreeMap<String, Time>,
    worst: Duration,
    served: u64,
    flaw: Option<String>,
}

impl ControlHistory {
    /// A history of messages that have to be served within so long.
    pub fn new(within: Duration) -> Self {
        Self { within, waiting: BTreeMap::new(), worst: Duration::ZERO, served: 0, flaw: None }
    }

    /// A message from `sender` has arrived.
    pub fn arrives(&mut self, sender: &str, at: Time) {
        if !self.waiting.contains_key(sender) {
            self.waiting.insert(sender.to_string(), at);
        }
    }

    /// It is served, and those of the same sender that came after it are as good as served.
    pub fn serves(&mut self, sender: &str, at: Time) {
        self.served += 1;
        if let Some(arrived) = self.waiting.remove(sender) {
            self.judge(sender, at.saturating_since(arrived), "was served after");
        }
    }

    /// It was given up: who serves has ended, or has no room.
    pub fn forgets(&mut self) {
        self.waiting.clear();
    }

    /// A sender is declared dead, for want of messages from it.
    pub fn declares_dead(&mut self, sender: &str, at: Time) {
        if let Some(arrived) = self.waiting.get(sender) {
            let waited = at.saturating_since(*arrived);
            let flaw = format!("{sender} was declared dead, and a message from it has been waiting for {waited:?}");
            self.flaw.get_or_insert(flaw);
        }
    }

    /// Whether one who looks now sees something new.
    pub fn is_due(&self, now: Time) -> bool {
        self.flaw.is_none() && self.waiting.values().any(|at| now.saturating_since(*at) > self.within)
    }

    /// An observer looks at what waits.
    pub fn looks(&mut self, now: Time) {
        let oldest = self.waiting.iter().min_by_key(|(_, at)| **at).map(|(sender, at)| (sender.clone(), *at));
        if let Some((sender, at)) = oldest {
            self.judge(&sender, now.saturating_since(at), "has been waiting for");
        }
    }

    fn judge(&mut self, sender: &str, waited: Duration, what: &str) {
        self.worst = self.worst.max(waited);
        if waited > self.within {
            let within = self.within;
            self.flaw
                .get_or_insert_with(|| format!("a message from {sender} {what} {waited:?}, and may take {within:?}"));
        }
    }

    /// How many messages were served.
    pub fn served(&self) -> u64 {
        self.served
    }

    /// The longest that one has waited.
    pub fn worst(&self) -> Duration {
        self.worst
    }

    /// What was wrong first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}
