//! How connections begin and end, and who is told.

use std::io::ErrorKind;
use std::time::Duration;

use std::net::Shutdown;

use super::super::end::State;
use super::super::{ACK, FIN, Keepalive, PROBE, RST, SYN, Segment, StreamId, StreamOptions, TcpConfig};
use super::wire::{CLIENT, PORT, SERVER, Wire, waiter};
use crate::base::{Bytes, nanos};
use crate::kernel::net::Scope;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn fresh() -> Wire {
    Wire::new(TcpConfig::default())
}

fn keep_alive(w: &mut Wire, id: StreamId, idle: u64, interval: u64, count: u32) {
    let keepalive = Some(Keepalive { idle: ms(idle), interval: ms(interval), count });
    w.tcp.set_options(id, StreamOptions { keepalive, ..StreamOptions::default() }, w.now).unwrap();
    w.settle();
}

fn connected(w: &mut Wire, id: StreamId) -> std::io::Result<bool> {
    Ok(w.tcp.connected(id, || waiter(1))?.is_some())
}

#[test]
fn a_syn_is_sent_seven_times() {
    let mut w = fresh();
    w.lose(|_| true);
    let id = w.connect();
    w.run(ms(126_999));
    assert!(!connected(&mut w, id).unwrap());
    w.run(ms(127_001));
    assert_eq!(w.sent(|s| s.flags == SYN), [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000]);
    assert_eq!(connected(&mut w, id).unwrap_err().kind(), ErrorKind::TimedOut);
    w.close(id);
    assert_eq!(w.tcp.connections(), 0);
}

#[test]
fn a_lost_answer_is_given_again_and_not_timed() {
    let (mut w, mut lost) = (fresh(), 0);
    w.lose(move |s| {
        lost += u32::from(s.flags == SYN | ACK);
        s.flags == SYN | ACK && lost == 1
    });
    w.listen(1);
    let id = w.connect();
    w.run(ms(2_000));
    assert!(connected(&mut w, id).unwrap());
    assert_eq!(w.sent(|s| s.flags == SYN | ACK), [1, 1_001, 1_001], "for its own timeout, and for the second SYN");
    for end in &w.tcp.connections[0].ends {
        assert_eq!((end.srtt, end.rto), (None, nanos(ms(3_000))), "nothing was measured, and no backoff is left");
    }
}

#[test]
fn both_ends_measure_the_handshake() {
    let mut w = fresh();
    w.pair();
    for end in &w.tcp.connections[0].ends {
        assert_eq!((end.srtt, end.rto), (Some(nanos(ms(2))), nanos(ms(200))));
    }
}

#[test]
fn a_full_backlog_lets_them_come_again() {
    let mut w = fresh();
    let listener = w.listen(1);
    let ids = [(); 3].map(|()| w.connect());
    for (until, made) in [(500, 1), (1_500, 2), (3_500, 3)] {
        w.run(ms(until));
        assert_eq!(ids.map(|id| connected(&mut w, id).unwrap()).iter().filter(|made| **made).count(), made);
        assert!(w.tcp.accept(listener, || waiter(1)).unwrap().is_some());
    }
}

#[test]
fn who_ends_first_holds_its_port_and_of_two_at_once_one() {
    for (first, gap) in [(0, 5), (1, 5), (0, 0)] {
        let mut w = fresh();
        let (client, server, listener) = w.pair();
        let ids = [client, server];
        w.close(ids[first]);
        w.run(ms(10 + gap));
        w.close(ids[1 - first]);
        w.run(ms(100));
        assert_eq!(w.tcp.connections(), 0);
        w.tcp.close_listener(listener, w.now);
        let held = [(CLIENT, 32_768), (SERVER, PORT)]
            .map(|(p, port)| w.tcp.bind(p, (port, Scope::Any), false, w.now).is_err());
        assert_ne!(held[0], held[1]);
        assert!(gap == 0 || held[first], "{held:?}");
    }
}

#[test]
fn a_held_port_is_free_in_time_though_the_peer_keeps_its_end() {
    let mut w = fresh();
    let (client, server, _) = w.pair();
    w.close(client);
    w.run(ms(20));
    w.tcp.shutdown(server, Shutdown::Write, w.now).unwrap();
    w.settle();
    for (at, free) in [(59_000, false), (61_000, true)] {
        w.run(ms(at));
        assert_eq!(w.tcp.bind(CLIENT, (32_768, Scope::Any), false, w.now).is_ok(), free);
    }
    w.close(server);
    assert_eq!(w.tcp.connections(), 0);
}

#[test]
fn a_lost_end_is_told_again() {
    let (mut w, mut lost) = (fresh(), 0);
    let (client, server, _) = w.pair();
    w.lose(move |s| {
        lost += u32::from(s.flags & FIN != 0);
        s.flags & FIN != 0 && lost < 3
    });
    w.close(client);
    w.run(ms(5_000));
    assert_eq!(w.sent(|s| s.flags & FIN != 0), [10, 210, 610]);
    assert_eq!(w.read(server, 1).unwrap().unwrap(), b"");
}

