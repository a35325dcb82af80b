//! Two replicas in memory: the value is lost when both are down at once, and only then.

use std::time::Duration;

use tumult_sim::fault::Fault;
use tumult_sim::net::UdpSocket;
use tumult_sim::search::Search;
use tumult_sim::time::{sleep, timeout};
use tumult_sim::{Observed, Process, Sim, Verdict, invariant, violated};

use super::{explained, part};

/// What was written is there.
#[invariant(id = "INV_971", tags = ["data"])]
#[expect(clippy::ref_option, reason = "that is the observed state")]
fn kept(found: &Option<u64>) -> Verdict {
    match found {
        None | Some(7) => Verdict::Holds,
        Some(other) => violated!("7 was written, and {other} read"),
    }
}

/// Asks a replica for its value; 0 when it has none, nothing when it does not answer.
async fn ask(who: &str) -> Option<u64> {
    let socket = UdpSocket::bind("0.0.0.0:0").await.ok()?;
    socket.send_to(b"?", format!("{who}:7").as_str()).await.ok()?;
    let (bytes, _) = timeout(Duration::from_millis(100), socket.recv_datagram()).await.ok()?.ok()?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

async fn replica(peer: &'static str) {
    let mut value = ask(peer).await.unwrap_or(0);
    let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
    loop {
        let (bytes, from) = socket.recv_datagram().await.unwrap();
        if let Ok(new) = <[u8; 8]>::try_from(&*bytes) {
            value = u64::from_le_bytes(new);
        } else {
            socket.send_to(&value.to_le_bytes(), from).await.unwrap();
        }
    }
}

async fn client(found: Observed<Option<u64>>) {
    sleep(Duration::from_millis(500)).await;
    let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    for replica in ["a:7", "b:7"] {
        socket.send_to(&7_u64.to_le_bytes(), replica).await.unwrap();
    }
    sleep(Duration::from_secs(60)).await;
    let read = ask("a").await.or(ask("b").await);
    found.update(|found| *found = read);
}

/// The replicas, a client, and six others that have nothing to do with it; 58 faults do no harm.
fn system(sim: &mut Sim) -> (Process, Process) {
    let found = sim.observe("found", None);
    sim.always(INV_971, &found);
    let a = sim.process("a", || replica("b"));
    let b = sim.process("b", || replica("a"));
    sim.primary("client", move || client(found.clone()));
    let others: Vec<Process> = (0..6)
        .map(|n| {
            sim.process(&format!("other-{n}"), || async {
                loop {
                    sleep(Duration::from_millis(700)).await;
                }
            })
        })
        .collect();
    for n in 0..58_u64 {
        let at = Duration::from_secs(1 + n);
        let other = others[n as usize % others.len()];
        let fault = match n % 5 {
            0 => Fault::kill(other).lasting(Duration::from_millis(300)),
            1 => Fault::pause(other).lasting(Duration::from_millis(500)),
            2 => Fault::delay_everywhere(Duration::from_millis(20)).lasting(Duration::from_millis(400)),
            3 if n < 30 => Fault::kill(a).lasting(Duration::from_millis(200)),
            3 => Fault::kill(b).lasting(Duration::from_millis(200)),
            _ => Fault::isolate(other).lasting(Duration::from_secs(2)),
        };
        sim.at(at, fault);
    }
    (a, b)
}

fn loses_both(sim: &mut Sim) {
    let (a, b) = system(sim);
    sim.at(Duration::from_millis(40_500), Fault::kill(a).lasting(Duration::from_secs(2)));
    sim.at(Duration::from_secs(41), Fault::kill(b).lasting(Duration::from_secs(2)));
    sim.run();
}

#[test]
fn two_faults_of_sixty_are_left() {
    let found = explained("two of sixty", loses_both);
    let report = found.report().unwrap();
    let why = part(report, "WHY");
    assert!(why[0].starts_with("2 faults of 60, "), "{report}");
    assert!(why[1].trim_start().starts_with("f59 at ") && why[1].contains(" kill a for "), "{report}");
    assert!(why[2].trim_start().starts_with("f60 at ") && why[2].contains(" kill b for "), "{report}");
    assert!(why[1].ends_with("without it 0 of 100 fail") && why[2].ends_with("without it 0 of 100 fail"), "{report}");
    // a, b and the client: nobody else is needed.
    assert!(why[0].contains("3 processes of 9"), "{report}");
}

#[test]
fn the_token_is_of_what_is_left_and_fails_the_same_way() {
    let found = explained("two of sixty", loses_both);
    let again = Search::new("two of sixty").replay(found.token().unwrap()).unwrap().run(loses_both);
    assert_eq!(again.failure(), found.failure());
    let plan = part(again.report().unwrap(), "PLAN");
    assert_eq!(plan.len(), 2, "{:?}", again.report());
}

#[test]
fn each_fault_that_is_left_is_needed() {
    // What WHY says, done by hand: without either of the two, no seed fails.
    let one = |first: bool| {
        Search::new("one of sixty").seeds(50).run(move |sim: &mut Sim| {
            let (a, b) = system(sim);
            let (at, who) = if first { (40_500, a) } else { (41_000, b) };
            sim.at(Duration::from_millis(at), Fault::kill(who).lasting(Duration::from_secs(2)));
            sim.run();
        })
    };
    assert!(one(true).failure().is_none() && one(false).failure().is_none());
}
