//! Setting links.

use std::time::Duration;

use crate::base::{Bandwidth, BurstLoss, Bytes, OrPanic, Probability, ProcessId};
use crate::context::Run;
use crate::net::{Latency, LinkConfig};

/// Sets links: each call holds at once, for what is sent from then on.
#[derive(Debug)]
pub struct LinkSetter<'a> {
    run: &'a Run,
    which: Which,
}

/// The links that are set.
#[derive(Debug)]
pub(super) enum Which {
    /// All that are not set on their own.
    All,
    /// Those from the first to the second of each pair.
    Pairs(Vec<(ProcessId, ProcessId)>),
    /// Those from the first zone to the second that are not set on their own.
    Zones(Vec<(u32, u32)>),
}

impl<'a> LinkSetter<'a> {
    pub(super) fn new(run: &'a Run, which: Which) -> Self {
        Self { run, which }
    }

    /// All settings at once.
    pub fn set(self, config: LinkConfig) -> Self {
        self.change(|c| *c = config)
    }

    fn change(self, change: impl Fn(&mut LinkConfig)) -> Self {
        let net = &mut self.run.world.borrow_mut().net;
        match &self.which {
            Which::All => net.links.change_default(&change),
            Which::Pairs(pairs) => pairs.iter().for_each(|(from, to)| {
                let mut config = net.config(*from, *to);
                change(&mut config);
                net.set_config(*from, *to, config);
            }),
            Which::Zones(pairs) => pairs.iter().for_each(|(from, to)| net.links.change_zones(*from, *to, &change)),
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

    /// On top of the latency, each packet takes a uniform time from 0 to this. The link keeps its order.
    pub fn jitter(self, most: Duration) -> Self {
        self.change(|c| c.jitter = most)
    }

    /// How many bytes pass in a second, headers included: each packet takes its time to be sent, and waits for those
    /// before it.
    ///
    /// # Panics
    /// When it is 0.
    #[track_caller]
    pub fn bandwidth(self, bandwidth: Bandwidth) -> Self {
        assert!(bandwidth.get() > 0, "failed to set a bandwidth of 0: nothing would pass; cut the link instead");
        self.change(|c| c.bandwidth = Some(bandwidth))
    }

    /// How many bytes may wait for the bandwidth; what comes then is lost. 256 KiB by default.
    pub fn queue(self, queue: Bytes) -> Self {
        self.change(|c| c.queue = queue)
    }

    /// Losses that come in bursts, on top of [`loss`](Self::loss).
    pub fn burst_loss(self, burst: BurstLoss) -> Self {
        self.change(|c| c.burst_loss = Some(burst))
    }

    /// How likely one to three bits of a packet's payload flip. A segment of a stream is lost then, by its checksum.
    ///
    /// # Panics
    /// When it is not within 0..=1.
    #[track_caller]
    pub fn corrupt(self, p: impl TryInto<Probability, Error: std::fmt::Display>) -> Self {
        let p = p.try_into().or_panic();
        self.change(|c| c.corrupt = p)
    }

    /// How likely a packet's header is damaged: it is lost by its checksum, or, one time in four, comes to another port.
    ///
    /// # Panics
    /// When it is not within 0..=1.
    #[track_caller]
    pub fn corrupt_header(self, p: impl TryInto<Probability, Error: std::fmt::Display>) -> Self {
        let p = p.try_into().or_panic();
        self.change(|c| c.corrupt_header = p)
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
