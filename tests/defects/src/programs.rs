//! What the systems have in common that are unmodified programs: std's sockets, threads and files, and nothing of
//! `tumult-sim`. A request is a line, and so is its answer.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const PORT: u16 = 7000;

/// A number below another, drawn as programs do that need no more than std.
fn below(bound: u64) -> u64 {
    RandomState::new().build_hasher().finish() % bound
}

/// A timetable, as `Pace` of the native systems.
pub(crate) struct Pace(Instant);

impl Pace {
    /// From now on.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Waits until a random time of so many milliseconds after the last step was due.
    pub(crate) fn rest(&mut self, low_ms: u64, high_ms: u64) {
        self.0 += Duration::from_micros(low_ms * 1_000 + below((high_ms - low_ms) * 1_000));
        thread::sleep(self.0.saturating_duration_since(Instant::now()));
    }
}

/// Answers each line with a line, on a thread for each connection.
pub(crate) fn serve<S: Send + Sync + 'static>(
    state: S,
    answer: impl Fn(&S, &str) -> io::Result<String> + Copy + Send + 'static,
) -> io::Result<()> {
    let state = Arc::new(state);
    for stream in TcpListener::bind(("0.0.0.0", PORT))?.incoming() {
        let (stream, state) = (stream?, Arc::clone(&state));
        thread::spawn(move || {
            stream.set_nodelay(true)?;
            let mut write = stream.try_clone()?;
            for line in BufReader::new(stream).lines() {
                let answer = answer(&state, &line?)?;
                write.write_all(format!("{answer}\n").as_bytes())?;
            }
            Ok::<_, io::Error>(())
        });
    }
    Ok(())
}

/// A client of such a server, which connects anew after an error.
pub(crate) struct Lines {
    server: &'static str,
    patience: Duration,
    open: Option<BufReader<TcpStream>>,
}

impl Lines {
    /// Of the process of that name; an answer has to come in so many milliseconds.
    pub(crate) fn to(server: &'static str, within_ms: u64) -> Self {
        Self { server, patience: Duration::from_millis(within_ms), open: None }
    }

    /// The answer, or that none came.
    pub(crate) fn ask(&mut self, line: &str) -> io::Result<String> {
        let answer = self.try_ask(line);
        if answer.is_err() {
            self.open = None;
        }
        answer
    }

    fn try_ask(&mut self, line: &str) -> io::Result<String> {
        let stream = match &mut self.open {
            Some(stream) => stream,
            none => none.insert(BufReader::new(connect(self.server, self.patience)?)),
        };
        stream.get_mut().write_all(format!("{line}\n").as_bytes())?;
        let mut answer = String::new();
        match stream.read_line(&mut answer)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

fn connect(server: &str, patience: Duration) -> io::Result<TcpStream> {
    let address = (server, PORT).to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The number at a place of a line of words.
pub(crate) fn number(line: &str, place: usize) -> io::Result<u64> {
    let word = line.split(' ').nth(place).and_then(|word| word.parse().ok());
    word.ok_or_else(|| ErrorKind::InvalidData.into())
}
