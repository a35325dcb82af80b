//! The workloads of the budget (docs/BENCHMARKS.md), with the machinery on: random schedule, loss and latency drawn, the
//! trace hash, one invariant fed by every message. Sizes are those of the peers' side of the comparison.

#![allow(dead_code, reason = "not every benchmark uses every workload")]

use std::net::SocketAddr;
use std::time::Duration;

use tumult_sim::invariant::{Invariant, InvariantInfo, Observed, Verdict};
use tumult_sim::net::{Latency, TcpListener, TcpStream, UdpSocket};
use tumult_sim::search::{Check, Search};
use tumult_sim::time::{sleep, timeout};
use tumult_sim::{Process, Report, Sim, SimConfig, violated};

pub(crate) const PAIRS: u64 = 8;
pub(crate) const ROUNDS: u64 = 20_000;
pub(crate) const SLEEPERS: u64 = 1000;
pub(crate) const SLEEPS: u64 = 500;
pub(crate) const DEVICES: u64 = 100;
/// One each 30 virtual minutes, for 30 days.
pub(crate) const BEATS: u64 = 1440;
pub(crate) const SEEDS: u64 = 4000;
/// Both meshes send so many packets: their cost is compared at the same events.
pub(crate) const MESH_PACKETS: u64 = 2_000_000;

static INFO: InvariantInfo = InvariantInfo {
    id: "INV_000",
    title: "no echo without a request",
    tags: &[],
    name: "answered",
    module: "bench",
    file: file!(),
    line: line!(),
};
/// What every message feeds: echoes never outnumber requests.
#[derive(Default)]
pub(crate) struct Counts {
    requests: u64,
    echoes: u64,
}
pub(crate) const ANSWERED: Invariant<Counts> = Invariant {
    info: &INFO,
    check: |c| {
        if c.echoes <= c.requests {
            Verdict::Holds
        } else {
            violated!("{} echoes of {} requests", c.echoes, c.requests)
        }
    },
};

pub(crate) const STREAM_BYTES: usize = 64 << 20;
const CHUNK: usize = 16 << 10;

/// A stream of 64 MiB in writes of 16 KiB over one connection, acknowledged by a byte at its end.
pub(crate) fn stream(seed: u64) -> Report {
    let mut sim = Sim::new(seed);
    lossy(&mut sim);
    let counts = sim.observe("counts", Counts::default());
    sim.always(ANSWERED, &counts);
    sim.process("server", move || {
        let counts = counts.clone();
        async move {
            let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut buffer, mut got) = (vec![0; CHUNK], 0);
            while got < STREAM_BYTES {
                got += stream.read(&mut buffer).await.unwrap();
                counts.update(|c| c.requests += 1);
            }
            stream.write_all(b"k").await.unwrap();
            std::future::pending::<()>().await;
        }
    });
    sim.primary("client", || async {
        sleep(Duration::from_millis(1)).await;
        let mut stream = TcpStream::connect("server:80").await.unwrap();
        let chunk = vec![7; CHUNK];
        for _ in 0..STREAM_BYTES / CHUNK {
            stream.write_all(&chunk).await.unwrap();
        }
        stream.read_exact(&mut [0; 1]).await.unwrap();
    });
    sim.run()
}

fn address(process: Process, port: u16) -> SocketAddr {
    (tumult_sim::net::address(process), port).into()
}

fn echo(sim: &mut Sim, name: &str, counts: &Observed<Counts>) -> Process {
    let counts = counts.clone();
    sim.process(name, move || {
        let counts = counts.clone();
        async move {
            let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
            let mut buffer = [0; 8];
            loop {
                let (n, from) = socket.recv_from(&mut buffer).await.unwrap();
                counts.update(|c| c.requests += 1);
                socket.send_to(&buffer[..n], from).await.unwrap();
            }
        }
    })
}

/// Sends and waits for the echo, again after a time-out: what a lossy link asks of any client.
async fn call(socket: &UdpSocket, to: SocketAddr, counts: &Observed<Counts>) {
    let mut buffer = [0; 8];
    loop {
        socket.send_to(&buffer, to).await.unwrap();
        if timeout(Duration::from_millis(10), socket.recv_from(&mut buffer)).await.is_ok() {
            return counts.update(|c| c.echoes += 1);
        }
    }
}

