//! Streams.

use std::net::Shutdown;

use super::arm::*;
use super::rig::{Far, Rig, cases, read, read_all, settle, write};
use crate::log::{Log, note, seen, text};

cases![
    bytes_go_both_ways,
    half_close,
    end_of_a_stream_stays,
    data_comes_before_the_end,
    both_end_near_first,
    both_end_far_first,
    shutdown_twice,
    write_after_own_shutdown,
    nobody_listens,
    listener_is_gone,
    listener_gone_and_streams_stay,
    backlog_is_reset_with_its_listener,
    connect_and_write_before_accept,
    accept_in_order,
    accept_of_one_that_has_closed,
    accept_of_one_that_was_reset,
    drop_with_unread_data,
    read_after_reset,
    write_after_reset,
    write_after_the_peer_closed,
    read_after_a_late_write,
    buffered_data_after_a_reset,
    reset_of_who_waits_to_read,
    reset_of_who_waits_to_write,
    linger_of_zero,
    linger_of_zero_keeps_nothing,
    peek_leaves_bytes,
    peek_takes_an_error,
    try_calls_do_not_wait,
    full_until_the_peer_reads,
    a_megabyte,
    exact_reads,
    exact_read_past_the_end,
    read_to_a_reset,
    data_survives_a_drop,
    shut_for_reading,
    shut_for_reading_and_the_peer_writes,
    shut_for_both,
    writes_to_one_that_is_shut_for_reading,
    halves,
    halves_reunite,
    borrowed_halves,
    nothing_written_nothing_read,
    cancelled_read_loses_nothing,
    cancelled_accept_loses_nothing,
    readable_and_writable,
    readable_at_the_end,
    two_connections_are_apart,
    one_after_another,
];

async fn bytes_go_both_ways(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "write", write(&mut a, b"ping").await);
    note(
        &mut log,
        "read",
        b.run(async |s: &mut TcpStream| {
            settle().await;
            let got = read(s, 100).await;
            (got, write(s, b"pong").await)
        })
        .await,
    );
    settle().await;
    note(&mut log, "answer", read(&mut a, 100).await);
    log
}

async fn half_close(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    a.write_all(b"question").await.unwrap();
    note(&mut log, "shutdown", seen(a.shutdown().await));
    note(
        &mut log,
        "peer",
        b.run(async |s: &mut TcpStream| {
            let got = read_all(s).await;
            (got, write(s, b"answer").await, seen(s.shutdown().await))
        })
        .await,
    );
    note(&mut log, "answer", read_all(&mut a).await);
    log
}

async fn end_of_a_stream_stays(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.close().await;
    let mut log = Log::new();
    for _ in 0..3 {
        note(&mut log, "read", read(&mut a, 8).await);
    }
    note(&mut log, "peek", seen(a.peek(&mut [0; 8]).await));
    note(&mut log, "try", seen(a.try_read(&mut [0; 8])));
    log
}

async fn data_comes_before_the_end(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"last words").await.unwrap()).await;
    b.close().await;
    let mut log = Log::new();
    for _ in 0..4 {
        note(&mut log, "read", read(&mut a, 4).await);
    }
    log
}

async fn both_end_near_first(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "near", seen(a.shutdown().await));
    settle().await;
    note(&mut log, "far", b.run(async |s: &mut TcpStream| (read(s, 8).await, seen(s.shutdown().await))).await);
    settle().await;
    note(&mut log, "near", (read(&mut a, 8).await, write(&mut a, b"x").await, seen(a.shutdown().await)));
    note(
        &mut log,
        "far",
        b.run(async |s: &mut TcpStream| (read(s, 8).await, write(s, b"x").await, seen(s.shutdown().await))).await,
    );
    log
}

async fn both_end_far_first(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "far", b.run(async |s: &mut TcpStream| seen(s.shutdown().await)).await);
    settle().await;
    drop(a.try_write(b"late"));
    note(&mut log, "near", (read(&mut a, 8).await, seen(a.shutdown().await)));
    settle().await;
    note(&mut log, "far", b.run(async |s: &mut TcpStream| (read_all(s).await, seen(s.shutdown().await))).await);
    note(&mut log, "near", (read(&mut a, 8).await, write(&mut a, b"x").await));
    log
}

async fn shutdown_twice(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "first", seen(a.shutdown().await));
    note(&mut log, "second", seen(a.shutdown().await));
    b.close().await;
    note(&mut log, "third", seen(a.shutdown().await));
    note(&mut log, "std's", seen(shut(&a, Shutdown::Write)));
    log
}

