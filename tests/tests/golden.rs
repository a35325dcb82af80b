//! Golden trace hashes: scenarios that each use processes, network, disk and faults run the same on every machine, in
//! debug and in release, under every runner, on every day. A change that moves one says so in the changelog, and writes
//! the file anew with `TUMULT_BLESS=1 cargo test -p tumult-tests --test golden`; CI never does.

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tumult_sim::fault::{Condition, Fault, Profile};
use tumult_sim::net::{TcpListener, TcpStream};
use tumult_sim::trace::TraceHash;
use tumult_sim::{Bytes, Process, Schedule, Seed, Sim, SimConfig};

const MS: fn(u64) -> Duration = Duration::from_millis;

type Trouble = fn(&mut Sim, [Process; 4]);

/// What goes wrong in each scenario, and in which order tasks run.
const SCENARIOS: [(&str, Schedule, Trouble); 15] = [
    ("kill", Schedule::Random, |sim, [n1, ..]| sim.at(MS(300), Fault::kill(n1).lasting(MS(400)))),
    ("power loss", Schedule::Random, |sim, [n1, n2, ..]| {
        sim.at(MS(200), Fault::power_loss(n1).lasting(MS(300)));
        sim.at(MS(700), Fault::power_loss(n2).lasting(MS(100)));
    }),
    ("pause", Schedule::Random, |sim, [_, n2, ..]| sim.at(MS(250), Fault::pause(n2).lasting(MS(500)))),
    ("shutdown", Schedule::Random, |sim, [_, _, n3, _]| {
        sim.at(MS(250), Fault::shutdown(n3, MS(50)).lasting(MS(300)));
    }),
    ("partition", Schedule::Random, |sim, [n1, n2, n3, client]| {
        sim.at(MS(200), Fault::partition(&[&[n1], &[n2, n3, client]]).lasting(MS(600)));
    }),
    ("cut and hold", Schedule::Fifo, |sim, [n1, n2, _, client]| {
        sim.at(MS(100), Fault::cut(n1, client).lasting(MS(300)));
        sim.at(MS(500), Fault::hold(n2, client).lasting(MS(200)));
    }),
    ("bad links", Schedule::Random, |sim, [n1, _, _, client]| {
        sim.at(MS(100), Fault::loss(n1, client, 0.3).lasting(MS(800)));
        sim.at(MS(100), Fault::duplicate_everywhere(0.2).lasting(MS(800)));
        sim.at(MS(300), Fault::delay(n1, client, MS(10)).lasting(MS(300)));
    }),
    ("clocks", Schedule::Random, |sim, [n1, n2, ..]| {
        sim.at(MS(100), Fault::clock_step(n1, -800_000_000).lasting(MS(400)));
        sim.at(MS(200), Fault::clock_drift(n2, 20_000).lasting(MS(700)));
    }),
    ("disk errors", Schedule::Random, |sim, [n1, n2, n3, _]| {
        sim.at(MS(100), Fault::disk_write_errors(n1, 0.5).lasting(MS(600)));
        sim.at(MS(100), Fault::disk_sync_errors(n2, 0.5).lasting(MS(600)));
        sim.at(MS(300), Fault::disk_full(n3, Bytes(64)).lasting(MS(400)));
    }),
    ("slow disk", Schedule::Random, |sim, [n1, n2, ..]| {
        sim.at(MS(100), Fault::disk_slow(n1, MS(8)).lasting(MS(600)));
        sim.at(MS(300), Fault::disk_stall(n2).lasting(MS(250)));
    }),
    ("streams", Schedule::Random, |sim, [_, _, n3, client]| {
        streams(sim);
        sim.links().loss(0.1).reorder(0.1);
        sim.at(MS(150), Fault::partition(&[&[n3], &[client]]).lasting(MS(200)));
    }),
    ("at a point", Schedule::Pct(3), |sim, [n1, n2, ..]| {
        sim.on(Condition::point("never"), Fault::kill(n1));
        sim.at(MS(150), Fault::restart(n2));
    }),
    ("swarm", Schedule::Random, |sim, _| sim.draw_faults(Profile::swarm().spare("client"), MS(1500))),
    ("swarm, first in first out", Schedule::Fifo, |sim, _| {
        sim.draw_faults(Profile::swarm().spare("client").every(MS(100)), MS(1500));
    }),
    ("swarm, pct", Schedule::Pct(3), |sim, _| {
        sim.draw_faults(Profile::swarm().spare("client").every(MS(50)), MS(1500));
    }),
];

/// Two more processes, of which one sends 200 KB to the other.
fn streams(sim: &mut Sim) {
    sim.process("reader", || async {
        let listener = TcpListener::bind(80).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = vec![];
        stream.read_to_end(&mut got).await.unwrap();
        assert_eq!(got.len(), 200_000);
        stream.write_all(b"all of it").await.unwrap();
    });
    sim.primary("writer", || async {
        tumult_sim::time::sleep(MS(1)).await;
        let mut stream = TcpStream::connect("reader:80").await.unwrap();
        for n in 0..100_u8 {
            stream.write_all(&[n; 2000]).await.unwrap();
        }
        stream.shutdown().await.unwrap();
        stream.read_exact(&mut [0; 9]).await.unwrap();
    });
}

fn hash(schedule: Schedule, trouble: Trouble, record: bool) -> TraceHash {
    let mut sim = Sim::with_config(SimConfig { seed: Seed(0x601d), schedule, record, ..SimConfig::default() });
    let processes = common::declare(&mut sim);
    trouble(&mut sim, processes);
    let report = sim.run();
    assert!(report.output::<u64>(processes[3]).is_some_and(|tries| *tries >= common::ENTRIES));
    report.trace()
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/hashes.txt")
}

#[test]
fn golden_hashes_hold() {
    let hashes: Vec<(&str, TraceHash)> =
        SCENARIOS.iter().map(|(name, s, trouble)| (*name, hash(*s, *trouble, false))).collect();
    let lines: Vec<String> = hashes.iter().map(|(name, hash)| format!("{hash} {name}\n")).collect();
    let text = lines.concat();
    if std::env::var_os("TUMULT_BLESS").is_some() {
        assert!(std::env::var_os("CI").is_none(), "golden hashes are never written in CI");
        std::fs::write(file(), text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(file()).expect("tests/golden/hashes.txt is committed");
    let golden: BTreeMap<&str, &str> = golden.lines().filter_map(|l| l.split_once(' ')).map(|(h, n)| (n, h)).collect();
    assert_eq!(golden.len(), SCENARIOS.len(), "one line a scenario");
    let moved: Vec<String> = hashes
        .iter()
        .filter(|(name, hash)| golden.get(name) != Some(&&*hash.to_string()))
        .map(|(name, hash)| format!("{name}: {hash}, golden {}", golden.get(name).unwrap_or(&"none")))
        .collect();
    assert!(moved.is_empty(), "golden hashes moved; say why in CHANGELOG.md, then bless:\n{}", moved.join("\n"));
}

#[test]
fn what_ran_before_does_not_matter() {
    // In another order, and each twice, the second time recorded.
    for (_, schedule, trouble) in SCENARIOS.iter().rev() {
        assert_eq!(hash(*schedule, *trouble, false), hash(*schedule, *trouble, true));
    }
}

#[test]
fn every_scenario_runs_in_its_own_way() {
    let mut hashes: Vec<String> =
        SCENARIOS.iter().map(|(_, s, trouble)| hash(*s, *trouble, false).to_string()).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), SCENARIOS.len(), "a scenario whose fault changes nothing shows nothing");
}
