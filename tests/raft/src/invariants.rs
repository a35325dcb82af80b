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

#[cfg(test)]
mod tests {
    use tumult_sim::Time;

    use super::*;
    use crate::ledger::{Digest, Life};
    use crate::message::Versioned;

    const A: Life = Life { node: 1, life: 1 };
    const B: Life = Life { node: 2, life: 1 };

    fn entry(term: u64, data: u32) -> Digest {
        Digest { term, data }
    }

    fn ledger(tell: impl Fn(&mut Ledger)) -> Ledger {
        let mut ledger = Ledger::default();
        tell(&mut ledger);
        ledger
    }

    #[track_caller]
    fn says(verdict: &Verdict, what: &str) {
        assert!(matches!(verdict, Verdict::Violated(said) if said.contains(what)), "{verdict:?}");
    }

    #[test]
    fn two_leaders_of_one_term_and_two_lives_of_one() {
        let leads = |who: &[(Life, u64)]| ledger(|l| who.iter().for_each(|(who, term)| l.leads(*who, *term, |_| None)));
        assert!(election_safety(&leads(&[(A, 1), (A, 1), (B, 2), (A, 3)])).holds());
        says(&election_safety(&leads(&[(A, 1), (B, 1)])), "term 1 is led by n2 in life 1 and by n1 in life 1");
        says(&election_safety(&leads(&[(A, 1), (Life { life: 2, ..A }, 1)])), "n1 in life 2 and by n1 in life 1");
    }

    #[test]
    fn logs_that_differ_in_an_entry_or_before_it() {
        let logs = |theirs: Digest, before| {
            ledger(|l| {
                l.logs(A, 2, entry(3, 7), 1);
                l.logs(B, 2, theirs, before);
            })
        };
        assert!(log_matching(&logs(entry(3, 7), 1)).holds());
        assert!(log_matching(&logs(entry(4, 8), 2)).holds(), "of another term: it will be overwritten");
        says(&log_matching(&logs(entry(3, 8), 1)), "says one thing in the log of n2");
        says(&log_matching(&logs(entry(3, 7), 2)), "is behind one of term 2");
    }

    #[test]
    fn a_leader_without_a_committed_entry() {
        let leads = |term, has: Option<u64>| {
            ledger(|l| {
                l.applies(A, 5, 1, entry(4, 7));
                l.leads(B, term, |_| has);
            })
        };
        assert!(leader_completeness(&leads(6, Some(4))).holds());
        assert!(leader_completeness(&leads(5, None)).holds(), "it may be elected before the entry was committed");
        says(&leader_completeness(&leads(6, None)), "n2 in life 1 leads in term 6 without entry 1 of term 4");
        says(&leader_completeness(&leads(6, Some(5))), "without entry 1");
    }

    #[test]
    fn an_index_at_which_two_entries_are_applied() {
        let applies = |theirs| {
            ledger(|l| {
                l.applies(A, 5, 1, entry(4, 7));
                l.applies(B, 6, 1, theirs);
            })
        };
        assert!(state_machine_safety(&applies(entry(4, 7))).holds());
        says(&state_machine_safety(&applies(entry(5, 7))), "entry 1 is of term 4 where n1 in life 1 applied it");
        says(&state_machine_safety(&applies(entry(4, 8))), "entry 1");
    }

    #[test]
    fn a_read_that_is_older_than_what_was_acknowledged() {
        let reads = |index| {
            ledger(|l| {
                l.acknowledges(0, Versioned { value: 10, index: 5 });
                l.acknowledges(0, Versioned { value: 9, index: 4 });
                let floor = l.acknowledged(0);
                l.acknowledges(0, Versioned { value: 11, index: 6 });
                l.reads(1, 0, floor, Time::ZERO, Versioned { value: 1, index });
            })
        };
        assert!(fresh_reads(&reads(5)).holds() && fresh_reads(&reads(7)).holds());
        says(&fresh_reads(&reads(4)), "got 1 of entry 4; 10 of entry 5 was acknowledged before");
    }

    #[test]
    fn a_client_that_waits() {
        let mut ledger = ledger(|l| l.starts_work(2));
        says(&progress(&ledger), "[2] still wait");
        ledger.finishes_work(2);
        assert!(progress(&ledger).holds());
    }
}