async fn write_after_own_shutdown(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    a.shutdown().await.unwrap();
    note(&mut log, "write", write(&mut a, b"x").await);
    note(&mut log, "nothing", write(&mut a, b"").await);
    note(&mut log, "try", seen(a.try_write(b"x")));
    note(&mut log, "peer", b.run(async |s: &mut TcpStream| read_all(s).await).await);
    log
}

async fn nobody_listens(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    listener.close().await;
    let mut log = Log::new();
    for _ in 0..2 {
        note(&mut log, "connect", seen(TcpStream::connect(address).await.map(drop)));
    }
    log
}

async fn listener_is_gone(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let a = TcpStream::connect(address).await.unwrap();
    let b = rig.accept(&listener).await;
    listener.close().await;
    let mut log = Log::new();
    note(&mut log, "connect", seen(TcpStream::connect(address).await.map(drop)));
    drop((a, b));
    log
}

async fn listener_gone_and_streams_stay(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "write", write(&mut a, b"still here").await);
    settle().await;
    note(&mut log, "read", b.run(async |s: &mut TcpStream| read(s, 64).await).await);
    log
}

async fn backlog_is_reset_with_its_listener(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut a = TcpStream::connect(address).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "write", write(&mut a, b"anybody?").await);
    listener.close().await;
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "write", write(&mut a, b"x").await);
    log
}

async fn connect_and_write_before_accept(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut a = TcpStream::connect(address).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "write", write(&mut a, b"early").await);
    settle().await;
    let b = rig.accept(&listener).await;
    note(&mut log, "read", b.run(async |s: &mut TcpStream| read(s, 64).await).await);
    log
}

async fn accept_in_order(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut near = vec![];
    for name in ["first", "second", "third"] {
        let mut a = TcpStream::connect(address).await.unwrap();
        a.write_all(name.as_bytes()).await.unwrap();
        near.push(a);
        settle().await;
    }
    let mut log = Log::new();
    for _ in 0..3 {
        let b = rig.accept(&listener).await;
        note(&mut log, "accepted", b.run(async |s: &mut TcpStream| read(s, 64).await).await);
    }
    log
}

async fn accept_of_one_that_has_closed(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut a = TcpStream::connect(address).await.unwrap();
    a.write_all(b"hello and goodbye").await.unwrap();
    drop(a);
    settle().await;
    let b = rig.accept(&listener).await;
    let mut log = Log::new();
    note(&mut log, "read", b.run(async |s: &mut TcpStream| read_all(s).await).await);
    log
}

async fn accept_of_one_that_was_reset(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut a = TcpStream::connect(address).await.unwrap();
    a.write_all(b"hello").await.unwrap();
    settle().await;
    abort(a).await;
    let b = rig.accept(&listener).await;
    let mut log = Log::new();
    note(
        &mut log,
        "read",
        b.run(async |s: &mut TcpStream| (read(s, 64).await, read(s, 64).await, read(s, 64).await)).await,
    );
    log
}

/// Closes with a reset.
async fn abort(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
    settle().await;
}

/// The peer has reset the connection: it did not read what it was sent.
async fn was_reset(rig: &Rig) -> TcpStream {
    let (mut a, b) = rig.pair().await;
    a.write_all(b"unread").await.unwrap();
    settle().await;
    b.close().await;
    a
}

async fn drop_with_unread_data(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    a.write_all(b"unread").await.unwrap();
    settle().await;
    b.run(async |s: &mut TcpStream| (read(s, 2).await, s.write_all(b"never mind").await.unwrap())).await;
    settle().await;
    let mut log = Log::new();
    note(&mut log, "before", read(&mut a, 5).await);
    b.close().await;
    note(&mut log, "after", (read(&mut a, 64).await, read(&mut a, 64).await, read(&mut a, 64).await));
    log
}

async fn read_after_reset(rig: Rig) -> Log {
    let mut a = was_reset(&rig).await;
    let mut log = Log::new();
    for _ in 0..3 {
        note(&mut log, "read", read(&mut a, 8).await);
    }
    note(&mut log, "write", write(&mut a, b"x").await);
    note(&mut log, "shutdown", seen(a.shutdown().await));
    note(&mut log, "peer", seen(a.peer_addr().map(drop)));
    note(&mut log, "local", seen(a.local_addr().map(drop)));
    log
}

