//! What faults lay over the links: cuts, holds, extra loss, duplication, delay. One list, empty in a calm network.

use std::time::Duration;

use crate::base::{LinkChange, OverlayId, Probability, ProcessId, Reach};

#[derive(Debug)]
struct Overlay {
    id: OverlayId,
    reach: Reach,
    change: LinkChange,
    /// What a hold keeps back, in order of arrival.
    held: Vec<u32>,
}

/// What all overlays together do to one packet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Weather {
    pub(super) cut: bool,
    pub(super) loss: Probability,
    pub(super) duplicate: Probability,
    pub(super) reorder: Probability,
    pub(super) delay: Duration,
}

/// All overlays that are in force, oldest first.
#[derive(Debug, Default)]
pub(super) struct Overlays(Vec<Overlay>);

impl Overlays {
    #[inline]
    pub(super) fn is_calm(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn lay(&mut self, id: OverlayId, reach: Reach, change: LinkChange) {
        self.0.push(Overlay { id, reach, change, held: vec![] });
    }

    /// Ends an overlay and gives back what it held; `None` if there is none of that name.
    pub(super) fn lift(&mut self, id: OverlayId) -> Option<Vec<u32>> {
        let at = self.0.iter().position(|o| o.id == id)?;
        Some(self.0.remove(at).held)
    }

    /// What happens to a packet that is sent now.
    #[cold]
    pub(super) fn weather(&self, from: ProcessId, to: ProcessId) -> Weather {
        let mut w = Weather::default();
        for o in self.0.iter().filter(|o| o.reach.covers(from, to)) {
            match o.change {
                LinkChange::Cut => w.cut = true,
                LinkChange::Hold => {}
                LinkChange::Loss(p) => w.loss = add(w.loss, p),
                LinkChange::Duplicate(p) => w.duplicate = add(w.duplicate, p),
                LinkChange::Reorder(p) => w.reorder = add(w.reorder, p),
                LinkChange::Delay(d) => w.delay += d,
            }
        }
        w
    }

    /// What happens to a packet that would arrive now: lost on a cut link, kept by a hold (`Err`), or it arrives.
    #[cold]
    pub(super) fn arrives(&mut self, packet: u32, from: ProcessId, to: ProcessId) -> Arrival {
        for o in self.0.iter_mut().filter(|o| o.reach.covers(from, to)) {
            match o.change {
                LinkChange::Cut => return Arrival::Cut,
                LinkChange::Hold => {
                    o.held.push(packet);
                    return Arrival::Held;
                }
                _ => {}
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

    #[test]
    fn overlays_add_up_and_lift() {
        let (a, b, c) = (ProcessId(0), ProcessId(1), ProcessId(2));
        let reach = |both_ways| Reach { from: [a].into_iter().collect(), to: [b].into_iter().collect(), both_ways };
        let mut all = Overlays::default();
        all.lay(OverlayId(1), reach(false), LinkChange::Cut);
        all.lay(OverlayId(2), reach(true), LinkChange::Delay(Duration::from_millis(5)));
        all.lay(OverlayId(3), reach(true), LinkChange::Delay(Duration::from_millis(2)));
        assert!(all.weather(a, b).cut && !all.weather(b, a).cut && !all.weather(a, c).cut);
        assert_eq!(all.weather(b, a).delay, Duration::from_millis(7));
        assert_eq!(all.arrives(9, a, b), Arrival::Cut);
        assert_eq!(all.lift(OverlayId(1)), Some(vec![]));
        assert_eq!(all.lift(OverlayId(1)), None);
        all.lay(OverlayId(4), reach(false), LinkChange::Hold);
        assert_eq!((all.arrives(9, a, b), all.arrives(7, a, b)), (Arrival::Held, Arrival::Held));
        assert_eq!(all.lift(OverlayId(4)), Some(vec![9, 7]));
    }
}
