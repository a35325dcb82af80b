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

/// What a case does, by its number: a round of these. Most draw more than the profile asks for, since most defects take
/// few faults that have to meet; one in eight is the profile's own, for those that it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manners {
    AsIs,
    Dense(u32),
    Bursts,
    Few(u64),
    Pct(u32),
    Like,
}

const ROUND: [Manners; 8] = [
    Manners::AsIs,
    Manners::Dense(3),
    Manners::Bursts,
    Manners::Like,
    Manners::Dense(6),
    Manners::Pct(3),
    Manners::Like,
    Manners::Few(3),
];

impl Portfolio {
    /// The settings of the `n`th case, where those of its seed alone are `config`.
    pub(super) fn settings(&self, n: u64, config: SimConfig) -> SimConfig {
        let mut stream = Key::root(config.seed).child("portfolio").stream();
        let style = match ROUND[(n % ROUND.len() as u64) as usize] {
            Manners::AsIs => Style::AsIs,
            Manners::Dense(times) => Style::Dense(times),
            Manners::Bursts => Style::Bursts,
            Manners::Few(most) => Style::Few(most),
            Manners::Pct(depth) => {
                // Whoever chose a schedule has it.
                let schedule = if config.schedule == Schedule::Random { Schedule::Pct(depth) } else { config.schedule };
                return SimConfig { schedule, manner: Manner(Style::AsIs, true, false), ..config };
            }
            Manners::Like => match stream.choose(&self.corpus) {
                // Half of them go the same way up to the first change.
                Some((seed, plan)) => {
                    let how = stream.bits();
                    let seed = if stream.below(2) == 0 { *seed } else { config.seed };
                    let manner = Manner(Style::Like(plan.clone(), how), true, false);
                    return SimConfig { seed, manner, ..config };
                }
                None => Style::Dense(3),
            },
        };
        SimConfig { manner: Manner(style, true, false), ..config }
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
