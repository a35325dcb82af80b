//! How planted failures are said to have come about.

use std::time::Duration;

use crate::base::Seed;
use crate::disk::File;
use crate::fault::Fault;
use crate::invariant::{Invariant, InvariantInfo, Observed, Verdict};
use crate::net::{Latency, UdpSocket};
use crate::report::Scene;
use crate::sim::{Manner, Sim, SimConfig};
use crate::trace::Recording;
use crate::{time, violated};

const MS: Duration = Duration::from_millis(1);

static INFO: InvariantInfo = InvariantInfo {
    id: "INV_991",
    title: "no update is lost",
    tags: &["data"],
    name: "no_lost_update",
    module: "test",
    file: file!(),
    line: line!(),
};

/// What the store has, and how often it was written.
#[derive(Debug, Default)]
struct Store {
    value: u8,
    writes: u8,
}

const NO_LOST_UPDATE: Invariant<Store> = Invariant {
    info: &INFO,
    check: |store| {
        if store.value == store.writes {
            Verdict::Holds
        } else {
            violated!("{} of {} writes", store.value, store.writes)
        }
    },
};

fn sim() -> Sim {
    Sim::with_config(SimConfig {
        seed: Seed(7),
        record: true,
        manner: Manner { sites: true, ..Manner::default() },
        ..SimConfig::default()
    })
}

/// Runs until it fails, and says how that came about.
fn how(mut sim: Sim, names: &[&str]) -> Vec<String> {
    sim.links().latency(Latency::ms(1));
    sim.try_run().expect_err("it has a planted defect");
    told(&sim.recording().unwrap(), names)
}

fn told(recording: &Recording, names: &[&str]) -> Vec<String> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let lines = Scene { recording, names: &names }.how();
    println!("{}", lines.join("\n"));
    lines
}

/// Answers `get` with the value, and takes `put` and a value.
fn answer(store: &Observed<Store>, request: &[u8]) -> Vec<u8> {
    if let [b'p', b'u', b't', b' ', value] = request {
        let value = value - b'0';
        store.update(|s| (s.value, s.writes) = (value, s.writes + 1));
        return b"ok".to_vec();
    }
    store.read(|s| vec![b'0' + s.value])
}

/// A process that has nothing to do with anything, with its like.
fn chatter(sim: &mut Sim) {
    for (me, other) in [("left", "right:9"), ("right", "left:9")] {
        sim.process(me, move || async move {
            let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
            loop {
                let _ = socket.send_to(b"chatter", other).await;
                time::sleep(MS / 3).await;
            }
        });
    }
}

const LOST_UPDATE: [&str; 5] = ["store", "left", "right", "one", "two"];

fn tells_the_lost_update(lines: &[String]) {
    let all = lines.join("\n");
    assert!(!all.contains("chatter"), "{all}");
    for said in ["one -> store  3 bytes \"get\"", "two -> store  3 bytes \"get\"", "** violation **"] {
        assert!(all.contains(said), "no {said} in\n{all}");
    }
    for said in ["one -> store  5 bytes \"put 1\"", "two -> store  5 bytes \"put 1\""] {
        assert_eq!(all.matches(said).count(), 1, "{all}");
    }
    assert_eq!(all.matches("updates observed state").count(), 2, "{all}");
}

#[test]
fn a_lost_update_is_told_by_its_reads_and_writes() {
    let mut sim = sim();
    let store = sim.observe("store", Store::default());
    sim.always(NO_LOST_UPDATE, &store);
    sim.process("store", move || {
        let store = store.clone();
        async move {
            let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
            let mut buffer = [0; 16];
            loop {
                let (n, from) = socket.recv_from(&mut buffer).await.unwrap();
                let reply = answer(&store, &buffer[..n]);
                socket.send_to(&reply, from).await.unwrap();
            }
        }
    });
    chatter(&mut sim);
    for (name, wait) in [("one", 5), ("two", 6)] {
        sim.primary(name, move || async move {
            time::sleep(wait * MS).await;
            let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
            let mut buffer = [0; 16];
            socket.send_to(b"get", "store:7").await.unwrap();
            socket.recv_from(&mut buffer).await.unwrap();
            time::sleep(5 * MS).await;
            socket.send_to(&[b'p', b'u', b't', b' ', buffer[0] + 1], "store:7").await.unwrap();
            socket.recv_from(&mut buffer).await.unwrap();
        });
    }
    let lines = how(sim, &LOST_UPDATE);
    tells_the_lost_update(&lines);
    if crate::host::ANSWERED {
        assert!(lines.iter().filter(|l| l.contains("report/tests/how.rs:")).count() >= 6, "lines of code");
    }
}

