//! Setting links.

use std::time::Duration;

use crate::base::{OrPanic, Probability, ProcessId};
use crate::context::Run;
use crate::net::{Latency, LinkConfig};

/// Sets links: each call holds at once, for what is sent from then on.
#[derive(Debug)]
pub struct LinkSetter<'a> {
    run: &'a Run,
    /// Empty: the default of all links.
    pairs: Vec<(ProcessId, ProcessId)>,
}

impl<'a> LinkSetter<'a> {
    pub(super) fn new(run: &'a Run, pairs: Vec<(ProcessId, ProcessId)>) -> Self {
        Self { run, pairs }
    }

    /// All settings at once.
    pub fn set(self, config: LinkConfig) -> Self {
        self.change(|c| *c = config)
    }

    fn change(self, change: impl Fn(&mut LinkConfig)) -> Self {
        let net = &mut self.run.world.borrow_mut().net;
        if self.pairs.is_empty() {
            net.links.change_default(&change);
        }
        for (from, to) in &self.pairs {
            let mut config = net.config(*from, *to);
            change(&mut config);
            net.set_config(*from, *to, config);
        }
        self
    }

    /// How long a packet takes.
    pub fn latency(self, latency: Latency) -> Self {
        self.change(|c| c.latency = latency)
    }

    /// Every packet takes this long.
    pub fn constant_latency(self, latency: Duration) -> Self {
        self.latency(Latency::Constant(latency))
    }

    /// How likely a packet is lost.
    ///
    /// # Panics
    /// When it is not within 0..=1.
    #[track_caller]
    pub fn loss(self, p: impl TryInto<Probability, Error: std::fmt::Display>) -> Self {
        let p = p.try_into().or_panic();
        self.change(|c| c.loss = p)
    }

    /// How likely a packet arrives twice.
    ///
    /// # Panics
    /// When it is not within 0..=1.
    #[track_caller]
    pub fn duplicate(self, p: impl TryInto<Probability, Error: std::fmt::Display>) -> Self {
        let p = p.try_into().or_panic();
        self.change(|c| c.duplicate = p)
    }

    /// How likely a packet falls behind later ones. Without, a link keeps its order.
    ///
    /// # Panics
    /// When it is not within 0..=1.
    #[track_caller]
    pub fn reorder(self, p: impl TryInto<Probability, Error: std::fmt::Display>) -> Self {
        let p = p.try_into().or_panic();
        self.change(|c| c.reorder = p)
    }
}
