//! Workloads that are drawn from a strategy of `proptest`, and shrink by it.

use serde::{Deserialize, Serialize};

/// What became of one drawn workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Drawing {
    /// How many operations it has.
    pub(crate) operations: usize,
    /// How many it had as it was drawn.
    pub(crate) drawn: usize,
    /// The last step of its shrinking could be taken.
    pub(crate) stepped: bool,
}

#[cfg(feature = "proptest")]
mod drawn {
    use std::fmt::Debug;

    use proptest::strategy::{Strategy, ValueTree as _};
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::Drawing;
    use crate::base::{Key, Step, Stream};
    use crate::sim::Sim;

    impl Sim {
        /// The operations that this run is to do, drawn from the seed by a strategy of `proptest`, as
        /// `proptest::collection::vec(operation(), 1..50)`. When the run fails they are shrunk as the strategy shrinks
        /// them, and the report says how many are left.
        ///
        /// The draw depends on the seed and on how many workloads were drawn before it, and on nothing else.
        ///
        /// # Panics
        /// When the strategy gives no value.
        #[track_caller]
        pub fn workload<T: Debug>(&mut self, strategy: impl Strategy<Value = Vec<T>>) -> Vec<T> {
            let number = self.workloads.len();
            let key = Key::root(self.config.seed).child("workload").numbered(number as u64);
            let mut bytes = [0; 32];
            let mut stream: Stream = key.stream();
            stream.fill(&mut bytes);
            let config = Config { failure_persistence: None, ..Config::default() };
            let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
            let mut tree = match strategy.new_tree(&mut runner) {
                Ok(tree) => tree,
                Err(why) => panic!("failed to draw a workload: {why}; loosen the strategy's filters"),
            };
            let drawn = tree.current().len();
            let mut stepped = true;
            for step in self.config.choices.workloads.get(number).into_iter().flatten() {
                stepped = match step {
                    Step::Simplify => tree.simplify(),
                    Step::Complicate => tree.complicate(),
                };
            }
            let operations = tree.current();
            self.workloads.push(Drawing { operations: operations.len(), drawn, stepped });
            operations
        }
    }
}
