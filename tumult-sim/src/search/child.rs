//! Runs of a test in a new process: the test binary executed again for that one test.
//!
//! The parent writes an order to a file and names it in `TUMULT_CHILD`; the child, in the test of that name, runs the
//! seeds, appends a line `seed hash` as each is done, and exits. So a child that crashes says which seed it was at. It
//! works for whatever runs libtest's harness: `cargo test` and nextest alike.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::culprit::Parting;
use super::environment::CHILD;
use super::padding::Padding;
use super::runner::Runner;
use super::seeds::Cases;
use super::subject::Subject;
use crate::base::{Error, Kind, Seed};
use crate::report::{Scene, Seen};
use crate::trace::{Recording, TraceHash};

/// What the child is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    /// [`Subject::id`].
    test: String,
    schedule: String,
    seeds: Vec<Seed>,
    /// Of a run of the first seed: say where the child's own parts from it.
    compare: Option<Vec<TraceHash>>,
}

/// What the child made of it.
#[derive(Debug)]
pub(super) struct Answer {
    /// In the order of the seeds.
    pub(super) hashes: Vec<(Seed, TraceHash)>,
    /// Where the runs part, seen from the child: `one` is not known to it.
    pub(super) parting: Option<Parting>,
}

/// Runs seeds in a new process. `patience` is how long it may take.
///
/// # Errors
/// When the child could not be started, crashed, or did not do as it was told.
pub(super) fn run(
    subject: &Subject,
    schedule: &str,
    seeds: &[Seed],
    compare: Option<&Recording>,
    patience: Duration,
) -> Result<Answer, Error> {
    let folder = Folder::new()?;
    let order = Order {
        test: subject.id.clone(),
        schedule: schedule.to_owned(),
        seeds: seeds.to_vec(),
        compare: compare.map(|r| r.iter().map(|e| e.hash).collect()),
    };
    let path = folder.0.join("order.json");
    let json = serde_json::to_vec(&order).expect("an order has no maps");
    fs::write(&path, json).map_err(|e| failed(subject, &format!("{}: {e}", path.display())))?;
    let output = folder.0.join("output");
    let status = start(subject, &path, &output, patience).map_err(|e| failed(subject, &e))?;
    let hashes = read_hashes(&path);
    if hashes.len() < seeds.len() {
        let at = seeds[hashes.len()];
        let said = tail(&fs::read_to_string(&output).unwrap_or_default());
        return Err(failed(subject, &format!("it {} at seed {at}; the last it printed: {said}", ending(status))));
    }
    let parting = fs::read(path.with_extension("parting")).ok().and_then(|json| serde_json::from_slice(&json).ok());
    Ok(Answer { hashes, parting })
}

fn failed(subject: &Subject, why: &str) -> Error {
    let message = format!("run {} again in a new process, which TUMULT_CHECK=off does without: {why}", subject.path);
    Error::new(Kind::Io, message)
}

fn start(subject: &Subject, order: &Path, output: &Path, patience: Duration) -> Result<ExitStatus, String> {
    let exe = std::env::current_exe().map_err(|e| format!("the test binary is not known: {e}"))?;
    let out = File::create(output).map_err(|e| format!("{}: {e}", output.display()))?;
    let err = out.try_clone().map_err(|e| e.to_string())?;
    let mut child = Command::new(&exe)
        .args(["--exact", &subject.path, "--nocapture", "--include-ignored", "--test-threads=1"])
        .env(CHILD, order)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(|e| format!("{}: {e}", exe.display()))?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if begun.elapsed() > patience => {
                // It is our own child; that it may be gone by now is as good.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it did not end within {} s", patience.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(e) => return Err(e.to_string()),
        }
    }
}

fn read_hashes(order: &Path) -> Vec<(Seed, TraceHash)> {
    let lines = fs::read_to_string(order.with_extension("hashes")).unwrap_or_default();
    let line = |line: &str| {
        let (seed, hash) = line.split_once(' ')?;
        Some((seed.parse().ok()?, hash.parse().ok()?))
    };
    lines.lines().map_while(line).collect()
}

fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            let name = match signal {
                4 => " (illegal instruction)",
                6 => " (abort)",
                7 => " (bus error)",
                9 => " (killed)",
                11 => " (segmentation fault)",
                _ => "",
            };
            return format!("crashed with signal {signal}{name}");
        }
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

/// In the child: does what the order at `path` says, and exits. Returns when the order is for another test.
///
/// # Errors
/// When the order cannot be read or answered.
pub(super) fn obey(path: &Path, subject: &Subject, runner: &Runner<'_>) -> Result<(), Error> {
    let refused = |e: &dyn std::fmt::Display| {
        let message = format!("do what {CHILD}={} says: {e}; unset it: tumult sets it for itself", path.display());
        Error::new(Kind::Environment, message)
    };
    let json = fs::read(path).map_err(|e| refused(&e))?;
    let order: Order = serde_json::from_slice(&json).map_err(|e| refused(&e))?;
    if order.test != subject.id {
        return Ok(());
    }
    let mut runner = runner.clone();
    runner.config.schedule = order.schedule.parse()?;
    (runner.jobs, runner.deadline, runner.stops_at_failure) = (1, None, false);
    if let (Some(theirs), [seed, ..]) = (&order.compare, &*order.seeds) {
        let ours = runner.once(*seed, true, Padding::number(1));
        let scene = ours.recording.as_ref().map(|recording| Scene { recording, names: &ours.process_names });
        let parting = scene.and_then(|scene| parts_from(scene, theirs));
        if let Some(parting) = parting {
            let json = serde_json::to_vec(&parting).expect("a parting has no maps");
            fs::write(path.with_extension("parting"), json).map_err(|e| refused(&e))?;
        }
    }
    let file = Mutex::new(File::create(path.with_extension("hashes")).map_err(|e| refused(&e))?);
    runner.run(&Cases::Given(order.seeds), &|outcome| {
        let mut file = file.lock().expect("no other run panics with it");
        writeln!(file, "{} {}", outcome.seed, outcome.trace).expect("failed to write what the parent waits for");
    });
    // The harness would go on to report a test that was no test.
    std::process::exit(0);
}

fn parts_from(scene: Scene<'_>, theirs: &[TraceHash]) -> Option<Parting> {
    let ours = scene.recording.iter().map(|e| e.hash);
    let common = ours.zip(theirs).take_while(|(a, b)| a == *b).count();
    if common == theirs.len() && common == scene.recording.len() {
        return None;
    }
    Some(Parting { index: common, one: None, other: scene.seen(common) })
}

/// Fills in what the child could not know.
pub(super) fn with_ours(parting: Parting, ours: Scene<'_>) -> Parting {
    let one: Option<Seen> = ours.seen(parting.index);
    Parting { one, ..parting }
}

/// A folder of one order, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("tumult-check-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let made = fs::create_dir_all(&path);
        made.map_err(|e| {
            Error::new(Kind::Io, format!("make {}: {e}; set TMPDIR to a folder that can be written", path.display()))
        })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is small and in a folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
