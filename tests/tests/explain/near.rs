//! The nearest run that holds: its token makes it, it holds, and it is the run that NEAR speaks of.

use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::fault::Fault;
use tumult_sim::net::UdpSocket;
use tumult_sim::search::{Found, Search};
use tumult_sim::time::{sleep, timeout};

use super::{explained, part};

/// The token of the nearest run that holds.
fn token(near: &[String]) -> &str {
    let command = near.last().expect("a NEAR line");
    let (_, rest) = command.split_once(".replay(\"").unwrap_or_else(|| panic!("a command in {near:?}"));
    rest.trim_end_matches("\")")
}

/// That the run that holds does so, and the run that fails does not.
fn holds_there_and_fails_here(name: &str, found: &Found, test: impl Fn(&mut Sim) + Sync) {
    let report = found.report().unwrap();
    let replay = |token: &str| Search::new(name).replay(token).unwrap().run(&test);
    let near = replay(token(&part(report, "NEAR")));
    assert_eq!(near.failure(), None, "{report}");
    assert_eq!(replay(found.token().unwrap()).failure(), found.failure(), "{report}");
}

/// A client asks ten times, and each time gets an answer; where the server is not there, it never does.
fn asks(sim: &mut Sim) {
    let server = sim.process("server", || async {
        let socket = UdpSocket::bind("0.0.0.0:7").await.unwrap();
        loop {
            let (bytes, from) = socket.recv_datagram().await.unwrap();
            socket.send_to(&bytes, from).await.unwrap();
        }
    });
    let client = sim.primary("client", || async {
        sleep(Duration::from_millis(1)).await;
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        let mut missing = vec![];
        for n in 0..10_u64 {
            socket.send_to(&n.to_le_bytes(), "server:7").await.unwrap();
            if timeout(Duration::from_millis(20), socket.recv_datagram()).await.is_err() {
                missing.push(n);
            }
        }
        assert!(missing.is_empty(), "no answer to {missing:?}");
    });
    sim.link(client, server).loss(0.02);
    sim.run();
}

#[test]
fn a_message_that_is_not_lost_is_what_differs() {
    let found = explained("near a lost message", asks);
    let near = part(found.report().unwrap(), "NEAR");
    assert!(
        near[0].starts_with("holds with message at ") && near[0].contains(" not lost; differs first at"),
        "{near:?}"
    );
    assert!(near[1].trim_end().ends_with("here") && near[1].contains("lost"), "{near:?}");
    assert!(near[2].trim_end().ends_with("there") && near[2].contains(" <- "), "{near:?}");
    holds_there_and_fails_here("near a lost message", &found, asks);
}

/// A worker must not stand still for 300 ms, and is paused for longer; another fault does no harm.
fn stands_still(sim: &mut Sim) {
    let worker = sim.primary("worker", || async {
        let mut last = tumult_sim::time::Instant::now();
        for _ in 0..100 {
            sleep(Duration::from_millis(10)).await;
            assert!(last.elapsed() < Duration::from_millis(300), "it stood still");
            last = tumult_sim::time::Instant::now();
        }
    });
    sim.at(Duration::from_millis(100), Fault::pause(worker).lasting(Duration::from_millis(100)));
    sim.at(Duration::from_millis(400), Fault::pause(worker).lasting(Duration::from_millis(500)));
    sim.run();
}

#[test]
fn a_fault_that_lasts_a_little_less_is_nearer_than_one_that_is_not_there() {
    let found = explained("near a threshold", stands_still);
    let report = found.report().unwrap();
    let near = part(report, "NEAR");
    assert!(near[0].starts_with("holds with f2 at ") && near[0].contains(" pause worker for 2"), "{report}");
    assert!(near[2].contains("worker goes on"), "it goes the same way until then: {report}");
    holds_there_and_fails_here("near a threshold", &found, stands_still);
}

#[test]
fn what_always_fails_has_no_run_near_it_that_holds() {
    let found = explained("nothing near", |sim: &mut Sim| {
        sim.primary("p", || async { panic!("planted") });
        sim.run();
    });
    let report = found.report().unwrap();
    assert!(part(report, "NEAR").is_empty() && part(report, "TURN")[0].starts_with("lost from the start"), "{report}");
}
