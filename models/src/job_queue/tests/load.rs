//! More work than there is room for, calls that nobody answers, and workers that are taken for dead.

use tumult_invariants::{AttemptHistory, Bounds, EndHistory, JobId};
use tumult_sim::fault::Fault;
use tumult_sim::net::rpc::Client;

use super::super::messages::{PORT, QueueReply, QueueRequest, StoreReply, StoreRequest};
use super::super::{Breaker, Control, JobState, Load, Refusal};
use super::*;

/// A process that submits these jobs at the store, and then looks how they stand after a while.
fn asks(sim: &mut Sim, store: Process, requests: Vec<StoreRequest>) -> Process {
    sim.primary("caller", move || {
        let requests = requests.clone();
        async move {
            let store = Client::<StoreRequest, StoreReply>::connect((store, PORT)).await.unwrap();
            let mut replies = vec![];
            for request in requests {
                replies.push(store.call(&request, S).await.unwrap());
            }
            replies
        }
    })
}

fn submit(key: &str) -> StoreRequest {
    StoreRequest::Submit { key: key.into(), payload: vec![] }
}

#[test]
fn a_full_store_says_no_to_what_it_does_not_have() {
    let (mut sim, handle) = with(1, JobQueue::new().workers([]).admission(Some(2)));
    let caller = asks(&mut sim, handle.store(), ["a", "b", "c", "a"].map(submit).into());
    let report = holds(&mut sim);
    let expected = [
        StoreReply::Accepted(JobId(1)),
        StoreReply::Accepted(JobId(2)),
        StoreReply::Refused(Refusal::Overloaded),
        StoreReply::Accepted(JobId(1)),
    ];
    assert_eq!(report.output::<Vec<StoreReply>>(caller).unwrap()[..], expected);
    handle.observers().backlog.read(|b| assert_eq!((b.longest("the store"), b.refused()), (2, 1)));
}

#[test]
fn a_store_that_takes_everything_in_is_found_out() {
    let queue = |room| {
        let bounds = Bounds { queued: 2, ..Bounds::default() };
        let (mut sim, handle) = with(1, JobQueue::new().workers([]).bounds(bounds).admission(room));
        asks(&mut sim, handle.store(), ["a", "b", "c"].map(submit).into());
        violated(&mut sim)
    };
    assert_eq!((queue(None), queue(Some(2))), (Some("INV_010"), None));
}

/// Forty requests at once, and an inbox for ten.
fn flood(room: Option<usize>, control: Control) -> (Sim, Handle, Process) {
    let bounds = Bounds { queued: 20, ..Bounds::default() };
    let queue = JobQueue::new().workers([]).queue_cost(10 * MS).inbox(room).control(control).bounds(bounds);
    let (mut sim, handle) = with(1, queue);
    let queue = handle.queue();
    let caller = sim.primary("caller", move || async move {
        let queue = Client::<QueueRequest, QueueReply>::connect((queue, PORT)).await.unwrap();
        let request = |n: u32| QueueRequest::Submit { key: n.to_string(), payload: vec![] };
        let calls: Vec<_> = (0..40).map(|n| tumult_sim::task::spawn(queue.call(&request(n), 2 * S))).collect();
        let mut refused = 0;
        for call in calls {
            refused += usize::from(call.await.unwrap().unwrap() == QueueReply::Refused(Refusal::Overloaded));
        }
        refused
    });
    (sim, handle, caller)
}

#[test]
fn an_inbox_takes_what_it_has_room_for_and_says_no_to_the_rest() {
    let (mut sim, handle, caller) = flood(Some(10), Control::Shared);
    let report = holds(&mut sim);
    let refused = *report.output::<usize>(caller).unwrap();
    assert!((28..=30).contains(&refused), "{refused} of 40: ten wait, and one is being served");
    handle.observers().backlog.read(|b| assert_eq!((b.longest("the inbox"), b.refused()), (10, refused as u64)));
    let (mut sim, ..) = flood(None, Control::Shared);
    assert_eq!(violated(&mut sim), Some("INV_010"));
}

#[test]
fn a_job_that_would_be_late_is_shed_and_nothing_is_done_for_it() {
    for (deadlines, effects, state) in [(true, 0, JobState::DeadLettered), (false, 1, JobState::Succeeded)] {
        let (mut sim, handle) = with(3, JobQueue::new().work(500 * MS).deadlines(deadlines));
        let hurried = StoreRequest::SubmitWithin { key: "hurried".into(), payload: vec![], within: 400 * MS };
        let store = handle.store();
        let caller = sim.primary("caller", move || {
            let hurried = hurried.clone();
            async move {
                let store = Client::<StoreRequest, StoreReply>::connect((store, PORT)).await.unwrap();
                store.call(&hurried, S).await.unwrap();
                tumult_sim::time::sleep(5 * S).await;
                store.call(&StoreRequest::State { key: "hurried".into() }, S).await.unwrap()
            }
        });
        let report = holds(&mut sim);
        assert_eq!(report.output::<StoreReply>(caller), Some(&StoreReply::State(Some(state))));
        let seen = handle.observers();
        assert_eq!(seen.effects.read(|e| e.times("hurried")), effects);
        assert_eq!(seen.attempts.read(AttemptHistory::most_attempts), effects as u32, "shed is not attempted");
        assert_eq!(seen.ends.read(|e| (e.jobs_open(), e.jobs_ended())), (0, 1));
    }
}

#[test]
fn a_breaker_spares_a_ledger_that_does_not_answer_and_notices_when_it_does() {
    let calls = |breaker| {
        let (mut sim, handle) = with(5, JobQueue::new().lease(S).work(50 * MS).breaker(breaker));
        sim.at(2 * S, Fault::kill(handle.ledger()).lasting(20 * S));
        handle.load(&mut sim, "client", Load { every: 500 * MS, patience: 60 * S, tries: 1 });
        wait(&mut sim, 40 * S);
        holds(&mut sim);
        let seen = handle.observers();
        assert!(seen.ends.read(EndHistory::jobs_open) <= 2, "all caught up");
        seen.attempts.read(AttemptHistory::calls_made)
    };
    let (with_it, without) = (calls(Some(Breaker { failures: 3, rest: 2 * S })), calls(None));
    assert!(with_it < 130 && without > 2 * with_it, "{with_it} calls with a breaker, {without} without");
}

/// A worker asks for work and is cut off; then there is work, while its request still waits.
fn silent(queue: JobQueue) -> u32 {
    let (mut sim, handle) = with(2, queue.workers(["A"]).lease(S).work(50 * MS).queue_cost(MS));
    sim.at(1500 * MS, Fault::isolate(handle.worker("A")).lasting(3 * S));
    handle.submit(&mut sim, "client", 1750 * MS, 1);
    wait(&mut sim, 10 * S);
    holds(&mut sim);
    let seen = handle.observers();
    assert_eq!(seen.effects.read(|e| e.times("client-1")), 1, "it is back");
    seen.attempts.read(AttemptHistory::most_attempts)
}

#[test]
fn a_worker_that_is_silent_is_given_no_work_until_it_is_heard_again() {
    for control in [Control::Shared, Control::Priority, Control::Separate] {
        let heard = JobQueue::new().control(control).heartbeats(50 * MS, 150 * MS);
        assert_eq!(silent(heard), 1, "{control:?}");
    }
    assert!(silent(JobQueue::new()) > 1, "without heartbeats it is given work that it never gets");
}
