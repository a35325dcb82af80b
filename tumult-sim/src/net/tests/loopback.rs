//! The loopback of each process is its own.

use std::io::ErrorKind;
use std::time::Duration;

use crate::Sim;
use crate::fault::Fault;
use crate::net::{TcpListener, TcpStream, UdpSocket};
use crate::time::{sleep, timeout};

const MS: Duration = Duration::from_millis(1);
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Answers whoever connects with one byte.
async fn greet(listener: TcpListener, with: u8) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let _ = stream.write_all(&[with]).await;
    }
}

/// Who answers at an address, by TCP.
async fn who(at: &str) -> Result<u8, ErrorKind> {
    let mut byte = [0];
    let mut stream = TcpStream::connect(at).await.map_err(|e| e.kind())?;
    stream.read_exact(&mut byte).await.map_err(|e| e.kind())?;
    Ok(byte[0])
}

#[test]
fn a_stream_on_the_loopback_stays_within_its_process() {
    let mut sim = Sim::new(1);
    for (name, n) in [("a", 1), ("b", 2)] {
        sim.primary(name, move || async move {
            crate::task::spawn(greet(TcpListener::bind("0.0.0.0:80").await.unwrap(), n));
            let local = TcpListener::bind(("127.0.0.1", 81)).await.unwrap();
            assert_eq!(local.local_addr().unwrap(), "127.0.0.1:81".parse().unwrap());
            crate::task::spawn(greet(local, n + 10));
            sleep(MS).await;
            for ip in LOOPBACK {
                assert_eq!(who(&format!("{ip}:80")).await, Ok(n));
                assert_eq!(who(&format!("{ip}:81")).await, Ok(n + 10));
            }
            let other = if n == 1 { "b" } else { "a" };
            assert_eq!(who(&format!("{other}:80")).await, Ok(3 - n));
            let refused = who(&format!("{other}:81")).await;
            assert_eq!(refused, Err(ErrorKind::ConnectionRefused), "what listens on the loopback is not for others");
            sleep(10 * MS).await;
        });
    }
    let c = sim.primary("c", || async {
        sleep(MS).await;
        let mut refused = 0;
        for ip in LOOPBACK {
            refused += u32::from(who(&format!("{ip}:80")).await == Err(ErrorKind::ConnectionRefused));
        }
        refused
    });
    assert_eq!(sim.run().output::<u32>(c), Some(&3), "others' listeners are not on its loopback");
}

#[test]
fn a_datagram_on_the_loopback_stays_within_its_process() {
    let mut sim = Sim::new(1);
    for (name, n) in [("a", 1_u8), ("b", 2)] {
        sim.primary(name, move || async move {
            let socket = UdpSocket::bind(9).await.unwrap();
            let sender = UdpSocket::bind(0).await.unwrap();
            sleep(MS).await;
            for ip in LOOPBACK {
                sender.send_to(&[n], format!("{ip}:9")).await.unwrap();
            }
            for _ in 0..LOOPBACK.len() {
                assert_eq!(socket.recv_datagram().await.unwrap().0, [n]);
            }
            assert!(timeout(10 * MS, socket.recv_datagram()).await.is_err(), "nothing of the other's");
        });
    }
    sim.run();
}

#[test]
fn faults_of_the_network_do_not_touch_the_loopback() {
    let mut sim = Sim::new(1);
    let a = sim.primary("a", || async {
        crate::task::spawn(greet(TcpListener::bind(80).await.unwrap(), 1));
        sleep(Duration::from_secs(1)).await;
        let socket = UdpSocket::bind(9).await.unwrap();
        for at in ["localhost", "127.0.0.1", "a"] {
            assert_eq!(who(&format!("{at}:80")).await, Ok(1));
            socket.send_to(&[7; 7], (at, 9)).await.unwrap();
            assert_eq!(timeout(MS, socket.recv_datagram()).await.unwrap().unwrap().0, [7; 7]);
        }
        timeout(Duration::from_secs(1), who("b:80")).await.is_err()
    });
    let b = sim.process("b", || async { greet(TcpListener::bind(80).await.unwrap(), 2).await });
    let start = Duration::from_millis(500);
    sim.at(start, Fault::isolate(a));
    sim.at(start, Fault::partition(&[&[a], &[b]]));
    sim.at(start, Fault::loss_everywhere(1.0));
    sim.at(start, Fault::black_hole_everywhere());
    sim.at(start, Fault::hold_everywhere());
    assert_eq!(sim.run().output::<bool>(a), Some(&true), "the other is out of reach");
}
