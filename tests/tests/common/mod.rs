//! A small system that uses processes, the network, the disk and clocks: nodes that log what they get before they
//! acknowledge it, and a client that sends to each in turn.

use std::time::Duration;

use tumult_sim::disk::{self, OpenOptions};
use tumult_sim::net::{Latency, UdpSocket};
use tumult_sim::time::{Instant, SystemTime, interval, sleep, timeout};
use tumult_sim::{Process, Sim, process, select, task};

/// How many entries the client has acknowledged by a node.
pub(crate) const ENTRIES: u64 = 60;

/// Appends one entry to the log and makes it durable.
async fn append(entry: u64) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open("/log").await?;
    file.write_all(&entry.to_le_bytes()).await?;
    file.sync_all().await?;
    disk::sync_dir("/").await
}

/// A node: logs an entry, then acknowledges it. Started again, it says how much it still has.
async fn node() {
    let log = disk::read("/log").await.unwrap_or_default();
    process::note(format!("{} has {} bytes in life {}", process::name(), log.len(), process::incarnation().0));
    let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
    let beats = task::spawn(async {
        let mut every = interval(Duration::from_millis(250));
        loop {
            every.tick().await;
            process::note(format!("{:?} {:?}", Instant::now(), SystemTime::now()));
        }
    });
    let mut buffer = [0; 8];
    loop {
        let got = select! {
            got = socket.recv_from(&mut buffer) => Some(got.unwrap()),
            () = process::shutdown_requested() => None,
        };
        let Some((_, from)) = got else { break beats.abort() };
        if append(u64::from_le_bytes(buffer)).await.is_ok() {
            let _ = socket.send_to(&buffer, from).await;
        }
    }
}

/// Sends each entry until some node has acknowledged it.
async fn client(nodes: u64) -> u64 {
    let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    let mut tries = 0;
    for entry in 0..ENTRIES {
        loop {
            tries += 1;
            let to = format!("n{}:7", (entry + tries) % nodes + 1);
            socket.send_to(&entry.to_le_bytes(), to).await.unwrap();
            let mut buffer = [0; 8];
            let wait = Duration::from_millis(30 + process::random_below(40));
            if timeout(wait, socket.recv_from(&mut buffer)).await.is_ok() {
                break;
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    tries
}

/// Declares three nodes and a client, and gives them: the client last.
pub(crate) fn declare(sim: &mut Sim) -> [Process; 4] {
    let nodes = ["n1", "n2", "n3"].map(|name| sim.process(name, node));
    let client = sim.primary("client", || client(3));
    sim.links().latency(Latency::exponential_ms(0.5, 1.0)).loss(0.02).duplicate(0.01).reorder(0.05);
    sim.link(nodes[0], client).latency(Latency::lognormal_ms(2.0, 0.5));
    sim.time_limit(Duration::from_secs(120));
    [nodes[0], nodes[1], nodes[2], client]
}
