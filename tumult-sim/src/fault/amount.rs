//! How much a fault does, for those whose harm grows with an amount: so that the least that still does harm can be found.

use super::What;
use crate::base::{Bandwidth, Probability};

impl What {
    /// The same with this share of its amount, from 0 to 1; `None` for what has none.
    pub(crate) fn weakened(&self, share: f64) -> Option<Self> {
        let some = |n: i64| (n as f64 * share) as i64;
        let odds = |p: &Probability| Probability::new(p.get() * share).ok();
        Some(match self {
            Self::Loss(b, p) => Self::Loss(b.clone(), odds(p)?),
            Self::Duplicate(b, p) => Self::Duplicate(b.clone(), odds(p)?),
            Self::Reorder(b, p) => Self::Reorder(b.clone(), odds(p)?),
            Self::Corrupt(b, p) => Self::Corrupt(b.clone(), odds(p)?),
            Self::CorruptHeader(b, p) => Self::CorruptHeader(b.clone(), odds(p)?),
            Self::Delay(b, d) => Self::Delay(b.clone(), d.mul_f64(share)),
            Self::Throttle(b, least) => {
                Self::Throttle(b.clone(), Bandwidth::bytes_per_second((least.get() as f64 / share) as u64))
            }
            Self::Clock(p, ns) => Self::Clock(p.clone(), some(*ns / 1_000_000) * 1_000_000),
            Self::Drift(p, ppm) => Self::Drift(p.clone(), some(*ppm)),
            Self::DiskReadErrors(p, odd) => Self::DiskReadErrors(p.clone(), odds(odd)?),
            Self::DiskWriteErrors(p, odd) => Self::DiskWriteErrors(p.clone(), odds(odd)?),
            Self::DiskSyncErrors(p, odd) => Self::DiskSyncErrors(p.clone(), odds(odd)?),
            Self::DiskSyncDrops(p, odd) => Self::DiskSyncDrops(p.clone(), odds(odd)?),
            Self::DiskSyncReverts(p, odd) => Self::DiskSyncReverts(p.clone(), odds(odd)?),
            Self::DiskSlow(p, d) => Self::DiskSlow(p.clone(), d.mul_f64(share)),
            Self::CpuTheft(p, part) => Self::CpuTheft(p.clone(), odds(part)?),
            Self::MemoryPressure(p, part) => Self::MemoryPressure(p.clone(), odds(part)?),
            _ => return None,
        })
    }

    /// Its amount in words, where [`What::weakened`] changes one.
    pub(crate) fn amount(&self) -> Option<String> {
        Some(match self {
            Self::Delay(_, d) | Self::DiskSlow(_, d) => format!("{} ms", d.as_millis()),
            Self::Throttle(_, least) => least.to_string(),
            Self::Clock(_, ns) => format!("{} ms", ns / 1_000_000),
            Self::Drift(_, ppm) => format!("{ppm} ppm"),
            Self::Loss(_, p)
            | Self::Duplicate(_, p)
            | Self::Reorder(_, p)
            | Self::Corrupt(_, p)
            | Self::CorruptHeader(_, p)
            | Self::DiskReadErrors(_, p)
            | Self::DiskWriteErrors(_, p)
            | Self::DiskSyncErrors(_, p)
            | Self::DiskSyncDrops(_, p)
            | Self::DiskSyncReverts(_, p)
            | Self::CpuTheft(_, p)
            | Self::MemoryPressure(_, p) => format!("{:.3}", p.get()),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Plan;

    fn what(text: &str) -> What {
        let plan: Plan = format!("f1 at 1s {text}").parse().unwrap();
        plan.iter().next().unwrap().what.clone()
    }

    #[test]
    fn amounts_are_weakened_and_said() {
        for (text, half) in [
            ("clock a -800ms", "-400 ms"),
            ("drift a +200ppm", "100 ppm"),
            ("loss a <-> b 0.5", "0.250"),
            ("delay a <-> b 100ms", "50 ms"),
            ("cpu-theft a 0.9", "0.450"),
            ("throttle everyone 1000B/s", &what("throttle everyone 2000B/s").amount().unwrap()),
        ] {
            assert_eq!(what(text).weakened(0.5).and_then(|w| w.amount()).as_deref(), Some(half), "{text}");
            assert_eq!(what(text).weakened(1.0).unwrap(), what(text), "{text}");
        }
        assert_eq!((what("kill a").weakened(0.5), what("kill a").amount()), (None, None));
    }
}
