//! Which events follow from which, in runs of many kinds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::Seed;
use crate::fault::Fault;
use crate::net::{TcpListener, TcpStream, UdpSocket};
use crate::sim::{Sim, SimConfig};
use crate::trace::{Kind, Recording, TraceHash};
use crate::{task, time};

const MS: Duration = Duration::from_millis(1);

/// Servers, clients and chatter, with faults of most families.
fn busy(seed: u64, record: bool) -> (TraceHash, Option<Recording>) {
    let mut sim = Sim::with_config(SimConfig { seed: Seed(seed), record, ..SimConfig::default() });
    let server = sim.process("server", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        let mut buffer = [0; 64];
        loop {
            let (n, from) = socket.recv_from(&mut buffer).await.unwrap();
            time::sleep(MS / 4).await;
            socket.send_to(&buffer[..n], from).await.unwrap();
        }
    });
    let streams = sim.process("streams", || async {
        let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { continue };
            task::spawn(async move {
                let mut buffer = [0; 64];
                while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                    if stream.write(&buffer[..n]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    for n in 0..3 {
        sim.primary(&format!("client {n}"), move || async move {
            let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
            let mut buffer = [0; 64];
            for round in 0..20_u8 {
                socket.send_to(&[n, round], "server:7").await.unwrap();
                let _ = time::timeout(10 * MS, socket.recv_from(&mut buffer)).await;
                let now = time::Instant::now();
                if let Ok(mut stream) = TcpStream::connect("streams:80").await {
                    let _ = stream.write(&[round; 9]).await;
                    let _ = time::timeout(10 * MS, stream.read(&mut buffer)).await;
                }
                std::hint::black_box(now.elapsed());
            }
        });
    }
    sim.at(20 * MS, Fault::kill(server).lasting(5 * MS));
    sim.at(40 * MS, Fault::power_loss(streams).lasting(5 * MS));
    sim.at(60 * MS, Fault::pause(server).lasting(5 * MS));
    sim.at(70 * MS, Fault::isolate(server).lasting(5 * MS));
    let trace = sim.run().trace();
    (trace, sim.recording())
}

pub(super) fn recorded(seed: u64) -> Recording {
    busy(seed, true).1.expect("it was asked for")
}

/// The number of a packet on its link, without what happened to it.
fn number(b: u64) -> u64 {
    b & ((1 << 56) - 1)
}

#[test]
fn recording_the_causes_changes_nothing() {
    for seed in 0..4 {
        assert_eq!(busy(seed, false).0, busy(seed, true).0);
    }
}

#[test]
fn causes_point_backwards_and_each_arrival_has_its_send() {
    for seed in 0..8 {
        let all = recorded(seed);
        let mut kinds = BTreeMap::new();
        for (n, r) in all.iter().enumerate() {
            assert!(all.causes(n).all(|cause| cause < n), "event {n} follows from a later one");
            let cause = all.cause(n).and_then(|cause| all.get(cause));
            match r.kind {
                Kind::Deliver | Kind::Drop if number(r.b) > 0 || r.kind == Kind::Deliver => {
                    let sent = cause.unwrap_or_else(|| panic!("event {n} has no send: {r:?}"));
                    let refusal = sent.kind == Kind::Drop && r.a_high() == sent.a_low();
                    assert!(
                        sent.kind == Kind::Send && sent.a == r.a && sent.b == number(r.b) || refusal,
                        "{sent:?} {r:?}"
                    );
                }
                Kind::Timer => assert_eq!(cause.map(|c| c.kind), Some(Kind::Poll), "who set a timer was running"),
                Kind::Poll => assert!(cause.is_some(), "a task runs since something woke it"),
                _ => {}
            }
            if let Some(cause) = cause {
                *kinds.entry((r.kind, cause.kind)).or_insert(0) += 1;
            }
        }
        for expected in [
            (Kind::Poll, Kind::Deliver),
            (Kind::Poll, Kind::Timer),
            (Kind::Send, Kind::Poll),
            (Kind::Send, Kind::Deliver),
            (Kind::Poll, Kind::Spawn),
            (Kind::Spawn, Kind::Process),
            (Kind::Spawn, Kind::Poll),
            (Kind::Process, Kind::Fault),
            (Kind::Overlay, Kind::Fault),
            (Kind::Drop, Kind::Send),
        ] {
            assert!(kinds.contains_key(&expected), "{expected:?} is missing in {kinds:?}");
        }
    }
}

#[test]
fn a_fault_is_among_the_causes_of_what_it_did() {
    let all = recorded(1);
    let fault_of = |n: usize| {
        let overlay = all.causes(n).find(|c| all.get(*c).unwrap().kind == Kind::Overlay)?;
        all.cause(overlay).map(|c| all.get(c).unwrap().a)
    };
    let cut: Vec<_> =
        (0..all.len()).filter(|n| all.get(*n).is_some_and(|r| r.kind == Kind::Drop && r.b >> 56 == 2)).collect();
    assert!(!cut.is_empty());
    assert!(cut.iter().all(|n| fault_of(*n) == Some(3)), "the fourth fault cuts the links");
    let effects = all.effects();
    let polls_of_resumed = (0..all.len()).filter(|n| {
        let r = all.get(*n).unwrap();
        r.kind == Kind::Poll && all.causes(*n).any(|c| all.get(c).is_some_and(|c| c.kind == Kind::Fault && c.a == 2))
    });
    assert!(polls_of_resumed.count() > 0, "a task that the pause delayed");
    for n in 0..all.len() {
        assert!(all.causes(n).all(|c| effects.of(c).any(|e| e == n)));
    }
}

#[test]
fn causes_are_read_back_as_they_were_written() {
    let all = recorded(2);
    let back: Recording = postcard::from_bytes(&postcard::to_allocvec(&all).unwrap()).unwrap();
    assert_eq!(back, all);
    assert!((0..all.len()).all(|n| back.causes(n).eq(all.causes(n))));
}
