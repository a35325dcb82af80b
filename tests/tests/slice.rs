//! The thin slice: a process that sleeps and sends, one effect, one invariant, one failing seed replayed.
use std::time::Duration;
use tumult_sim::{
    Cause, Sim,
    invariant::{Invariant, InvariantInfo, Observed, Verdict},
    net::UdpSocket,
    time::{sleep, timeout},
    violated,
};

static INFO: InvariantInfo = InvariantInfo {
    id: "INV_900",
    title: "few pings",
    tags: &[],
    name: "few",
    module: "slice",
    file: file!(),
    line: line!(),
};
const FEW: Invariant<u32> =
    Invariant { info: &INFO, check: |n| if *n <= 50 { Verdict::Holds } else { violated!("{n} pings") } };

fn ping(sim: &mut Sim, rounds: u32) -> Observed<u32> {
    let seen = sim.observe("pings", 0u32);
    sim.always(FEW, &seen);
    let s = seen.clone();
    let server = sim.process("server", move || {
        let s = s.clone();
        async move {
            let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
            let mut b = [0; 64];
            loop {
                let (n, from) = socket.recv_from(&mut b).await.unwrap();
                s.update(|n| *n += 1);
                socket.send_to(&b[..n], from).await.unwrap();
            }
        }
    });
    let client = sim.primary("client", move || async move {
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        let mut b = [0; 64];
        for i in 0..rounds {
            loop {
                socket.send_to(&i.to_le_bytes(), "server:9").await.unwrap();
                if timeout(Duration::from_millis(10), socket.recv_from(&mut b)).await.is_ok() {
                    break;
                }
            }
            sleep(Duration::from_millis(1)).await;
        }
        rounds
    });
    sim.link(server, client).loss(0.1);
    seen
}

#[test]
fn holds_and_repeats() {
    let run = |seed: u64, rounds| {
        let mut sim = Sim::new(seed);
        ping(&mut sim, rounds);
        sim.try_run().map(|r| (r.trace(), r.ended_at()))
    };
    let a = run(1, 30).unwrap();
    assert_eq!(a, run(1, 30).unwrap());
    assert_ne!(a, run(2, 30).unwrap());
    let f = run(1, 60).unwrap_err();
    assert!(matches!(&f.cause, Cause::Violation { id: "INV_900", .. }), "{f}");
    assert_eq!(f, run(1, 60).unwrap_err());
    println!("{f} {a:?}");
}
