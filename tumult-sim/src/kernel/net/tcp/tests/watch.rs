//! How ends stand, and who is told of changes.

use std::io::ErrorKind;
use std::net::Shutdown;
use std::time::Duration;

use super::super::{ACK, StreamId, StreamOptions, TcpConfig};
use super::wire::{Wire, waiter};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn watch(w: &mut Wire, id: StreamId) {
    w.tcp.watch(id, waiter(7));
    w.settle();
}

/// Who is woken within the next second.
fn woken(w: &mut Wire) -> Vec<u64> {
    w.run(w.now.since_start() + ms(1000))
}

#[test]
fn who_watches_is_told_of_each_arrival_and_of_the_end_once() {
    let mut w = Wire::new(TcpConfig::default());
    let (client, server, _) = w.pair();
    watch(&mut w, server);
    w.write(client, b"one");
    assert_eq!(woken(&mut w), [7]);
    w.write(client, b"two");
    assert_eq!(woken(&mut w), [0; 0], "it was woken and has not come again");
    watch(&mut w, server);
    assert_eq!(woken(&mut w), [0; 0], "what is there already is no change");
    w.tcp.shutdown(client, Shutdown::Write, w.now).unwrap();
    w.settle();
    assert_eq!(woken(&mut w), [7]);
    let s = w.tcp.standing(server).unwrap();
    assert_eq!((s.unread, s.no_more, s.closed), (6, true, false));
}

#[test]
fn room_is_told_of_when_there_was_none_and_acknowledgements_are_not() {
    let mut w = Wire::new(TcpConfig::default());
    let (client, server, _) = w.pair();
    watch(&mut w, client);
    w.write(client, &[0; 1000]);
    assert_eq!(woken(&mut w), [0; 0], "there was room all the time");
    // Both buffers are full.
    while w.write(client, &vec![0; 100_000]).is_some() {
        w.run(w.now.since_start() + ms(1000));
    }
    w.tcp.watch(client, waiter(7));
    assert!(!w.tcp.standing(client).unwrap().roomy);
    while w.read(server, 100_000).unwrap().is_some_and(|read| !read.is_empty()) {}
    assert!(woken(&mut w).contains(&7));
    assert!(w.tcp.standing(client).unwrap().roomy);
}

#[test]
fn a_reset_is_told_and_is_an_error_once() {
    let mut w = Wire::new(TcpConfig::default());
    let (client, server, _) = w.pair();
    w.write(client, b"unread");
    woken(&mut w);
    watch(&mut w, client);
    w.close(server);
    assert_eq!(woken(&mut w), [7]);
    let s = w.tcp.standing(client).unwrap();
    assert!(s.closed && s.failed);
    assert_eq!(w.tcp.take_error(client), Some(ErrorKind::ConnectionReset));
    assert_eq!(w.tcp.take_error(client), None);
    w.close(client);
    assert!(w.tcp.standing(client).is_none());
}

#[test]
fn a_listener_tells_of_the_next_connection() {
    let mut w = Wire::new(TcpConfig::default());
    let listener = w.listen(3);
    w.tcp.watch_listener(listener, waiter(7));
    w.connect();
    assert_eq!(woken(&mut w), [7]);
    w.tcp.watch_listener(listener, waiter(8));
    w.tcp.wake_listener(listener);
    w.settle();
    assert_eq!(woken(&mut w), [8]);
}

#[test]
fn patience_takes_the_place_of_the_number_of_retransmissions() {
    let gives_up = |patience: Option<Duration>| {
        let mut w = Wire::new(TcpConfig::default().retries(3));
        let (client, ..) = w.pair();
        let options = StreamOptions { patience, ..StreamOptions::default() };
        w.tcp.set_options(client, options, w.now).unwrap();
        w.lose(|_| true);
        let begun = w.now.since_start();
        w.write(client, b"x");
        watch(&mut w, client);
        while !w.tcp.standing(client).unwrap().closed {
            w.run(w.now.since_start() + ms(1));
        }
        assert_eq!(w.tcp.take_error(client), Some(ErrorKind::TimedOut));
        let again = w.sent(|s| s.flags == ACK && s.len > 0).len();
        (w.now.since_start().saturating_sub(begun).as_millis(), again)
    };
    // 200 ms and twice as long each time.
    assert_eq!(gives_up(None), (3000, 4));
    assert_eq!(gives_up(Some(ms(10_000))), (10_000, 6));
    assert_eq!(gives_up(Some(ms(500))), (500, 2));
}
