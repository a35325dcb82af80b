//! Small systems and what goes wrong in them: one experiment for each way in which one can go. Those that fail on purpose
//! are run by other tests alone.

use std::time::Duration;

use tumult_sim::fault::Fault;
use tumult_sim::journal::{BlastRadius, ProbeMode, Severity};
use tumult_sim::net::rpc;
use tumult_sim::phase::{Estimate, Phase, RollbackPolicy, Tolerance, Unit};
use tumult_sim::time::{Instant, sleep};
use tumult_sim::{Experiment, Invariant, InvariantInfo, Observed, Process, Verdict, violated};

const MS: fn(u64) -> Duration = Duration::from_millis;
const S: fn(u64) -> Duration = Duration::from_secs;
/// From question to answer by the link alone.
const LINK: Duration = Duration::from_millis(2);

/// A server, and a client that asks it once a second, half a second before each sample.
struct Service {
    server: Process,
    client: Process,
    /// How long the last answer took; nothing where none came.
    took: Observed<Option<Duration>>,
}

/// `work` is how long the server takes for the nth question.
fn service(x: &mut Experiment<'_>, work: fn(u64) -> Duration) -> Service {
    let took = x.observe("took", Some(LINK));
    let server = x.process("server", move || async move {
        let answer = move |n: u64, _from| async move {
            sleep(work(n)).await;
            n
        };
        rpc::Server::<u64, u64>::bind(80).await?.serve(answer).await
    });
    let asks = took.clone();
    let client = x.process("client", move || {
        let took = asks.clone();
        async move {
            let server = rpc::Client::<u64, u64>::connect("server:80").await.unwrap();
            let begun = Instant::now();
            for n in 0.. {
                tumult_sim::time::sleep_until(begun + S(n) + MS(500)).await;
                let asked = Instant::now();
                let answered = server.call(&n, MS(400)).await.is_ok();
                let after = answered.then(|| asked.elapsed());
                took.update(|t| *t = after);
            }
        }
    });
    x.links().constant_latency(LINK / 2);
    x.target("answers").tag("team", "core");
    Service { server, client, took }
}

impl Service {
    fn latency(&self, x: &mut Experiment<'_>) {
        let took = self.took.clone();
        x.latency("latency", S(1), move || took.get());
    }
}

/// 41.4 ms and 49.0 ms in turn: the mean of the source, 45.2, and its deviation, 3.8.
fn steady(n: u64) -> Duration {
    Duration::from_micros(if n.is_multiple_of(2) { 41_400 } else { 49_000 }).saturating_sub(LINK)
}

/// A sixth of the questions take fifty times as long as the others.
fn restless(n: u64) -> Duration {
    if n.is_multiple_of(6) { MS(200) } else { MS(4) }
}

fn short(x: &mut Experiment<'_>) {
    x.baseline(S(20)).during(S(30));
}

/// The figures of the source: each packet 74.7 ms longer for 47 samples of 60, and two samples until the way is clear.
#[tumult_sim::experiment(seeds = 1)]
fn the_sources_figures(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    x.estimate(
        Estimate::no_impact()
            .recovery_s(30.0)
            .degradation(0.15)
            .data_loss(false)
            .confidence(0.7)
            .because("replication factor 3, one broker lost: a brief rebalance"),
    );
    x.regulatory("DORA", "Art. 25").regulatory("NIS2", "21(2)(f)").regulatory("PCI-DSS", "11.4.1");
    x.warmup(10).baseline(S(120)).during(S(60));
    x.trigger(Fault::delay(service.client, service.server, Duration::from_micros(74_700)).at(S(13)));
    x.severity(Severity::Moderate);
    x.rollback(RollbackPolicy::Always);
    x.rollback_action("reroute", || sleep(S(2)));
}

/// The way gets longer by 10 ms a second, and shorter again: a curve. Degraded, completed.
#[tumult_sim::experiment(seeds = 1)]
fn graceful(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    short(x);
    x.estimate(Estimate::degraded().recovery_s(1.0).degradation(0.7).confidence(0.9));
    let step = |s: u64| 5 * s.min(28 - s);
    let way = (1..28).map(|s| Fault::delay(service.client, service.server, MS(step(s))).at(S(s)).lasting(S(1)));
    x.trigger(way.collect::<Vec<_>>());
}

/// The server stands still: a cliff, and a full outage. Its hypothesis is not for the fault; its state is a text.
#[tumult_sim::experiment(seeds = 1)]
fn cliff(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    let took = service.took.clone();
    let state = move || if took.get().is_some() { "up: answers" } else { "down" };
    x.hypothesis("answers", state, Tolerance::pattern("^up")).only([ProbeMode::Before, ProbeMode::After]);
    short(x);
    x.trigger(Fault::pause(service.server).at(S(5)));
    x.severity(Severity::Catastrophic).blast_radius(BlastRadius::Service);
    x.recovery_target(S(2));
}

/// Somebody else dies: no impact. The rollback never runs. All samples are kept.
#[tumult_sim::experiment(seeds = 1)]
fn no_impact(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    let bystander = x.process("bystander", std::future::pending::<()>);
    short(x);
    x.estimate(Estimate::no_impact());
    x.keep_samples();
    x.trigger(Fault::kill(bystander).at(S(5)));
    x.rollback(RollbackPolicy::Never).rollback_action("not needed", async || {});
}

