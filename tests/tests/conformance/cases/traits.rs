//! Streams behind tokio's traits: what is generic over these runs on them.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};

use super::arm::{TcpStream, shut};
use super::rig::{Rig, cases, settle};
use crate::log::{Log, note, seen, text};

cases![lines, copied, split_in_two, copied_both_ways, buffered_writes, numbers, taken, end_of_a_reset];

async fn lines(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"one\ntwo\r\nno end").await.unwrap()).await;
    b.close().await;
    let mut log = Log::new();
    let mut lines = BufReader::new(a).lines();
    for _ in 0..4 {
        note(&mut log, "line", seen(lines.next_line().await));
    }
    log
}

async fn copied(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(&vec![3; 100_000]).await.unwrap()).await;
    b.close().await;
    let mut into = vec![];
    let mut log = Log::new();
    note(&mut log, "copy", seen(tokio::io::copy(&mut a, &mut into).await));
    note(&mut log, "bytes", text(&into));
    log
}

async fn split_in_two(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let (mut reads, mut writes) = tokio::io::split(a);
    let mut log = Log::new();
    note(&mut log, "write", seen(writes.write_all(b"there").await));
    note(&mut log, "shutdown", seen(writes.shutdown().await));
    let echo = b.run(async |s: &mut TcpStream| {
        let mut all = vec![];
        s.read_to_end(&mut all).await.unwrap();
        s.write_all(&all).await.unwrap();
    });
    echo.await;
    b.close().await;
    let mut all = String::new();
    note(&mut log, "read", seen(reads.read_to_string(&mut all).await));
    note(&mut log, "text", all);
    log
}

async fn copied_both_ways(rig: Rig) -> Log {
    let ((mut a, b), (mut c, d)) = (rig.pair().await, rig.pair().await);
    let left = b.start(async |s: &mut TcpStream| {
        s.write_all(b"from the left").await.unwrap();
        s.shutdown().await.unwrap();
        let mut all = String::new();
        seen(s.read_to_string(&mut all).await).map(|_| all)
    });
    let right = d.start(async |s: &mut TcpStream| {
        s.write_all(b"from the right").await.unwrap();
        s.shutdown().await.unwrap();
        let mut all = String::new();
        seen(s.read_to_string(&mut all).await).map(|_| all)
    });
    let mut log = Log::new();
    note(&mut log, "copied", seen(tokio::io::copy_bidirectional(&mut a, &mut c).await));
    note(&mut log, "left", left.done().await);
    note(&mut log, "right", right.done().await);
    log
}

async fn buffered_writes(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    let mut writes = BufWriter::new(a);
    let mut log = Log::new();
    for n in 0..10 {
        writes.write_all(format!("{n},").as_bytes()).await.unwrap();
    }
    settle().await;
    note(&mut log, "before", b.run(async |s: &mut TcpStream| seen(s.try_read(&mut [0; 4]))).await);
    note(&mut log, "flush", seen(writes.flush().await));
    settle().await;
    let got = b.run(async |s: &mut TcpStream| {
        let mut buffer = [0; 64];
        let n = s.read(&mut buffer).await.unwrap();
        text(&buffer[..n])
    });
    note(&mut log, "after", got.await);
    log
}

async fn numbers(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    a.write_u32(0xdead_beef).await.unwrap();
    a.write_i16_le(-2).await.unwrap();
    drop(a);
    let mut log = Log::new();
    let got = b.run(async |s: &mut TcpStream| {
        (seen(s.read_u32().await), seen(s.read_i16_le().await), seen(s.read_u8().await))
    });
    note(&mut log, "numbers", got.await);
    log
}

async fn taken(rig: Rig) -> Log {
    let (a, b) = rig.pair().await;
    b.run(async |s: &mut TcpStream| s.write_all(b"headbody").await.unwrap()).await;
    settle().await;
    let mut head = String::new();
    let mut limited = a.take(4);
    let mut log = Log::new();
    note(&mut log, "head", seen(limited.read_to_string(&mut head).await));
    note(&mut log, "text", head);
    let mut a = limited.into_inner();
    let mut body = [0; 4];
    note(&mut log, "body", seen(AsyncReadExt::read_exact(&mut a, &mut body).await));
    note(&mut log, "shut", seen(shut(&a, std::net::Shutdown::Both)));
    log
}

async fn end_of_a_reset(rig: Rig) -> Log {
    let (mut a, b) = rig.pair().await;
    a.write_all(b"unread").await.unwrap();
    settle().await;
    b.close().await;
    let mut into = vec![];
    let mut log = Log::new();
    note(&mut log, "copy", seen(tokio::io::copy(&mut a, &mut into).await));
    note(&mut log, "write", seen(a.write_all(b"x").await));
    note(&mut log, "shutdown", seen(AsyncWriteExt::shutdown(&mut a).await));
    log
}
