//! What is lost is sent again: when, and how often.

use std::io::ErrorKind;
use std::time::Duration;

use super::super::{ACK, PROBE, Segment, TcpConfig};
use super::wire::Wire;
use crate::base::{Bytes, nanos};

const MS: Duration = Duration::from_millis(1);
const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn small() -> TcpConfig {
    TcpConfig::default().segment(Bytes(1000))
}

/// Whether it carries these bytes of the client's.
fn carries(seq: u64) -> impl Fn(&Segment) -> bool {
    move |s| s.to == 1 && s.len > 0 && s.seq == seq
}

/// Says yes once for what `which` says yes to.
fn once(which: impl Fn(&Segment) -> bool) -> impl FnMut(&Segment) -> bool {
    let mut done = false;
    move |s| which(s) && !std::mem::replace(&mut done, true)
}

#[test]
fn retransmissions_back_off_and_what_is_sent_twice_is_not_timed() {
    let mut w = Wire::new(small());
    let (client, server, _) = w.pair();
    w.lose(|s| s.len > 0);
    w.write(client, b"0123456789");
    w.run(ms(4_000));
    assert_eq!(w.sent(carries(0)), [10, 210, 610, 1410, 3010]);
    w.lose(|_| false);
    w.run(ms(8_000));
    assert_eq!(w.read(server, 99).unwrap().unwrap(), b"0123456789");
    let end = &w.tcp.connections[0].ends[0];
    assert_eq!((end.srtt, end.rto), (Some(nanos(MS * 2)), nanos(ms(6_400))), "measured by the handshake alone");
    w.write(client, b"x");
    w.run(ms(9_000));
    assert_eq!(w.tcp.connections[0].ends[0].rto, nanos(ms(200)), "measured again");
}

#[test]
fn after_the_last_retransmission_the_connection_has_failed() {
    let mut w = Wire::new(small().retries(3));
    let (client, server, _) = w.pair();
    w.lose(|_| true);
    w.write(client, b"x");
    w.run(ms(3_009));
    assert_eq!(w.read(client, 1).unwrap(), None);
    w.run(ms(9_000));
    assert_eq!(w.sent(carries(0)), [10, 210, 610, 1410]);
    assert_eq!(w.read(client, 1).unwrap_err().kind(), ErrorKind::TimedOut);
    w.lose(|_| false);
    w.close(client);
    w.close(server);
    w.run(ms(10_000));
    assert_eq!(w.tcp.connections(), 0);
}

#[test]
fn acknowledgements_wait_for_a_second_segment_or_40_ms() {
    let mut w = Wire::new(small());
    let (client, ..) = w.pair();
    w.write(client, b"x");
    w.run(ms(100));
    w.write(client, &[0; 2000]);
    w.run(ms(200));
    assert_eq!(w.sent(|s| s.to == 0 && s.is_bare()), [51, 101]);
}

#[test]
fn three_duplicates_mean_a_loss_and_two_do_not() {
    for (len, again) in [(4_000, 12), (3_000, 210)] {
        let mut w = Wire::new(small());
        let (client, ..) = w.pair();
        w.lose(once(carries(0)));
        w.write(client, &vec![0; len]);
        w.run(ms(1_000));
        assert_eq!(w.sent(carries(0)), [10, again]);
    }
}

#[test]
fn acknowledgements_from_before_are_no_duplicates() {
    for (ack, times) in [(500, vec![100]), (1000, vec![100, 100])] {
        let mut w = Wire::new(small());
        let (client, ..) = w.pair();
        w.write(client, &[0; 1000]);
        w.run(ms(100));
        w.lose(|_| true);
        w.write(client, &[0; 1000]);
        let generation = w.tcp.connections[0].generation;
        for _ in 0..3 {
            w.tcp.arrive(Segment { generation, flags: ACK, ack, ..Segment::default() }, None, w.now);
            w.settle();
        }
        assert_eq!(w.sent(carries(1000)), times);
    }
}

#[test]
fn a_second_loss_in_one_window_is_mended_by_the_partial_acknowledgement() {
    let mut w = Wire::new(small());
    let (client, ..) = w.pair();
    let (mut first, mut second) = (once(carries(0)), once(carries(2000)));
    w.lose(move |s| first(s) | second(s));
    w.write(client, &[0; 6000]);
    w.run(ms(1_000));
    assert_eq!((w.sent(carries(0)), w.sent(carries(2000))), (vec![10, 12], vec![10, 14]));
}

#[test]
fn a_lost_window_update_is_asked_for_and_patience_is_as_before() {
    let mut w = Wire::new(small().receive_buffer(Bytes(1000)));
    let (client, server, _) = w.pair();
    w.write(client, &[0; 3000]);
    w.run(ms(1_000));
    w.lose(|_| true);
    assert_eq!(w.read(server, 1000).unwrap().unwrap().len(), 1000);
    w.lose(once(carries(1000)));
    w.run(ms(2_000));
    assert_eq!(w.sent(|s| s.flags & PROBE != 0), [252, 652, 1452]);
    assert_eq!(w.sent(carries(1000)), [1454, 1654], "the probes' backoff is over");
}

#[test]
fn a_closed_window_is_not_a_silent_peer() {
    let mut w = Wire::new(small().receive_buffer(Bytes(1000)).retries(0));
    let (client, server, _) = w.pair();
    w.write(client, &[0; 3000]);
    w.run(ms(5_000));
    assert_eq!(w.read(client, 1).unwrap(), None);
    w.lose(|_| true);
    w.run(ms(400_000));
    assert_eq!(w.read(client, 1).unwrap_err().kind(), ErrorKind::TimedOut, "one probe without an answer");
    assert_eq!(w.read(server, 9_000).unwrap().unwrap().len(), 1000);
}

#[test]
fn changed_bytes_that_came_ahead_and_come_again_keep_their_places() {
    let mut w = Wire::new(small());
    let (client, server, _) = w.pair();
    w.lose(|s| s.len > 0);
    w.write(client, &[1; 3000]);
    let generation = w.tcp.connections[0].generation;
    let s = Segment { generation, to: 1, flags: ACK, seq: 1000, len: 1000, ..Segment::default() };
    w.tcp.arrive(s, Some(&[7; 1000]), w.now);
    w.lose(|_| false);
    w.run(ms(5_000));
    let got = w.read(server, 9_000).unwrap().unwrap();
    assert_eq!(got, [[1; 1000], [7; 1000], [1; 1000]].concat());
}
