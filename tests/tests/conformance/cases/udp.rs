//! Datagrams.

use std::net::{Ipv4Addr, SocketAddr};

use super::arm::*;
use super::rig::{Far, Rig, cases, settle};
use crate::log::{Log, note, seen, text};

cases![
    there_and_back,
    sender_is_named,
    long_ones_are_cut,
    empty_ones_arrive,
    order_is_kept,
    boundaries_are_kept,
    the_longest,
    nobody_takes_it,
    nobody_takes_it_and_the_sender_is_connected,
    refused_then_somebody_is_there,
    refusal_comes_before_data,
    connected_takes_only_its_peer,
    connected_sends_elsewhere,
    connected_again,
    send_without_a_peer,
    connect_shows_addresses,
    bound_twice,
    bound_after_a_drop,
    all_addresses_and_one,
    free_ports_differ,
    nobody_has_the_address,
    peek_leaves_it,
    peek_of_a_part,
    try_calls_do_not_wait,
    late_receiver_gets_what_waits,
    cancelled_receive_loses_nothing,
    to_port_zero,
    broadcast_needs_leave,
    to_the_unspecified_address,
    loopback_stays_there,
    readable_when_there_is_one,
    what_came_before_a_connect,
    bound_to_one_address,
    groups_by_their_rules,
];

/// A socket at the peer's, and its address.
async fn far(rig: &Rig) -> (Far<UdpSocket>, SocketAddr) {
    let at = rig.at(0);
    let socket = rig.there.start(async move { UdpSocket::bind(at).await.unwrap() }).done().await;
    let address = socket.local_addr().unwrap();
    (Far::new(&rig.there, socket), address)
}

async fn near() -> UdpSocket {
    UdpSocket::bind("0.0.0.0:0").await.unwrap()
}

/// What comes next, if anything does.
async fn next(socket: &UdpSocket) -> Result<String, String> {
    let mut buffer = vec![0; 70_000];
    match timeout(SETTLE, socket.recv_from(&mut buffer)).await {
        Ok(result) => seen(result.map(|(n, _)| text(&buffer[..n]))),
        Err(_) => Err("nothing came".into()),
    }
}

async fn far_next(socket: &Far<UdpSocket>) -> Result<String, String> {
    socket.run(async |s: &mut UdpSocket| next(s).await).await
}

async fn there_and_back(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send_to(b"ping", to).await));
    let answers = b.run(async |s: &mut UdpSocket| {
        let mut buffer = [0; 16];
        let (n, from) = s.recv_from(&mut buffer).await.unwrap();
        (text(&buffer[..n]), seen(s.send_to(b"pong", from).await))
    });
    note(&mut log, "far", answers.await);
    note(&mut log, "near", next(&a).await);
    log
}

async fn sender_is_named(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    a.send_to(b"x", to).await.unwrap();
    let mine = a.local_addr().unwrap();
    let mut log = Log::new();
    note(&mut log, "bound", mine.ip());
    let from = b.run(async |s: &mut UdpSocket| s.recv_from(&mut [0; 4]).await.unwrap().1).await;
    note(&mut log, "port", from.port() == mine.port());
    note(&mut log, "loopback", from.ip().is_loopback() == to.ip().is_loopback());
    log
}

async fn long_ones_are_cut(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    for bytes in [&b"0123456789"[..], b"next"] {
        a.send_to(bytes, to).await.unwrap();
    }
    let mut log = Log::new();
    for _ in 0..2 {
        let got = b.run(async |s: &mut UdpSocket| {
            let mut buffer = [b'.'; 6];
            let n = seen(s.recv_from(&mut buffer).await.map(|r| r.0));
            (n, text(&buffer))
        });
        note(&mut log, "received", got.await);
    }
    log
}

async fn empty_ones_arrive(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send_to(b"", to).await));
    note(&mut log, "received", far_next(&b).await);
    a.send_to(b"into nothing", to).await.unwrap();
    let got = b.run(async |s: &mut UdpSocket| seen(s.recv_from(&mut []).await.map(|r| r.0)));
    note(&mut log, "without room", got.await);
    note(&mut log, "then", far_next(&b).await);
    log
}

