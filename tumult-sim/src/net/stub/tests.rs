//! Stubs as their clients see them.

use std::io::ErrorKind;
use std::time::Duration;

use super::{Answer, Stub};
use crate::Sim;
use crate::fault::Fault;
use crate::net::{TcpStream, UdpSocket};
use crate::time::{Instant, sleep, timeout};

const MS: Duration = Duration::from_millis(1);

/// Sends a line and reads one; how it fails.
async fn ask(stream: &mut TcpStream, line: &str) -> Result<String, ErrorKind> {
    stream.write_all(format!("{line}\n").as_bytes()).await.map_err(|e| e.kind())?;
    let mut said = vec![];
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.map_err(|e| e.kind())?;
        if byte == *b"\n" {
            return Ok(String::from_utf8_lossy(&said).into_owned());
        }
        said.push(byte[0]);
    }
}

async fn connect() -> TcpStream {
    sleep(MS).await;
    TcpStream::connect("stub:7").await.unwrap()
}

fn with_stub(stub: Stub, client: impl AsyncFn() + 'static) {
    let mut sim = Sim::new(1);
    sim.stub("stub:7", stub);
    let client = sim.primary("client", client);
    assert!(sim.run().output::<()>(client).is_some());
}

#[test]
fn a_fixed_stub_says_the_same_to_streams_and_datagrams() {
    with_stub(Stub::fixed("ok"), async || {
        let mut stream = connect().await;
        stream.write_all(b"two\r\nat once\n").await.unwrap();
        let mut said = [0; 6];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"ok\nok\n");
        let socket = UdpSocket::bind(0).await.unwrap();
        socket.send_to(b"x", "stub:7").await.unwrap();
        assert_eq!(socket.recv_datagram().await.unwrap().0, b"ok");
    });
}

#[test]
fn a_script_goes_on_from_answer_to_answer() {
    let late = Answer::from("late").after(Duration::from_secs(3));
    let script = [Answer::from("one"), late, Answer::Silence, Answer::Close, Answer::Reset, Answer::from("last")];
    with_stub(Stub::scripted(script), async || {
        let mut stream = connect().await;
        assert_eq!(ask(&mut stream, "a").await.unwrap(), "one");
        let begun = Instant::now();
        assert_eq!(ask(&mut stream, "b").await.unwrap(), "late");
        assert!(begun.elapsed() >= Duration::from_secs(3));
        assert!(timeout(Duration::from_secs(60), ask(&mut stream, "c")).await.is_err(), "silence");
        assert_eq!(ask(&mut stream, "d").await, Err(ErrorKind::UnexpectedEof), "closed");
        let mut stream = connect().await;
        assert_eq!(ask(&mut stream, "e").await, Err(ErrorKind::ConnectionReset));
        let mut stream = connect().await;
        for _ in 0..3 {
            assert_eq!(ask(&mut stream, "f").await.unwrap(), "last");
        }
    });
}

#[test]
fn a_closure_sees_the_request_without_its_frame() {
    let stub = || Stub::answering(|request| [b"<", request, b">"].concat());
    with_stub(stub(), async || {
        assert_eq!(ask(&mut connect().await, "hello\r").await.unwrap(), "<hello>");
    });
    with_stub(stub().length_delimited(), async || {
        let mut stream = connect().await;
        // In two pieces, and the second request begins in the second.
        stream.write_all(b"\0\0\0\x02h").await.unwrap();
        sleep(10 * MS).await;
        stream.write_all(b"i\0\0\0\0").await.unwrap();
        let mut said = [0; 14];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"\0\0\0\x04<hi>\0\0\0\x02<>");
    });
}

/// How many of 200 requests were answered as they should.
fn answered(seed: u64, p: f64) -> usize {
    let mut sim = Sim::new(seed);
    sim.stub("stub:7", Stub::faulty(p, Stub::fixed("ok")));
    let client = sim.primary("client", async || {
        let mut good = 0;
        for _ in 0..200 {
            let mut stream = connect().await;
            let said = timeout(Duration::from_millis(500), ask(&mut stream, "x")).await;
            good += usize::from(said == Ok(Ok("ok".into())));
        }
        good
    });
    *sim.run().output::<usize>(client).unwrap()
}

#[test]
fn a_faulty_stub_fails_as_often_as_it_says() {
    assert_eq!(answered(1, 0.0), 200);
    let some = answered(1, 0.3);
    assert!((110..170).contains(&some), "{some}");
    assert!(answered(1, 1.0) < 20, "some are late by less than the patience");
    assert_eq!(answered(1, 0.3), some, "one seed, one run");
}

#[test]
fn a_stub_is_a_process_as_any_other() {
    let mut sim = Sim::new(1);
    let stub = sim.stub("stub:7", Stub::scripted(["one", "two", "three"]));
    sim.at(10 * MS, Fault::restart(stub));
    let client = sim.primary("client", async || {
        let mut stream = connect().await;
        assert_eq!(ask(&mut stream, "a").await.unwrap(), "one");
        sleep(20 * MS).await;
        assert!(ask(&mut stream, "b").await.is_err(), "it was restarted");
        ask(&mut connect().await, "c").await.unwrap()
    });
    assert_eq!(sim.run().output::<String>(client).unwrap(), "two", "the script goes on");
}

#[test]
#[should_panic(expected = "it has no port; write `name:port`")]
fn a_stub_without_a_port_is_refused() {
    Sim::new(1).stub("payments", Stub::fixed("ok"));
}