async fn write_after_reset(rig: Rig) -> Log {
    let mut a = was_reset(&rig).await;
    let mut log = Log::new();
    for _ in 0..3 {
        note(&mut log, "write", write(&mut a, b"x").await);
    }
    note(&mut log, "read", read(&mut a, 8).await);
    log
}

async fn write_after_the_peer_closed(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.close().await;
    let mut log = Log::new();
    for _ in 0..3 {
        note(&mut log, "write", write(&mut a, b"x").await);
        settle().await;
    }
    note(&mut log, "read", read(&mut a, 8).await);
    log
}

async fn read_after_a_late_write(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.close().await;
    let mut log = Log::new();
    note(&mut log, "write", write(&mut a, b"x").await);
    settle().await;
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "write", write(&mut a, b"x").await);
    note(&mut log, "write", write(&mut a, b"x").await);
    log
}

async fn buffered_data_after_a_reset(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"in the buffer").await.unwrap()).await;
    a.write_all(b"unread").await.unwrap();
    settle().await;
    b.close().await;
    let mut log = Log::new();
    for _ in 0..4 {
        note(&mut log, "read", read(&mut a, 8).await);
    }
    log
}

async fn reset_of_who_waits_to_read(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let waits = b.start(async |s: &mut TcpStream| (read(s, 8).await, read(s, 8).await));
    settle().await;
    let mut log = Log::new();
    note(&mut log, "done", waits.is_done());
    abort(a).await;
    note(&mut log, "read", waits.done().await);
    log
}

async fn reset_of_who_waits_to_write(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let waits = b.start(async |s: &mut TcpStream| {
        let lots = vec![0; 64 << 20];
        (seen(s.write_all(&lots).await), write(s, b"x").await, read(s, 8).await)
    });
    settle().await;
    let mut log = Log::new();
    note(&mut log, "done", waits.is_done());
    abort(a).await;
    note(&mut log, "write", waits.done().await);
    log
}

async fn linger_of_zero(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    abort(a).await;
    let mut log = Log::new();
    note(&mut log, "read", b.run(async |s: &mut TcpStream| (read(s, 8).await, read(s, 8).await)).await);
    log
}

async fn linger_of_zero_keeps_nothing(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.shutdown().await.unwrap()).await;
    settle().await;
    abort(a).await;
    let mut log = Log::new();
    note(
        &mut log,
        "far",
        b.run(async |s: &mut TcpStream| (read(s, 8).await, read(s, 8).await, write(s, b"x").await)).await,
    );
    log
}

async fn peek_leaves_bytes(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"abcdef").await.unwrap()).await;
    settle().await;
    let mut log = Log::new();
    let mut buffer = [0; 4];
    for _ in 0..2 {
        let n = seen(a.peek(&mut buffer).await);
        note(&mut log, "peek", (n, text(&buffer)));
    }
    note(&mut log, "read", read(&mut a, 3).await);
    let n = seen(a.peek(&mut buffer).await);
    note(&mut log, "peek", (n, text(&buffer[..3])));
    note(&mut log, "read", read(&mut a, 64).await);
    log
}

async fn peek_takes_an_error(rig: Rig) -> Log {
    let mut a = was_reset(&rig).await;
    let mut log = Log::new();
    note(&mut log, "peek", seen(a.peek(&mut [0; 4]).await));
    note(&mut log, "peek", seen(a.peek(&mut [0; 4]).await));
    note(&mut log, "read", read(&mut a, 8).await);
    log
}

async fn try_calls_do_not_wait(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let mut log = Log::new();
    let mut buffer = [0; 8];
    note(&mut log, "nothing", seen(a.try_read(&mut buffer)));
    a.writable().await.unwrap();
    note(&mut log, "write", seen(a.try_write(b"hello")));
    settle().await;
    note(
        &mut log,
        "peer",
        b.run(async |s: &mut TcpStream| {
            s.readable().await.unwrap();
            let mut buffer = [0; 8];
            (seen(s.try_read(&mut buffer)), text(&buffer[..5]), seen(s.try_read(&mut buffer)))
        })
        .await,
    );
    b.close().await;
    a.readable().await.unwrap();
    note(&mut log, "end", seen(a.try_read(&mut buffer)));
    log
}

