//! Unmodified programs, measured: `cargo bench -p tumult-programs --bench speed [workload]` prints one line a workload, as
//! the budget's bench and the peers do. A figure holds only against others of the same run.
//!
//! The machinery is on as in the other benches: random schedule, loss and latency drawn, the trace hash, one invariant that
//! every message or request feeds. The programs are unmodified; that they count what they do is the harness's wish. Each
//! run is in this process: one of its own is what a search gives it, once a run and not once a message.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tumult_sim::body::{program, tokio};
use tumult_sim::invariant::{Invariant, InvariantInfo, Observed, Verdict};
use tumult_sim::net::Latency;
use tumult_sim::{Sim, SimConfig, violated};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// As the peers' `http`.
const REQUESTS: u64 = 20_000;
/// Before a client connects again.
const AGAIN: Duration = Duration::from_millis(1);
/// Pairs of processes, and what each pair's client sends and gets back.
const PAIRS: u64 = 8;
const MESSAGES: u64 = 20_000;
const TURNS: u64 = 200_000;

static INFO: InvariantInfo = InvariantInfo {
    id: "INV_000",
    title: "no answer without a request",
    tags: &[],
    name: "answered",
    module: "bench",
    file: file!(),
    line: line!(),
};
/// What every message feeds: answers never outnumber requests.
#[derive(Default)]
struct Counts {
    requests: u64,
    answers: u64,
}
const ANSWERED: Invariant<Counts> = Invariant {
    info: &INFO,
    check: |c| {
        if c.answers <= c.requests {
            Verdict::Holds
        } else {
            violated!("{} answers to {} requests", c.answers, c.requests)
        }
    },
};

/// A run with the links and the invariant of all benches.
fn sim() -> (Sim, Observed<Counts>) {
    let mut sim = Sim::new(1);
    sim.links().latency(Latency::uniform_ms(0.9, 1.1)).loss(0.01);
    let counts = sim.observe("counts", Counts::default());
    sim.always(ANSWERED, &counts);
    (sim, counts)
}

/// All by so much less: to see that it runs.
fn part() -> u64 {
    std::env::var("PART").map_or(1, |n| n.parse().expect("PART is a number"))
}

fn wanted(workload: &str) -> bool {
    std::env::args().skip(1).find(|a| !a.starts_with('-')).is_none_or(|w| w == workload)
}

fn timed(workload: &str, run: impl Fn() -> u64) {
    if !wanted(workload) {
        return;
    }
    let rates: Vec<(f64, u64, f64)> = (0..std::env::var("RUNS").map_or(5, |r| r.parse().expect("RUNS is a number")))
        .map(|_| {
            let start = Instant::now();
            let items = run();
            let s = start.elapsed().as_secs_f64();
            (items as f64 / s, items, s)
        })
        .collect();
    let best = rates.iter().copied().fold((0.0, 0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    println!("{:<12}{workload:<12}{:>12}{:>12.4} s{:>14.0} /s", "tumult", best.1, best.2, best.0);
}

/// Two threads that hand something to and fro by a lock and a condition: each time is a wait and a wake, and at some of
/// these calls the other one goes first.
fn handed(turns: u64) -> u64 {
    // No time passes in it.
    let mut sim = Sim::with_config(SimConfig { seed: 1.into(), microstep_limit: u64::MAX, ..SimConfig::default() });
    let main = program(move || {
        let turn = Arc::new((Mutex::new(0_u64), Condvar::new()));
        let player = |me: u64| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || {
                let mut at = turn.0.lock().expect("nobody panics");
                while *at < turns {
                    if *at % 2 == me {
                        *at += 1;
                        turn.1.notify_one();
                    } else {
                        at = turn.1.wait(at).expect("nobody panics");
                    }
                }
                turn.1.notify_one();
            })
        };
        let players = [player(0), player(1)];
        for p in players {
            p.join().expect("it does not panic");
        }
    });
    sim.primary("players", main);
    sim.run();
    turns
}

/// Two threads that do nothing but let the other go first: each turn is a choice of the schedule, a switch there and one
/// back.
fn turns(turns: u64) -> u64 {
    let mut sim = Sim::new(1);
    let main = program(move || {
        let polite = || thread::spawn(move || (0..turns / 2).for_each(|_| thread::yield_now()));
        let both = [polite(), polite()];
        for p in both {
            p.join().expect("it does not panic");
        }
    });
    sim.primary("polite", main);
    sim.run();
    turns
}

async fn echo(counts: Observed<Counts>) -> std::io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:7").await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let counts = counts.clone();
        ::tokio::spawn(async move {
            let mut bytes = [0; 8];
            while stream.read_exact(&mut bytes).await.is_ok() {
                counts.update(|c| c.requests += 1);
                if stream.write_all(&bytes).await.is_err() {
                    break;
                }
            }
        });
    }
}

async fn send(to: String, messages: u64, counts: Observed<Counts>) -> Result<(), Failed> {
    let mut stream = connected(&to).await;
    stream.set_nodelay(true)?;
    let mut bytes = [0; 8];
    for n in 0..messages {
        stream.write_all(&n.to_le_bytes()).await?;
        stream.read_exact(&mut bytes).await?;
        assert_eq!(u64::from_le_bytes(bytes), n);
        counts.update(|c| c.answers += 1);
    }
    Ok(())
}

/// The server may begin a moment later.
async fn connected(to: &str) -> TcpStream {
    loop {
        match TcpStream::connect(to).await {
            Ok(stream) => return stream,
            Err(_) => ::tokio::time::sleep(AGAIN).await,
        }
    }
}

/// Eight pairs, eight bytes there and back: a message each way.
fn tcp(messages: u64) -> u64 {
    let (mut sim, counts) = sim();
    for pair in 0..PAIRS {
        let of_server = counts.clone();
        sim.process(&format!("server-{pair}"), tokio(move || echo(of_server.clone())));
        let counts = counts.clone();
        sim.primary(
            &format!("client-{pair}"),
            tokio(move || send(format!("server-{pair}:7"), messages, counts.clone())),
        );
    }
    sim.run();
    2 * PAIRS * messages
}

async fn serve(counts: Observed<Counts>) -> std::io::Result<()> {
    let hi = move || {
        counts.update(|c| c.requests += 1);
        async {
            ::tokio::time::sleep(Duration::from_millis(5)).await;
            "hello"
        }
    };
    axum::serve(TcpListener::bind("0.0.0.0:80").await?, Router::new().route("/hi", get(hi))).await
}

async fn request(requests: u64, counts: Observed<Counts>) -> Result<(), Failed> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(connected("server:80").await)).await?;
    ::tokio::spawn(connection);
    for _ in 0..requests {
        let get = hyper::Request::get("/hi").header("host", "server").body(Empty::<Bytes>::new())?;
        let body = sender.send_request(get).await?.into_body().collect().await?.to_bytes();
        assert_eq!(&body[..], b"hello");
        counts.update(|c| c.answers += 1);
    }
    Ok(())
}

/// An axum server, a hyper client on one kept-alive connection, 5 ms of work each.
fn http(requests: u64) -> u64 {
    let (mut sim, counts) = sim();
    let of_server = counts.clone();
    sim.process("server", tokio(move || serve(of_server.clone())));
    sim.primary("client", tokio(move || request(requests, counts.clone())));
    sim.run();
    requests
}

fn main() {
    let part = part();
    timed("turns", || turns(TURNS / part));
    timed("handed", || handed(TURNS / part));
    timed("tcp", || tcp(MESSAGES / part));
    timed("http", || http(REQUESTS / part));
}