async fn order_is_kept(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    for n in 0..20_u8 {
        a.send_to(&[b'a' + n], to).await.unwrap();
    }
    settle().await;
    let mut log = Log::new();
    let got = b.run(async |s: &mut UdpSocket| {
        let mut all = String::new();
        while let Ok(one) = next(s).await {
            all += &one;
        }
        all
    });
    note(&mut log, "received", got.await);
    log
}

async fn boundaries_are_kept(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    for bytes in [&b"one"[..], b"", b"three", b"4"] {
        a.send_to(bytes, to).await.unwrap();
    }
    let mut log = Log::new();
    for _ in 0..5 {
        note(&mut log, "received", far_next(&b).await);
    }
    log
}

async fn the_longest(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    let mut log = Log::new();
    for len in [65_507, 65_508, 100_000] {
        note(&mut log, "send", seen(a.send_to(&vec![7; len], to).await));
        note(&mut log, "received", far_next(&b).await);
    }
    log
}

async fn nobody_takes_it(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    b.close().await;
    let a = near().await;
    let mut log = Log::new();
    for _ in 0..2 {
        note(&mut log, "send", seen(a.send_to(b"anybody?", to).await));
        settle().await;
    }
    note(&mut log, "received", next(&a).await);
    log
}

/// A socket that is connected to where nobody is.
async fn to_nobody(rig: &Rig) -> (UdpSocket, SocketAddr) {
    let (b, to) = far(rig).await;
    b.close().await;
    let a = near().await;
    a.connect(to).await.unwrap();
    (a, to)
}

async fn nobody_takes_it_and_the_sender_is_connected(rig: Rig) -> Log {
    let (a, _) = to_nobody(&rig).await;
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send(b"anybody?").await));
    settle().await;
    note(&mut log, "received", next(&a).await);
    note(&mut log, "received", next(&a).await);
    for _ in 0..3 {
        note(&mut log, "send", seen(a.send(b"anybody?").await));
        settle().await;
    }
    log
}

async fn refused_then_somebody_is_there(rig: Rig) -> Log {
    let (a, to) = to_nobody(&rig).await;
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send(b"too early").await));
    settle().await;
    let b = rig.there.start(async move { UdpSocket::bind(to).await.unwrap() }).done().await;
    let b = Far::new(&rig.there, b);
    note(&mut log, "send", seen(a.send(b"refused").await));
    note(&mut log, "send", seen(a.send(b"in time").await));
    note(&mut log, "far", (far_next(&b).await, far_next(&b).await));
    log
}

async fn refusal_comes_before_data(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    a.connect(to).await.unwrap();
    a.send(b"hello").await.unwrap();
    let from = b.run(async |s: &mut UdpSocket| {
        let from = s.recv_from(&mut [0; 8]).await.unwrap().1;
        s.send_to(b"waits", from).await.unwrap();
        from.port()
    });
    from.await;
    settle().await;
    b.close().await;
    a.send(b"nobody").await.unwrap();
    settle().await;
    let mut log = Log::new();
    for _ in 0..3 {
        note(&mut log, "received", next(&a).await);
    }
    log
}

async fn connected_takes_only_its_peer(rig: Rig) -> Log {
    let ((b, to_b), (c, _)) = (far(&rig).await, far(&rig).await);
    let a = near().await;
    a.connect(to_b).await.unwrap();
    a.send(b"hello").await.unwrap();
    let from = b.run(async |s: &mut UdpSocket| s.recv_from(&mut [0; 8]).await.unwrap().1).await;
    let mut log = Log::new();
    note(
        &mut log,
        "stranger sends",
        c.run(async move |s: &mut UdpSocket| seen(s.send_to(b"stranger", from).await)).await,
    );
    note(&mut log, "peer sends", b.run(async move |s: &mut UdpSocket| seen(s.send_to(b"peer", from).await)).await);
    note(&mut log, "received", (next(&a).await, next(&a).await));
    log
}

