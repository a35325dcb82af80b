//! Datagrams between native processes: what has no counterpart on one machine's loopback.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::{UdpConfig, UdpSocket};
use crate::time::{sleep, timeout};
use crate::{Bytes, Process, Sim};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 1, 2, 3);

/// A process that gives all that comes to its port 9 within a second.
fn listener(sim: &mut Sim, name: &str, bound: &'static str, joins: bool) -> Process {
    sim.primary(name, move || async move {
        let socket = UdpSocket::bind(bound).await.unwrap();
        if joins {
            socket.join_multicast_v4(GROUP, Ipv4Addr::UNSPECIFIED).unwrap();
        }
        let mut got = vec![];
        while let Ok(one) = timeout(Duration::from_secs(1), socket.recv_datagram()).await {
            let (bytes, from) = one.unwrap();
            assert!(!from.ip().is_loopback());
            got.push(bytes.len());
        }
        got
    })
}

fn got(report: &crate::Report, process: Process) -> &[usize] {
    report.output::<Vec<usize>>(process).unwrap()
}

#[test]
fn long_datagrams_are_lost_between_processes_and_not_within_one() {
    let mut sim = Sim::new(1);
    let server = listener(&mut sim, "server", "0.0.0.0:9", false);
    let client = sim.primary("client", || async {
        sleep(Duration::from_millis(1)).await;
        let (socket, own) = (UdpSocket::bind(0).await.unwrap(), UdpSocket::bind("127.0.0.1:9").await.unwrap());
        for len in [1472, 1473, 65_507] {
            assert_eq!(socket.send_to(&vec![0; len], "server:9").await.unwrap(), len);
            socket.send_to(&vec![0; len], "127.0.0.1:9").await.unwrap();
        }
        let mut lens = vec![];
        for _ in 0..3 {
            lens.push(own.recv_datagram().await.unwrap().0.len());
        }
        lens
    });
    sim.udp(UdpConfig::default().longest(Bytes(1472)));
    let report = sim.run();
    assert_eq!(got(&report, server), [1472]);
    assert_eq!(got(&report, client), [1472, 1473, 65_507]);
}

#[test]
fn a_group_is_reached_whole_and_nobody_else() {
    let mut sim = Sim::new(1);
    let in_it = [listener(&mut sim, "a", "0.0.0.0:9", true), listener(&mut sim, "b", "239.1.2.3:9", true)];
    let (not, other_port) = (listener(&mut sim, "c", "0.0.0.0:9", false), listener(&mut sim, "d", "0.0.0.0:10", true));
    sim.primary("sender", || async {
        sleep(Duration::from_millis(1)).await;
        let socket = UdpSocket::bind(0).await.unwrap();
        socket.send_to(b"all of you", (GROUP, 9)).await.unwrap();
        assert_eq!(socket.send_to(b"x", "255.255.255.255:9").await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    });
    let report = sim.run();
    for member in in_it {
        assert_eq!(got(&report, member), [10]);
    }
    assert!(got(&report, not).is_empty() && got(&report, other_port).is_empty());
}

#[test]
fn a_broadcast_reaches_all_and_the_loopback_nobody_else() {
    let mut sim = Sim::new(1);
    let all = ["a", "b", "c"].map(|name| listener(&mut sim, name, "0.0.0.0:9", false));
    let private = listener(&mut sim, "private", "127.0.0.1:9", false);
    sim.primary("sender", || async {
        sleep(Duration::from_millis(1)).await;
        let socket = UdpSocket::bind(0).await.unwrap();
        socket.set_broadcast(true).unwrap();
        socket.send_to(b"hi", "255.255.255.255:9").await.unwrap();
        socket.send_to(b"to oneself", "127.0.0.1:9").await.unwrap();
        socket.send_to(b"its loopback is its own", "private:9").await.unwrap();
    });
    let report = sim.run();
    for one in all {
        assert_eq!(got(&report, one), [2]);
    }
    assert!(got(&report, private).is_empty());
}

/// What a socket that is connected to where nobody listens is told, when its link is like this.
fn refused(set: impl FnOnce(&mut Sim, Process, Process)) -> (Option<ErrorKind>, u64) {
    let mut sim = Sim::new(1);
    let server = sim.process("server", std::future::pending::<()>);
    let client = sim.primary("client", || async {
        let socket = UdpSocket::bind(0).await.unwrap();
        socket.connect("server:9").await.unwrap();
        socket.send(b"anybody?").await.unwrap();
        let begin = crate::time::Instant::now();
        let told = timeout(Duration::from_secs(1), socket.recv(&mut [0; 1])).await;
        (told.ok().map(|r| r.unwrap_err().kind()), begin.elapsed().as_millis() as u64)
    });
    set(&mut sim, server, client);
    *sim.run().output::<(Option<ErrorKind>, u64)>(client).unwrap()
}

#[test]
fn a_refusal_takes_the_way_back() {
    let refusal = Some(ErrorKind::ConnectionRefused);
    let ms = |n| Duration::from_millis(n);
    let slow = refused(|sim, server, client| {
        sim.link_one_way(client, server).constant_latency(ms(30));
        sim.link_one_way(server, client).constant_latency(ms(50));
    });
    assert_eq!(slow, (refusal, 80));
    let lost = refused(|sim, server, client| drop(sim.link_one_way(server, client).loss(1.0)));
    assert_eq!(lost.0, None);
    let cut = refused(|sim, server, client| {
        sim.at(Duration::ZERO, crate::fault::Fault::cut(server, client));
    });
    assert_eq!(cut.0, None);
}
