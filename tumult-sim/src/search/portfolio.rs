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
    Like,
}

fn round() -> &'static [(Manners, bool, u32)] {
    static R: std::sync::OnceLock<Vec<(Manners, bool, u32)>> = std::sync::OnceLock::new();
    R.get_or_init(|| {
        let text = std::env::var("TUMULT_ROUND").unwrap_or_else(|_| "a,d3e,b,le,d6,ap3,l,f3e".into());
        text.split(',')
            .map(|t| {
                let edges = t.contains('e');
                let (t, pct) = t.split_once('p').map_or((t, 0), |(t, d)| (t, d.trim_end_matches('e').parse().unwrap()));
                let t = t.trim_end_matches('e');
                let m = match (&t[..1], &t[1..]) {
                    ("a", _) => Manners::AsIs,
                    ("d", n) => Manners::Dense(n.parse().unwrap()),
                    ("b", _) => Manners::Bursts,
                    ("f", n) => Manners::Few(n.parse().unwrap()),
                    _ => Manners::Like,
                };
                (m, edges, pct)
            })
            .collect()
    })
}

impl Portfolio {
    /// The settings of the `n`th case, where those of its seed alone are `config`.
    pub(super) fn settings(&self, n: u64, mut config: SimConfig) -> SimConfig {
        let mut stream = Key::root(config.seed).child("portfolio").stream();
        let round = round();
        let (manner, edges, pct) = round[(n % round.len() as u64) as usize];
        config.choices.edges = edges;
        // Whoever chose a schedule has it.
        if pct > 0 && config.schedule == Schedule::Random {
            config.schedule = Schedule::Pct(pct);
        }
        let style = match manner {
            Manners::AsIs => Style::AsIs,
            Manners::Dense(times) => Style::Dense(times),
            Manners::Bursts => Style::Bursts,
            Manners::Few(most) => Style::Few(most),
            Manners::Like => match stream.choose(&self.corpus) {
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
        SimConfig { manner: Manner(style, true, config.manner.2), ..config }
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
