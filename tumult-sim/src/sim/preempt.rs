//! Points of preemption beyond the calls of libc.

use super::Sim;
use crate::base::{Error, Kind, OrPanic as _, Probability};
use crate::hosted;

impl Sim {
    /// At each allocation of a thread of a hosted program, others of its process go first with this probability. It finds
    /// races between steps that make no call of libc. Default: never.
    ///
    /// The test binary says that its allocator is the one that asks:
    ///
    /// ```
    /// #[global_allocator]
    /// static ALLOCATOR: tumult_sim::body::Preempting = tumult_sim::body::Preempting;
    ///
    /// let mut sim = tumult_sim::Sim::new(1);
    /// sim.preempt_at_allocations(0.05);
    /// ```
    ///
    /// # Panics
    /// When the probability is not within 0..=1, or the allocator is another.
    #[track_caller]
    pub fn preempt_at_allocations(&mut self, probability: impl TryInto<Probability, Error: std::fmt::Display>) {
        let probability = probability.try_into().or_panic();
        let in_use = if hosted::is_in_use() {
            Ok(())
        } else {
            let fix = "preempt at allocations: the program's allocator does not ask; write `#[global_allocator] static \
                       ALLOCATOR: tumult_sim::body::Preempting = tumult_sim::body::Preempting;` in the test's file";
            Err(Error::new(Kind::Config, fix))
        };
        in_use.or_panic();
        self.run.preempts.set(probability.possible().then_some(probability));
    }
}