async fn connected_sends_elsewhere(rig: Rig) -> Log {
    let ((b, to_b), (c, to_c)) = (far(&rig).await, far(&rig).await);
    let a = near().await;
    a.connect(to_b).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send_to(b"elsewhere", to_c).await));
    note(&mut log, "far", (far_next(&b).await, far_next(&c).await));
    log
}

async fn connected_again(rig: Rig) -> Log {
    let ((b, to_b), (c, to_c)) = (far(&rig).await, far(&rig).await);
    let a = near().await;
    let mut log = Log::new();
    note(&mut log, "first", seen(a.connect(to_b).await));
    note(&mut log, "second", seen(a.connect(to_c).await));
    note(&mut log, "peer", a.peer_addr().unwrap() == to_c);
    note(&mut log, "send", seen(a.send(b"to the second").await));
    note(&mut log, "far", (far_next(&b).await, far_next(&c).await));
    log
}

async fn send_without_a_peer(_: Rig) -> Log {
    let a = near().await;
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send(b"where?").await));
    note(&mut log, "try", seen(a.try_send(b"where?")));
    note(&mut log, "peer", seen(a.peer_addr()));
    log
}

async fn connect_shows_addresses(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    let before = a.local_addr().unwrap();
    a.connect(to).await.unwrap();
    let after = a.local_addr().unwrap();
    let mut log = Log::new();
    note(&mut log, "before", before.ip());
    note(&mut log, "known", !after.ip().is_unspecified());
    note(&mut log, "port", before.port() == after.port());
    note(&mut log, "peer", a.peer_addr().unwrap() == to);
    a.send(b"x").await.unwrap();
    let from = b.run(async |s: &mut UdpSocket| s.recv_from(&mut [0; 4]).await.unwrap().1).await;
    note(&mut log, "seen by the peer", from == after);
    log
}

async fn bound_twice(_: Rig) -> Log {
    let a = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut log = Log::new();
    note(&mut log, "second", seen(UdpSocket::bind(a.local_addr().unwrap()).await.map(drop)));
    log
}

async fn bound_after_a_drop(_: Rig) -> Log {
    let a = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = a.local_addr().unwrap();
    drop(a);
    let mut log = Log::new();
    note(&mut log, "again", seen(UdpSocket::bind(address).await.map(drop)));
    log
}

async fn all_addresses_and_one(_: Rig) -> Log {
    let mut log = Log::new();
    for [first, second] in [["0.0.0.0", "127.0.0.1"], ["127.0.0.1", "0.0.0.0"]] {
        let socket = UdpSocket::bind((first, 0)).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        note(&mut log, "second", seen(UdpSocket::bind((second, port)).await.map(drop)));
    }
    log
}

async fn free_ports_differ(_: Rig) -> Log {
    let (a, b) = (near().await, near().await);
    let [a, b] = [a, b].map(|s| s.local_addr().unwrap());
    let mut log = Log::new();
    note(&mut log, "drawn", a.port() > 0);
    note(&mut log, "apart", a.port() != b.port());
    log
}

async fn nobody_has_the_address(_: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "bind", seen(UdpSocket::bind("192.0.2.77:0").await.map(drop)));
    log
}

async fn peek_leaves_it(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    near().await.send_to(b"look", to).await.unwrap();
    let mut log = Log::new();
    for _ in 0..2 {
        let got = b.run(async |s: &mut UdpSocket| {
            let mut buffer = [0; 8];
            let (n, from) = s.peek_from(&mut buffer).await.unwrap();
            (text(&buffer[..n]), from.port() > 0)
        });
        note(&mut log, "peek", got.await);
    }
    note(&mut log, "received", (far_next(&b).await, far_next(&b).await));
    log
}

async fn peek_of_a_part(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    near().await.send_to(b"all of it", to).await.unwrap();
    let mut log = Log::new();
    let got = b.run(async |s: &mut UdpSocket| {
        let mut buffer = [0; 3];
        (seen(s.peek_from(&mut buffer).await.map(|r| r.0)), text(&buffer))
    });
    note(&mut log, "peek", got.await);
    note(&mut log, "received", far_next(&b).await);
    log
}

