//! Directed links: made when first used, one small record each.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Latency;
use super::latency::Sampler;
use crate::base::{Bandwidth, BurstLoss, Bytes, Counter, Probability, ProcessId, Time};

/// How a link treats packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkConfig {
    /// How long a packet takes.
    pub latency: Latency,
    /// On top of that, each packet takes a uniform time from 0 to this.
    pub jitter: Duration,
    /// How likely it is lost.
    pub loss: Probability,
    /// How likely it arrives twice.
    pub duplicate: Probability,
    /// How likely it falls behind later ones. Without, a link keeps its order.
    pub reorder: Probability,
    /// Losses that come in bursts, on top of `loss`.
    pub burst_loss: Option<BurstLoss>,
    /// How likely one to three bits of its payload flip. A segment of a stream is lost then, by its checksum.
    pub corrupt: Probability,
    /// How likely its header is damaged: it is lost by its checksum, or, one time in four, comes to another port.
    pub corrupt_header: Probability,
    /// How many bytes pass in a second; `None`: any number at once.
    pub bandwidth: Option<Bandwidth>,
    /// How many bytes wait for the bandwidth; what comes then is lost.
    pub queue: Bytes,
}

/// So many bytes wait for a link's bandwidth: about 170 full packets, which is a second of 2 Mbit.
const QUEUE: Bytes = Bytes::kib(256);

impl Default for LinkConfig {
    /// A local network in which nothing is lost.
    fn default() -> Self {
        Self {
            latency: Latency::default(),
            jitter: Duration::ZERO,
            loss: Probability::NEVER,
            duplicate: Probability::NEVER,
            reorder: Probability::NEVER,
            burst_loss: None,
            corrupt: Probability::NEVER,
            corrupt_header: Probability::NEVER,
            bandwidth: None,
            queue: QUEUE,
        }
    }
}

/// Settings as they are used for each packet: bounds on 53 uniform bits, and nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Treatment {
    pub(super) latency: Sampler,
    pub(super) loss: u64,
    pub(super) duplicate: u64,
    pub(super) reorder: u64,
    /// Nothing else than the above is set: what is rare costs the others one branch together.
    pub(super) plain: bool,
}

impl LinkConfig {
    fn compile(&self) -> Treatment {
        Treatment {
            latency: self.latency.compile(),
            loss: self.loss.bound(),
            duplicate: self.duplicate.bound(),
            reorder: self.reorder.bound(),
            plain: self.jitter.is_zero()
                && self.burst_loss.is_none()
                && self.bandwidth.is_none()
                && !self.corrupt.possible()
                && !self.corrupt_header.possible(),
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
    configs: Vec<Settings>,
    zones: Zones,
}

/// Settings of links, as they were given and as they are used.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) config: LinkConfig,
    pub(super) treatment: Treatment,
    /// Which links have them: all that were given nothing of their own, those between two zones, or those that were
    /// given just these. Only the last may be had by a link that is set.
    own: bool,
}

impl Settings {
    fn new(config: LinkConfig, own: bool) -> Self {
        Self { config, treatment: config.compile(), own }
    }
}

/// Which zone each process is in, and the settings of links from zone to zone.
#[derive(Debug, Default)]
struct Zones {
    of: Vec<Option<u32>>,
    settings: BTreeMap<(u32, u32), u32>,
}

impl Zones {
    /// The settings of a link that was given nothing of its own.
    fn settings(&self, from: ProcessId, to: ProcessId) -> u32 {
        let zone = |p: ProcessId| self.of.get(p.index()).copied().flatten();
        let pair = zone(from).zip(zone(to));
        pair.and_then(|pair| self.settings.get(&pair).copied()).unwrap_or(0)
    }
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
        let shared = Settings::new(LinkConfig::default(), false);
        Self { rows: vec![], configs: vec![shared], zones: Zones::default() }
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
    fn make(&mut self, to: u32, key: Counter, config: u32) -> usize {
        if (self.len + 1) * 8 > self.table.len() * 7 {
            let bigger = vec![EMPTY; (self.table.len() * 2).max(2)];
            for link in std::mem::replace(&mut self.table, bigger).into_iter().filter(|l| l.to != NOBODY) {
                self.put(link);
            }
        }
        self.len += 1;
        self.put(Link { to, config, key, ..EMPTY })
    }

    fn put(&mut self, link: Link) -> usize {
        let place = self.place(link.to).expect("the table has room");
        self.table[place] = link;
        place
    }
}

impl Links {
    /// From now on every link draws by another key, which follows from its own.
    pub(super) fn branch(&mut self, salt: u64) {
        for link in self.rows.iter_mut().flat_map(|row| &mut row.table) {
            link.key = link.key.below(salt);
        }
    }

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
        let config = self.zones.settings(from, to);
        self.rows[from.index()].make(to.0, key, config)
    }

    #[inline]
    fn link(&mut self, id: LinkId) -> &mut Link {
        &mut self.rows[id.from as usize].table[id.place as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: LinkId) -> (&mut Link, &Settings) {
        let link = &mut self.rows[id.from as usize].table[id.place as usize];
        let settings = &self.configs[link.config as usize];
        (link, settings)
    }

    pub(crate) fn config(&self, id: LinkId) -> LinkConfig {
        self.configs[self.rows[id.from as usize].table[id.place as usize].config as usize].config
    }

    /// Gives a link settings of its own.
    pub(crate) fn set_config(&mut self, id: LinkId, config: LinkConfig) {
        let place = self.configs.iter().position(|c| c.own && c.config == config).unwrap_or_else(|| {
            self.configs.push(Settings::new(config, true));
            self.configs.len() - 1
        });
        self.link(id).config = place as u32;
    }

    /// What links have that were given nothing of their own, in zones or not.
    pub(crate) fn change_default(&mut self, change: impl Fn(&mut LinkConfig)) {
        for settings in self.configs.iter_mut().filter(|s| !s.own) {
            change(&mut settings.config);
            settings.treatment = settings.config.compile();
        }
    }

    /// What links from one zone to another have that were given nothing of their own.
    pub(crate) fn change_zones(&mut self, from: u32, to: u32, change: impl Fn(&mut LinkConfig)) {
        let known = self.zones.settings.get(&(from, to)).copied();
        let place = known.unwrap_or_else(|| {
            self.configs.push(Settings::new(self.configs[0].config, false));
            self.configs.len() as u32 - 1
        });
        let settings = &mut self.configs[place as usize];
        change(&mut settings.config);
        settings.treatment = settings.config.compile();
        if known.is_none() {
            self.zones.settings.insert((from, to), place);
            self.settle();
        }
    }

    /// A process is in a zone from now on.
    pub(crate) fn place(&mut self, process: ProcessId, zone: u32) {
        if self.zones.of.len() <= process.index() {
            self.zones.of.resize(process.index() + 1, None);
        }
        self.zones.of[process.index()] = Some(zone);
        self.settle();
    }

    /// The links that were made already and given nothing of their own find their settings again.
    fn settle(&mut self) {
        for (from, row) in (0..).map(ProcessId).zip(&mut self.rows) {
            for link in row.table.iter_mut().filter(|l| l.to != NOBODY && !self.configs[l.config as usize].own) {
                link.config = self.zones.settings(from, ProcessId(link.to));
            }
        }
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
