//! Links and what is laid over them, against a network of three hosts without processes.

mod faults;
mod links;
mod zones;

use std::time::Duration;

use super::{Drop, Fate, LinkConfig, Net};
use crate::base::{Key, LinkChange, OverlayId, Probability, ProcessId, Reach, Seed, Time};
use crate::kernel::core::Core;
use crate::kernel::task::Schedule;
use crate::kernel::time::Pending;
use crate::trace::Kind;

const A: ProcessId = ProcessId(0);
const B: ProcessId = ProcessId(1);
const C: ProcessId = ProcessId(2);
const MS: Duration = Duration::from_millis(1);

fn p(x: f64) -> Probability {
    Probability::new(x).unwrap()
}

/// A network in which all listen at port 9.
struct Wire {
    net: Net,
    core: Core,
}

/// What became of a packet: when it arrived with which bytes, or why it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Came {
    At(Duration, Vec<u8>),
    Not(Drop),
}

impl Wire {
    fn new(change: impl Fn(&mut LinkConfig)) -> Self {
        let key = Key::root(Seed(5));
        let (mut net, core) = (Net::new(&key), Core::new(Schedule::Fifo, &key, true));
        net.links.change_default(|c| {
            *c = LinkConfig { latency: super::Latency::ms(1), ..LinkConfig::default() };
            change(c);
        });
        for (host, name) in [A, B, C].into_iter().zip(["a", "b", "c"]) {
            net.add_host(name);
            net.stacks.bind(host, 9).unwrap();
        }
        Self { net, core }
    }

    fn send(&mut self, from: ProcessId, to: ProcessId, bytes: &[u8]) {
        self.net.send(&mut self.core, (from, 9), (to, 9), bytes);
    }

    /// A packet that a rule has decided about.
    fn launch(&mut self, from: ProcessId, to: ProcessId, bytes: &[u8], fate: Fate) {
        let packet = self.net.packets.put((from, 9), (to, 9), bytes);
        self.net.launch(&mut self.core, packet, fate);
    }

    fn lay(&mut self, id: u32, from: &[ProcessId], to: &[ProcessId], change: LinkChange) {
        let set = |all: &[ProcessId]| all.iter().copied().collect();
        let reach = Reach { from: set(from), to: set(to), both_ways: true };
        self.net.overlay(&mut self.core, OverlayId(id), reach, change);
    }

    fn hits(&self, id: u32) -> u64 {
        self.net.overlay_hits(OverlayId(id)).unwrap()
    }

    /// Lets everything happen up to a time.
    fn run_to(&mut self, until: Duration) {
        let until = Time::ZERO + until;
        while self.core.next_at().is_some_and(|at| at <= until) {
            let entry = self.core.queue.pop().unwrap();
            self.core.now = entry.at;
            if let Pending::Deliver(packet) = entry.what {
                self.net.deliver(&mut self.core, packet, |_| true);
            }
        }
        self.core.now = until;
    }

    /// Sends so many packets of 8 bytes from a to b, one each millisecond, and says what became of each.
    fn stream(mut self, packets: u64) -> Vec<Came> {
        for n in 0..packets {
            self.send(A, B, &n.to_le_bytes());
            self.run_to(MS * (n as u32 + 1));
        }
        self.fates(packets)
    }

    /// What became of the first packets from a to b, by number; for one that came twice, the first time.
    fn fates(mut self, packets: u64) -> Vec<Came> {
        self.run_to(MS * 100_000_000);
        let recording = self.core.trace.take_recording().unwrap();
        let mut fates = vec![None; packets as usize];
        for r in recording.iter().filter(|r| r.a == 1) {
            let number = (r.b & ((1 << 56) - 1)) as usize;
            let came = match r.kind {
                Kind::Deliver => Came::At(r.at.since_start(), r.bytes.to_vec()),
                Kind::Drop => Came::Not(Drop::from_word(r.b >> 56).unwrap()),
                _ => continue,
            };
            if let Some(fate) = fates.get_mut(number) {
                fate.get_or_insert(came);
            }
        }
        fates.into_iter().map(|f| f.expect("each packet comes or is lost")).collect()
    }
}

fn is_lost(came: &Came) -> bool {
    *came == Came::Not(Drop::Lost)
}
