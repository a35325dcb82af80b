//! Defects that tests on a real machine rarely meet, planted in small services with nothing slowed down: between the two
//! steps that should have been one there is a lock that others want, or a file, or another service.
//!
//! Each is found within 500 seeds, named by its cause, and replayed from its token; what is right passes as many.

mod check_then_act;
mod forgotten_sync;
mod lock_order;
mod lost_notify;
mod retry;

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use tumult_sim::Sim;
use tumult_sim::search::Search;

/// In so many seeds a defect has to show.
const SEEDS: u64 = 500;

/// With the defect some seed fails and its report has `cause`; the token gives the same run again. Without it none does.
#[track_caller]
fn is_found(name: &str, cause: &str, scenario: impl Fn(&mut Sim, bool) + Sync) {
    let planted = |sim: &mut Sim| scenario(sim, true);
    let found = Search::new(name).seeds(SEEDS).run(planted);
    let report = found.report().unwrap_or_else(|| panic!("{name} is not found in {SEEDS} seeds"));
    println!("{name}: found in case {:?} of {SEEDS}, after {:?}\n{report}", found.case(), found.wall_time());
    assert!(report.contains(cause), "{name}: the report does not say `{cause}`");

    let token = found.token().expect("it failed");
    let again = Search::new(name).replay(token).expect("the token is this test's").run(planted);
    assert_eq!((again.seed(), again.failure()), (found.seed(), found.failure()));
    assert_eq!(trace(again.report().expect("it fails again")), trace(report), "the same run");

    let right = Search::new(name).seeds(SEEDS).run(|sim| scenario(sim, false));
    println!("{name}: {} seeds without it in {:?}", right.runs(), right.wall_time());
    right.assert_held();
}

/// The hash that a report gives.
fn trace(report: &str) -> &str {
    let (_, sound) = report.split_once(", trace ").expect("a report says the trace");
    sound.split(' ').next().expect("a hash")
}

/// A server with a thread a connection, which answers each line with a line.
fn serve_lines<S: Send + Sync + 'static>(state: S, answer: fn(&S, &str) -> io::Result<String>) -> io::Result<()> {
    let state = Arc::new(state);
    for stream in TcpListener::bind("0.0.0.0:7000")?.incoming() {
        let (stream, state) = (stream?, Arc::clone(&state));
        thread::spawn(move || {
            let mut write = stream.try_clone()?;
            for line in BufReader::new(stream).lines() {
                writeln!(write, "{}", answer(&state, &line?)?)?;
            }
            Ok::<_, io::Error>(())
        });
    }
    Ok(())
}

/// A client of it.
struct Lines(BufReader<TcpStream>);

impl Lines {
    /// Asks until the server is there.
    fn connect() -> Self {
        loop {
            if let Ok(stream) = TcpStream::connect("server:7000") {
                return Self(BufReader::new(stream));
            }
            thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Fails when an answer takes so long: the other end may be without power.
    fn within(self, patience: std::time::Duration) -> Self {
        self.0.get_ref().set_read_timeout(Some(patience)).expect("it is more than nothing");
        self
    }

    fn ask(&mut self, line: &str) -> io::Result<String> {
        writeln!(self.0.get_mut(), "{line}")?;
        let mut answer = String::new();
        match self.0.read_line(&mut answer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim().to_owned()),
        }
    }
}
