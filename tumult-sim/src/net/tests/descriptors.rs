//! Sockets count towards what their process may have open.

use std::io::{self, ErrorKind};
use std::time::Duration;

use crate::fault::Fault;
use crate::net::{TcpListener, TcpStream, UdpSocket};
use crate::time::sleep;
use crate::{Process, Sim};

const MS: Duration = Duration::from_millis(1);

/// Accepts and holds what it accepts.
async fn holder() {
    let listener = TcpListener::bind(80).await.unwrap();
    let mut held = vec![];
    loop {
        match listener.accept().await {
            Ok((stream, _)) => held.push(stream),
            Err(_) => sleep(MS).await,
        }
    }
}

fn is_emfile<T>(result: io::Result<T>) -> bool {
    result.err().is_some_and(|e| e.raw_os_error() == Some(24))
}

/// Connects until it may not any more; gives how many streams there were.
async fn connect_all(held: &mut Vec<TcpStream>) -> usize {
    loop {
        match TcpStream::connect("server:80").await {
            Ok(stream) => held.push(stream),
            refused => {
                assert!(is_emfile(refused));
                return held.len();
            }
        }
    }
}

fn limited(
    client: impl AsyncFn() -> Vec<usize> + 'static,
    limit: u32,
    set: impl FnOnce(&mut Sim, Process),
) -> Vec<usize> {
    let mut sim = Sim::new(1);
    sim.process("server", holder);
    let client = sim.primary("client", client);
    sim.descriptor_limit(client, limit);
    set(&mut sim, client);
    sim.run().output::<Vec<usize>>(client).unwrap().clone()
}

#[test]
fn streams_listeners_and_halves_count_until_they_are_dropped() {
    let seen = limited(
        || async {
            sleep(MS).await;
            let mut held = vec![];
            let mut seen = vec![connect_all(&mut held).await];
            assert!(is_emfile(TcpListener::bind(81).await));
            let (read, write) = held.pop().unwrap().into_split();
            drop(read);
            assert!(is_emfile(TcpListener::bind(81).await), "half of a stream keeps its place");
            drop(write);
            let listener = TcpListener::bind(81).await.unwrap();
            seen.push(connect_all(&mut held).await);
            drop(listener);
            seen.push(connect_all(&mut held).await);
            seen
        },
        3,
        |_, _| {},
    );
    assert_eq!(seen, [3, 2, 3]);
}

#[test]
fn a_connection_that_fails_gives_its_place_back() {
    let seen = limited(
        || async {
            sleep(MS).await;
            for _ in 0..3 {
                let refused = TcpStream::connect("server:9").await.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            }
            let given_up = crate::time::timeout(10 * MS, TcpStream::connect("dead:80")).await;
            assert!(given_up.is_err(), "nothing answers");
            vec![connect_all(&mut vec![]).await]
        },
        1,
        |sim, _| {
            let dead = sim.process("dead", holder);
            sim.at(Duration::ZERO, Fault::power_loss(dead));
        },
    );
    assert_eq!(seen, [1]);
}

#[test]
fn a_killed_process_has_nothing_open_and_keeps_its_limit() {
    let seen = limited(
        || async {
            sleep(MS).await;
            let mut held = vec![];
            let seen = vec![connect_all(&mut held).await];
            if crate::process::incarnation().0 == 0 {
                sleep(Duration::from_secs(3600)).await;
            }
            seen
        },
        4,
        |sim, client| {
            sim.at(100 * MS, Fault::restart(client));
        },
    );
    assert_eq!(seen, [4]);
}

#[test]
fn over_its_limit_a_server_leaves_connections_in_the_queue() {
    let mut sim = Sim::new(1);
    let server = sim.primary("server", || async {
        let listener = TcpListener::bind(80).await.unwrap();
        let (first, _) = listener.accept().await.unwrap();
        sleep(50 * MS).await;
        assert!(is_emfile(listener.accept().await));
        assert!(is_emfile(listener.accept().await), "and again: nobody has taken it");
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        let mut got = vec![];
        second.read_to_end(&mut got).await.unwrap();
        got
    });
    sim.primary("client", || async {
        sleep(MS).await;
        let _first = TcpStream::connect("server:80").await.unwrap();
        let mut second = TcpStream::connect("server:80").await.unwrap();
        second.write_all(b"patient").await.unwrap();
    });
    sim.descriptor_limit(server, 2);
    assert_eq!(sim.run().output::<Vec<u8>>(server).unwrap(), b"patient");
}

#[test]
fn the_limit_of_one_process_is_not_anothers() {
    let mut sim = Sim::new(1);
    let server = sim.process("server", holder);
    let client = sim.primary("client", || async {
        sleep(MS).await;
        let mut held = vec![];
        for _ in 0..10 {
            held.push(TcpStream::connect("server:80").await.unwrap());
        }
    });
    sim.descriptor_limit(server, 2);
    assert!(sim.run().output::<()>(client).is_some(), "the machine of the server makes connections without it");
}

#[test]
fn datagram_sockets_count_until_they_are_dropped() {
    let seen = limited(
        || async {
            let mut held = vec![];
            let fill = async |held: &mut Vec<UdpSocket>| {
                while let Ok(socket) = UdpSocket::bind(0).await {
                    held.push(socket);
                }
                assert!(is_emfile(UdpSocket::bind(9).await));
                held.len()
            };
            let first = fill(&mut held).await;
            held.truncate(1);
            let port_is_free = UdpSocket::bind(9).await.is_ok();
            assert!(port_is_free, "what was refused has not taken the port");
            vec![first, fill(&mut held).await]
        },
        4,
        |_, _| {},
    );
    assert_eq!(seen, [4, 4]);
}
