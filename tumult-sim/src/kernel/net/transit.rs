//! A packet's way: sent, treated by its link and the overlays, arrived or lost.

use std::time::Duration;

use super::chosen::{Chosen, Luck};
use super::overlay::{Arrival, Chance, Overlays};
use super::packet::NONE;
use super::rough::{Odds, Roughness, Sent};
use super::tcp::Tcp;
use super::{Directory, Drop, LinkConfig, LinkId, Links, NamedRules, Packets, Pipes, SocketId, Stacks, UdpConfig};
use crate::base::{Counter, Key, LinkChange, OverlayId, ProcessId, Reach, RuleId, Time, scale_draw};
use crate::kernel::core::Core;
use crate::kernel::task::Waiter;
use crate::kernel::time::Pending;
use crate::trace::Kind;

/// The slots of a message's number: what is drawn for what (law 2).
pub(super) mod slot {
    pub(in super::super) const LOSS: u64 = 0;
    pub(super) const LATENCY: u64 = 1;
    pub(super) const DUPLICATE: u64 = 2;
    pub(super) const REORDER: u64 = 3;
    pub(super) const REORDER_BY: u64 = 4;
    pub(super) const COPY_LATENCY: u64 = 5;
    pub(in super::super) const CORRUPT: u64 = 6;
    // 7 is taken by `Counter::below`: what is rare has slots there.
}

/// A packet that fell behind is late by up to this many of its link's latencies.
const REORDER_SPAN: u64 = 4;
/// What a packet takes from a process to itself.
pub(super) const LOOPBACK: Duration = Duration::from_micros(20);

/// What a rule decided about a packet, before its link does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) dropped: bool,
    pub(crate) delay_ns: u64,
    pub(crate) copies: u32,
}

impl Fate {
    /// No rule has decided anything.
    pub(crate) const OPEN: Self = Self { dropped: false, delay_ns: 0, copies: 0 };
}

/// The network of a run.
#[derive(Debug)]
pub(crate) struct Net {
    pub(crate) links: Links,
    pub(crate) stacks: Stacks,
    pub(crate) packets: Packets,
    pub(crate) tcp: Tcp,
    pub(crate) pipes: Pipes,
    pub(crate) directory: Directory,
    overlays: Overlays,
    rough: Roughness,
    key: Key,
    /// By process: its name's hash and the key of its outgoing links.
    hosts: Vec<(u64, Counter)>,
    sent: u64,
    pub(crate) udp: UdpConfig,
    /// Whether there are rules that packets wait for: some without a name, or one that a fault wants asked.
    pub(crate) ruled: bool,
    unnamed_rules: usize,
    pub(crate) rules: NamedRules,
    /// Which decisions are made as drawn; none in a run that makes all of them so.
    pub(crate) chosen: Option<Box<Chosen>>,
}

impl Net {
    pub(crate) fn new(key: &Key) -> Self {
        Self {
            links: Links::default(),
            stacks: Stacks::default(),
            packets: Packets::default(),
            tcp: Tcp::default(),
            pipes: Pipes::default(),
            directory: Directory::new(key),
            overlays: Overlays::default(),
            rough: Roughness::default(),
            key: key.child("net"),
            hosts: vec![],
            sent: 0,
            udp: UdpConfig::default(),
            ruled: false,
            unnamed_rules: 0,
            rules: NamedRules::default(),
            chosen: None,
        }
    }

    /// From now on everything is drawn by other keys, which follow from those there were.
    pub(crate) fn branch(&mut self, salt: u64) {
        self.key = self.key.numbered(salt);
        self.hosts.iter_mut().for_each(|(_, key)| *key = key.below(salt));
        self.links.branch(salt);
        self.directory.branch(salt);
    }

    /// The next process is on the network. Its links are keyed by names, so another process more or less, or another
    /// order, leaves each link's messages their fate.
    pub(crate) fn add_host(&mut self, name: &str) {
        self.hosts.push((crate::base::stable_hash(name.as_bytes()), self.key.child(name).counter()));
    }

    #[inline]
    pub(crate) fn link(&mut self, from: ProcessId, to: ProcessId) -> LinkId {
        let hosts = &self.hosts;
        self.links.find(from, to, || hosts[from.index()].1.below(hosts[to.index()].0))
    }

    pub(crate) fn config(&mut self, from: ProcessId, to: ProcessId) -> LinkConfig {
        let id = self.link(from, to);
        self.links.config(id)
    }

    pub(crate) fn set_config(&mut self, from: ProcessId, to: ProcessId, config: LinkConfig) {
        let id = self.link(from, to);
        self.links.set_config(id, config);
    }

    pub(super) fn count_sent(&mut self) {
        self.sent += 1;
    }

