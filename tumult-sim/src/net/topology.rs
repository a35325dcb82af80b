//! Topologies: which zones there are, and what the links within and between them are like.

use std::time::Duration;

use super::{Latency, LinkConfig};

/// Zones and the links within and between them. [`Sim::topology`](crate::Sim::topology) puts processes into them.
///
/// ```
/// use tumult_sim::{Sim, net::{Region, Topology}};
/// let mut sim = Sim::new(1);
/// sim.topology(&Topology::regions([Region::Virginia, Region::Ireland, Region::Tokyo]));
/// let nodes = ["n1", "n2", "n3", "n4"].map(|name| sim.process(name, || async {}));
/// assert_eq!(sim.zone("ireland"), [nodes[1]]);
/// assert_eq!(sim.zone("virginia"), [nodes[0], nodes[3]], "in turn, unless they are placed");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    zones: Vec<String>,
    /// By place of the first and the second zone.
    links: Vec<Vec<LinkConfig>>,
}

impl Topology {
    /// One zone, `all`, whose links are like this.
    pub fn flat(links: LinkConfig) -> Self {
        Self { zones: vec!["all".into()], links: vec![vec![links]] }
    }

    /// Zones of one region, as the availability zones of a cloud: a packet takes 0.1 to 0.3 ms within a zone and 0.3 to
    /// 1.2 ms from one to another. Measured round trips were 0.25 ms within and up to 3.4 ms between zones
    /// (<https://www.xkyle.com/Measuring-AWS-Region-and-AZ-Latency/>).
    ///
    /// # Panics
    /// When there is none, or two have one name.
    #[track_caller]
    pub fn zones<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::matrix(names, |from, to| if from == to { WITHIN } else { NEAR })
    }

    /// One zone for each region; how long packets take between them was measured, see [`Region`].
    ///
    /// # Panics
    /// When there is none, or one is named twice.
    #[track_caller]
    pub fn regions(regions: impl IntoIterator<Item = Region>) -> Self {
        let regions: Vec<Region> = regions.into_iter().collect();
        let names: Vec<&str> = regions.iter().map(|r| r.name()).collect();
        Self::matrix(names, |from, to| if from == to { NEAR } else { regions[from].latency_to(regions[to]) })
    }

    /// These zones; how long a packet takes from zone m to zone n, counted from 0, `latency` says. It need not be as
    /// long on the way back.
    ///
    /// # Panics
    /// When there is none, or two have one name.
    #[track_caller]
    pub fn matrix<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
        latency: impl Fn(usize, usize) -> Latency,
    ) -> Self {
        let zones: Vec<String> = names.into_iter().map(Into::into).collect();
        assert!(!zones.is_empty(), "failed to make a topology: there is no zone; name one or more");
        if let Some(twice) = (1..zones.len()).find(|n| zones[..*n].contains(&zones[*n])) {
            panic!("failed to make a topology: two zones are called `{}`; give each its own name", zones[twice]);
        }
        let count = zones.len();
        let link = |from, to| LinkConfig { latency: latency(from, to), ..LinkConfig::default() };
        let links = (0..count).map(|from| (0..count).map(|to| link(from, to)).collect()).collect();
        Self { zones, links }
    }

    /// Changes what the links within each zone are like.
    pub fn within(mut self, change: impl Fn(&mut LinkConfig)) -> Self {
        for n in 0..self.zones.len() {
            change(&mut self.links[n][n]);
        }
        self
    }

    /// Changes what the links between any two zones are like.
    pub fn between(mut self, change: impl Fn(&mut LinkConfig)) -> Self {
        for (from, row) in self.links.iter_mut().enumerate() {
            row.iter_mut().enumerate().filter(|(to, _)| *to != from).for_each(|(_, link)| change(link));
        }
        self
    }

    /// The names of the zones, in order.
    pub fn names(&self) -> &[String] {
        &self.zones
    }

    /// What the links from one zone to another are like, by place.
    pub(crate) fn links(&self) -> impl Iterator<Item = (u32, u32, &LinkConfig)> {
        let row = |(from, row): (u32, &Vec<LinkConfig>)| (0..row.len() as u32).map(move |to| (from, to));
        (0..).zip(&self.links).flat_map(row).map(|(from, to)| (from, to, &self.links[from as usize][to as usize]))
    }
}

