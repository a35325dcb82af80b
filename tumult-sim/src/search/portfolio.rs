//! A portfolio: many manners to run a case, and what was learnt from the cases before.
//!
//! Cases go in generations. What a case of one generation tries depends on its number and on what those of earlier
//! generations led to, so it is the same with any number of jobs.

use crate::base::{Key, Seed};
use crate::fault::{Plan, Style};
use crate::kernel::task::Schedule;
use crate::sim::{Manner, SimConfig};
use crate::trace::Features;

/// So many cases are made before what they led to is looked at.
pub(super) const GENERATION: u64 = 16;
/// So many runs that led somewhere new are remembered: the latest.
const CORPUS: usize = 64;

/// What was learnt so far.
#[derive(Debug, Default)]
pub(super) struct Portfolio {
    /// All that ever happened.
    seen: Features,
    /// Runs that led somewhere new: their seeds and plans.
    corpus: Vec<(Seed, Plan)>,
}

/// What a case draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Faults {
    AsIs,
    Dense(u32),
    Like,
}

/// How a case is made: its faults, whether latencies are drawn from their ends, and PCT's depth, 0 for the search's own
/// schedule.
type Way = (Faults, bool, u32);

/// The ways, by a case's number. Most draw far more faults than the profile asks for: most defects take one or two that
/// meet the right moment, and what else goes wrong seldom hides them. One in eight is the profile's own, for those that it
/// does hide. How often each finds what is in `docs/SEARCH.md`.
const ROUND: [Way; 8] = [
    (Faults::Dense(8), false, 0),
    (Faults::Dense(16), true, 0),
    (Faults::Dense(8), false, 3),
    (Faults::Dense(16), false, 0),
    (Faults::Like, false, 0),
    (Faults::Dense(8), true, 0),
    (Faults::Dense(16), false, 0),
    (Faults::AsIs, false, 0),
];

impl Portfolio {
    /// The settings of the `n`th case, where those of its seed alone are `config`.
    pub(super) fn settings(&self, n: u64, mut config: SimConfig) -> SimConfig {
        let mut stream = Key::root(config.seed).child("portfolio").stream();
        let (faults, edges, pct) = ROUND[(n % ROUND.len() as u64) as usize];
        config.choices.edges = edges;
        // Whoever chose a schedule has it.
        if pct > 0 && config.schedule == Schedule::Random {
            config.schedule = Schedule::Pct(pct);
        }
        let style = match faults {
            Faults::AsIs => Style::AsIs,
            Faults::Dense(times) => Style::Dense(times),
            Faults::Like => match stream.choose(&self.corpus) {
                // Half of them go the same way up to the first change.
                Some((seed, plan)) => {
                    let how = stream.bits();
                    if stream.below(2) == 0 {
                        config.seed = *seed;
                    }
                    Style::Like(plan.clone(), how)
                }
                None => Style::Dense(3),
            },
        };
        SimConfig { manner: Manner { style, features: true, ..config.manner }, ..config }
    }

    /// A case was run: what happened in it, and by which plan.
    pub(super) fn learn(&mut self, seed: Seed, features: &Features, plan: Plan) {
        if self.seen.add(features) > 0 && !plan.is_empty() {
            if self.corpus.len() == CORPUS {
                self.corpus.remove(0);
            }
            self.corpus.push((seed, plan));
        }
    }
}