fn lossy(sim: &mut Sim) {
    sim.links().latency(Latency::uniform_ms(0.9, 1.1)).loss(0.01);
}

/// Sixteen processes, eight pairs that ping each other over datagram sockets.
pub(crate) fn messages(seed: u64) -> Report {
    messages_on(&mut Sim::new(seed))
}

/// The same with the trace kept in full.
pub(crate) fn messages_recorded(seed: u64) -> Report {
    messages_on(&mut Sim::with_config(SimConfig { seed: seed.into(), record: true, ..SimConfig::default() }))
}

fn messages_on(sim: &mut Sim) -> Report {
    lossy(sim);
    let counts = sim.observe("counts", Counts::default());
    sim.always(ANSWERED, &counts);
    for pair in 0..PAIRS {
        let server = address(echo(sim, &format!("server{pair}"), &counts), 9);
        let counts = counts.clone();
        sim.primary(&format!("client{pair}"), move || {
            let counts = counts.clone();
            async move {
                let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
                for _ in 0..ROUNDS {
                    call(&socket, server, &counts).await;
                }
            }
        });
    }
    sim.run()
}

/// A thousand tasks that sleep for times of their own.
pub(crate) fn timers(seed: u64) -> Report {
    let mut sim = Sim::new(seed);
    sim.primary("sleepers", || async {
        let tasks: Vec<_> = (0..SLEEPERS)
            .map(|i| {
                tumult_sim::task::spawn(async move {
                    let mut x = i + 1;
                    for _ in 0..SLEEPS {
                        x ^= x << 13;
                        x ^= x >> 7;
                        x ^= x << 17;
                        sleep(Duration::from_millis(1 + x % 999)).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    sim.run()
}

/// A hundred devices that wake every half hour, for thirty days.
pub(crate) fn idle(seed: u64) -> Report {
    let mut sim = Sim::new(seed);
    sim.time_limit(Duration::from_secs(40 * 86_400));
    for device in 0..DEVICES {
        sim.primary(&format!("device{device}"), || async {
            for _ in 0..BEATS {
                sleep(Duration::from_secs(1800)).await;
            }
        });
    }
    sim.run()
}

/// Three processes, two hundred messages.
pub(crate) fn one_seed(sim: &mut Sim) -> Report {
    lossy(sim);
    let counts = sim.observe("counts", Counts::default());
    sim.always(ANSWERED, &counts);
    let servers = [echo(sim, "server0", &counts), echo(sim, "server1", &counts)].map(|s| address(s, 9));
    sim.primary("client", move || {
        let counts = counts.clone();
        async move {
            let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
            sleep(Duration::from_millis(10)).await;
            for i in 0..100 {
                call(&socket, servers[i % 2], &counts).await;
            }
        }
    });
    sim.run()
}

/// Searches so many seeds of [`one_seed`] with so many jobs, as a test does: each run on a fresh thread. Gives the runs.
pub(crate) fn seeds(seeds: u64, jobs: usize) -> u64 {
    let search = Search::new("seeds").seeds(seeds).jobs(jobs).check(Check::Off);
    let found = search.run(|sim| drop(one_seed(sim)));
    found.assert_held();
    found.runs()
}

/// `hosts` processes, each of which sends to all others in turn, `packets` in all.
pub(crate) fn mesh(seed: u64, hosts: u32, packets: u64) -> Report {
    let mut sim = Sim::new(seed);
    lossy(&mut sim);
    let counts = sim.observe("counts", Counts::default());
    sim.always(ANSWERED, &counts);
    for host in 0..hosts {
        let counts = counts.clone();
        sim.primary(&format!("host{host}"), move || {
            let counts = counts.clone();
            async move {
                let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
                let mut buffer = [0; 8];
                let each = packets / u64::from(hosts);
                for n in 0..each {
                    let to = (u64::from(host) + 1 + n % (u64::from(hosts) - 1)) % u64::from(hosts);
                    let to = std::net::Ipv4Addr::from((10 << 24) + to as u32 + 1);
                    socket.send_to(&buffer, (to, 9)).await.unwrap();
                    let _ = timeout(Duration::from_millis(10), socket.recv_from(&mut buffer)).await;
                    counts.update(|c| c.requests += 1);
                }
            }
        });
    }
    sim.run()
}
