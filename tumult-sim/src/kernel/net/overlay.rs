//! What faults lay over the links: cuts, holds, extra loss, duplication, delay, damage, limits. One list, empty in a calm network.

use std::collections::BTreeMap;
use std::time::Duration;

use super::rough::{Chain, Sent};
use crate::base::{Bandwidth, LinkChange, OverlayId, Probability, ProcessId, Reach, Time, nanos};
use crate::trace::Trace;

#[derive(Debug)]
struct Overlay {
    id: OverlayId,
    reach: Reach,
    change: LinkChange,
    since: Time,
    /// The chains of a burst loss, by link, and the loss of the packet that is sent.
    chains: BTreeMap<(ProcessId, ProcessId), Chain>,
    burst: Probability,
    /// What a hold keeps back, in order of arrival.
    held: Vec<u32>,
    /// How many packets it lost, held, doubled, moved, delayed or damaged.
    hits: u64,
    /// The event of the trace with which it began.
    began: u32,
}

/// Which of a packet's chances an overlay raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chance {
    Loss,
    Duplicate,
    Reorder,
    Corrupt,
    CorruptHeader,
}

impl Overlay {
    /// By how much it raises a chance of the packet that is sent.
    fn chance(&self, of: Chance) -> Option<Probability> {
        match (&self.change, of) {
            (LinkChange::Loss(p), Chance::Loss)
            | (LinkChange::Duplicate(p), Chance::Duplicate)
            | (LinkChange::Reorder(p), Chance::Reorder)
            | (LinkChange::Corrupt(p), Chance::Corrupt)
            | (LinkChange::CorruptHeader(p), Chance::CorruptHeader) => Some(*p),
            (LinkChange::BurstLoss(_), Chance::Loss) => Some(self.burst),
            _ => None,
        }
    }

    /// It treats a packet otherwise than the link would have.
    fn hit(&mut self, touched: &mut Vec<u32>) {
        self.hits += 1;
        touched.push(self.began);
    }

    /// Whether it cuts its links now.
    fn cuts(&self, now: Time) -> bool {
        match self.change {
            LinkChange::Cut => true,
            LinkChange::Flap(down, up) => {
                let for_ns = nanos(now.saturating_since(self.since));
                let period = nanos(down).saturating_add(nanos(up)).max(1);
                for_ns % period < nanos(down)
            }
            _ => false,
        }
    }
}

/// What all overlays together do to one packet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Weather {
    pub(super) cut: bool,
    pub(super) loss: Probability,
    pub(super) duplicate: Probability,
    pub(super) reorder: Probability,
    pub(super) delay: Duration,
    pub(super) corrupt: Probability,
    pub(super) corrupt_header: Probability,
    /// The least of the link's own and all that limit it.
    pub(super) bandwidth: Option<Bandwidth>,
}

/// All overlays that are in force, oldest first.
#[derive(Debug, Default)]
pub(super) struct Overlays {
    all: Vec<Overlay>,
    /// With which events those began that have treated the packet at hand.
    touched: Vec<u32>,
}

impl Overlays {
    #[inline]
    pub(super) fn is_calm(&self) -> bool {
        self.all.is_empty()
    }

    /// A new one; `began` is the event of the trace with which it begins.
    pub(super) fn lay(&mut self, (id, began): (OverlayId, u32), reach: Reach, change: LinkChange, since: Time) {
        let (chains, burst) = (BTreeMap::new(), Probability::NEVER);
        self.all.push(Overlay { id, reach, change, since, chains, burst, held: vec![], hits: 0, began });
    }

    /// Ends an overlay and gives back what it held; `None` if there is none of that name.
    pub(super) fn lift(&mut self, id: OverlayId) -> Option<Vec<u32>> {
        let at = self.all.iter().position(|o| o.id == id)?;
        Some(self.all.remove(at).held)
    }

    /// Tells the trace that this event follows from whatever overlay has treated the packet at hand.
    #[cold]
    pub(super) fn tell(&mut self, trace: &mut Trace, event: u32) {
        for began in self.touched.drain(..) {
            trace.link(event, began);
        }
    }

    /// How many packets an overlay that is in force has treated otherwise than the link would have.
    pub(super) fn hits(&self, id: OverlayId) -> Option<u64> {
        self.all.iter().find(|o| o.id == id).map(|o| o.hits)
    }

    /// A packet whose chance was `base` by its link, as a bound on 53 bits, had bad luck with `draw`: the first overlay without which it would
    /// not have had counts it as its own.
    #[cold]
    pub(super) fn blame(&mut self, from: ProcessId, to: ProcessId, of: Chance, base: u64, draw: u64) {
        let mut sum = base;
        for o in self.all.iter_mut().filter(|o| o.reach.covers(from, to)) {
            if draw >> 11 < sum {
                return;
            }
            let Some(p) = o.chance(of) else { continue };
            sum = either(sum, p);
            if draw >> 11 < sum {
                o.hit(&mut self.touched);
            }
        }
    }

