//! Zones: which processes are in which, their links, and faults that hit one whole.

use super::links::Which;
use super::{LinkSetter, Process, Sim};
use crate::base::ProcessId;
use crate::fault::{Fault, Profile};
use crate::net::Topology;

/// The zones of a simulation, and who is in which.
#[derive(Debug, Default)]
pub(super) struct Zones {
    names: Vec<String>,
    /// By process.
    of: Vec<u32>,
}

impl Sim {
    /// The network has these zones. Every process is in one: those that are declared already and those to come, in turn,
    /// unless [`place`](Self::place) says otherwise. Links that were set on their own stay as they are; what
    /// [`links`](Self::links) sets before is replaced, and what it sets from then on holds in all zones.
    ///
    /// # Panics
    /// When the simulation has a topology already.
    #[track_caller]
    pub fn topology(&mut self, topology: &Topology) {
        assert!(
            self.zones.names.is_empty(),
            "failed to set the topology: the simulation has one; set it once, with all its zones"
        );
        self.zones.names = topology.names().to_vec();
        for (from, to, config) in topology.links() {
            self.run.world.borrow_mut().net.links.change_zones(from, to, |c| *c = *config);
        }
        self.processes().into_iter().for_each(|p| self.place_in_turn(p));
    }

    /// Puts a process into the next zone.
    pub(super) fn place_in_turn(&mut self, process: ProcessId) {
        if !self.zones.names.is_empty() {
            self.put(process, process.0 % self.zones.names.len() as u32);
        }
    }

    fn put(&mut self, process: ProcessId, zone: u32) {
        if self.zones.of.len() <= process.index() {
            self.zones.of.resize(process.index() + 1, 0);
        }
        self.zones.of[process.index()] = zone;
        self.run.world.borrow_mut().net.links.place(process, zone);
    }

    #[track_caller]
    fn zone_number(&self, name: &str) -> u32 {
        let at = self.zones.names.iter().position(|z| z == name);
        at.map_or_else(|| panic!("failed to find the zone `{name}`: {}", self.known_zones()), |n| n as u32)
    }

    fn known_zones(&self) -> String {
        match &self.zones.names[..] {
            [] => "the simulation has no topology; set one with `sim.topology(…)`".into(),
            names => format!("write one of {}", names.join(", ")),
        }
    }

    /// The process is in this zone.
    ///
    /// # Panics
    /// When there is no such zone.
    #[track_caller]
    pub fn place(&mut self, process: Process, zone: &str) {
        let zone = self.zone_number(zone);
        self.put(process, zone);
    }

    /// The processes of a zone that were declared so far.
    ///
    /// # Panics
    /// When there is no such zone.
    #[track_caller]
    pub fn zone(&self, name: &str) -> Vec<Process> {
        let zone = self.zone_number(name);
        self.processes().into_iter().filter(|p| self.zones.of.get(p.index()) == Some(&zone)).collect()
    }

    /// The processes of each zone; none where there is no topology.
    pub(crate) fn zone_members(&self) -> Vec<Vec<Process>> {
        self.zones.names.iter().map(|name| self.zone(name)).collect()
    }

