//! The faults of a plan as they stand in a journal.

use std::collections::BTreeSet;

use super::Experiment;
use crate::fault::{FaultKind, Outcome, When};
use crate::journal::{BlastRadius, Epoch, FaultRecord, FaultType};

/// One for each fault, in the order of the plan.
pub(super) fn records(x: &Experiment<'_>, outcomes: &[Outcome], epoch: Epoch) -> Vec<FaultRecord> {
    let all: Vec<String> = x.processes().into_iter().map(|p| x.name(p)).filter(|name| !is_ours(name)).collect();
    let zones: Vec<BTreeSet<String>> =
        x.zone_members().into_iter().map(|zone| zone.into_iter().map(|p| x.name(p)).collect()).collect();
    outcomes
        .iter()
        .map(|outcome| {
            let mut record = record(outcome, epoch);
            record.severity = x.declared.severity;
            record.blast_radius = x.declared.blast_radius.or_else(|| Some(radius(&record.targets, &all, &zones)));
            record
        })
        .collect()
}

/// Whether a process is one that carries out an action of the experiment, and no part of the system.
fn is_ours(name: &str) -> bool {
    name == "recovery" || name.starts_with("action ") || name.starts_with("rollback ")
}

fn record(outcome: &Outcome, epoch: Epoch) -> FaultRecord {
    let fault = &outcome.fault;
    let mut record = FaultRecord::planned(fault.to_string(), fault_type(fault.what.kind()));
    record.targets = fault.what.processes().into_iter().cloned().collect();
    record.planned_epoch_ns = match fault.when {
        When::At(at) => Some(epoch.at(at)),
        When::On(_) => None,
    };
    record.met = outcome.is_met();
    record.injected_epoch_ns = outcome.injected_at.map(|at| epoch.at(at));
    record.rolled_back_epoch_ns = outcome.healed_at.map(|at| epoch.at(at));
    record.skipped.clone_from(&outcome.skipped);
    record
}

/// How far a fault of these targets reaches: one that names nobody touches everyone.
fn radius(targets: &[String], all: &[String], zones: &[BTreeSet<String>]) -> BlastRadius {
    let hit: BTreeSet<&String> = targets.iter().collect();
    if hit.len() == 1 {
        BlastRadius::SingleInstance
    } else if hit.is_empty() || all.iter().all(|name| hit.contains(name)) {
        BlastRadius::Global
    } else if zones.iter().any(|zone| zone.iter().collect::<BTreeSet<_>>() == hit) {
        BlastRadius::AvailabilityZone
    } else {
        BlastRadius::Service
    }
}

/// The word of the journal's vocabulary for a kind of fault.
fn fault_type(kind: FaultKind) -> FaultType {
    match kind {
        FaultKind::Kill | FaultKind::PowerLoss | FaultKind::Restart | FaultKind::Shutdown | FaultKind::Signal => {
            FaultType::Termination
        }
        FaultKind::Pause | FaultKind::Clock | FaultKind::Drift | FaultKind::LeapSmear => FaultType::State,
        FaultKind::Partition
        | FaultKind::Isolate
        | FaultKind::Cut
        | FaultKind::Hold
        | FaultKind::Loss
        | FaultKind::Duplicate
        | FaultKind::Reorder
        | FaultKind::Delay
        | FaultKind::Bridge
        | FaultKind::Swizzle
        | FaultKind::Flap
        | FaultKind::Corrupt
        | FaultKind::CorruptHeader
        | FaultKind::Throttle
        | FaultKind::BurstLoss
        | FaultKind::BlackHole
        | FaultKind::Reset
        | FaultKind::NameFailure
        | FaultKind::StaleName
        | FaultKind::NameChange
        | FaultKind::Rule => FaultType::Network,
        FaultKind::DiskReadErrors
        | FaultKind::DiskWriteErrors
        | FaultKind::DiskSyncErrors
        | FaultKind::DiskSyncDrops
        | FaultKind::DiskSyncReverts
        | FaultKind::DiskReadOnly
        | FaultKind::DiskBitRot
        | FaultKind::DiskBitFlips
        | FaultKind::DiskMisdirectedReads
        | FaultKind::DiskStaleReads
        | FaultKind::DiskLostWrites
        | FaultKind::DiskMisdirectedWrites => FaultType::Data,
        FaultKind::DiskFull
        | FaultKind::DiskSlow
        | FaultKind::DiskStall
        | FaultKind::DiskIops
        | FaultKind::DiskBandwidth
        | FaultKind::DescriptorLimit
        | FaultKind::CpuTheft
        | FaultKind::MemoryPressure => FaultType::ResourceStress,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reaches_as_far_as_what_it_names() {
        let names = |all: &str| all.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let zones = [names("a b").into_iter().collect(), names("c d").into_iter().collect()];
        let of = |targets: &str| radius(&names(targets), &names("a b c d"), &zones);
        assert_eq!(of("a"), BlastRadius::SingleInstance);
        assert_eq!(of("d c"), BlastRadius::AvailabilityZone);
        assert_eq!(of("b c"), BlastRadius::Service);
        assert_eq!((of("a b c d"), of("")), (BlastRadius::Global, BlastRadius::Global));
        assert!(is_ours("rollback x") && is_ours("action x") && is_ours("recovery") && !is_ours("actionable"));
    }
}
