//! Outcomes of runs: JSON, and behind it the recording, which is large and of numbers.

use std::io;

use serde::{Deserialize, Serialize};

use super::failure::{FailureWire, ViolationWire};
use crate::base::{Fired, Seed, Time};
use crate::fault::{Outcome, Plan};
use crate::invariant::SiteCounts;
use crate::journal::Journal;
use crate::search::worker::link;
use crate::sim::{Drawing, RunOutcome};
use crate::trace::{Features, TraceHash};

/// A [`RunOutcome`] but for its recording.
#[derive(Debug, Serialize, Deserialize)]
struct OutcomeWire {
    seed: Seed,
    failure: Option<FailureWire>,
    trace: TraceHash,
    ended_at: Time,
    process_names: Vec<String>,
    violations: Vec<ViolationWire>,
    plan: Plan,
    faults: Vec<Outcome>,
    fired: Vec<Fired>,
    features: Option<Box<Features>>,
    workloads: Vec<Drawing>,
    journal: Option<Box<Journal>>,
    recovery_from: Option<Time>,
    sites: SiteCounts,
}

/// Writes an outcome.
pub(in crate::search::worker) fn write(to: &mut impl io::Write, outcome: RunOutcome) -> io::Result<()> {
    let RunOutcome { seed, failure, trace, ended_at, process_names, violations, faults, journal, .. } = outcome;
    let RunOutcome { recovery_from, sites, recording, plan, fired, features, workloads, .. } = outcome;
    let failure = failure.as_ref().map(FailureWire::from);
    let violations = violations.iter().map(ViolationWire::from).collect();
    #[rustfmt::skip]
    let wire = OutcomeWire {
        seed, failure, trace, ended_at, process_names, violations, plan, faults, fired, features, workloads, journal, recovery_from, sites,
    };
    link::send(to, &wire)?;
    let recording = recording.map(|recording| postcard::to_allocvec(&recording).expect("it has no maps"));
    link::write(to, &recording.unwrap_or_default())
}

/// Reads an outcome. `None` where there is none.
pub(in crate::search::worker) fn read(mut from: &[u8]) -> io::Result<Option<RunOutcome>> {
    let Some(wire) = link::receive::<OutcomeWire>(&mut from)? else { return Ok(None) };
    let mut bytes = vec![];
    if !link::read(&mut from, &mut bytes)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let recording = if bytes.is_empty() { Ok(None) } else { postcard::from_bytes(&bytes).map(Some) };
    let recording = recording.map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
    Ok(Some(RunOutcome {
        seed: wire.seed,
        failure: wire.failure.map(Into::into),
        trace: wire.trace,
        ended_at: wire.ended_at,
        process_names: wire.process_names,
        violations: wire.violations.into_iter().map(Into::into).collect(),
        plan: wire.plan,
        faults: wire.faults,
        fired: wire.fired,
        features: wire.features,
        workloads: wire.workloads,
        journal: wire.journal,
        recovery_from: wire.recovery_from,
        sites: wire.sites,
        recording,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Sim, SimConfig, Surroundings, run_once};

    #[test]
    fn a_run_reads_back_as_it_was() {
        let test = |sim: &mut Sim| {
            let a = sim.primary("a", || async { crate::time::sleep(std::time::Duration::from_secs(2)).await });
            sim.fault(crate::fault::Fault::pause(a).lasting(std::time::Duration::from_secs(1)));
            sim.run();
            panic!("in the end");
        };
        for record in [false, true] {
            let config = SimConfig { record, ..SimConfig::default() };
            let outcome = run_once(config, Surroundings::default(), &test).unwrap();
            let shown = format!("{outcome:?}");
            let recording = outcome.recording.clone();
            assert_eq!(recording.is_some(), record);
            let mut bytes = vec![];
            write(&mut bytes, outcome).unwrap();
            let mut back = read(&bytes).unwrap().unwrap();
            assert_eq!(back.recording, recording);
            // A site reads back as text, which `Debug` tells apart.
            back.recording = recording;
            assert_eq!(format!("{back:?}"), shown);
            assert!(read(&bytes[..bytes.len() - 1]).is_err(), "cut off");
        }
        assert!(read(&[]).unwrap().is_none());
    }
}