    /// The links within a zone that are not set on their own, to be set.
    ///
    /// # Panics
    /// When there is no such zone.
    #[track_caller]
    pub fn links_within(&mut self, zone: &str) -> LinkSetter<'_> {
        let zone = self.zone_number(zone);
        LinkSetter::new(&self.run, Which::Zones(vec![(zone, zone)]))
    }

    /// The links from one zone to another that are not set on their own, to be set; those of the way back are others.
    ///
    /// # Panics
    /// When there is no such zone.
    #[track_caller]
    pub fn links_between(&mut self, from: &str, to: &str) -> LinkSetter<'_> {
        let pair = (self.zone_number(from), self.zone_number(to));
        LinkSetter::new(&self.run, Which::Zones(vec![pair]))
    }

    /// A fault: no packet goes between two of these zones. Zones in none of the groups are unaffected. It names the
    /// processes that were declared so far, so its plan says all of it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tumult_sim::{Sim, net::Topology};
    /// # let mut sim = Sim::new(1);
    /// sim.topology(&Topology::zones(["east", "west"]));
    /// # for name in ["n1", "n2", "n3"] { sim.process(name, || async {}); }
    /// let split = sim.partition_zones(&[&["east"], &["west"]]).lasting(Duration::from_secs(5));
    /// sim.at(Duration::from_secs(10), split);
    /// # sim.run();
    /// # assert_eq!(sim.plan().to_string(), "f1 at 10.000s partition {n1,n3} | {n2} for 5s\n");
    /// ```
    ///
    /// # Panics
    /// When there is no such zone, a group is empty of processes, or a zone is in two.
    #[track_caller]
    pub fn partition_zones(&self, groups: &[&[&str]]) -> Fault {
        let members = |zones: &&[&str]| -> Vec<Process> { zones.iter().flat_map(|z| self.zone(z)).collect() };
        let groups: Vec<Vec<Process>> = groups.iter().map(members).collect();
        Fault::partition(&groups.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// The profile with the zones as its domains.
    pub(super) fn with_zones(&self, profile: &Profile) -> Profile {
        let members = |zone: &String| self.zone(zone).into_iter().map(|p| self.name(p)).collect::<Vec<_>>();
        self.zones.names.iter().map(members).fold(profile.clone(), Profile::domain)
    }

    /// A fault: no packet leaves the zone or comes into it; within it all is well.
    ///
    /// # Panics
    /// When there is no such zone, or no process in it, or none outside.
    #[track_caller]
    pub fn isolate_zone(&self, zone: &str) -> Fault {
        let inside = self.zone(zone);
        let outside: Vec<Process> = self.processes().into_iter().filter(|p| !inside.contains(p)).collect();
        Fault::partition(&[&inside, &outside])
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::Sim;
    use crate::net::{Region, Topology, UdpSocket};
    use crate::time::now;

    /// One client asks each of the servers, which are in the zones in turn, and says how long the answer took.
    fn round_trips(change: impl FnOnce(&mut Sim)) -> Vec<u64> {
        let mut sim = Sim::new(3);
        sim.topology(&Topology::regions([Region::Virginia, Region::Ireland, Region::Tokyo]));
        for name in ["n0", "n1", "n2"] {
            sim.process(name, || async {
                let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
                loop {
                    let (bytes, from) = socket.recv_datagram().await.unwrap();
                    socket.send_to(&bytes, from).await.unwrap();
                }
            });
        }
        let client = sim.primary("client", || async {
            let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
            let mut took = vec![];
            for server in ["n0:7", "n1:7", "n2:7"] {
                let from = now();
                socket.send_to(b"hello", server).await.unwrap();
                let answer = crate::time::timeout(Duration::from_secs(1), socket.recv_datagram()).await;
                took.push(if answer.is_ok() { now().saturating_since(from).as_millis() as u64 } else { 1000 });
            }
            took
        });
        change(&mut sim);
        sim.run().output::<Vec<u64>>(client).unwrap().clone()
    }

    #[test]
    fn one_line_gives_a_cluster_of_three_regions() {
        let took = round_trips(|_| {});
        assert!(took[0] < 3 && (81..90).contains(&took[1]) && (145..160).contains(&took[2]), "{took:?}");
        let moved = round_trips(|sim| {
            let client = sim.named("client").unwrap();
            sim.place(client, "tokyo");
        });
        assert!((145..160).contains(&moved[0]) && (212..234).contains(&moved[1]) && moved[2] < 3, "{moved:?}");
    }

    #[test]
    fn links_of_zones_are_set_one_way() {
        let took = round_trips(|sim| {
            sim.links_between("virginia", "ireland").constant_latency(Duration::from_millis(5));
            sim.links_within("virginia").constant_latency(Duration::from_millis(50));
        });
        assert!(took[0] == 100 && (45..50).contains(&took[1]) && (145..160).contains(&took[2]), "{took:?}");
    }

    #[test]
    fn a_zone_is_cut_off_whole_and_nothing_else_is() {
        let took = round_trips(|sim| {
            let fault = sim.isolate_zone("ireland");
            sim.fault(fault);
        });
        assert!(took[0] < 3 && took[1] == 1000 && (145..160).contains(&took[2]), "{took:?}");
        let took = round_trips(|sim| {
            let fault = sim.partition_zones(&[&["tokyo"], &["virginia", "ireland"]]);
            sim.fault(fault);
        });
        assert!(took[0] < 3 && (81..90).contains(&took[1]) && took[2] == 1000, "{took:?}");
    }

    #[test]
    #[should_panic(expected = "failed to find the zone `mars`: write one of a, b")]
    fn an_unknown_zone_is_named_with_those_there_are() {
        let mut sim = Sim::new(1);
        sim.topology(&Topology::zones(["a", "b"]));
        sim.zone("mars");
    }
}
