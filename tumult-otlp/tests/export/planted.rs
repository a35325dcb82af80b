//! Experiments whose runs are sent. They are run by a process of their own.

use std::time::Duration;

use tumult_sim::fault::Fault;
use tumult_sim::net::rpc;
use tumult_sim::phase::{Estimate, Unit};
use tumult_sim::time::{Instant, sleep};
use tumult_sim::{Experiment, Observed, Process, Verdict, violated};

const S: fn(u64) -> Duration = Duration::from_secs;

/// A server that answers, and a client that asks ten times a second; a probe reads how long that takes.
fn service(x: &mut Experiment<'_>) -> (Process, Observed<u32>) {
    let took = x.observe("took", None::<f64>);
    let failed = x.observe("failed", 0_u32);
    let server = x.process("server", || async {
        rpc::Server::<u64, u64>::bind(80).await?.serve(|n, _from| async move { n }).await
    });
    let (seen, misses) = (took.clone(), failed.clone());
    x.process("client", move || {
        let (seen, misses) = (seen.clone(), misses.clone());
        async move {
            let server = rpc::Client::<u64, u64>::connect("server:80").await.unwrap();
            loop {
                let asked = Instant::now();
                let answer = server.call(&1, Duration::from_millis(90)).await;
                let ms = asked.elapsed().as_secs_f64() * 1e3;
                seen.update(|took| *took = answer.is_ok().then_some(ms));
                if answer.is_err() {
                    misses.update(|n| *n += 1);
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    });
    x.probe("latency", Unit::Milliseconds, S(1), move || took.get());
    x.target("shop").tag("team", "core").keep_samples();
    (server, failed)
}

#[ignore = "planted: what another test runs"]
#[tumult_sim::experiment(seeds = 1)]
fn crashes(x: &mut Experiment<'_>) {
    let (server, _) = service(x);
    x.estimate(Estimate::degraded().recovery_s(2.0).confidence(0.7));
    x.trigger(Fault::kill(server).at(S(5)).lasting(S(5)));
}

/// No question stays without an answer, which a server that is gone cannot keep.
#[tumult_sim::invariant(id = "INV_998")]
fn all_are_answered(failed: &u32) -> Verdict {
    if *failed == 0 { Verdict::Holds } else { violated!("{failed} questions without an answer") }
}

#[ignore = "planted: what another test runs"]
#[tumult_sim::experiment(seeds = 1)]
fn violates(x: &mut Experiment<'_>) {
    let (server, failed) = service(x);
    x.always(INV_998, &failed);
    x.trigger(Fault::kill(server).at(S(5)).lasting(S(5)));
}
