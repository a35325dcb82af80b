//! All workers go down between a job's effect and its end.

use tumult_invariants::{ExecutionId, Status};
use tumult_sim::fault::Fault;
use tumult_sim::time::sleep;

use super::*;
use crate::job_queue::Reconciled;

/// The workers die when A has committed, and are back after 5 s; meanwhile an operator may reconcile.
fn crashed(seed: u64, operator: bool) -> (Sim, Handle, Option<tumult_sim::Process>) {
    let (mut sim, handle) = with(seed, JobQueue::new().lease(S).work(500 * MS).idempotent_commit(false));
    for fault in handle.crash_after_commit("A") {
        sim.on(at_point("worker.committed", handle.worker("A")), fault.lasting(5 * S));
    }
    handle.submit(&mut sim, "client", 100 * MS, 1);
    let operator = operator.then(|| {
        let handle = handle.clone();
        sim.primary("operator", move || {
            let handle = handle.clone();
            async move {
                sleep(3 * S).await;
                handle.reconcile().await.unwrap()
            }
        })
    });
    wait(&mut sim, 12 * S);
    (sim, handle, operator)
}

#[test]
fn a_committed_job_is_finished_and_not_attempted_again() {
    for seed in 0..50 {
        let (mut sim, handle, operator) = crashed(seed, true);
        let report = holds(&mut sim);
        let expected = Reconciled { finished: vec![ExecutionId(1)], aborted: vec![] };
        assert_eq!(report.output::<Reconciled>(operator.unwrap()), Some(&expected));
        let seen = handle.observers();
        assert_eq!(seen.effects.read(|e| e.times("client-1")), 1);
        assert_eq!(seen.transitions.read(|t| t.status(ExecutionId(1))), Some(Status::Done));
    }
}

#[test]
fn without_reconciliation_it_is_attempted_again_and_the_effect_applied_twice() {
    for seed in 0..50 {
        let (mut sim, ..) = crashed(seed, false);
        assert_eq!(violated(&mut sim), Some("INV_001"));
    }
}

/// The workers die at work: nothing is committed.
#[test]
fn an_execution_that_expired_before_its_commit_is_aborted_and_its_job_opened() {
    for seed in 0..20 {
        let (mut sim, handle) = with(seed, JobQueue::new().lease(S).work(500 * MS));
        let a = handle.worker("A");
        sim.on(at_point("worker.working", a), Fault::kill(a));
        sim.at(Duration::ZERO, Fault::kill(handle.worker("B")).lasting(5 * S));
        handle.submit(&mut sim, "client", 100 * MS, 1);
        let operator = handle.clone();
        let operator = sim.primary("operator", move || {
            let handle = operator.clone();
            async move {
                let mut lists = vec![];
                for _ in 0..2 {
                    sleep(900 * MS).await;
                    lists.push(handle.reconcile().await.unwrap());
                }
                lists
            }
        });
        let report = holds(&mut sim);
        let expected = [Reconciled::default(), Reconciled { finished: vec![], aborted: vec![ExecutionId(1)] }];
        assert_eq!(report.output::<Vec<Reconciled>>(operator).unwrap()[..], expected);
        handle.observers().transitions.read(|t| {
            assert_eq!(t.status(ExecutionId(1)), Some(Status::Aborted));
            assert_eq!(t.status(ExecutionId(2)), Some(Status::Done));
        });
    }
}