    /// What happens to a packet that is sent now on a link of this bandwidth.
    #[cold]
    pub(super) fn weather(&mut self, sent: &Sent, bandwidth: Option<Bandwidth>) -> Weather {
        let mut w = Weather { bandwidth, ..Weather::default() };
        for o in self.all.iter_mut().filter(|o| o.reach.covers(sent.from, sent.to)) {
            if o.cuts(sent.at) {
                w.cut = true;
                o.hit(&mut self.touched);
            }
            match o.change {
                LinkChange::BlackHole => {
                    w.cut |= sent.uses_stream;
                    if sent.uses_stream {
                        o.hit(&mut self.touched);
                    }
                }
                LinkChange::Cut | LinkChange::Flap(..) | LinkChange::Hold => {}
                LinkChange::Loss(p) => w.loss = add(w.loss, p),
                LinkChange::Duplicate(p) => w.duplicate = add(w.duplicate, p),
                LinkChange::Reorder(p) => w.reorder = add(w.reorder, p),
                LinkChange::Delay(d) => {
                    w.delay += d;
                    o.hit(&mut self.touched);
                }
                LinkChange::Corrupt(p) => w.corrupt = add(w.corrupt, p),
                LinkChange::CorruptHeader(p) => w.corrupt_header = add(w.corrupt_header, p),
                LinkChange::Throttle(limit) => {
                    if w.bandwidth.is_none_or(|bandwidth| limit < bandwidth) {
                        w.bandwidth = Some(limit);
                        o.hit(&mut self.touched);
                    }
                }
                LinkChange::BurstLoss(burst) => {
                    let chain = o.chains.entry((sent.from, sent.to)).or_default();
                    o.burst = chain.loss(&burst, sent.key, sent.number);
                    if sent.luck.odds {
                        w.loss = add(w.loss, o.burst);
                    }
                }
            }
        }
        w
    }

    /// What happens to a packet that would arrive now: lost on a cut link, kept by a hold (`Err`), or it arrives.
    #[cold]
    pub(super) fn arrives(&mut self, packet: u32, from: ProcessId, to: ProcessId, now: Time) -> Arrival {
        for o in self.all.iter_mut().filter(|o| o.reach.covers(from, to)) {
            if o.cuts(now) {
                o.hit(&mut self.touched);
                return Arrival::Cut;
            }
            if o.change == LinkChange::Hold {
                o.held.push(packet);
                o.hit(&mut self.touched);
                return Arrival::Held;
            }
        }
        Arrival::Free
    }
}

/// What overlays do to an arriving packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Free,
    Cut,
    Held,
}

/// The probability that at least one of two independent things happens.
fn add(a: Probability, b: Probability) -> Probability {
    Probability::new(1.0 - (1.0 - a.get()) * (1.0 - b.get())).unwrap_or(Probability::ALWAYS)
}

/// The same, with the first given as a bound on 53 bits, and the result too.
pub(super) fn either(bound: u64, p: Probability) -> u64 {
    if !p.possible() {
        return bound;
    }
    let a = bound as f64 / 9_007_199_254_740_992.0;
    Probability::new(1.0 - (1.0 - a) * (1.0 - p.get())).unwrap_or(Probability::ALWAYS).bound()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Counter;
    use crate::kernel::net::chosen::Luck;

    #[test]
    fn overlays_add_up_and_lift() {
        let (a, b, c) = (ProcessId(0), ProcessId(1), ProcessId(2));
        let reach = |both_ways| Reach { from: [a].into_iter().collect(), to: [b].into_iter().collect(), both_ways };
        let mut all = Overlays::default();
        all.lay((OverlayId(1), 0), reach(false), LinkChange::Cut, Time::ZERO);
        all.lay((OverlayId(2), 0), reach(true), LinkChange::Delay(Duration::from_millis(5)), Time::ZERO);
        all.lay((OverlayId(3), 0), reach(true), LinkChange::Delay(Duration::from_millis(2)), Time::ZERO);
        let mut weather = |from, to| {
            all.weather(
                &Sent {
                    from,
                    to,
                    at: Time::ZERO,
                    key: Counter::ZERO,
                    number: 0,
                    luck: Luck::DRAWN,
                    size: 36,
                    uses_stream: false,
                },
                None,
            )
        };
        assert!(weather(a, b).cut && !weather(b, a).cut && !weather(a, c).cut);
        assert_eq!(weather(b, a).delay, Duration::from_millis(7));
        assert_eq!(all.arrives(9, a, b, Time::ZERO), Arrival::Cut);
        assert_eq!(all.lift(OverlayId(1)), Some(vec![]));
        assert_eq!(all.lift(OverlayId(1)), None);
        all.lay((OverlayId(4), 0), reach(false), LinkChange::Hold, Time::ZERO);
        let mut arrives = |packet| all.arrives(packet, a, b, Time::ZERO);
        assert_eq!((arrives(9), arrives(7)), (Arrival::Held, Arrival::Held));
        assert_eq!(all.hits(OverlayId(4)), Some(2));
        assert_eq!(all.lift(OverlayId(4)), Some(vec![9, 7]));
        assert_eq!(all.hits(OverlayId(4)), None);
    }

    #[test]
    fn an_overlay_counts_what_would_not_have_happened_without_it() {
        let (a, b) = (ProcessId(0), ProcessId(1));
        let reach = Reach { from: [a].into_iter().collect(), to: [b].into_iter().collect(), both_ways: false };
        let mut all = Overlays::default();
        let half = Probability::new(0.5).unwrap();
        all.lay((OverlayId(1), 0), reach.clone(), LinkChange::Loss(half), Time::ZERO);
        all.lay((OverlayId(2), 0), reach.clone(), LinkChange::Duplicate(Probability::ALWAYS), Time::ZERO);
        all.lay((OverlayId(3), 0), reach, LinkChange::Loss(Probability::ALWAYS), Time::ZERO);
        let quarter = Probability::new(0.25).unwrap();
        let mut lose =
            |fraction: f64| all.blame(a, b, Chance::Loss, quarter.bound(), (fraction * libm::exp2(64.0)) as u64);
        lose(0.2); // the link itself
        lose(0.3); // the first overlay: 0.25 and 0.5 make 0.625
        lose(0.6);
        lose(0.7); // the other one
        assert_eq!([1, 2, 3].map(|n| all.hits(OverlayId(n))), [Some(2), Some(0), Some(1)]);
    }
}