    /// How many packets were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// A datagram leaves a process for another, or for itself; while there are rules, it waits for their verdict.
    #[inline]
    pub(crate) fn send(&mut self, core: &mut Core, from: (ProcessId, u16), to: (ProcessId, u16), bytes: &[u8]) {
        if to.0.index() >= self.hosts.len() {
            self.sent += 1;
            let pair = core.pair(from.0.0, to.0.0);
            core.trace.note(core.now, Kind::Drop, pair, (Drop::Unreachable as u64) << 56, bytes);
            return;
        }
        if bytes.len() > self.udp.longest && from.0 != to.0 {
            return self.too_long(core, from.0, to.0, bytes);
        }
        let packet = self.packets.put(from, to, bytes);
        self.offer(core, packet);
    }

    /// A packet is to be sent: at once, or when the rules have been asked.
    #[inline]
    pub(super) fn offer(&mut self, core: &mut Core, packet: u32) {
        if self.ruled {
            core.out.judge.push(packet);
            core.out.any = true;
        } else {
            self.launch(core, packet, Fate::OPEN);
        }
    }

    /// A packet is on its way: its link decides when it arrives, and whether.
    #[inline]
    pub(crate) fn launch(&mut self, core: &mut Core, slot: u32, fate: Fate) {
        self.sent += 1;
        let p = self.packets.get(slot);
        let (from, to) = (p.from, p.to);
        let pair = core.pair(from.0, to.0);
        let id = self.link(from, to);
        let (link, settings) = self.links.get_mut(id);
        let treatment = &settings.treatment;
        let number = link.sent;
        link.sent += 1;
        let p = self.packets.get_mut(slot);
        p.number = number;
        let segment = p.segment;
        let luck = self.chosen.as_ref().map_or(Luck::DRAWN, |chosen| chosen.luck(core.now, from, to, number));
        if segment == NONE {
            p.cause = core.trace.next();
            core.trace.note(core.now, Kind::Send, pair, number, &p.bytes);
        } else {
            self.tcp.note(core, p);
            if luck.latency {
                self.tcp.split(segment, link.key, number);
            }
        }
        let lose = |core: &mut Core, packets: &mut Packets, tcp: &mut Tcp, why: Drop| {
            let cause = packets.get(slot).cause;
            core.trace.note_after(cause, core.now, (Kind::Drop, pair, (why as u64) << 56 | number), &[]);
            packets.remove(slot);
            tcp.segments.remove_if(segment);
        };
        if fate.dropped {
            return lose(core, &mut self.packets, &mut self.tcp, Drop::Rule);
        }
        if from == to {
            core.queue.push(core.now + LOOPBACK, Pending::Deliver(slot));
            return;
        }
        let key = link.key;
        let hits = |bound: u64, slot: u64| bound > 0 && luck.allows(bound) && key.draw(number, slot) >> 11 < bound;
        let latency = |slot: u64| luck.latency(key.draw(number, slot));
        let (mut duplicate, mut reorder, mut delay) = (treatment.duplicate, treatment.reorder, fate.delay_ns);
        if treatment.plain && self.overlays.is_calm() {
            if hits(treatment.loss, slot::LOSS) {
                return lose(core, &mut self.packets, &mut self.tcp, Drop::Lost);
            }
        } else {
            let size = Self::size_of(&self.packets, &self.tcp, slot);
            let uses_stream = segment != NONE && self.tcp.segments.get(segment).uses();
            let sent = Sent { from, to, at: core.now, key, number, luck, size, uses_stream };
            let packet = self.packets.get_mut(slot);
            match self.rough.meet(core, &mut self.overlays, &settings.config, &sent, packet) {
                Ok(odds) => {
                    Odds { duplicate, reorder, .. } = odds;
                    delay = delay.saturating_add(odds.delay_ns);
                }
                Err(why) => {
                    lose(core, &mut self.packets, &mut self.tcp, why);
                    let dropped = core.trace.next() - 1;
                    return self.overlays.tell(&mut core.trace, dropped);
                }
            }
        }
        let takes = treatment.latency.sample(latency(slot::LATENCY));
        let now = core.now.as_nanos();
        let mut at = Time::from_nanos(now.saturating_add(takes).saturating_add(delay));
        if hits(reorder, slot::REORDER) {
            if reorder != treatment.reorder {
                self.overlays.blame(from, to, Chance::Reorder, treatment.reorder, key.draw(number, slot::REORDER));
            }
            let by = scale_draw(key.draw(number, slot::REORDER_BY), takes.saturating_mul(REORDER_SPAN));
            at += Duration::from_nanos(by);
        } else {
            at = at.max(link.last_arrival);
            link.last_arrival = at;
        }
        core.queue.push(at, Pending::Deliver(slot));
        let twice = hits(duplicate, slot::DUPLICATE);
        if twice && duplicate != treatment.duplicate {
            let draw = key.draw(number, slot::DUPLICATE);
            self.overlays.blame(from, to, Chance::Duplicate, treatment.duplicate, draw);
        }
        for _ in 0..fate.copies + u32::from(twice) {
            let takes = treatment.latency.sample(latency(slot::COPY_LATENCY));
            let copy = self.packets.copy(slot);
            if segment != NONE {
                self.packets.get_mut(copy).segment = self.tcp.segments.copy(segment);
            }
            let at = now.saturating_add(takes).saturating_add(delay);
            core.queue.push(Time::from_nanos(at), Pending::Deliver(copy));
        }
        if !self.overlays.is_calm() {
            self.overlays.tell(&mut core.trace, self.packets.get(slot).cause);
        }
    }