/// Half of the packets are lost: a partial outage. The rate of answers falls with them.
#[tumult_sim::experiment(seeds = 1)]
fn partial_outage(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    let (took, answered) = (service.took.clone(), service.took.clone());
    x.probe("up", Unit::Ratio, S(1), move || Some(f64::from(u8::from(took.get().is_some())))).availability(0.01);
    x.probe("errors", Unit::Ratio, S(1), move || Some(f64::from(u8::from(answered.get().is_none())))).error_rate(0.01);
    service.latency(x);
    short(x);
    x.trigger(Fault::loss(service.client, service.server, 0.3).at(S(2)));
}

/// A baseline with spikes, of which it is warned; all runs on.
#[tumult_sim::experiment(seeds = 1)]
fn anomalous_and_warned(x: &mut Experiment<'_>) {
    let service = service(x, restless);
    service.latency(x);
    short(x);
    x.trigger(Fault::delay(service.client, service.server, MS(50)).at(S(5)));
}

/// The same, and nothing is tried on a system that is not well. What was set up is taken back all the same.
#[tumult_sim::experiment(seeds = 1)]
fn anomalous_and_aborted(x: &mut Experiment<'_>) {
    let service = service(x, restless);
    service.latency(x);
    short(x);
    x.abort_on_anomaly();
    x.trigger(Fault::delay(service.client, service.server, MS(50)).at(S(5)));
    x.rollback(RollbackPolicy::Always).rollback_action("clean up", async || {});
}

/// A steady state that the fault disturbs: deviated, so the rollback runs. An action of the method succeeds.
#[tumult_sim::experiment(seeds = 1)]
fn deviated(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    let took = service.took.clone();
    x.hypothesis("answers within 100 ms", move || took.get().map(|t| t.as_secs_f64() * 1e3), 0.0..=100.0);
    short(x);
    x.trigger(Fault::delay(service.client, service.server, MS(50)).at(S(20)).lasting(S(4)));
    x.action("load", S(2), || sleep(S(1)));
    x.rollback_action("reroute", async || Ok::<(), String>(()));
}

/// A counter and two replicas that part: what they measure, and what of it is normal.
#[tumult_sim::experiment(seeds = 1)]
fn replicas_that_part(x: &mut Experiment<'_>) {
    let states = x.observe("states", [0_u64; 2]);
    let writer = |x: &mut Experiment<'_>, n: usize| {
        let states = states.clone();
        x.process(["first", "second"][n], move || {
            let states = states.clone();
            async move {
                loop {
                    sleep(MS(100)).await;
                    states.update(|s| s[n] = (tumult_sim::time::now().since_start().as_millis() / 100) as u64);
                }
            }
        })
    };
    let (_, second) = (writer(x, 0), writer(x, 1));
    let (total, digests) = (states.clone(), states.clone());
    x.counter("writes", S(1), move || total.get().iter().sum()).iqr();
    x.state_digest("agreement", S(1), move || digests.get());
    short(x);
    x.min_samples(5).recovered_after(3);
    x.trigger(Fault::pause(second).at(S(5)).lasting(S(5)));
}

/// A rollback that fails: the experiment has failed, loudly, and what comes after it in the rollback is done.
#[ignore = "planted: what another test runs"]
#[tumult_sim::experiment(seeds = 1)]
fn failed(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    short(x);
    x.trigger(Fault::delay(service.client, service.server, MS(50)).at(S(5)));
    x.rollback(RollbackPolicy::Always);
    x.rollback_action("reroute", async || Err::<(), _>("no such route"));
    x.rollback_action("tell", async || {});
}

static INFO: InvariantInfo = InvariantInfo {
    id: "INV_997",
    title: "one at a time",
    tags: &["data"],
    name: "",
    module: "",
    file: "systems.rs",
    line: 1,
};
const INV_997: Invariant<u32> =
    Invariant { info: &INFO, check: |n| if *n <= 1 { Verdict::Holds } else { violated!("{n} at a time") } };

/// An invariant is violated under the fault: deviated, data lost, and its score is capped.
#[ignore = "planted: what another test runs"]
#[tumult_sim::experiment(seeds = 1)]
fn violates(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    let at_a_time = x.observe("at a time", 1);
    x.always(INV_997, &at_a_time);
    let phases = x.phases();
    x.process("second", move || {
        let (at_a_time, phases) = (at_a_time.clone(), phases.clone());
        async move {
            phases.reached(Phase::During).await;
            sleep(S(6)).await;
            at_a_time.update(|n| *n = 2);
        }
    });
    short(x);
    x.estimate(Estimate::no_impact().data_loss(false).confidence(1.0));
    x.trigger(Fault::delay(service.client, service.server, MS(50)).at(S(5)).lasting(S(5)));
}

/// The run ends under the fault: its journal goes so far.
#[ignore = "planted: what another test runs"]
#[tumult_sim::experiment(seeds = 1)]
fn interrupted(x: &mut Experiment<'_>) {
    let service = service(x, steady);
    service.latency(x);
    short(x);
    let phases = x.phases();
    x.process("fragile", move || {
        let phases = phases.clone();
        async move {
            phases.reached(Phase::During).await;
            sleep(S(6)).await;
            panic!("broken");
        }
    });
    x.trigger(Fault::delay(service.client, service.server, MS(50)).at(S(5)));
    x.rollback(RollbackPolicy::Always).rollback_action("too late", async || {});
}