#[test]
fn a_dropped_message_names_its_fault_and_where_it_was_sent() {
    let mut sim = sim();
    let worker = sim.process("worker", || async {
        let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
        loop {
            socket.send_to(b"renew", "leases:7").await.unwrap();
            time::sleep(10 * MS).await;
        }
    });
    chatter(&mut sim);
    let leases = sim.primary("leases", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        let mut buffer = [0; 16];
        loop {
            let heard = time::timeout(35 * MS, socket.recv_from(&mut buffer)).await;
            assert!(heard.is_ok(), "the lease has run out");
        }
    });
    sim.at(52 * MS, Fault::partition(&[&[worker], &[leases]]).lasting(200 * MS));
    let all = how(sim, &["worker", "left", "right", "leases"]).join("\n");
    assert!(all.contains("worker -> leases  5 bytes \"renew\"") && all.contains("dropped by f1"), "{all}");
    assert!(all.contains("** panic **") && all.contains("the lease has run out") && !all.contains("chatter"), "{all}");
}

#[test]
fn a_write_that_was_lost_with_the_power_is_told() {
    // What was not synced may survive.
    let lost = (0..20).find_map(amnesia);
    let all = told(&lost.expect("it is lost in one of twenty"), &["node"]).join("\n");
    assert!(all.contains("not synced before the power went") && all.contains("promised"), "{all}");
    assert!(all.contains("node loses power") && all.contains("by f1"), "{all}");
    assert!(all.contains("node starts, life 2"), "{all}");
}

/// A promise that is not synced, before a power loss; `None` where it survives.
fn amnesia(seed: u64) -> Option<Recording> {
    let mut sim = Sim::with_config(SimConfig {
        seed: Seed(seed),
        record: true,
        manner: Manner { sites: true, ..Manner::default() },
        ..SimConfig::default()
    });
    let node = sim.primary("node", || async {
        if let Ok(mut file) = File::open("/state").await {
            let mut state = vec![];
            file.read_to_end(&mut state).await.unwrap();
            assert_eq!(state, b"promised", "a promise is kept");
        }
        let mut file = File::create("/state").await.unwrap();
        file.sync_all().await.unwrap();
        crate::disk::sync_dir("/").await.unwrap();
        file.write_all(b"promised").await.unwrap();
        time::sleep(Duration::from_secs(1)).await;
    });
    sim.at(100 * MS, Fault::power_loss(node).lasting(50 * MS));
    sim.try_run().is_err().then(|| sim.recording())?
}

#[cfg(all(feature = "hosting", target_os = "linux", target_env = "gnu"))]
#[expect(clippy::disallowed_methods, reason = "these programs are hosted")]
#[test]
fn a_lost_update_of_unmodified_programs_is_told_the_same_way() {
    use std::net::UdpSocket;

    let mut sim = sim();
    let store = sim.observe("store", Store::default());
    sim.always(NO_LOST_UPDATE, &store);
    sim.process(
        "store",
        crate::body::program(move || {
            let store = store.clone();
            let socket = UdpSocket::bind("0.0.0.0:7").unwrap();
            let serve = move || {
                let mut buffer = [0; 16];
                loop {
                    let (n, from) = socket.recv_from(&mut buffer).unwrap();
                    let reply = answer(&store, &buffer[..n]);
                    socket.send_to(&reply, from).unwrap();
                }
            };
            std::thread::spawn(serve).join().unwrap();
        }),
    );
    chatter(&mut sim);
    for (name, wait) in [("one", 5), ("two", 6)] {
        sim.primary(
            name,
            crate::body::program(move || {
                std::thread::sleep(wait * MS);
                let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
                let mut buffer = [0; 16];
                socket.send_to(b"get", "store:7").unwrap();
                socket.recv_from(&mut buffer).unwrap();
                std::thread::sleep(5 * MS);
                socket.send_to(&[b'p', b'u', b't', b' ', buffer[0] + 1], "store:7").unwrap();
                socket.recv_from(&mut buffer).unwrap();
            }),
        );
    }
    let lines = how(sim, &LOST_UPDATE);
    tells_the_lost_update(&lines);
    assert!(lines.iter().filter(|l| l.contains("report/tests/how.rs:")).count() >= 6, "lines of code");
}