    /// A packet is at its destination; `up` says whether that machine is.
    #[inline]
    pub(crate) fn deliver(&mut self, core: &mut Core, slot: u32, up: impl FnOnce(ProcessId) -> bool) {
        let p = self.packets.get(slot);
        let (from, to, to_port, number, cause) = (p.from, p.to, p.to_port, p.number, p.cause);
        let pair = core.pair(from.0, to.0);
        let arrival = if self.overlays.is_calm() || from == to {
            Arrival::Free
        } else {
            self.overlays.arrives(slot, from, to, core.now)
        };
        let segment = p.segment;
        let outcome = match arrival {
            Arrival::Held => return self.overlays.tell(&mut core.trace, cause),
            Arrival::Cut => Err(Drop::Cut),
            Arrival::Free if !up(to) => Err(Drop::Unreachable),
            Arrival::Free if segment != NONE => return self.deliver_segment(core, slot),
            Arrival::Free => {
                let wake = |w| core.out.wake(&mut core.tasks, w);
                self.stacks.arrive(to, to_port, slot, &mut self.packets, wake)
            }
        };
        match outcome {
            Ok(()) => {
                let p = self.packets.get_mut(slot);
                p.cause = core.trace.next();
                core.trace.note_after(cause, core.now, (Kind::Deliver, pair, number), &p.bytes);
            }
            Err(why) => {
                core.trace.note_after(cause, core.now, (Kind::Drop, pair, (why as u64) << 56 | number), &[]);
                let dropped = core.trace.next() - 1;
                self.overlays.tell(&mut core.trace, dropped);
                self.tcp.segments.remove_if(segment);
                match why {
                    Drop::NoListener => self.refuse(core, slot),
                    _ => self.packets.remove(slot),
                }
            }
        }
    }

    pub(crate) fn overlay(&mut self, core: &mut Core, id: OverlayId, reach: Reach, change: LinkChange) {
        let begins = core.trace.next();
        core.trace.note(core.now, Kind::Overlay, u64::from(id.0), 1, &[]);
        self.overlays.lay((id, begins), reach, change, core.now);
    }

    /// Ends an overlay; what it held arrives now, in its order. False if there is none of that name.
    pub(crate) fn lift(&mut self, core: &mut Core, id: OverlayId) -> bool {
        let Some(held) = self.overlays.lift(id) else { return false };
        let ends = core.trace.next();
        core.trace.note(core.now, Kind::Overlay, u64::from(id.0), 0, &[]);
        for packet in held {
            core.trace.release(self.packets.get(packet).cause, ends);
            core.queue.push(core.now, Pending::Deliver(packet));
        }
        true
    }

    /// So many rules without a name are there now.
    pub(crate) fn set_unnamed_rules(&mut self, n: usize) {
        self.unnamed_rules = n;
        self.ruled = n > 0 || self.rules.any_on();
    }

    /// A fault wants a named rule asked, or no longer.
    pub(crate) fn switch_rule(&mut self, rule: RuleId, on: bool) {
        self.rules.switch(rule, on);
        self.set_unnamed_rules(self.unnamed_rules);
    }

    /// How many packets an overlay that is in force has treated otherwise than their link would have.
    pub(crate) fn overlay_hits(&self, id: OverlayId) -> Option<u64> {
        self.overlays.hits(id)
    }

    /// The process's sockets are gone: its machine closes its streams, or has forgotten them.
    pub(crate) fn end_process(&mut self, core: &mut Core, process: ProcessId, power_loss: bool) {
        let readers = self.stacks.close_all(process, &mut self.packets);
        core.discard(readers);
        self.tcp.end_process(process, power_loss, core.now);
        self.pipes.end_process(core, process);
        self.flush(core);
    }

    pub(crate) fn close(&mut self, socket: SocketId) -> Vec<Waiter> {
        self.stacks.close(socket, &mut self.packets)
    }
}
