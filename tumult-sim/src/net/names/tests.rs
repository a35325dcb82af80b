//! Names as processes see them, and their faults.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use super::{lookup_host, set};
use crate::base::NameFailure;
use crate::fault::Fault;
use crate::net::{Latency, TcpListener, TcpStream, UdpSocket, address};
use crate::time::{Instant, sleep};
use crate::{Process, Sim};

const MS: Duration = Duration::from_millis(1);

/// Two servers, which say who they are, and a name that stands for the first.
fn two() -> (Sim, Process, Process) {
    let mut sim = Sim::new(1);
    let mut server = |name, says: u8| {
        sim.process(name, move || async move {
            let listener = TcpListener::bind(80).await.unwrap();
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(&[says]).await;
            }
        })
    };
    let (a, b) = (server("a", 1), server("b", 2));
    sim.alias("db.internal", [a]);
    (sim, a, b)
}

/// Who answers, or how it fails.
async fn who() -> Result<u8, ErrorKind> {
    let mut byte = [0];
    let mut stream = TcpStream::connect("db.internal:80").await.map_err(|e| e.kind())?;
    stream.read_exact(&mut byte).await.map_err(|e| e.kind())?;
    Ok(byte[0])
}

/// Who answers, each second.
fn each_second(sim: &mut Sim, seconds: u32) -> Process {
    sim.primary("client", move || async move {
        let mut seen = vec![];
        for n in 0..seconds {
            seen.push(who().await);
            sleep(Duration::from_secs(u64::from(n) + 1).saturating_sub(crate::time::now().since_start())).await;
        }
        seen
    })
}

fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn a_name_stands_for_processes_and_may_be_changed_by_one() {
    let (mut sim, a, b) = two();
    let client = sim.primary("client", move || async move {
        sleep(MS).await;
        assert_eq!(who().await, Ok(1));
        set("db.internal", [b, a]);
        assert_eq!(who().await, Ok(2));
        let all: Vec<SocketAddr> = lookup_host("db.internal:80").await.unwrap().collect();
        assert_eq!(all, [(address(b), 80).into(), (address(a), 80).into()]);
        set("db.internal", []);
        assert_eq!(who().await, Err(ErrorKind::NotFound));
        let socket = UdpSocket::bind(0).await.unwrap();
        assert_eq!(socket.send_to(b"x", "db.internal:9").await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(lookup_host("ghost:1").await.unwrap_err().kind(), ErrorKind::NotFound);
        let own: Vec<SocketAddr> = lookup_host("a:1").await.unwrap().collect();
        assert_eq!(own, [(address(a), 1).into()]);
    });
    assert!(sim.run().output::<()>(client).is_some());
}

#[test]
fn a_connection_is_made_to_the_first_that_answers() {
    let (mut sim, a, b) = two();
    sim.alias("db.internal", [a, b]);
    sim.at(MS, Fault::kill(a));
    let client = sim.primary("client", async || {
        sleep(2 * MS).await;
        who().await
    });
    assert_eq!(sim.run().output(client), Some(&Ok::<u8, ErrorKind>(2)));
}

#[test]
fn a_lookup_takes_its_time() {
    let (mut sim, ..) = two();
    sim.alias("slow", []).latency(Latency::ms(7));
    let client = sim.primary("client", || async {
        let begun = Instant::now();
        let at_once = lookup_host("db.internal:80").await.is_ok() && begun.elapsed().is_zero();
        let found = lookup_host("slow:80").await.is_ok();
        (at_once, found, begun.elapsed())
    });
    assert_eq!(sim.run().output(client), Some(&(true, false, 7 * MS)));
}

#[test]
fn a_lookup_fails_as_the_fault_says() {
    for (how, kind, took) in [
        (NameFailure::NotFound, ErrorKind::NotFound, 0),
        (NameFailure::Temporary, ErrorKind::Other, 0),
        (NameFailure::Timeout, ErrorKind::TimedOut, 10),
    ] {
        let (mut sim, ..) = two();
        sim.at(s(1), Fault::name_failure("db.internal", how).lasting(s(60)));
        let client = sim.primary("client", move || async move {
            sleep(MS).await;
            assert_eq!(who().await, Ok(1));
            sleep(s(2)).await;
            let begun = Instant::now();
            assert_eq!(who().await, Err(kind));
            assert_eq!(begun.elapsed(), s(took));
            let socket = UdpSocket::bind(0).await.unwrap();
            assert_eq!(socket.send_to(b"x", "db.internal:9").await.unwrap_err().kind(), kind);
            sleep(s(60)).await;
            assert_eq!(who().await, Ok(1), "it is healed");
        });
        let report = sim.run();
        assert!(report.output::<()>(client).is_some());
        assert!(sim.fault_outcomes()[0].is_met());
    }
}

#[test]
fn a_name_that_fails_never_touches_connections_or_other_names() {
    let (mut sim, _, b) = two();
    sim.alias("other", [b]);
    sim.at(s(1), Fault::name_failure("db.internal", NameFailure::NotFound));
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let mut held = TcpStream::connect("db.internal:80").await.unwrap();
        sleep(s(2)).await;
        assert_eq!(who().await, Err(ErrorKind::NotFound));
        held.read_exact(&mut [0]).await.unwrap();
        held.write_all(b"still there").await.unwrap();
        assert!(lookup_host("other:80").await.is_ok() && lookup_host("a:80").await.is_ok());
    });
    assert!(sim.run().output::<()>(client).is_some());
}

