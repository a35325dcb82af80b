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

/// What a link remembers: 32 bytes, so that two share a cache line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    to: u32,
    /// Which of the settings it has.
    config: u32,
    pub(crate) key: Counter,
    /// How many packets were sent on it.
    pub(crate) sent: u64,
    /// When the last packet in order arrives.
    pub(crate) last_arrival: Time,
}

/// A link's place in the table, good until another link is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkId {
    from: u32,
    place: u32,
}

/// All links that were ever used or set: for each sender a table of its own, so that what a process that sends to many
/// in turn needs next lies beside what it just used.
#[derive(Debug)]
pub(crate) struct Links {
    rows: Vec<Row>,
    configs: Vec<(LinkConfig, Treatment)>,
}

/// The links of one sender, by receiver: an open-addressed table that is never iterated.
#[derive(Clone, Debug, Default)]
struct Row {
    table: Vec<Link>,
    len: usize,
}

const NOBODY: u32 = u32::MAX;
const EMPTY: Link = Link { to: NOBODY, key: Counter::ZERO, sent: 0, last_arrival: Time::ZERO, config: 0 };

impl Default for Links {
    fn default() -> Self {
        Self { rows: vec![], configs: vec![(LinkConfig::default(), LinkConfig::default().compile())] }
    }
}

impl Row {
    /// Where the link to `to` is, or would be. Receivers are numbered without gaps: their numbers are the hash.
    #[inline]
    fn place(&self, to: u32) -> Option<usize> {
        let mask = self.table.len().wrapping_sub(1);
        let mut i = to as usize & mask;
        // Bounded: an eighth of the table is empty.
        loop {
            let link = self.table.get(i)?;
            if link.to == to || link.to == NOBODY {
                return Some(i);
            }
            i = (i + 1) & mask;
        }
    }

    #[cold]
    fn make(&mut self, to: u32, key: Counter) -> usize {
        if (self.len + 1) * 8 > self.table.len() * 7 {
            let bigger = vec![EMPTY; (self.table.len() * 2).max(2)];
            for link in std::mem::replace(&mut self.table, bigger).into_iter().filter(|l| l.to != NOBODY) {
                self.put(link);
            }
        }
        self.len += 1;
        self.put(Link { to, key, ..EMPTY })
    }

    fn put(&mut self, link: Link) -> usize {
        let place = self.place(link.to).expect("the table has room");
        self.table[place] = link;
        place
    }
}

impl Links {
    /// The link from one process to another, made if need be with the key that `key` gives.
    #[inline]
    pub(crate) fn find(&mut self, from: ProcessId, to: ProcessId, key: impl FnOnce() -> Counter) -> LinkId {
        let place = self.rows.get(from.index()).and_then(|row| {
            let place = row.place(to.0)?;
            (row.table[place].to == to.0).then_some(place)
        });
        let place = place.unwrap_or_else(|| self.make(from, to, key()));
        LinkId { from: from.0, place: place as u32 }
    }

    #[cold]
    fn make(&mut self, from: ProcessId, to: ProcessId, key: Counter) -> usize {
        if self.rows.len() <= from.index() {
            self.rows.resize(from.index() + 1, Row::default());
        }
        self.rows[from.index()].make(to.0, key)
    }

    #[inline]
    fn link(&mut self, id: LinkId) -> &mut Link {
        &mut self.rows[id.from as usize].table[id.place as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: LinkId) -> (&mut Link, &Treatment) {
        let link = &mut self.rows[id.from as usize].table[id.place as usize];
        let treatment = &self.configs[link.config as usize].1;
        (link, treatment)
    }

    pub(crate) fn config(&self, id: LinkId) -> LinkConfig {
        self.configs[self.rows[id.from as usize].table[id.place as usize].config as usize].0
    }

    /// Gives a link settings of its own.
    pub(crate) fn set_config(&mut self, id: LinkId, config: LinkConfig) {
        let place = self.configs.iter().position(|c| c.0 == config).unwrap_or_else(|| {
            self.configs.push((config, config.compile()));
            self.configs.len() - 1
        });
        self.link(id).config = place as u32;
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
            let id = links.find(ProcessId(n % 7), ProcessId(n * n), || key.below(u64::from(n)));
            links.get_mut(id).0.sent = u64::from(n);
        }
        for n in 0..5000 {
            let id = links.find(ProcessId(n % 7), ProcessId(n * n), || unreachable!());
            assert_eq!(links.get_mut(id).0.sent, u64::from(n));
        }
        assert!(size_of::<Link>() <= 32);
    }
}
