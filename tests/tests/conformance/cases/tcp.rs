//! Streams: bytes, and waiting for them.

use super::arm::*;
use super::rig::{Far, Rig, cases, read, read_all, settle, write};
use crate::log::{Log, note, seen, text};

cases![
    bytes_go_both_ways,
    nobody_listens,
    listener_is_gone,
    listener_gone_and_streams_stay,
    connect_and_write_before_accept,
    accept_in_order,
    accept_of_one_that_has_closed,
    peek_leaves_bytes,
    try_calls_do_not_wait,
    full_until_the_peer_reads,
    a_megabyte,
    exact_reads,
    nothing_written_nothing_read,
    cancelled_read_loses_nothing,
    cancelled_accept_loses_nothing,
    readable_and_writable,
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
