//! Streams: connections that are reset, and what is read and written after that.

use super::arm::*;
use super::rig::{Rig, cases, read, read_all, settle, write};
use crate::log::{Log, note, seen};

cases![
    backlog_is_reset_with_its_listener,
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
    peek_takes_an_error,
    read_to_a_reset,
];

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

async fn drop_with_unread_data(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    a.write_all(b"unread").await.unwrap();
    settle().await;
    b.run(async |s: &mut TcpStream| {
        read(s, 2).await.unwrap();
        s.write_all(b"never mind").await.unwrap();
    })
    .await;
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

async fn peek_takes_an_error(rig: Rig) -> Log {
    let mut a = was_reset(&rig).await;
    let mut log = Log::new();
    note(&mut log, "peek", seen(a.peek(&mut [0; 4]).await));
    note(&mut log, "peek", seen(a.peek(&mut [0; 4]).await));
    note(&mut log, "read", read(&mut a, 8).await);
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