async fn full_until_the_peer_reads(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let piece = vec![7; 64 << 10];
    let mut log = Log::new();
    let mut written = 0;
    let stopped = loop {
        match timeout(SETTLE * 4, a.write(&piece)).await {
            Ok(n) => written += n.unwrap(),
            Err(_) => break seen(a.try_write(&piece)),
        }
    };
    note(&mut log, "stopped", stopped);
    note(&mut log, "more than nothing", written > 0);
    let got = b.run(async move |s: &mut TcpStream| {
        let mut buffer = vec![0; written];
        s.read_exact(&mut buffer).await.unwrap();
        buffer.iter().all(|b| *b == 7)
    });
    note(&mut log, "all sevens", got.await);
    note(&mut log, "room again", write(&mut a, b"x").await);
    log
}

async fn a_megabyte(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let reads = b.start(async |s: &mut TcpStream| read_all(s).await);
    let bytes: Vec<u8> = (0..1_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let mut log = Log::new();
    note(&mut log, "write", seen(a.write_all(&bytes).await));
    drop(a);
    note(&mut log, "read", reads.done().await);
    log
}

async fn exact_reads(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"onetwothree").await.unwrap()).await;
    let mut log = Log::new();
    for n in [3, 3, 5, 0] {
        let mut buffer = vec![0; n];
        let result = seen(a.read_exact(&mut buffer).await);
        note(&mut log, "exact", (result, text(&buffer)));
    }
    log
}

async fn exact_read_past_the_end(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"short").await.unwrap()).await;
    b.close().await;
    let mut log = Log::new();
    let mut buffer = [b'.'; 8];
    let result = seen(a.read_exact(&mut buffer).await);
    note(&mut log, "exact", (result, text(&buffer)));
    note(&mut log, "then", read(&mut a, 8).await);
    log
}

async fn read_to_a_reset(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let reads = b.start(async |s: &mut TcpStream| (read_all(s).await, read(s, 8).await));
    a.try_write(b"all that came").unwrap();
    settle().await;
    abort(a).await;
    let mut log = Log::new();
    note(&mut log, "read", reads.done().await);
    log
}

async fn data_survives_a_drop(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    a.write_all(&[5; 100_000]).await.unwrap();
    drop(a);
    let mut log = Log::new();
    note(&mut log, "read", b.run(async |s: &mut TcpStream| read_all(s).await).await);
    log
}

async fn shut_for_reading(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"before").await.unwrap()).await;
    settle().await;
    let mut log = Log::new();
    note(&mut log, "shut", seen(shut(&a, Shutdown::Read)));
    for _ in 0..3 {
        note(&mut log, "read", read(&mut a, 4).await);
    }
    log
}

async fn shut_for_reading_and_the_peer_writes(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "shut", seen(shut(&a, Shutdown::Read)));
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "peer", b.run(async |s: &mut TcpStream| write(s, b"after").await).await);
    settle().await;
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "write", write(&mut a, b"x").await);
    log
}

async fn shut_for_both(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "shut", seen(shut(&a, Shutdown::Both)));
    note(&mut log, "near", (read(&mut a, 8).await, write(&mut a, b"x").await));
    note(&mut log, "far", b.run(async |s: &mut TcpStream| (read(s, 8).await, write(s, b"x").await)).await);
    settle().await;
    note(&mut log, "near", (read(&mut a, 8).await, write(&mut a, b"x").await));
    log
}

async fn writes_to_one_that_is_shut_for_reading(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let mut log = Log::new();
    shut(&a, Shutdown::Read).unwrap();
    for _ in 0..2 {
        note(&mut log, "peer", b.run(async |s: &mut TcpStream| write(s, b"into the void").await).await);
        settle().await;
    }
    note(&mut log, "peer", b.run(async |s: &mut TcpStream| seen(s.try_read(&mut [0; 8]))).await);
    log
}

async fn halves(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let (mut reads, mut writes) = a.into_split();
    let mut log = Log::new();
    note(&mut log, "write", seen(writes.write(b"half").await));
    drop(writes);
    note(
        &mut log,
        "far",
        b.run(async |s: &mut TcpStream| {
            let got = read_all(s).await;
            s.write_all(b"other half").await.unwrap();
            got
        })
        .await,
    );
    let mut buffer = [0; 10];
    let got = seen(reads.read_exact(&mut buffer).await);
    note(&mut log, "read", (got, text(&buffer)));
    drop(reads);
    settle().await;
    note(
        &mut log,
        "far",
        b.run(async |s: &mut TcpStream| {
            let first = write(s, b"x").await;
            settle().await;
            (first, write(s, b"x").await)
        })
        .await,
    );
    log
}