#[test]
fn an_answer_that_comes_at_the_second_attempt_is_taken() {
    let (mut sim, ..) = two();
    sim.at(Duration::ZERO, Fault::name_failure("db.internal", NameFailure::Timeout).lasting(s(3)));
    let client = sim.primary("client", || async {
        sleep(MS).await;
        (who().await, crate::time::now().since_start().as_secs())
    });
    assert_eq!(sim.run().output(client), Some(&(Ok::<u8, ErrorKind>(1), 5_u64)));
}

#[test]
fn a_stale_name_gives_what_held_before() {
    let (mut sim, _, b) = two();
    sim.at(s(2), Fault::stale_name("db.internal").lasting(s(4)));
    sim.process("operator", move || async move {
        sleep(s(3) + 500 * MS).await;
        set("db.internal", [b]);
    });
    let client = each_second(&mut sim, 8);
    let seen = sim.run().output::<Vec<Result<u8, ErrorKind>>>(client).unwrap().clone();
    assert_eq!(seen[1..], [1, 1, 1, 1, 1, 2, 2].map(Ok));
    assert!(sim.fault_outcomes()[0].is_met());
}

#[test]
fn a_stale_name_that_never_changed_is_not_felt() {
    let (mut sim, ..) = two();
    sim.at(s(2), Fault::stale_name("db.internal"));
    let client = each_second(&mut sim, 4);
    let seen = sim.run().output::<Vec<Result<u8, ErrorKind>>>(client).unwrap().clone();
    assert_eq!(seen[1..], [1, 1, 1].map(Ok));
    assert!(!sim.fault_outcomes()[0].is_met());
}

#[test]
fn a_changed_name_stands_for_others_and_then_for_what_it_was_set_to() {
    let (mut sim, _, b) = two();
    sim.at(s(2) + 500 * MS, Fault::name_change("db.internal", [b]).lasting(s(2)));
    let client = each_second(&mut sim, 7);
    let seen = sim.run().output::<Vec<Result<u8, ErrorKind>>>(client).unwrap().clone();
    assert_eq!(seen[1..], [1, 1, 2, 2, 1, 1].map(Ok));
    assert!(sim.fault_outcomes()[0].is_met());
}

#[test]
fn a_changed_name_never_moves_a_connection_or_another_name() {
    let (mut sim, a, b) = two();
    sim.alias("other", [a]);
    sim.at(s(1), Fault::name_change("db.internal", [b]));
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let mut held = TcpStream::connect("db.internal:80").await.unwrap();
        sleep(s(2)).await;
        let mut byte = [0];
        held.read_exact(&mut byte).await.unwrap();
        let mut other = TcpStream::connect("other:80").await.unwrap();
        let first = byte[0];
        other.read_exact(&mut byte).await.unwrap();
        (first, byte[0])
    });
    assert_eq!(sim.run().output(client), Some(&(1_u8, 1_u8)));
}

#[test]
fn drawn_faults_of_names_come_where_names_are_declared() {
    use crate::fault::{FaultKind, Profile};
    let names = [FaultKind::NameFailure, FaultKind::StaleName, FaultKind::NameChange];
    let drawn = |declared: bool| {
        let mut sim = Sim::new(3);
        let a = sim.process("a", || async {});
        if declared {
            sim.alias("db", [a]);
        }
        sim.draw_faults(Profile::default().only(names), s(600));
        sim.primary("b", || async { sleep(MS).await });
        sim.run();
        sim.plan().len()
    };
    assert_eq!(drawn(false), 0);
    assert!(drawn(true) > 5);
}
