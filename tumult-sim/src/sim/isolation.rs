//! A run that needs a process of its own: how it says so, and what it does where there is none.

use super::Sim;
use crate::context::isolation::{self, Alone};

/// How a simulation stands to the others of its process.
#[derive(Default)]
pub(super) struct Isolating {
    /// Whoever runs it can give it a process of its own.
    pub(super) offered: bool,
    /// It has asked for one, and is run again there.
    pub(super) wanted: bool,
    /// It shares a process with others, which wait for it.
    alone: Option<Alone>,
}

/// What a run unwinds with that is to be run again in a process of its own.
struct NeedsIsolation;

impl Sim {
    /// What is declared next needs a process of its own. Under a search the run unwinds and is run again in one; without,
    /// it goes on here, and waits until it is the only one of its kind.
    pub(crate) fn isolate(&mut self) {
        if isolation::isolated() {
            return;
        }
        if self.isolating.offered {
            self.isolating.wanted = true;
            // Past the panic hook: nothing went wrong.
            std::panic::resume_unwind(Box::new(NeedsIsolation));
        }
        self.isolating.alone.get_or_insert_with(isolation::alone);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Surroundings, run_once};
    use super::*;
    use crate::sim::SimConfig;

    #[test]
    fn a_run_asks_for_a_process_where_one_is_offered_and_goes_on_where_none_is() {
        let hosts = |sim: &mut Sim| {
            sim.isolate();
            sim.isolate();
            sim.run();
        };
        let offered = Surroundings { offers_isolation: true, echo: None };
        assert!(run_once(SimConfig::default(), offered, &hosts).is_none());
        let here = run_once(SimConfig::default(), Surroundings::default(), &hosts);
        assert!(here.is_some_and(|outcome| outcome.failure.is_none()));
    }

    #[test]
    fn those_that_are_alone_wait_for_each_other() {
        let mut one = Sim::new(1);
        one.isolate();
        #[expect(clippy::disallowed_methods, reason = "another test of the same program")]
        let other = std::thread::spawn(|| {
            let mut other = Sim::new(2);
            other.isolate();
        });
        assert!(!other.is_finished(), "it cannot be: the lock is held");
        drop(one);
        other.join().unwrap();
    }
}
