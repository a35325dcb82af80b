//! How much a disk does in a second: operations over its budget wait for those before them.

use std::time::Duration;

use crate::base::{Bytes, Time};

const SECOND_NS: u128 = 1_000_000_000;

/// The operations and bytes that a disk does in a second, and until when it is busy with what it was given.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Throughput {
    pub(super) iops: Option<u64>,
    pub(super) bandwidth: Option<Bytes>,
    busy_until: Time,
    /// Operations that took longer because of either.
    pub(super) iops_felt: u64,
    pub(super) bandwidth_felt: u64,
}

impl Throughput {
    pub(super) fn new(iops: Option<u64>, bandwidth: Option<Bytes>) -> Self {
        Self { iops, bandwidth, ..Self::default() }
    }

    /// How much longer an operation of so many bytes takes: until those before it are done, and it is.
    pub(super) fn take(&mut self, now: Time, bytes: u64) -> Duration {
        if self.iops.is_none() && self.bandwidth.is_none() {
            return Duration::ZERO;
        }
        let share = |of: u64, a_second: u64| u128::from(of) * SECOND_NS / u128::from(a_second.max(1));
        let by_iops = self.iops.map_or(0, |iops| share(1, iops));
        let by_bandwidth = self.bandwidth.map_or(0, |b| share(bytes, b.0));
        let takes = Duration::from_nanos(u64::try_from(by_iops.max(by_bandwidth)).unwrap_or(u64::MAX));
        self.iops_felt += u64::from(by_iops > 0);
        self.bandwidth_felt += u64::from(by_bandwidth > 0);
        self.busy_until = self.busy_until.max(now) + takes;
        self.busy_until - now
    }

    /// The machine starts anew: nothing is queued.
    pub(super) const fn clear(&mut self) {
        self.busy_until = Time::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_queue_behind_each_other() {
        let ms = Duration::from_millis;
        let at = |n| Time::ZERO + ms(n);
        let mut disk = Throughput { iops: Some(100), ..Throughput::default() };
        assert_eq!([disk.take(at(0), 1), disk.take(at(0), 1), disk.take(at(15), 1)], [ms(10), ms(20), ms(15)]);
        assert_eq!(disk.take(at(1000), 1), ms(10), "it was idle meanwhile, and saved nothing");
        disk.bandwidth = Some(Bytes(1000));
        assert_eq!(disk.take(at(2000), 500), ms(500), "the scarcer of the two decides");
        assert_eq!((disk.iops_felt, disk.bandwidth_felt), (5, 1));
        assert_eq!(Throughput::default().take(at(0), u64::MAX), Duration::ZERO);
    }
}
