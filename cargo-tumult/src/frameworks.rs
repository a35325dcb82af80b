//! Which run is evidence for which requirement of a regulatory framework.
//!
//! A run shows a capability by what is in its journal: it tried a scenario, it measured recovery, it looked at data. Each
//! framework asks for some of these in requirements of its own (lifecycle specification, "Where it goes"). A run also
//! counts for a requirement that its author names with `x.regulatory(…)`: nothing in a journal tells whether a scenario
//! came from what is known of real attackers.

use clap::ValueEnum;
use tumult_sim::journal::{Journal, Status, Stored};

/// A regulatory framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Framework {
    /// The EU's Digital Operational Resilience Act.
    #[value(name = "DORA")]
    Dora,
    /// The EU's second directive on network and information security.
    #[value(name = "NIS2")]
    Nis2,
    /// The Payment Card Industry's Data Security Standard, 4.0.
    #[value(name = "PCI-DSS")]
    PciDss,
}

/// What a run can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capability {
    Scenario,
    Recovery,
    Frequency,
    DataIntegrity,
    ThreatLed,
    Segmentation,
    AuditTrail,
}

use Capability::{AuditTrail, DataIntegrity, Frequency, Recovery, Scenario, Segmentation, ThreatLed};

impl Framework {
    /// As the journals name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dora => "DORA",
            Self::Nis2 => "NIS2",
            Self::PciDss => "PCI-DSS",
        }
    }

    /// Its requirements, in the order of their numbers, each with the capabilities that are evidence for it.
    pub(crate) const fn requirements(self) -> &'static [(&'static str, &'static [Capability])] {
        match self {
            Self::Dora => &[
                ("Art. 11", &[Recovery, DataIntegrity]),
                ("Art. 24", &[Frequency, AuditTrail]),
                ("Art. 25", &[Scenario]),
                ("Art. 26", &[ThreatLed]),
            ],
            Self::Nis2 => &[("21(2)(c)", &[Recovery, DataIntegrity]), ("21(2)(f)", &[Scenario, Frequency, AuditTrail])],
            Self::PciDss => &[
                ("10.7", &[AuditTrail]),
                ("11.4", &[ThreatLed]),
                ("11.4.1", &[Scenario]),
                ("11.4.2", &[Frequency]),
                ("11.4.4", &[Frequency]),
                ("11.4.5", &[Segmentation]),
                ("12.10.2", &[Recovery]),
            ],
        }
    }
}

impl Capability {
    /// In words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Scenario => "scenario tests",
            Recovery => "recovery",
            Frequency => "frequency and trend",
            DataIntegrity => "data integrity",
            ThreatLed => "threat-led tests",
            Segmentation => "segmentation",
            AuditTrail => "audit trail",
        }
    }

    /// Whether the run shows it. One that was aborted, or that no fault reached, tried nothing.
    fn is_shown(self, stored: &Stored) -> bool {
        let j = &stored.journal;
        let tried = j.status != Status::Aborted && j.during.is_some() && j.faults.iter().any(|f| f.met);
        match self {
            Scenario => tried,
            Recovery => tried && j.post.is_some(),
            Frequency => tried && stored.run.trend_run_count > 1,
            DataIntegrity => tried && j.post.as_ref().is_some_and(|p| p.data_integrity_verified.is_some()),
            // Only its author can say so.
            ThreatLed => false,
            Segmentation => tried && j.faults.iter().any(|f| f.met && parts(&f.fault)),
            // What makes the run again, byte for byte, is in it.
            AuditTrail => tried && j.replay_token.is_some(),
        }
    }
}

/// Whether a fault, in the words of its plan, parts the network.
fn parts(fault: &str) -> bool {
    fault.split_whitespace().any(|word| matches!(word, "partition" | "isolate" | "cut" | "bridge" | "black-hole"))
}

/// Whether the run is evidence for the requirement.
pub(crate) fn is_evidence(stored: &Stored, framework: Framework, id: &str, capabilities: &[Capability]) -> bool {
    names(&stored.journal, framework, id) || capabilities.iter().any(|c| c.is_shown(stored))
}

fn names(journal: &Journal, framework: Framework, id: &str) -> bool {
    journal.regulatory.iter().any(|r| r.framework == framework.name() && r.requirement == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the specification, capability by capability.
    #[test]
    fn requirements_are_those_of_the_specification() {
        let of = |framework: Framework, capability: Capability| -> String {
            let all = framework.requirements().iter().filter(|(_, c)| c.contains(&capability));
            all.map(|(id, _)| *id).collect::<Vec<_>>().join(", ")
        };
        for (capability, dora, nis2, pci) in [
            (Scenario, "Art. 25", "21(2)(f)", "11.4.1"),
            (Recovery, "Art. 11", "21(2)(c)", "12.10.2"),
            (Frequency, "Art. 24", "21(2)(f)", "11.4.2, 11.4.4"),
            (DataIntegrity, "Art. 11", "21(2)(c)", ""),
            (ThreatLed, "Art. 26", "", "11.4"),
            (Segmentation, "", "", "11.4.5"),
            (AuditTrail, "Art. 24", "21(2)(f)", "10.7"),
        ] {
            let found = [Framework::Dora, Framework::Nis2, Framework::PciDss].map(|f| of(f, capability));
            assert_eq!(found, [dora, nis2, pci], "{}", capability.as_str());
        }
    }

    #[test]
    fn a_fault_parts_the_network_or_does_not() {
        assert!(parts("t1 at 6.000s partition {n1} | {n2} for 5s") && parts("t2 at 1.000s isolate n1"));
        assert!(!parts("t1 at 6.000s kill partitioner"));
    }
}
