//! What a disk is like when nothing goes wrong, and what it makes of a power loss.

use std::ops::Range;
use std::time::Duration;

use crate::base::{Bytes, Probability, nanos, scale_draw};

/// A disk: how long its operations take, how much fits, what survives a power loss.
///
/// What an operation takes is uniform within a range; an empty range (`d..d`) is always its start.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::disk::DiskConfig;
/// let spinning = DiskConfig::default().sync(Duration::from_millis(4)..Duration::from_millis(12));
/// # let _ = spinning;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiskConfig {
    pub(crate) read: Latency,
    pub(crate) write: Latency,
    pub(crate) sync: Latency,
    pub(crate) look: Latency,
    pub(crate) capacity: Option<Bytes>,
    pub(crate) survival: Probability,
    pub(crate) write_back: Bytes,
    pub(crate) iops: Option<u64>,
    pub(crate) bandwidth: Option<Bytes>,
}

impl Default for DiskConfig {
    /// A data-centre SSD: a read 80 to 100 µs, a write to the page cache 20 to 25 µs, a sync 1 to 1.2 ms;
    /// no limit on size or throughput; each pending sector survives a power loss with probability ½.
    fn default() -> Self {
        let micros = |low, high| Latency::new(Duration::from_micros(low)..Duration::from_micros(high));
        Self {
            read: micros(80, 100),
            write: micros(20, 25),
            sync: micros(1000, 1200),
            look: micros(5, 6),
            capacity: None,
            survival: Probability::new(0.5).expect("½ is a probability"),
            write_back: Bytes::mib(8),
            iops: None,
            bandwidth: None,
        }
    }
}

impl DiskConfig {
    /// How long a read takes.
    pub fn read(mut self, takes: Range<Duration>) -> Self {
        self.read = Latency::new(takes);
        self
    }

    /// How long a write takes, and whatever else changes the disk: create, rename, remove, truncate.
    pub fn write(mut self, takes: Range<Duration>) -> Self {
        self.write = Latency::new(takes);
        self
    }

    /// How long a sync takes, of a file or of a directory.
    pub fn sync(mut self, takes: Range<Duration>) -> Self {
        self.sync = Latency::new(takes);
        self
    }

    /// How long it takes to look: open, metadata, list a directory.
    pub fn look(mut self, takes: Range<Duration>) -> Self {
        self.look = Latency::new(takes);
        self
    }

    /// How many bytes of file content fit; writes over it fail with ENOSPC.
    pub const fn capacity(mut self, bytes: Bytes) -> Self {
        self.capacity = Some(bytes);
        self
    }

    /// How likely a pending sector, length or directory entry is to survive a power loss (½ unless told).
    ///
    /// # Panics
    /// When it is not within 0..=1.
    #[track_caller]
    pub fn survival<P: TryInto<Probability, Error: std::fmt::Display>>(mut self, p: P) -> Self {
        self.survival = crate::base::OrPanic::or_panic(p.try_into());
        self
    }

    /// How much unsynced data a file may have before the system writes it back on its own (8 MiB unless told), as
    /// every page cache does.
    pub const fn write_back(mut self, bytes: Bytes) -> Self {
        self.write_back = bytes;
        self
    }

    /// How many reads, writes and syncs it does in a second; what is over it waits its turn. At least 1.
    pub const fn iops(mut self, operations: u64) -> Self {
        self.iops = Some(operations);
        self
    }

    /// How many bytes it reads and writes in a second; what is over it waits its turn. At least 1.
    pub const fn bandwidth(mut self, bytes_per_second: Bytes) -> Self {
        self.bandwidth = Some(bytes_per_second);
        self
    }
}

/// How long an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Latency {
    low: Duration,
    spread_ns: u64,
}

impl Latency {
    fn new(takes: Range<Duration>) -> Self {
        Self { low: takes.start, spread_ns: nanos(takes.end.saturating_sub(takes.start)) }
    }

    pub(super) const fn at(self, draw: u64) -> Duration {
        self.low.saturating_add(Duration::from_nanos(scale_draw(draw, self.spread_ns)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_stays_in_its_range() {
        let (low, high) = (Duration::from_micros(80), Duration::from_micros(100));
        assert_eq!(Latency::new(low..high).at(0), low);
        let top = Latency::new(low..high).at(u64::MAX);
        assert!(low < top && top < high, "{top:?}");
        assert_eq!(Latency::new(high..low).at(u64::MAX), high);
        assert_eq!(Latency::new(low..low).at(u64::MAX), low);
    }

    #[test]
    #[should_panic(expected = "1.5")]
    fn a_survival_over_one_is_refused() {
        let _ = DiskConfig::default().survival(1.5);
    }
}
