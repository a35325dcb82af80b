//! Streams: addresses and ports.

use std::net::{Ipv4Addr, SocketAddr};

use super::arm::*;
use super::rig::{Rig, cases, read, settle};
use crate::log::{Log, note, seen};

cases![
    both_know_both,
    free_ports_differ,
    bound_to_all_addresses,
    one_listener_a_port,
    all_addresses_and_one,
    port_is_free_after_the_listener,
    port_with_living_streams_needs_reuse,
    port_with_living_streams_is_reused,
    connect_from_a_port,
    same_connection_twice,
    same_port_to_two_servers,
    an_address_of_nobody,
    connect_to_the_unspecified_address,
    bound_twice,
];

async fn both_know_both(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let a = TcpStream::connect(address).await.unwrap();
    let (b, from) = listener.run(async |l: &mut TcpListener| l.accept().await.unwrap()).await;
    let mut log = Log::new();
    note(&mut log, "near is far's peer", a.local_addr().unwrap() == b.peer_addr().unwrap());
    note(&mut log, "far is near's peer", a.peer_addr().unwrap() == b.local_addr().unwrap());
    note(&mut log, "accepted from near", from == a.local_addr().unwrap());
    note(&mut log, "connected to the listener", a.peer_addr().unwrap() == address);
    note(&mut log, "far is at the listener", b.local_addr().unwrap() == address);
    note(&mut log, "loopback", a.local_addr().unwrap().ip().is_loopback() == address.ip().is_loopback());
    log
}

async fn free_ports_differ(_: Rig) -> Log {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let first = TcpListener::bind(any).await.unwrap().local_addr().unwrap();
    let kept = TcpListener::bind(any).await.unwrap();
    let second = TcpListener::bind(any).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "drawn", first.port() > 0);
    note(&mut log, "apart", kept.local_addr().unwrap() != second.local_addr().unwrap());
    note(&mut log, "address", first.ip());
    log
}

async fn bound_to_all_addresses(_: Rig) -> Log {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let bound = listener.local_addr().unwrap();
    let a = TcpStream::connect((Ipv4Addr::LOCALHOST, bound.port())).await.unwrap();
    let (b, from) = listener.accept().await.unwrap();
    let mut log = Log::new();
    note(&mut log, "bound", bound.ip());
    note(&mut log, "near", (a.local_addr().unwrap().ip(), a.peer_addr().unwrap().ip()));
    note(&mut log, "far", (b.local_addr().unwrap().ip(), b.peer_addr().unwrap().ip(), from.ip()));
    log
}

async fn one_listener_a_port(_: Rig) -> Log {
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut log = Log::new();
    note(&mut log, "second", seen(TcpListener::bind(first.local_addr().unwrap()).await.map(drop)));
    log
}

async fn all_addresses_and_one(_: Rig) -> Log {
    let mut log = Log::new();
    for [first, second] in [["0.0.0.0", "127.0.0.1"], ["127.0.0.1", "0.0.0.0"]] {
        let listener = TcpListener::bind((first, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        note(&mut log, "second", seen(TcpListener::bind((second, port)).await.map(drop)));
    }
    log
}

async fn port_is_free_after_the_listener(_: Rig) -> Log {
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = first.local_addr().unwrap();
    drop(first);
    let mut log = Log::new();
    note(&mut log, "again", seen(TcpListener::bind(address).await.map(|l| l.local_addr().unwrap() == address)));
    log
}

/// Listens again at a port of which a connection is left.
async fn again(reuse: bool) -> Log {
    let first = TcpSocket::new_v4().unwrap();
    first.set_reuseaddr(reuse).unwrap();
    first.bind("127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
    let first = first.listen(8).unwrap();
    let address = first.local_addr().unwrap();
    let _a = TcpStream::connect(address).await.unwrap();
    let _b = first.accept().await.unwrap();
    drop(first);
    let second = TcpSocket::new_v4().unwrap();
    second.set_reuseaddr(reuse).unwrap();
    let mut log = Log::new();
    note(&mut log, "second", seen(second.bind(address).and_then(|()| second.listen(8)).map(drop)));
    log
}

async fn port_with_living_streams_needs_reuse(_: Rig) -> Log {
    again(false).await
}

async fn port_with_living_streams_is_reused(_: Rig) -> Log {
    again(true).await
}

/// A socket that is bound to a free port, which it gives.
fn bound() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("0.0.0.0:0".parse::<SocketAddr>().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

async fn connect_from_a_port(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let (socket, from) = bound();
    let mut log = Log::new();
    note(&mut log, "bound", (from.ip(), from.port() > 0));
    let mut a = socket.connect(address).await.unwrap();
    let b = rig.accept(&listener).await;
    note(&mut log, "same port", a.local_addr().unwrap().port() == from.port());
    let port = b.run(async |s: &mut TcpStream| {
        s.write_all(b"hi").await.unwrap();
        s.peer_addr().unwrap().port()
    });
    note(&mut log, "seen by the peer", port.await == from.port());
    settle().await;
    note(&mut log, "read", read(&mut a, 8).await);
    log
}

async fn same_connection_twice(rig: Rig) -> Log {
    let (_listener, address) = rig.listener().await;
    let (socket, from) = bound();
    socket.set_reuseaddr(true).unwrap();
    let a = socket.connect(address).await.unwrap();
    let second = TcpSocket::new_v4().unwrap();
    second.set_reuseaddr(true).unwrap();
    let mut log = Log::new();
    note(&mut log, "bind", seen(second.bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, from.port())))));
    note(&mut log, "connect", seen(second.connect(address).await.map(drop)));
    drop(a);
    log
}

async fn same_port_to_two_servers(rig: Rig) -> Log {
    let (_first, one) = rig.listener().await;
    let (_second, two) = rig.listener().await;
    let (socket, from) = bound();
    socket.set_reuseaddr(true).unwrap();
    let a = socket.connect(one).await.unwrap();
    let second = TcpSocket::new_v4().unwrap();
    second.set_reuseaddr(true).unwrap();
    second.bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, from.port()))).unwrap();
    let b = second.connect(two).await;
    let mut log = Log::new();
    note(&mut log, "connect", seen(b.map(|b| b.local_addr().unwrap() == a.local_addr().unwrap())));
    log
}

async fn an_address_of_nobody(_: Rig) -> Log {
    let nobody = SocketAddr::from(([192, 0, 2, 77], 80));
    let mut log = Log::new();
    note(&mut log, "listen", seen(TcpListener::bind(nobody).await.map(drop)));
    log
}

async fn connect_to_the_unspecified_address(_: Rig) -> Log {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let a = TcpStream::connect(("0.0.0.0", port)).await;
    let mut log = Log::new();
    note(&mut log, "peer", seen(a.map(|a| a.peer_addr().unwrap().ip())));
    log
}

async fn bound_twice(_: Rig) -> Log {
    let (socket, _) = bound();
    let mut log = Log::new();
    note(&mut log, "second", seen(socket.bind("0.0.0.0:0".parse::<SocketAddr>().unwrap())));
    log
}