async fn try_calls_do_not_wait(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    let mut log = Log::new();
    note(&mut log, "nothing", seen(a.try_recv_from(&mut [0; 4]).map(|r| r.0)));
    a.writable().await.unwrap();
    note(&mut log, "send", seen(a.try_send_to(b"now", to)));
    settle().await;
    let got = b.run(async |s: &mut UdpSocket| {
        s.readable().await.unwrap();
        let mut buffer = [0; 8];
        let first = seen(s.try_recv_from(&mut buffer).map(|r| r.0));
        (first, seen(s.try_recv_from(&mut buffer).map(|r| r.0)))
    });
    note(&mut log, "far", got.await);
    log
}

async fn late_receiver_gets_what_waits(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let a = near().await;
    a.send_to(b"waits", to).await.unwrap();
    drop(a);
    settle().await;
    let mut log = Log::new();
    note(&mut log, "received", far_next(&b).await);
    log
}

async fn cancelled_receive_loses_nothing(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let mut log = Log::new();
    note(&mut log, "late", far_next(&b).await);
    near().await.send_to(b"kept", to).await.unwrap();
    note(&mut log, "received", far_next(&b).await);
    log
}

async fn to_port_zero(rig: Rig) -> Log {
    let a = near().await;
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send_to(b"x", rig.at(0)).await));
    log
}

async fn broadcast_needs_leave(_: Rig) -> Log {
    let a = near().await;
    let mut log = Log::new();
    note(&mut log, "send", seen(a.send_to(b"x", "255.255.255.255:9").await));
    log
}

async fn to_the_unspecified_address(_: Rig) -> Log {
    let b = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = b.local_addr().unwrap().port();
    let mut log = Log::new();
    note(&mut log, "send", seen(near().await.send_to(b"here", ("0.0.0.0", port)).await));
    note(&mut log, "received", next(&b).await);
    log
}

async fn loopback_stays_there(_: Rig) -> Log {
    let (a, b) = (near().await, UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let mut log = Log::new();
    a.send_to(b"x", b.local_addr().unwrap()).await.unwrap();
    let from = b.recv_from(&mut [0; 4]).await.unwrap().1;
    note(&mut log, "from", from.ip());
    note(&mut log, "of a", from.port() == a.local_addr().unwrap().port());
    note(&mut log, "outside", seen(b.send_to(b"x", "192.0.2.77:9").await));
    log
}

async fn readable_when_there_is_one(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let waits = b.start(async |s: &mut UdpSocket| seen(s.readable().await));
    settle().await;
    let mut log = Log::new();
    note(&mut log, "done", waits.is_done());
    near().await.send_to(b"x", to).await.unwrap();
    note(&mut log, "readable", waits.done().await);
    note(&mut log, "received", far_next(&b).await);
    log
}

async fn what_came_before_a_connect(rig: Rig) -> Log {
    let ((b, to), (_c, to_c)) = (far(&rig).await, far(&rig).await);
    near().await.send_to(b"from a stranger", to).await.unwrap();
    settle().await;
    let mut log = Log::new();
    note(&mut log, "connect", b.run(async move |s: &mut UdpSocket| seen(s.connect(to_c).await)).await);
    note(&mut log, "received", far_next(&b).await);
    log
}

async fn bound_to_one_address(rig: Rig) -> Log {
    let (b, to) = far(&rig).await;
    let mut log = Log::new();
    note(&mut log, "address", to.ip() == rig.ip);
    near().await.send_to(b"x", to).await.unwrap();
    note(&mut log, "received", far_next(&b).await);
    log
}

async fn groups_by_their_rules(_: Rig) -> Log {
    let a = near().await;
    let (group, any) = (Ipv4Addr::new(239, 1, 2, 3), Ipv4Addr::LOCALHOST);
    let mut log = Log::new();
    note(&mut log, "no group", seen(a.join_multicast_v4(Ipv4Addr::new(10, 1, 2, 3), any)));
    note(&mut log, "leave first", seen(a.leave_multicast_v4(group, any)));
    note(&mut log, "join", seen(a.join_multicast_v4(group, any)));
    note(&mut log, "join again", seen(a.join_multicast_v4(group, any)));
    note(&mut log, "leave", seen(a.leave_multicast_v4(group, any)));
    log
}
