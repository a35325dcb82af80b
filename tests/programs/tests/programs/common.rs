//! What all of them go through: a network that loses, and a server that is cut off, killed, without power and restarted.

use std::fmt::Display;
use std::future::Future;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use tumult_sim::body::Body;
use tumult_sim::fault::{Fault, FaultKind, Profile};
use tumult_sim::net::Latency;
use tumult_sim::{Process, Report, Sim};

/// The kinds of faults that are drawn beside those that every run has.
const DRAWN: [FaultKind; 5] =
    [FaultKind::Loss, FaultKind::Partition, FaultKind::Kill, FaultKind::PowerLoss, FaultKind::Restart];

/// A client that asks this often, `ASKED` times, is there for all faults.
pub(crate) const ASKED: u64 = 40;
/// How long a client waits for an answer before it gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
/// How long a client waits before it asks again, and between what it asks.
pub(crate) const PAUSE: Duration = Duration::from_millis(200);

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Runs a client and the server that it asks, with trouble between them.
pub(crate) fn between<S: 'static>(sim: &mut Sim, server: impl Body<S>, client: impl Body<u64>) -> Report {
    let server = sim.process("server", server);
    let client = sim.primary("client", client);
    trouble(sim, server, client);
    run(sim, client)
}

/// Loss on each link, and one of each of the other faults; more of them at drawn times.
fn trouble(sim: &mut Sim, server: Process, client: Process) {
    sim.links().latency(Latency::uniform_ms(0.5, 2.0)).loss(0.01);
    sim.at(ms(1_000), Fault::partition(&[&[server], &[client]]).lasting(ms(1_500)));
    sim.at(ms(3_500), Fault::kill(server).lasting(ms(400)));
    sim.at(ms(5_500), Fault::power_loss(server).lasting(ms(700)));
    sim.at(ms(7_700), Fault::restart(server));
    let profile = Profile::default().only(DRAWN).every(ms(3_000)).lasting(ms(50), ms(1_000)).spare("client");
    sim.draw_faults(profile, ms(15_000));
}

/// Runs, and asks that the client got all its answers, some after a fault.
pub(crate) fn run(sim: &mut Sim, client: Process) -> Report {
    let report = sim.run();
    let felt = *report.output::<u64>(client).expect("the client has finished");
    assert!(felt > 0, "none of the faults was felt");
    report
}

/// Asks for one answer until it is there. Says how often it was not.
pub(crate) async fn until_answered<T, E: Display>(mut ask: impl AsyncFnMut() -> Result<T, E>) -> (T, u64) {
    let mut failed = 0;
    loop {
        match in_time(ask()).await {
            Ok(answer) => return (answer, failed),
            Err(why) => println!("asks again: {why}"),
        }
        failed += 1;
        assert!(failed < 1_000, "the server is never back");
        tokio::time::sleep(PAUSE).await;
    }
}

/// An answer, or why there is none.
async fn in_time<T, E: Display>(answer: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|e| e.to_string()),
        Err(late) => Err(late.to_string()),
    }
}

/// As [`until_answered`], for a program of plain threads, which has its own timeouts.
pub(crate) fn until_answered_blocking<T, E: Display>(mut ask: impl FnMut() -> Result<T, E>) -> (T, u64) {
    let mut failed = 0;
    loop {
        match ask() {
            Ok(answer) => return (answer, failed),
            Err(why) => writeln!(std::io::stdout(), "asks again: {why}").expect("standard output is open"),
        }
        failed += 1;
        assert!(failed < 1_000, "the server is never back");
        std::thread::sleep(PAUSE);
    }
}

/// A client of a server of lines, on a connection that is made when it is needed.
#[derive(Default)]
pub(crate) struct Lines(Option<BufReader<TcpStream>>);

impl Lines {
    /// Sends a line, and gives the one that comes back.
    pub(crate) fn say(&mut self, what: &str) -> io::Result<String> {
        let mut open = if let Some(open) = self.0.take() {
            open
        } else {
            let at = "server:7000".to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
            let stream = TcpStream::connect_timeout(&at, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            BufReader::new(stream)
        };
        writeln!(open.get_mut(), "{what}")?;
        let mut line = String::new();
        if open.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.0 = Some(open);
        Ok(line.trim().to_owned())
    }
}

/// The certificate of `server`, made for these tests, valid from 2000 to 2099.
pub(crate) fn certificate() -> rustls::pki_types::CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::CertificateDer::from_pem_slice(include_bytes!("../../certs/server.cert.pem")).expect("it is PEM")
}

/// The key of that certificate.
pub(crate) fn key() -> rustls::pki_types::PrivateKeyDer<'static> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::PrivateKeyDer::from_pem_slice(include_bytes!("../../certs/server.key.pem")).expect("it is PEM")
}

/// Trusts that certificate alone.
pub(crate) fn roots() -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate()).expect("it is a certificate");
    roots
}
