//! What has to hold, whatever goes wrong: the properties of figure 3 of the Raft paper, and what clients are promised.

use tumult_sim::{Verdict, invariant, violated};

use crate::ledger::Ledger;

fn verdict(flaw: Option<&String>) -> Verdict {
    match flaw {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

/// Election safety: a term has at most one leader, and a life of a node that leads it is the only one.
#[invariant(id = "INV_901", tags = ["data"])]
pub fn election_safety(ledger: &Ledger) -> Verdict {
    verdict(ledger.two_leaders.as_ref())
}

/// Log matching: entries of one index and term are the same in all logs, and so are all entries before them.
#[invariant(id = "INV_902", tags = ["data"])]
pub fn log_matching(ledger: &Ledger) -> Verdict {
    verdict(ledger.logs_differ.as_ref())
}

/// Leader completeness: what was committed is in the log of every leader of a later term, so it is never lost.
#[invariant(id = "INV_903", tags = ["data"])]
pub fn leader_completeness(ledger: &Ledger) -> Verdict {
    verdict(ledger.leader_lacks.as_ref())
}

/// State-machine safety: whoever applies an entry at an index applies the same one.
#[invariant(id = "INV_904", tags = ["data"])]
pub fn state_machine_safety(ledger: &Ledger) -> Verdict {
    verdict(ledger.applied_differs.as_ref())
}

/// Fresh reads: a read is never older than the last write that was acknowledged before it began.
#[invariant(id = "INV_905", tags = ["data"])]
pub fn fresh_reads(ledger: &Ledger) -> Verdict {
    verdict(ledger.stale_read.as_ref())
}

/// Progress: when the faults are over, every client gets its answers.
#[invariant(id = "INV_906", tags = ["liveness"])]
pub fn progress(ledger: &Ledger) -> Verdict {
    match ledger.unfinished() {
        [] => Verdict::Holds,
        waiting => violated!("the clients {waiting:?} still wait for an answer"),
    }
}
