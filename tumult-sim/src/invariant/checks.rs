//! What is said of observed states, and when it is checked.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::{InvariantInfo, Verdict};
use crate::base::Time;
use crate::context::Cause;

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

impl Violation {
    /// Whether it is of an invariant tagged `recovery`, and came after a recovering action had begun.
    pub(crate) fn is_new(&self, recovery_from: Option<Time>) -> bool {
        self.invariant.has_tag("recovery") && recovery_from.is_some_and(|from| self.at >= from)
    }
}

/// A run that fails with a violation fails with all that is known of it.
impl From<&Violation> for Cause {
    fn from(v: &Violation) -> Self {
        let InvariantInfo { id, title, file, line, .. } = *v.invariant;
        Self::Violation { id, title, what: v.what.clone(), site: format!("{file}:{line}") }
    }
}

struct Check {
    observed: u32,
    when: When,
    info: &'static InvariantInfo,
    run: Box<dyn Fn() -> Verdict>,
    /// It was found violated: once is enough.
    violated: bool,
    /// Since when it does not hold (`Eventually`).
    failing_since: Option<Time>,
}

/// All checks of a run, and what they found.
#[derive(Default)]
pub(crate) struct Checks {
    all: RefCell<Vec<Check>>,
    /// By observed state: the checks that run when it has changed.
    on_change: RefCell<Vec<Vec<u32>>>,
    found: RefCell<Vec<Violation>>,
    made: Cell<u64>,
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
        let number = all.len() as u32;
        all.push(Check { observed, when, info, run: Box::new(run), violated: false, failing_since: None });
        if when != When::AtEnd {
            let mut on_change = self.on_change.borrow_mut();
            if on_change.len() <= observed as usize {
                on_change.resize_with(observed as usize + 1, Vec::new);
            }
            on_change[observed as usize].push(number);
        }
        number
    }

    /// The invariants that are checked, by ID, each once.
    pub(crate) fn checked(&self) -> Vec<&'static InvariantInfo> {
        let mut infos: Vec<_> = self.all.borrow().iter().map(|c| c.info).collect();
        infos.sort_by_key(|i| i.id);
        infos.dedup_by_key(|i| i.id);
        infos
    }

    /// How often an invariant was evaluated.
    pub(crate) fn made(&self) -> u64 {
        self.made.get()
    }

    /// How many violations were found.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// Everything that was found violated, in the order in which it was found.
    pub(crate) fn found(&self) -> Vec<Violation> {
        self.found.borrow().clone()
    }

    /// Runs the checks that `select` picks; gives the deadlines that begin now: (check, when).
    fn run(&self, now: Time, select: impl Fn(&Check) -> bool, end: bool) -> Vec<(u32, Time)> {
        let mut deadlines = vec![];
        for (n, check) in self.all.borrow_mut().iter_mut().enumerate() {
            if check.violated || !select(check) {
                continue;
            }
            self.made.set(self.made.get() + 1);
            let verdict = (check.run)();
            if verdict.holds() {
                check.failing_since = None;
            } else {
                self.failed(now, n as u32, check, verdict, end, &mut deadlines);
            }
        }
        deadlines
    }

    #[cold]
    fn failed(
        &self,
        now: Time,
        n: u32,
        check: &mut Check,
        verdict: Verdict,
        end: bool,
        deadlines: &mut Vec<(u32, Time)>,
    ) {
        let Verdict::Violated(mut what) = verdict else { return };
        match check.when {
            When::AtEnd if !end => return,
            When::AtEnd | When::Always => {}
            When::Eventually(within) => {
                let since = *check.failing_since.get_or_insert_with(|| {
                    deadlines.push((n, now + within));
                    now
                });
                if now < since + within {
                    return;
                }
                what = format!("{what} (for {within:?}, since {since})");
            }
        }
        check.violated = true;
        let mut found = self.found.borrow_mut();
        if !found.iter().any(|v| v.invariant.id == check.info.id) {
            found.push(Violation { invariant: check.info, what, at: now });
        }
    }

    /// This observed state has changed. `None`: all that is said of it holds.
    pub(crate) fn changed(&self, observed: u32, now: impl Fn() -> Time) -> Option<Vec<(u32, Time)>> {
        let on_change = self.on_change.borrow();
        let mut failed = None;
        for n in on_change.get(observed as usize)? {
            let check = &mut self.all.borrow_mut()[*n as usize];
            if check.violated {
                continue;
            }
            self.made.set(self.made.get() + 1);
            let verdict = (check.run)();
            if verdict.holds() {
                check.failing_since = None;
            } else {
                self.failed(now(), *n, check, verdict, false, failed.get_or_insert_default());
            }
        }
        failed
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