#[test]
fn an_orphan_waits_a_minute_for_its_peer_to_end() {
    let mut w = fresh();
    let (client, server, _) = w.pair();
    w.close(client);
    w.run(ms(60_011));
    assert_eq!(w.tcp.connections[0].ends[0].state, State::Open);
    w.run(ms(60_013));
    assert_eq!(w.tcp.connections[0].ends[0].state, State::Closed);
    w.write(server, b"x");
    w.run(ms(60_100));
    assert_eq!(w.tcp.write(server, b"y", w.now, || waiter(1)).unwrap_err().kind(), ErrorKind::BrokenPipe);
    w.close(server);
    assert_eq!(w.tcp.connections(), 0);
}

#[test]
fn a_machine_without_memory_resets_and_a_closed_end_as_well() {
    for power_loss in [true, false] {
        let mut w = fresh();
        let (client, server, _) = w.pair();
        w.write(client, b"unread");
        w.run(ms(20));
        w.lose(|s| s.flags & RST != 0);
        if power_loss {
            w.tcp.end_process(SERVER, true, w.now);
        } else {
            w.close(server);
        }
        w.settle();
        w.lose(|_| false);
        assert_eq!(w.read(client, 1).unwrap(), None, "half open");
        w.write(client, b"more");
        w.run(ms(30));
        assert_eq!(w.read(client, 1).unwrap_err().kind(), ErrorKind::ConnectionReset);
        w.close(client);
        assert_eq!(w.tcp.connections(), 0);
    }
}

#[test]
fn keepalive_asks_a_silent_peer_and_gives_it_up() {
    let mut w = fresh();
    let (client, ..) = w.pair();
    keep_alive(&mut w, client, 1_000, 500, 3);
    w.lose(|_| true);
    w.run(ms(2_509));
    assert_eq!(w.read(client, 1).unwrap(), None);
    w.run(ms(2_510));
    assert_eq!(w.sent(|s| s.flags & PROBE != 0), [1_010, 1_510, 2_010]);
    assert_eq!(w.read(client, 1).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn keepalive_leaves_what_is_under_way_to_retransmission_and_a_handshake_alone() {
    let mut w = fresh();
    let (client, ..) = w.pair();
    keep_alive(&mut w, client, 100, 100, 2);
    w.lose(|_| true);
    w.write(client, b"x");
    w.run(ms(3_000));
    assert_eq!(w.sent(|s| s.flags & PROBE != 0).len(), 0);
    assert_eq!(w.read(client, 1).unwrap(), None);

    let mut w = fresh();
    w.lose(|s| s.flags & SYN != 0);
    w.listen(1);
    let id = w.connect();
    keep_alive(&mut w, id, 100, 100, 2);
    w.run(ms(900));
    w.lose(|_| false);
    w.run(ms(1_200));
    assert!(connected(&mut w, id).unwrap());
    assert_eq!(w.sent(|s| s.flags & PROBE != 0 && s.to == 1), [1_102], "when it is made, it begins");
}

#[test]
fn what_was_written_before_a_close_arrives_whatever_keepalive_says() {
    let mut w = Wire::new(TcpConfig::default().segment(Bytes(1000)));
    let (client, server, _) = w.pair();
    keep_alive(&mut w, client, 100, 100, 2);
    let mut lost = false;
    w.lose(move |s| s.seq == 1000 && s.len > 0 && !std::mem::replace(&mut lost, true));
    w.write(client, &[0; 2000]);
    w.close(client);
    w.run(ms(1_000));
    assert_eq!(w.read(server, 9_000).unwrap().unwrap().len(), 2000);
}

#[test]
fn half_made_connections_end_with_their_listener() {
    let mut w = fresh();
    let listener = w.listen(8);
    w.lose(|s: &Segment| s.to == 1 && s.is_bare());
    let id = w.connect();
    w.run(ms(10));
    w.tcp.close_listener(listener, w.now);
    w.settle();
    w.run(ms(20));
    assert_eq!(w.read(id, 1).unwrap_err().kind(), ErrorKind::ConnectionReset);
    w.close(id);
    assert_eq!(w.tcp.connections(), 0);
    w.tcp.bind(SERVER, (PORT, Scope::Any), false, w.now).expect("nobody has the port");
}

#[test]
fn who_connects_does_not_notice_that_the_listener_lost_its_power_meanwhile() {
    let mut w = fresh();
    w.lose(|s| s.to == 0);
    w.listen(8);
    let id = w.connect();
    w.run(ms(500));
    w.tcp.end_process(SERVER, true, w.now);
    w.down.insert(SERVER);
    w.run(ms(1_500));
    w.down.clear();
    w.lose(|_| false);
    let listener = w.listen(8);
    w.run(ms(3_500));
    assert!(connected(&mut w, id).unwrap());
    let server = w.tcp.accept(listener, || waiter(1)).unwrap().unwrap();
    w.write(id, b"hello");
    w.run(ms(3_600));
    assert_eq!(w.read(server, 9).unwrap().unwrap(), b"hello");
    w.close(id);
    w.close(server);
    w.run(ms(4_000));
    assert_eq!(w.tcp.connections(), 0);
}

#[test]
fn timers_that_are_far_away_do_not_pile_up() {
    let mut w = fresh();
    let (client, server, _) = w.pair();
    for id in [client, server] {
        keep_alive(&mut w, id, 7_200_000, 75_000, 9);
    }
    for n in 1..1_000 {
        w.write(client, b"x");
        w.run(ms(10 + n * 50));
        w.read(server, 9).unwrap();
    }
    assert!(w.most < 20, "{} events", w.most);
}
