//! Streams: how they end, by whom, in which order.

use std::net::Shutdown;

use super::arm::*;
use super::rig::{Rig, cases, read, read_all, settle, write};
use crate::log::{Log, note, seen, text};

cases![
    half_close,
    end_of_a_stream_stays,
    data_comes_before_the_end,
    both_end_near_first,
    both_end_far_first,
    shutdown_twice,
    write_after_own_shutdown,
    exact_read_past_the_end,
    data_survives_a_drop,
    shut_for_reading,
    shut_for_reading_and_the_peer_writes,
    shut_for_both,
    writes_to_one_that_is_shut_for_reading,
    halves,
    halves_reunite,
    borrowed_halves,
    readable_at_the_end,
];

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

async fn data_survives_a_drop(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    a.write_all(&vec![5; 100_000]).await.unwrap();
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

async fn readable_at_the_end(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    b.close().await;
    let mut log = Log::new();
    note(&mut log, "readable", timeout(SETTLE, a.readable()).await.is_ok());
    note(&mut log, "writable", timeout(SETTLE, a.writable()).await.is_ok());
    note(&mut log, "try", seen(a.try_read(&mut [0; 4])));
    log
}
