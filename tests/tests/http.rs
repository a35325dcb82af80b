//! hyper on simulated streams: a real HTTP stack under loss, partitions and restarts. What a newcomer may copy: the
//! connections are `tumult_sim::net`'s with tokio's traits, tasks are `tumult_sim::task`'s, all else is hyper as it is.
#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tumult_sim::fault::Fault;
use tumult_sim::net::{Latency, TcpConfig, TcpListener, TcpStream};
use tumult_sim::task::spawn;
use tumult_sim::time::{Instant, sleep, timeout};
use tumult_sim::{Process, Report, Sim, sometimes};

const SECOND: Duration = Duration::from_secs(1);

/// Answers each request with its path and body, on kept-alive connections.
async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:80").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        spawn(async move {
            let echo = service_fn(|request: Request<Incoming>| async move {
                let path = request.uri().path().to_owned();
                let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
                let answer = [path.as_bytes(), b" ", &body.unwrap_or_default()].concat();
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(answer))))
            });
            // An error ends this connection, and no other.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), echo).await;
        });
    }
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// The connection could not be made, or broke.
    Io(io::ErrorKind),
    /// It ended in the middle of an answer.
    Incomplete,
    /// No answer came in time.
    Late,
    Else,
}

fn why(error: &hyper::Error) -> Failed {
    let mut source = std::error::Error::source(error);
    while let Some(e) = source {
        if let Some(e) = e.downcast_ref::<io::Error>() {
            return Failed::Io(e.kind());
        }
        source = e.source();
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Failed::Incomplete
    } else {
        Failed::Else
    }
}

/// A connection that is made when it is needed.
#[derive(Default)]
struct Client(Option<SendRequest<Full<Bytes>>>);

impl Client {
    async fn post(&mut self, n: u32) -> Result<(), Failed> {
        let done = timeout(20 * SECOND, self.try_post(n)).await.unwrap_or(Err(Failed::Late));
        if done.is_err() {
            self.0 = None;
        }
        done
    }

    async fn try_post(&mut self, n: u32) -> Result<(), Failed> {
        if self.0.as_ref().is_none_or(SendRequest::is_closed) {
            let stream = TcpStream::connect("server:80").await.map_err(|e| Failed::Io(e.kind()))?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|e| why(&e))?;
            spawn(connection);
            self.0 = Some(sender);
        }
        let sender = self.0.as_mut().expect("just made");
        let body = format!("{n:0>width$}", width = 100 + n as usize % 5000);
        let request =
            Request::post(format!("/{n}")).header("host", "server").body(Full::new(Bytes::from(body.clone())));
        let answer = sender.send_request(request.expect("a request")).await.map_err(|e| why(&e))?;
        let answer = answer.into_body().collect().await.map_err(|e| why(&e))?.to_bytes();
        assert_eq!(answer, format!("/{n} {body}"), "an answer is right or there is none");
        Ok(())
    }
}

/// What became of requests: how long each took, and when and why it failed.
type Outcomes = Vec<(Duration, Result<(), Failed>)>;

/// Sends `requests` one after the other, each `every` so often.
fn client(sim: &mut Sim, requests: u32, every: Duration) -> Process {
    sim.primary("client", move || async move {
        sleep(SECOND / 1000).await;
        let (mut client, mut outcomes) = (Client::default(), Outcomes::new());
        for n in 0..requests {
            let begun = Instant::now();
            let outcome = client.post(n).await;
            sometimes!("http: a request waited for a retransmission", begun.elapsed() > SECOND / 5 && outcome.is_ok());
            sometimes!("http: a request failed", outcome.is_err());
            sometimes!("http: it went on after a failure", outcome.is_ok() && outcomes.last().is_some_and(failed));
            outcomes.push((begun.elapsed(), outcome));
            sleep(every).await;
        }
        outcomes
    })
}

fn failed(outcome: &(Duration, Result<(), Failed>)) -> bool {
    outcome.1.is_err()
}

fn outcomes(report: &Report, client: Process) -> &Outcomes {
    report.output(client).expect("the client has finished")
}

fn hits(report: &Report, site: &str) -> u64 {
    report.sites().of(site).expect("the site is linked").hits
}

fn loss(seed: u64, p: f64, requests: u32) -> (Report, Process) {
    let mut sim = Sim::new(seed);
    sim.process("server", serve);
    let client = client(&mut sim, requests, Duration::ZERO);
    sim.links().latency(Latency::uniform_ms(0.9, 1.1)).loss(p);
    (sim.run(), client)
}