async fn halves_reunite(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let (reads, writes) = a.into_split();
    let mut a = reads.reunite(writes).unwrap();
    let mut log = Log::new();
    note(&mut log, "write", write(&mut a, b"whole").await);
    settle().await;
    note(&mut log, "far", b.run(async |s: &mut TcpStream| (read(s, 8).await, seen(s.try_read(&mut [0; 8])))).await);
    let (reads, _writes) = a.into_split();
    let (_other, others) = rig.pair().await.0.into_split();
    note(&mut log, "of two", reads.reunite(others).err().map(|e| e.to_string().is_empty()));
    log
}

async fn borrowed_halves(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    {
        let (mut reads, mut writes) = a.split();
        writes.write_all(b"there").await.unwrap();
        writes.shutdown().await.unwrap();
        b.run(async |s: &mut TcpStream| {
            let got = read_all(s).await;
            s.write_all(b"and back").await.unwrap();
            got
        })
        .await
        .1
        .unwrap();
        let mut buffer = [0; 8];
        note(&mut log, "read", seen(reads.read_exact(&mut buffer).await));
    }
    note(&mut log, "write", write(&mut a, b"x").await);
    log
}

async fn nothing_written_nothing_read(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "write", write(&mut a, b"").await);
    b.run(async |s: &mut TcpStream| s.write_all(b"some").await.unwrap()).await;
    settle().await;
    note(&mut log, "read", read(&mut a, 0).await);
    note(&mut log, "read", read(&mut a, 8).await);
    note(&mut log, "peer", b.run(async |s: &mut TcpStream| seen(s.try_read(&mut [0; 8]))).await);
    log
}

async fn cancelled_read_loses_nothing(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "late", timeout(SETTLE, a.read(&mut [0; 8])).await.is_err());
    b.run(async |s: &mut TcpStream| s.write_all(b"kept").await.unwrap()).await;
    settle().await;
    note(&mut log, "read", read(&mut a, 8).await);
    log
}

async fn cancelled_accept_loses_nothing(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut log = Log::new();
    let late = listener.run(async |l: &mut TcpListener| timeout(SETTLE, l.accept()).await.is_err());
    note(&mut log, "late", late.await);
    let a = TcpStream::connect(address).await.unwrap();
    a.try_write(b"me").unwrap();
    settle().await;
    let b: Far<TcpStream> = rig.accept(&listener).await;
    note(&mut log, "read", b.run(async |s: &mut TcpStream| read(s, 8).await).await);
    log
}

async fn readable_and_writable(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let mut log = Log::new();
    note(&mut log, "writable", timeout(SETTLE, a.writable()).await.is_ok());
    note(&mut log, "readable", timeout(SETTLE, a.readable()).await.is_ok());
    b.run(async |s: &mut TcpStream| s.write_all(b"now").await.unwrap()).await;
    note(&mut log, "readable", timeout(SETTLE, a.readable()).await.is_ok());
    note(&mut log, "readable", timeout(SETTLE, a.readable()).await.is_ok());
    log
}

async fn readable_at_the_end(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    b.close().await;
    let mut log = Log::new();
    note(&mut log, "readable", timeout(SETTLE, a.readable()).await.is_ok());
    note(&mut log, "writable", timeout(SETTLE, a.writable()).await.is_ok());
    note(&mut log, "try", seen(a.try_read(&mut [0; 4])));
    log
}

async fn two_connections_are_apart(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut first = TcpStream::connect(address).await.unwrap();
    let far_first = rig.accept(&listener).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    let far_second = rig.accept(&listener).await;
    first.write_all(b"1").await.unwrap();
    second.write_all(b"2").await.unwrap();
    settle().await;
    let mut log = Log::new();
    note(&mut log, "first", far_first.run(async |s: &mut TcpStream| read(s, 8).await).await);
    drop(far_first);
    settle().await;
    note(
        &mut log,
        "second",
        far_second
            .run(async |s: &mut TcpStream| {
                s.write_all(b"alive").await.unwrap();
                read(s, 8).await
            })
            .await,
    );
    settle().await;
    note(&mut log, "second", read(&mut second, 8).await);
    note(&mut log, "first", read(&mut first, 8).await);
    log
}

async fn one_after_another(rig: Rig) -> Log {
    let (listener, address) = rig.listener().await;
    let mut log = Log::new();
    for n in 0..3_u8 {
        let mut a = TcpStream::connect(address).await.unwrap();
        let b = rig.accept(&listener).await;
        a.write_all(&[b'a' + n]).await.unwrap();
        drop(a);
        note(&mut log, "read", b.run(async |s: &mut TcpStream| read_all(s).await).await);
        b.close().await;
    }
    log
}
