//! How executions moved.

use std::collections::BTreeMap;

use crate::{ExecutionId, Status};

/// A step of an execution that took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Whose.
    pub execution: ExecutionId,
    /// Where it was, as the store saw it; `None` if it begins.
    pub from: Option<Status>,
    /// Where it is now.
    pub to: Status,
    /// The durable log record that says so; `None` if there is none.
    pub record: Option<u64>,
}

/// The status of every execution, as an observer of every step sees it.
#[derive(Clone, Debug, Default)]
pub struct TransitionHistory {
    status: BTreeMap<ExecutionId, Status>,
    steps: u64,
    flaw: Option<String>,
}

impl TransitionHistory {
    /// A step takes effect.
    pub fn moves(&mut self, step: Transition) {
        self.steps += 1;
        if let Some(flaw) = self.flaw_of(step) {
            self.flaw.get_or_insert(flaw);
        }
        self.status.insert(step.execution, step.to);
    }

    fn flaw_of(&self, step: Transition) -> Option<String> {
        let Transition { execution, from, to, record } = step;
        let known = self.status.get(&execution).copied();
        if known != from {
            return Some(format!("{execution} moved from {} and was {}", shown(from), shown(known)));
        }
        if !declared(from, to) {
            return Some(format!("{execution} moved from {} to {to}, which is not declared", shown(from)));
        }
        record.is_none().then(|| format!("{execution} moved from {} to {to} without a record of it", shown(from)))
    }

    /// The store has crashed, and found this in its log. The one step that was under way may be there or not.
    pub fn recovers(&mut self, found: impl IntoIterator<Item = (ExecutionId, Status)>) {
        let found: BTreeMap<_, _> = found.into_iter().collect();
        let mut flaws = self.status.iter().filter_map(|(execution, was)| match found.get(execution) {
            Some(is) if is == was || was.may_become(*is) => None,
            Some(is) => Some(format!("{execution} was {was} and is {is} after a crash")),
            None => Some(format!("{execution} was {was} and is gone after a crash")),
        });
        let flaw = flaws.next();
        drop(flaws);
        self.flaw = self.flaw.take().or(flaw);
        self.status = found;
    }

    /// Where an execution is.
    pub fn status(&self, execution: ExecutionId) -> Option<Status> {
        self.status.get(&execution).copied()
    }

    /// How many executions there are.
    pub fn executions(&self) -> usize {
        self.status.len()
    }

    /// How many steps there were.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What was wrong first.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}

fn declared(from: Option<Status>, to: Status) -> bool {
    from.map_or(to == Status::Leased, |from| from.may_become(to))
}

fn shown(status: Option<Status>) -> String {
    status.map_or_else(|| "nothing".to_string(), |s| s.to_string())
}
