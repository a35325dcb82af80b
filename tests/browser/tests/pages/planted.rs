//! What fails so that there are pages: run by the tests beside it, in processes of their own.

use std::time::Duration;

use tumult_sim::fault::{Fault, ahead};
use tumult_sim::invariant::{Invariant, InvariantInfo, Verdict};
use tumult_sim::net::UdpSocket;
use tumult_sim::phase::Unit;
use tumult_sim::process::{note, random_below};
use tumult_sim::time::{sleep, timeout};
use tumult_sim::{Experiment, Sim, violated};

/// Rounds of all nodes together, after which too many were answered.
const ROUNDS: u64 = 11_500;

const fn info(id: &'static str, title: &'static str) -> InvariantInfo {
    InvariantInfo { id, title, tags: &[], name: "planted", module: "planted", file: file!(), line: line!() }
}

static FEW: InvariantInfo = info("INV_900", "few answers");
const INV_900: Invariant<u64> = Invariant {
    info: &FEW,
    check: |answers| {
        if *answers < ROUNDS { Verdict::Holds } else { violated!("{answers} answers, the last of them too many") }
    },
};

static SHORT: InvariantInfo = info("INV_901", "a queue stays short");
const INV_901: Invariant<f64> = Invariant {
    info: &SHORT,
    check: |length| if *length < 60.0 { Verdict::Holds } else { violated!("{length} jobs wait") },
};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// More than 100,000 events of seven nodes that talk to each other, with faults of many kinds.
#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 1)]
fn chatter(sim: &mut Sim) {
    let answers = sim.observe("answers", 0);
    sim.always(INV_900, &answers);
    let mut nodes = vec![];
    for n in 0..7 {
        let name = format!("node-{n}");
        let answers = answers.clone();
        let node = sim.process(&name, move || {
            let answers = answers.clone();
            async move {
                let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
                let mut bytes = [0; 128];
                for round in 0_u32.. {
                    let to = (n + 1 + random_below(6)) % 7;
                    socket.send_to(format!("ask {round}").as_bytes(), &*format!("node-{to}:7")).await.unwrap();
                    let until = ms(3 + random_below(5));
                    while let Ok(Ok((length, from))) = timeout(until, socket.recv_from(&mut bytes)).await {
                        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                        if text.starts_with("ask") {
                            let answer = format!("answer to {text}, in a sentence that is longer than a line shows");
                            socket.send_to(answer.as_bytes(), from).await.unwrap();
                        } else {
                            answers.update(|n| *n += 1);
                        }
                    }
                    if round % 100 == 99 {
                        note(format!("round {round} is over"));
                    }
                }
            }
        });
        nodes.push(node);
    }
    sim.primary("watch", || sleep(Duration::from_mins(10)));
    sim.links().loss(0.005);
    let at = |share: u64| ms(ROUNDS * share / 100);
    sim.at(at(8), Fault::partition(&[&[nodes[0]], &[nodes[1], nodes[2]]]).lasting(at(9)));
    sim.at(at(13), Fault::pause(nodes[4]).lasting(at(5)));
    sim.at(at(20), Fault::kill(nodes[6]).lasting(at(6)));
    sim.at(at(24), Fault::clock_step(nodes[2], ahead(ms(800))));
    sim.at(at(30), Fault::isolate(nodes[5]).lasting(at(4)));
    sim.at(at(36), Fault::power_loss(nodes[3]).lasting(at(3)));
    sim.run();
}

/// Two processes and one message.
#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 1)]
fn tiny(sim: &mut Sim) {
    sim.process("greeter", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        socket.send_to(b"hello", "greeted:7").await.unwrap();
    });
    sim.primary("greeted", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        let mut bytes = [0; 16];
        let (length, _) = socket.recv_from(&mut bytes).await.unwrap();
        panic!("nobody expected {length} bytes");
    });
    sim.run();
}

/// A queue that grows while its worker is slow.
#[ignore = "planted: what another test runs"]
#[tumult_sim::experiment(seeds = 1)]
fn slow_queue(x: &mut Experiment<'_>) {
    let queue = x.observe("queue", 3.0_f64);
    x.always(INV_901, &queue);
    let worker = x.process("worker", {
        let queue = queue.clone();
        move || {
            let queue = queue.clone();
            async move {
                loop {
                    sleep(ms(90 + random_below(20))).await;
                    queue.update(|n| *n = (*n - 1.0).max(1.0));
                }
            }
        }
    });
    x.process("clients", {
        let queue = queue.clone();
        move || {
            let queue = queue.clone();
            async move {
                loop {
                    sleep(ms(100 + random_below(20))).await;
                    queue.update(|n| *n += 1.0);
                }
            }
        }
    });
    let (latency, length) = (queue.clone(), queue.clone());
    x.probe("latency", Unit::Milliseconds, ms(100), move || latency.get() * 100.0);
    x.probe("length", Unit::Gauge, ms(250), move || length.get());
    x.baseline(Duration::from_secs(10)).during(Duration::from_secs(12));
    x.trigger(Fault::pause(worker).at(Duration::from_secs(2)).lasting(Duration::from_secs(8)));
}

/// Of four faults one does it: a request that was lost is not sent again.
#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 1)]
fn needless_faults(sim: &mut Sim) {
    let server = sim.process("server", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        let mut bytes = [0; 64];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            socket.send_to(&bytes[..length], from).await.unwrap();
        }
    });
    let client = sim.primary("client", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        let mut bytes = [0; 64];
        for job in 0..40 {
            socket.send_to(format!("job {job}").as_bytes(), "server:7").await.unwrap();
            let answer = timeout(ms(500), socket.recv_from(&mut bytes)).await;
            assert!(answer.is_ok(), "job {job} is lost");
            sleep(ms(20)).await;
        }
    });
    let idle = sim.process("idle", || sleep(Duration::from_mins(1)));
    sim.at(ms(100), Fault::clock_step(server, ahead(ms(300))));
    sim.at(ms(150), Fault::pause(idle).lasting(ms(200)));
    sim.at(ms(200), Fault::isolate(idle).lasting(ms(300)));
    sim.at(ms(400), Fault::partition(&[&[server], &[client]]).lasting(ms(100)));
    sim.run();
}