/// Within a zone.
const WITHIN: Latency = Latency::Uniform(Duration::from_micros(100), Duration::from_micros(300));
/// From a zone to another of the same region.
const NEAR: Latency = Latency::Uniform(Duration::from_micros(300), Duration::from_micros(1200));

/// A region of a public cloud. A packet between two takes half of the round trip that was measured between them, to the
/// millisecond, and up to a tenth more: averages between regions of AWS, 2017
/// (<https://acomputerscientistlearnsaws.blogspot.com/2017/04/aws-regions.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Region {
    /// `us-east-1`.
    Virginia,
    /// `us-west-2`.
    Oregon,
    /// `eu-west-1`.
    Ireland,
    /// `eu-central-1`.
    Frankfurt,
    /// `ap-northeast-1`.
    Tokyo,
    /// `ap-southeast-1`.
    Singapore,
    /// `ap-southeast-2`.
    Sydney,
    /// `sa-east-1`.
    SaoPaulo,
}

/// Round trips in milliseconds, each region to those before it.
const ROUND_TRIPS: [&[u64]; 8] = [
    &[],
    &[87],
    &[81, 137],
    &[89, 160, 20],
    &[145, 89, 212, 237],
    &[217, 161, 239, 326, 74],
    &[230, 162, 310, 324, 104, 175],
    &[120, 183, 191, 195, 257, 328, 323],
];

impl Region {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Virginia,
        Self::Oregon,
        Self::Ireland,
        Self::Frankfurt,
        Self::Tokyo,
        Self::Singapore,
        Self::Sydney,
        Self::SaoPaulo,
    ];

    /// The name of its zone in a topology.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Virginia => "virginia",
            Self::Oregon => "oregon",
            Self::Ireland => "ireland",
            Self::Frankfurt => "frankfurt",
            Self::Tokyo => "tokyo",
            Self::Singapore => "singapore",
            Self::Sydney => "sydney",
            Self::SaoPaulo => "sao-paulo",
        }
    }

    /// How long a packet takes to another region.
    fn latency_to(self, other: Self) -> Latency {
        let (low, high) = (self.min(other), self.max(other));
        let one_way = Duration::from_micros(ROUND_TRIPS[high as usize][low as usize] * 500);
        Latency::Uniform(one_way, one_way + one_way / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_two_regions_have_a_latency() {
        for (n, region) in Region::ALL.into_iter().enumerate() {
            assert_eq!((region as usize, ROUND_TRIPS[n].len()), (n, n));
        }
        let far = Region::Sydney.latency_to(Region::Virginia);
        assert_eq!(far, Region::Virginia.latency_to(Region::Sydney));
        assert_eq!(far, Latency::Uniform(Duration::from_millis(115), Duration::from_micros(126_500)));
        assert_eq!(Topology::regions(Region::ALL).links().count(), 64);
    }

    #[test]
    fn links_within_and_between_zones_are_set_apart() {
        let topology = Topology::zones(["a", "b"]).within(|c| c.jitter = Duration::from_secs(1));
        let topology = topology.between(|c| c.jitter = Duration::from_secs(2));
        let jitter: Vec<u64> = topology.links().map(|(.., c)| c.jitter.as_secs()).collect();
        assert_eq!(jitter, [1, 2, 2, 1]);
        assert_eq!(Topology::flat(LinkConfig::default()).names(), ["all"]);
    }

    #[test]
    fn a_topology_that_cannot_be_is_refused() {
        let message = |make: fn() -> Topology| {
            let payload = std::panic::catch_unwind(make).unwrap_err();
            payload
                .downcast_ref::<String>()
                .map_or_else(|| (*payload.downcast_ref::<&str>().unwrap()).into(), String::clone)
        };
        assert!(message(|| Topology::zones(["a", "b", "a"])).contains("two zones are called `a`"));
        assert!(message(|| Topology::regions([])).contains("there is no zone; name one or more"));
    }
}
