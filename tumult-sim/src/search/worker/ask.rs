//! A worker, seen from the process that asks it.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::wire::Order;
use super::{Place, last, link, wire};
use crate::base::Time;
use crate::context::{Cause, Failure};
use crate::host::fork::{self, Ending};
use crate::search::environment::CHILD;
use crate::sim::RunOutcome;
use crate::trace::TraceHash;

/// What starting a large binary may take, under load.
pub(in crate::search) const START: Duration = Duration::from_secs(60);
/// What a worker may take to end once it is not asked any more.
const END: Duration = Duration::from_secs(2);

/// A process that runs what it is asked.
#[derive(Debug)]
pub(in crate::search) struct Worker {
    process: Child,
    link: UnixStream,
    /// What it prints; a file that has no name any more.
    printed: File,
}

impl Worker {
    /// Starts a worker for the search at `place`. One that forks has the same addresses as all that do, where the system
    /// allows that.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    pub(in crate::search) fn start(place: &Place, forks: bool) -> Result<Self, String> {
        let arguments = place.arguments()?;
        let assignment = place.assignment().ok_or("it is not known where it stands")?;
        let exe = std::env::current_exe().map_err(|e| format!("the test binary is not known: {e}"))?;
        let printed = printed().map_err(|e| format!("{}: {e}", std::env::temp_dir().display()))?;
        let (link, theirs) = UnixStream::pair().map_err(|e| e.to_string())?;
        let outputs = printed.try_clone().and_then(|out| Ok((out, printed.try_clone()?))).map_err(|e| e.to_string())?;
        let mut command = Command::new(&exe);
        // The harness reads a description of the terminal, by which the addresses of all that comes later differ.
        command.args(arguments).env(CHILD, parent(std::process::id())).env("TERM", "dumb");
        command.stdin(OwnedFd::from(theirs)).stdout(outputs.0).stderr(outputs.1);
        if forks {
            fork::fix_addresses(&mut command);
        }
        let process = command.spawn().map_err(|e| format!("{}: {e}", exe.display()))?;
        drop(command);
        let mut worker = Self { process, link, printed };
        let fixed = worker.begin(&assignment).map_err(|e| worker.lost(&e, "before the search"))?;
        if forks && !fixed {
            warn_of_addresses();
        }
        Ok(worker)
    }

    fn begin(&mut self, assignment: &super::Assignment) -> io::Result<bool> {
        self.link.set_read_timeout(Some(START))?;
        link::send(&mut self.link, assignment)?;
        link::receive(&mut self.link)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Has it make a run, which takes no longer than `patience`. One that crashed is made again, recorded: then it leaves
    /// behind when and after what it crashed.
    ///
    /// # Errors
    /// How the worker failed, as the end of a sentence: it is good for nothing any more.
    pub(in crate::search) fn ask(&mut self, order: &Order, patience: Duration) -> Result<RunOutcome, String> {
        let mut once =
            |order| self.exchange(order, patience).map_err(|e| self.lost(&e, &format!("at seed {}", order.seed)));
        let outcome = once(order)?;
        let Some(failure) = crash(&outcome).filter(|_| !order.record) else { return Ok(outcome) };
        let again = once(&order.recorded())?;
        // Where it ends in another way, it is not deterministic, which is for others to find.
        let same = crash(&again).is_some_and(|f| f.signature() == failure.signature());
        Ok(if same { RunOutcome { recording: None, ..again } } else { outcome })
    }

    fn exchange(&mut self, order: &Order, patience: Duration) -> io::Result<RunOutcome> {
        self.link.set_read_timeout(Some(patience))?;
        let child = order.isolated.map_or(0, |patience| patience.as_millis() as u64);
        link::write(&mut self.link, &child.to_le_bytes())?;
        link::send(&mut self.link, order)?;
        let (mut answer, mut piece) = (vec![], vec![]);
        loop {
            self.receive(&mut piece)?;
            if piece.is_empty() {
                break;
            }
            answer.extend_from_slice(&piece);
        }
        let ending: (u8, i32) = link::receive(&mut self.link)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.receive(&mut piece)?;
        let said = String::from_utf8_lossy(&piece).into_owned();
        self.receive(&mut piece)?;
        match decode(ending) {
            Ending::Exited(0) if !answer.is_empty() => {
                wire::read(&answer)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
            }
            Ending::Unmade(error) => Err(io::Error::from_raw_os_error(error)),
            other => Ok(cut_short(order, other, said, &piece)),
        }
    }

    fn receive(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        if link::read(&mut self.link, piece)? { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// What became of a worker that does not answer.
    fn lost(&mut self, error: &io::Error, when: &str) -> String {
        let how = match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "did not answer in time".to_owned(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
                self.wait().map_or_else(|| "hung up".to_owned(), how_it_ended)
            }
            _ => format!("failed: {error}"),
        };
        format!("it {how} {when}; the last it printed: {}", tail(&self.said()))
    }

    fn said(&self) -> String {
        let len = self.printed.metadata().map_or(0, |m| m.len());
        let from = len.saturating_sub(16 << 10);
        let mut bytes = vec![0; (len - from) as usize];
        let read = self.printed.read_exact_at(&mut bytes, from);
        if read.is_ok() { String::from_utf8_lossy(&bytes).into_owned() } else { String::new() }
    }

    /// How it ended, if it does so now.
    fn wait(&mut self) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < END {
            match self.process.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                Err(_) => return None,
            }
        }
        None
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // That nobody asks any more is what ends it.
        let _ = self.link.shutdown(std::net::Shutdown::Both);
        if self.wait().is_none() {
            // It is our own child; that it may be gone by now is as good.
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// The value of [`CHILD`] that makes a child of this process a worker, and none of a worker's own children. It has always
/// the same length: what is in the environment moves the stack.
pub(super) fn parent(id: u32) -> String {
    format!("{id:010}")
}

/// A file in the folder for temporary files that goes with its last descriptor.
fn printed() -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("tumult-worker-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    // Appending: two descriptors write to it, and what one writes must not be overwritten by the other.
    let file = File::options().read(true).append(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn warn_of_addresses() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        eprintln!(
            "note: this system does not let processes have the same addresses (personality ADDR_NO_RANDOMIZE was \
             refused, as in some containers): a program that depends on an address is found by the determinism check, \
             and not kept from it"
        );
    }
}

/// The outcome of a run whose process ended before it did.
fn cut_short(order: &Order, ending: Ending, said: String, memory: &[u8]) -> RunOutcome {
    let known = last::read(memory);
    let (cause, at) = match ending {
        // The time of the machine ended it: at which event differs from try to try.
        Ending::Hung => (Cause::Hung { patience: order.isolated.unwrap_or_default(), said }, Time::ZERO),
        Ending::Killed(signal) => (Cause::Crashed { how: killed(signal), said }, known.at),
        Ending::Exited(code) => {
            (Cause::Crashed { how: format!("exited with code {code} before the end of the run"), said }, known.at)
        }
        Ending::Unmade(_) | Ending::Unwanted => (Cause::Crashed { how: "was not made".into(), said }, known.at),
    };
    let hung = matches!(cause, Cause::Hung { .. });
    RunOutcome {
        trace: if hung { TraceHash::default() } else { known.trace },
        ended_at: known.at,
        process_names: known.names,
        recording: order.record.then_some(known.recording),
        ..RunOutcome::failed(order.seed, cause, at)
    }
}

/// How the run crashed, if it did.
fn crash(outcome: &RunOutcome) -> Option<&Failure> {
    outcome.failure.as_ref().filter(|failure| matches!(failure.cause, Cause::Crashed { .. }))
}

/// As two numbers.
pub(super) fn encode(ending: Ending) -> (u8, i32) {
    match ending {
        Ending::Exited(code) => (0, code),
        Ending::Killed(signal) => (1, signal),
        Ending::Hung => (2, 0),
        Ending::Unmade(error) => (3, error),
        Ending::Unwanted => (4, 0),
    }
}

fn decode((how, code): (u8, i32)) -> Ending {
    match how {
        0 => Ending::Exited(code),
        1 => Ending::Killed(code),
        2 => Ending::Hung,
        3 => Ending::Unmade(code),
        _ => Ending::Unwanted,
    }
}

fn killed(signal: i32) -> String {
    format!("was killed by signal {signal}{}", signal_name(signal))
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => " (illegal instruction)",
        6 => " (abort)",
        7 => " (bus error)",
        8 => " (arithmetic error)",
        9 => " (killed, as for want of memory)",
        11 => " (segmentation fault)",
        15 => " (asked to end)",
        _ => "",
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    if let Some(signal) = status.signal() {
        return format!("crashed with signal {signal}{}", signal_name(signal));
    }
    match status.code() {
        Some(0) => "ended without running the test, as one without the standard harness does,".into(),
        code => format!("ended with code {}", code.unwrap_or(-1)),
    }
}

/// The last lines of what a process printed.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(6)..];
    if last.is_empty() { "nothing".into() } else { format!("\n    {}", last.join("\n    ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_cross_as_they_are() {
        for ending in [
            Ending::Exited(3),
            Ending::Killed(11),
            Ending::Hung,
            Ending::Unmade(12),
            Ending::Unwanted,
            Ending::Exited(0),
        ] {
            assert_eq!(decode(encode(ending)), ending);
        }
    }

    #[test]
    fn the_signal_is_named() {
        assert_eq!(killed(11), "was killed by signal 11 (segmentation fault)");
        assert_eq!(killed(63), "was killed by signal 63");
    }
}
