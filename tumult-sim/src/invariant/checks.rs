//! What is said of observed states, and when it is checked.

use std::cell::RefCell;
use std::time::Duration;

use super::{InvariantInfo, Verdict};
use crate::base::Time;

/// When an invariant has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    AtEnd,
    /// Whenever it does not hold, it does again within so long.
    Eventually(Duration),
}

/// A violated invariant: the first time it was found so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: &'static InvariantInfo,
    /// What is wrong, in the words of its check.
    pub what: String,
    /// When.
    pub at: Time,
}

struct Check {
    observed: u32,
    when: When,
    info: &'static InvariantInfo,
    run: Box<dyn Fn() -> Verdict>,
    /// Since when it does not hold (`Eventually`).
    failing_since: Option<Time>,
}

/// All checks of a run, and what they found.
#[derive(Default)]
pub(crate) struct Checks {
    all: RefCell<Vec<Check>>,
    found: RefCell<Vec<Violation>>,
}

impl Checks {
    /// Gives the check's number.
    pub(crate) fn add(
        &self,
        observed: u32,
        when: When,
        info: &'static InvariantInfo,
        run: impl Fn() -> Verdict + 'static,
    ) -> u32 {
        let mut all = self.all.borrow_mut();
        all.push(Check { observed, when, info, run: Box::new(run), failing_since: None });
        all.len() as u32 - 1
    }

    /// The invariants that are checked, by ID, each once.
    pub(crate) fn checked(&self) -> Vec<&'static InvariantInfo> {
        let mut infos: Vec<_> = self.all.borrow().iter().map(|c| c.info).collect();
        infos.sort_by_key(|i| i.id);
        infos.dedup_by_key(|i| i.id);
        infos
    }

    /// Everything that was found violated, in the order in which it was found.
    pub(crate) fn found(&self) -> Vec<Violation> {
        self.found.borrow().clone()
    }

    /// Runs the checks that `select` picks; gives the deadlines that begin now: (check, when).
    fn run(&self, now: Time, select: impl Fn(&Check) -> bool, end: bool) -> Vec<(u32, Time)> {
        let mut deadlines = vec![];
        let mut all = self.all.borrow_mut();
        for (n, check) in all.iter_mut().enumerate() {
            if !select(check) || self.found.borrow().iter().any(|v| v.invariant.id == check.info.id) {
                continue;
            }
            let verdict = (check.run)();
            match (check.when, verdict) {
                (When::Eventually(_), Verdict::Holds) => check.failing_since = None,
                (_, Verdict::Holds) => {}
                (When::Eventually(within), Verdict::Violated(what)) => {
                    let since = *check.failing_since.get_or_insert_with(|| {
                        deadlines.push((n as u32, now + within));
                        now
                    });
                    if now >= since + within {
                        let what = format!("{what} (for {within:?}, since {since})");
                        self.found.borrow_mut().push(Violation { invariant: check.info, what, at: now });
                    }
                }
                (When::AtEnd, Verdict::Violated(_)) if !end => {}
                (_, Verdict::Violated(what)) => {
                    self.found.borrow_mut().push(Violation { invariant: check.info, what, at: now });
                }
            }
        }
        deadlines
    }

    /// These observed states have changed.
    pub(crate) fn changed(&self, now: Time, observed: &[u32]) -> Vec<(u32, Time)> {
        self.run(now, |c| c.when != When::AtEnd && observed.contains(&c.observed), false)
    }

    /// The deadline of a check has come.
    pub(crate) fn deadline(&self, now: Time, check: u32) {
        let all = self.all.borrow();
        let observed = all[check as usize].observed;
        drop(all);
        self.run(now, |c| matches!(c.when, When::Eventually(_)) && c.observed == observed, false);
    }

    /// A boundary between phases, or the end.
    pub(crate) fn boundary(&self, now: Time, end: bool) -> Vec<(u32, Time)> {
        self.run(now, |c| end || c.when != When::AtEnd, end)
    }
}

impl std::fmt::Debug for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks").field("found", &self.found).finish_non_exhaustive()
    }
}
