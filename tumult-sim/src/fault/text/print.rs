//! Printing plans.

use std::fmt;

use super::lex::name;
use super::span::{print, print_signed};
use crate::base::nanos;
use crate::fault::{Between, Condition, Plan, PlannedFault, What, When};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

impl fmt::Display for PlannedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", name(&self.id), self.when, self.what)?;
        self.lasts.map_or(Ok(()), |d| write!(f, " for {}", print(nanos(d))))
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(t) => write!(f, "at {t}"),
            Self::On(condition) => write!(f, "on {condition}"),
        }
    }
}

impl fmt::Display for Condition<String> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "point {}", name(&self.point))?;
        if let Some(process) = &self.by {
            write!(f, " by {}", name(process))?;
        }
        write!(f, " #{}", self.nth)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        match self {
            Self::Kill(p)
            | Self::PowerLoss(p)
            | Self::Restart(p)
            | Self::Pause(p)
            | Self::Isolate(p)
            | Self::DiskStall(p)
            | Self::Reset(p)
            | Self::DiskReadOnly(p) => write!(f, " {}", name(p)),
            Self::Shutdown(p, grace) => write!(f, " {} grace {}", name(p), print(nanos(*grace))),
            Self::Signal(p, signal) => write!(f, " {} {signal}", name(p)),
            Self::Partition(sides) => groups(f, sides),
            Self::Cut(from, to) => write!(f, " {} -> {}", name(from), name(to)),
            Self::Hold(b) | Self::BlackHole(b) => write!(f, " {b}"),
            Self::Loss(b, p)
            | Self::Duplicate(b, p)
            | Self::Reorder(b, p)
            | Self::Corrupt(b, p)
            | Self::CorruptHeader(b, p) => write!(f, " {b} {p}"),
            Self::Bridge(via, sides) => {
                write!(f, " {}", name(via))?;
                groups(f, sides)
            }
            Self::Swizzle(clog, unclog, step) => {
                write!(f, " {} back {} every {}", group(clog), group(unclog), print(nanos(*step)))
            }
            Self::Flap(b, down, up) => write!(f, " {b} down {} up {}", print(nanos(*down)), print(nanos(*up))),
            Self::Throttle(b, bandwidth) => write!(f, " {b} {bandwidth}"),
            Self::BurstLoss(b, enter, leave) => write!(f, " {b} enter {enter} leave {leave}"),
            Self::Rule(what) | Self::StaleName(what) => write!(f, " {}", name(what)),
            Self::NameFailure(what, how) => write!(f, " {} {how}", name(what)),
            Self::NameChange(what, to) => write!(f, " {} {}", name(what), group(to)),
            Self::Delay(b, d) => write!(f, " {b} {}", print(nanos(*d))),
            Self::Clock(p, ns) => write!(f, " {} {}", name(p), print_signed(*ns)),
            Self::Drift(p, ppm) => write!(f, " {} {ppm:+}ppm", name(p)),
            Self::DiskReadErrors(p, x)
            | Self::DiskWriteErrors(p, x)
            | Self::DiskSyncErrors(p, x)
            | Self::CpuTheft(p, x)
            | Self::MemoryPressure(p, x)
            | Self::DiskSyncDrops(p, x)
            | Self::DiskSyncReverts(p, x) => write!(f, " {} {x}", name(p)),
            Self::DiskIops(p, n) => write!(f, " {} {n}", name(p)),
            Self::DescriptorLimit(p, n) => write!(f, " {} {n}", name(p)),
            Self::DiskLatent(p, _, x, zone) => {
                write!(f, " {} {x}", name(p))?;
                zone.under.as_ref().map_or(Ok(()), |under| write!(f, " under {}", name(under)))?;
                zone.part.map_or(Ok(()), |part| write!(f, " part {part}"))
            }
            Self::DiskFull(p, bytes) | Self::DiskBandwidth(p, bytes) => write!(f, " {} {}B", name(p), bytes.0),
            Self::DiskSlow(p, d) | Self::LeapSmear(p, d) => write!(f, " {} {}", name(p), print(nanos(*d))),
        }
    }
}

fn groups(f: &mut fmt::Formatter<'_>, groups: &[Vec<String>]) -> fmt::Result {
    let groups: Vec<String> = groups.iter().map(|g| group(g)).collect();
    write!(f, " {}", groups.join(" | "))
}

fn group(processes: &[String]) -> String {
    let names: Vec<String> = processes.iter().map(|p| name(p)).collect();
    format!("{{{}}}", names.join(","))
}

impl fmt::Display for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Two(a, b) => write!(f, "{} <-> {}", name(a), name(b)),
            Self::Everyone => f.write_str("everyone"),
        }
    }
}
