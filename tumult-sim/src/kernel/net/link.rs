//! Directed links: made when first used, one small record each.

use super::Latency;
use super::latency::Sampler;
use crate::base::{Counter, Probability, ProcessId, Time};

/// How a link treats packets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkConfig {
    /// How long a packet takes.
    pub latency: Latency,
    /// How likely it is lost.
    pub loss: Probability,
    /// How likely it arrives twice.
    pub duplicate: Probability,
    /// How likely it falls behind later ones. Without, a link keeps its order.
    pub reorder: Probability,
}

/// Settings as they are used for each packet: bounds on 53 uniform bits, and nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Treatment {
    pub(super) latency: Sampler,
    pub(super) loss: u64,
    pub(super) duplicate: u64,
    pub(super) reorder: u64,
}

impl LinkConfig {
    fn compile(&self) -> Treatment {
        Treatment {
            latency: self.latency.compile(),
            loss: self.loss.bound(),
            duplicate: self.duplicate.bound(),
            reorder: self.reorder.bound(),
        }
    }
}

/// What a link remembers: 40 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// from << 32 | to.
    pair: u64,
    pub(crate) key: Counter,
    /// How many packets were sent on it.
    pub(crate) sent: u64,
    /// When the last packet in order arrives.
    pub(crate) last_arrival: Time,
    /// Which of the settings it has.
    pub(crate) config: u32,
    used: bool,
}

/// A link's place in the table, good until another link is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkId(usize);

/// All links that were ever used or set, by (from, to): an open-addressed table that is never iterated.
#[derive(Debug)]
pub(crate) struct Links {
    table: Vec<Link>,
    len: usize,
    configs: Vec<(LinkConfig, Treatment)>,
}

const EMPTY: Link = Link { pair: 0, key: Counter::ZERO, sent: 0, last_arrival: Time::ZERO, config: 0, used: false };

impl Default for Links {
    fn default() -> Self {
        Self { table: vec![EMPTY; 16], len: 0, configs: vec![(LinkConfig::default(), LinkConfig::default().compile())] }
    }
}

impl Links {
    #[inline]
    fn slot(&self, pair: u64) -> usize {
        let mask = self.table.len() - 1;
        // Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits of a product with 2^64 / φ.
        let mut i = (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.table[i].used && self.table[i].pair != pair {
            i = (i + 1) & mask;
        }
        i
    }

    /// The link from one process to another, made if need be with the key that `key` gives.
    #[inline]
    pub(crate) fn find(&mut self, from: ProcessId, to: ProcessId, key: impl FnOnce() -> Counter) -> LinkId {
        let pair = u64::from(from.0) << 32 | u64::from(to.0);
        let i = self.slot(pair);
        if self.table[i].used { LinkId(i) } else { self.make(pair, key()) }
    }

    #[cold]
    fn make(&mut self, pair: u64, key: Counter) -> LinkId {
        if (self.len + 1) * 8 > self.table.len() * 7 {
            let bigger = vec![EMPTY; self.table.len() * 2];
            for link in std::mem::replace(&mut self.table, bigger) {
                if link.used {
                    let i = self.slot(link.pair);
                    self.table[i] = link;
                }
            }
        }
        self.len += 1;
        let i = self.slot(pair);
        self.table[i] = Link { pair, key, used: true, ..EMPTY };
        LinkId(i)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: LinkId) -> (&mut Link, &Treatment) {
        let link = &mut self.table[id.0];
        let treatment = &self.configs[link.config as usize].1;
        (link, treatment)
    }

    pub(crate) fn config(&self, id: LinkId) -> LinkConfig {
        self.configs[self.table[id.0].config as usize].0
    }

    /// Gives a link settings of its own.
    pub(crate) fn set_config(&mut self, id: LinkId, config: LinkConfig) {
        let place = self.configs.iter().position(|c| c.0 == config).unwrap_or_else(|| {
            self.configs.push((config, config.compile()));
            self.configs.len() - 1
        });
        self.table[id.0].config = place as u32;
    }

    /// What links have that were given nothing of their own.
    pub(crate) fn change_default(&mut self, change: impl Fn(&mut LinkConfig)) {
        let (config, treatment) = &mut self.configs[0];
        change(config);
        *treatment = config.compile();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Key, Seed};

    #[test]
    fn links_are_found_again_after_the_table_has_grown() {
        let key = Key::root(Seed(1)).counter();
        let mut links = Links::default();
        for n in 0..5000 {
            let id = links.find(ProcessId(n), ProcessId(n / 2), || key.below(u64::from(n)));
            links.get_mut(id).0.sent = u64::from(n);
        }
        for n in 0..5000 {
            let id = links.find(ProcessId(n), ProcessId(n / 2), || unreachable!());
            assert_eq!(links.get_mut(id).0.sent, u64::from(n));
        }
        assert!(size_of::<Link>() <= 40);
    }
}
