//! What the store refuses.

use tumult_invariants::{ExecutionId, Status};
use tumult_sim::net::rpc::Client;
use tumult_sim::time::sleep;

use super::super::Refusal;
use super::super::messages::{PORT, StoreReply, StoreRequest};
use super::*;

/// A process that asks the store, in turn, to do these things, and gives its answers.
fn asks(sim: &mut Sim, store: tumult_sim::Process, requests: Vec<(Duration, StoreRequest)>) -> tumult_sim::Process {
    sim.primary("intruder", move || {
        let requests = requests.clone();
        async move {
            let store = Client::<StoreRequest, StoreReply>::connect((store, PORT)).await.unwrap();
            let mut replies = vec![];
            for (pause, request) in requests {
                sleep(pause).await;
                replies.push(store.call(&request, S).await.unwrap());
            }
            replies
        }
    })
}

fn submit() -> StoreRequest {
    StoreRequest::Submit { key: "k".into(), payload: vec![] }
}

fn lease() -> StoreRequest {
    StoreRequest::Lease { worker: "X".into() }
}

fn progress(execution: u64, to: Status) -> StoreRequest {
    StoreRequest::Progress { execution: ExecutionId(execution), to }
}

/// No workers: the intruder is the only one.
fn alone(queue: JobQueue, requests: Vec<(Duration, StoreRequest)>) -> (Sim, tumult_sim::Process) {
    let (mut sim, handle) = with(1, queue.workers([]).lease(S));
    let intruder = asks(&mut sim, handle.store(), requests);
    (sim, intruder)
}

fn replies(queue: JobQueue, requests: Vec<(Duration, StoreRequest)>) -> Vec<StoreReply> {
    let (mut sim, intruder) = alone(queue, requests);
    holds(&mut sim).output::<Vec<StoreReply>>(intruder).unwrap().clone()
}

#[test]
fn undeclared_transitions_are_refused() {
    use Status::{Aborted, Committed, Done, InProgress, Leased};
    let steps = [Done, Committed, InProgress, InProgress, Leased, Done, Committed, Aborted, InProgress, Done, Aborted];
    let mut requests = vec![(Duration::ZERO, submit()), (Duration::ZERO, lease())];
    requests.extend(steps.map(|to| (Duration::ZERO, progress(1, to))));
    requests.push((Duration::ZERO, progress(9, Done)));
    let undeclared = |from, to| StoreReply::Refused(Refusal::Undeclared { from, to });
    assert_eq!(
        replies(JobQueue::new(), requests)[2..],
        [
            undeclared(Leased, Done),
            undeclared(Leased, Committed),
            StoreReply::Progressed,
            StoreReply::Progressed,
            undeclared(InProgress, Leased),
            undeclared(InProgress, Done),
            StoreReply::Progressed,
            undeclared(Committed, Aborted),
            undeclared(Committed, InProgress),
            StoreReply::Progressed,
            undeclared(Done, Aborted),
            StoreReply::Refused(Refusal::Unknown),
        ]
    );
}

#[test]
fn a_store_that_does_not_check_transitions_violates_inv_003() {
    let requests =
        || vec![(Duration::ZERO, submit()), (Duration::ZERO, lease()), (Duration::ZERO, progress(1, Status::Done))];
    let (mut sim, _) = alone(JobQueue::new().transition_check(false), requests());
    assert_eq!(violated(&mut sim), Some("INV_003"));
    let (mut sim, _) = alone(JobQueue::new(), requests());
    assert_eq!(violated(&mut sim), None);
}

/// The first lease runs out, and the job is leased again: whose lease counts?
fn two_leases() -> Vec<(Duration, StoreRequest)> {
    vec![
        (Duration::ZERO, submit()),
        (Duration::ZERO, lease()),
        (Duration::ZERO, lease()),
        (S, lease()),
        (Duration::ZERO, progress(1, Status::InProgress)),
        (Duration::ZERO, progress(2, Status::InProgress)),
    ]
}

#[test]
fn only_the_latest_lease_moves_a_job_on() {
    let replies = replies(JobQueue::new(), two_leases());
    assert!(matches!(replies[2], StoreReply::Nothing(Some(wait)) if wait < S), "{:?}", replies[2]);
    assert!(matches!(&replies[3], StoreReply::Leased(l) if l.execution == ExecutionId(2) && l.attempt == 2));
    assert_eq!(replies[4], StoreReply::Refused(Refusal::Superseded(ExecutionId(2))));
    assert_eq!(replies[5], StoreReply::Progressed);
}

#[test]
fn without_fencing_a_superseded_lease_moves_it_too() {
    assert_eq!(
        replies(JobQueue::new().fencing(false), two_leases())[4..],
        [StoreReply::Progressed, StoreReply::Progressed]
    );
}

#[test]
fn a_job_submitted_twice_is_one_job() {
    let twice = replies(
        JobQueue::new(),
        vec![(Duration::ZERO, submit()), (Duration::ZERO, submit()), (S, lease()), (Duration::ZERO, lease())],
    );
    assert_eq!(twice[0], twice[1]);
    assert!(matches!(twice[3], StoreReply::Nothing(_)));
}