#[test]
fn ten_thousand_requests_over_a_lossy_link_are_all_answered() {
    let (report, client) = loss(1, 0.01, 10_000);
    let all = outcomes(&report, client);
    assert_eq!(all.iter().filter(|o| o.1 == Ok(())).count(), 10_000);
    // What was lost was sent again after 200 ms or more: one request in a few dozen sees that.
    let late = all.iter().filter(|o| o.0 > SECOND / 5).count();
    assert!((100..1_000).contains(&late), "{late} requests waited for a retransmission");
    assert!(hits(&report, "http: a request waited for a retransmission") > 0);
    let (calm, client) = loss(1, 0.0, 1_000);
    assert!(outcomes(&calm, client).iter().all(|o| o.0 < SECOND / 10), "without loss nobody waits");
}

#[test]
fn one_seed_has_one_trace_and_another_has_another() {
    // A thread of its own for each run, as a search does: hyper keeps the date of its last answer in a thread-local.
    let trace = |seed| std::thread::spawn(move || loss(seed, 0.05, 200).0.trace()).join().expect("it holds");
    assert_eq!(trace(7), trace(7));
    assert_ne!(trace(7), trace(8));
}

/// A client that asks each 100 ms for a minute, and a fault after ten seconds.
fn under(seed: u64, fault: impl FnOnce(Process, Process) -> Fault) -> (Report, Outcomes) {
    let mut sim = Sim::new(seed);
    let server = sim.process("server", serve);
    let client = client(&mut sim, 400, SECOND / 10);
    // Impatient: it gives up a connection after 200 ms + 400 ms + 800 ms + 1600 ms, about three seconds.
    sim.tcp(TcpConfig::default().retries(3).syn_retries(1));
    sim.at(10 * SECOND, fault(server, client));
    let report = sim.run();
    let all = outcomes(&report, client).clone();
    (report, all)
}

fn kinds(outcomes: &Outcomes) -> Vec<Failed> {
    let mut kinds = vec![];
    for failed in outcomes.iter().filter_map(|o| o.1.err()) {
        if !kinds.contains(&failed) {
            kinds.push(failed);
        }
    }
    kinds
}

#[test]
fn over_a_partition_requests_time_out_and_go_on_after() {
    for seed in 0..20 {
        let (report, all) =
            under(seed, |server, client| Fault::partition(&[&[server], &[client]]).lasting(12 * SECOND));
        let kinds = kinds(&all);
        assert!(
            !kinds.is_empty() && kinds.iter().all(|k| *k == Failed::Io(io::ErrorKind::TimedOut)),
            "{seed}: {kinds:?}"
        );
        let last = all.iter().rposition(failed).expect("some failed");
        assert!(all.len() - last > 100, "{seed}: after it all are answered");
        assert!(hits(&report, "http: it went on after a failure") > 0);
    }
}

#[test]
fn a_killed_server_refuses_and_one_that_is_back_answers() {
    let mut seen = vec![];
    for seed in 0..20 {
        let (report, all) = under(seed, |server, _| Fault::kill(server).lasting(3 * SECOND));
        let kinds = kinds(&all);
        let right = |k: &Failed| {
            use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset};
            matches!(k, Failed::Io(ConnectionRefused | ConnectionReset | BrokenPipe) | Failed::Incomplete)
        };
        assert!(kinds.iter().all(right), "{seed}: {kinds:?}");
        assert!(kinds.contains(&Failed::Io(io::ErrorKind::ConnectionRefused)), "{seed}: nobody listens for 3 s");
        assert!(all.iter().rev().take(100).all(|o| o.1 == Ok(())), "{seed}: after it all are answered");
        assert!(hits(&report, "http: it went on after a failure") > 0);
        seen.extend(kinds);
    }
    assert!(
        seen.contains(&Failed::Incomplete) || seen.contains(&Failed::Io(io::ErrorKind::ConnectionReset)),
        "{seen:?}"
    );
}

#[test]
fn a_server_that_lost_its_power_is_silent_then_resets() {
    for seed in 0..20 {
        let (_, all) = under(seed, |server, _| Fault::power_loss(server).lasting(SECOND));
        let reset = Failed::Io(io::ErrorKind::ConnectionReset);
        assert_eq!(all.iter().filter(|o| failed(o)).map(|o| o.1).collect::<Vec<_>>(), [Err(reset)], "{seed}");
        let begun = all.iter().position(failed).expect("one failed");
        assert!(all[begun].0 > SECOND / 2, "{seed}: it waited until the machine was back");
    }
}

/// The search's own checks on it: each seed twice, and in another process where CI asks for that.
#[tumult_sim::test(seeds = 20)]
fn under_a_swarm_of_network_faults_answers_are_right(sim: &mut Sim) {
    sim.process("server", serve);
    client(sim, 100, SECOND / 10);
    sim.links().loss(0.01);
    let profile = tumult_sim::fault::Profile::swarm().every(3 * SECOND).spare("client").spare("server");
    sim.draw_faults(profile, 20 * SECOND);
    sim.run();
}
