//! What the code under test says by `tracing`, in native runs.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Level, Metadata, Subscriber, debug, error, info, info_span, trace};

use super::{Sim, SimConfig};
use crate::process;
use crate::task::spawn;
use crate::time::sleep;
use crate::trace::{Recording, TraceHash};

/// Its `Debug` asks for the time, and starts a task.
struct Meddler;

impl fmt::Debug for Meddler {
    #[expect(clippy::disallowed_methods, reason = "what must have no effect")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = std::time::Instant::now();
        spawn(async { process::note("it was started") });
        write!(f, "meddler {:?}", now.elapsed())
    }
}

fn elects(sim: &mut Sim) {
    for name in ["a", "b"] {
        sim.primary(name, move || async move {
            info!(term = 8, name, "became leader");
            sleep(Duration::from_millis(1 + process::random_below(50))).await;
            debug!(meddler = ?Meddler, "asks");
            trace!("too much");
            process::note("between");
            error!(target: "other", x = 1.5, ok = true);
        });
    }
}

fn run(log: Option<&str>, record: bool) -> (TraceHash, Option<Recording>) {
    let log = log.map(|filter| filter.parse().unwrap());
    let mut sim = Sim::with_config(SimConfig { record, log, ..SimConfig::default() });
    elects(&mut sim);
    let hash = sim.run().trace();
    (hash, sim.recording())
}

fn said(filter: &str) -> Vec<(u32, Level, String, String)> {
    let recording = run(Some(filter), true).1.unwrap();
    recording.logs().map(|l| (l.process.unwrap(), l.level, l.target.to_owned(), l.text.to_owned())).collect()
}

#[test]
fn a_run_is_the_same_whether_it_is_listened_to_or_not() {
    let (hash, _) = run(None, false);
    for (log, record) in [(None, true), (Some("trace"), true), (Some("off"), true), (Some("trace"), false)] {
        let (same, recording) = run(log, record);
        assert_eq!(same, hash, "{log:?} {record}");
        let heard = recording.is_some_and(|r| r.logs().next().is_some());
        assert_eq!(heard, record && log == Some("trace"));
    }
}

#[test]
fn what_is_said_is_kept_with_its_fields_in_its_place() {
    let (_, recording) = run(Some("debug"), true);
    let recording = recording.unwrap();
    let logs: Vec<_> = recording.logs().collect();
    assert_eq!(logs.len(), 6);
    let first = logs[0];
    let name = ["a", "b"][first.process.unwrap() as usize];
    assert_eq!((first.level, first.target), (Level::INFO, "tumult_sim::sim::log_tests"));
    assert_eq!(first.text, format!("became leader term=8 name={name:?}"));
    assert!(first.site.contains("sim/log_tests.rs:"), "{}", first.site);
    assert_eq!(recording.task(first.after - 1, first.task.unwrap()).unwrap().0, "main");
    for log in &logs[2..] {
        assert!(log.at > logs[1].at, "each has slept");
        if log.level == Level::ERROR {
            assert_eq!((log.target, log.text), ("other", "x=1.5 ok=true"));
            assert_eq!(recording.get(log.after - 1).unwrap().bytes, b"between", "it comes right before");
        } else {
            assert_eq!((log.level, log.text), (Level::DEBUG, "asks meddler=meddler 0ns"));
            assert_eq!(recording.get(log.after).unwrap().bytes, b"between", "it comes right after");
        }
    }
    assert!(logs.is_sorted_by_key(|log| (log.at, log.after)));
}

#[test]
fn the_filter_works_both_ways() {
    let own = "tumult_sim::sim::log_tests";
    assert_eq!(said("trace").len(), 8);
    assert_eq!(said("warn").iter().map(|s| &*s.2).collect::<Vec<_>>(), ["other", "other"]);
    assert_eq!(said(&format!("off,{own}=info")).iter().map(|s| s.1).collect::<Vec<_>>(), [Level::INFO; 2]);
    assert_eq!(said(&format!("trace,{own}=off")).len(), 2);
}

/// Counts events and spans.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<(Vec<Level>, u32)>>);

impl Subscriber for Counts {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        *about.level() <= Level::INFO
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(7)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().0.push(*event.metadata().level());
    }
    fn enter(&self, span: &Id) {
        assert_eq!(*span, Id::from_u64(7));
        self.0.lock().unwrap().1 += 1;
    }
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_subscriber_of_the_user_hears_what_it_would_have_heard() {
    let counted = |log: Option<&str>| {
        let counts = Counts::default();
        with_default(counts.clone(), || {
            info_span!("around").in_scope(|| run(log, true));
            info!("afterwards");
        });
        counts.0.lock().unwrap().clone()
    };
    let without = counted(None);
    assert_eq!((without.0.len(), without.1), (5, 1), "four of the run, one after it");
    for log in ["trace", "off", "error"] {
        assert_eq!(counted(Some(log)), without, "{log}");
    }
}

#[test]
fn nobody_is_heard_but_the_run() {
    let mut sim = Sim::with_config(SimConfig { record: true, log: "trace".parse().ok(), ..SimConfig::default() });
    let counts = Counts::default();
    let elsewhere = counts.clone();
    sim.primary("a", || async { info!("inside") });
    #[expect(clippy::disallowed_methods, reason = "what is not in the run")]
    let thread = std::thread::spawn(move || {
        info!("nobody hears it");
        with_default(elsewhere, || info!("its own subscriber does"));
    });
    thread.join().unwrap();
    sim.run();
    let recording = sim.recording().unwrap();
    assert_eq!(recording.logs().map(|l| l.text.to_owned()).collect::<Vec<_>>(), ["inside"]);
    assert_eq!(counts.0.lock().unwrap().0, [Level::INFO]);
    drop(sim);
    info!("after the run, to nobody");
}

/// Two threads of an unmodified program, which share a lock, wait, and say so.
#[cfg(all(feature = "hosting", target_os = "linux", target_env = "gnu"))]
#[expect(clippy::disallowed_methods, reason = "an unmodified program")]
fn hosts(sim: &mut Sim) {
    let body = || {
        let count = Arc::new(Mutex::new(0));
        let thread = |n: u64| {
            let count = Arc::clone(&count);
            std::thread::spawn(move || {
                for _ in 0..3 {
                    let mut held = count.lock().unwrap();
                    std::thread::sleep(Duration::from_millis(n));
                    *held += 1;
                    info!(count = *held, at = ?std::time::Instant::now().elapsed(), "counted");
                }
            })
        };
        let threads = [thread(1), thread(2)];
        for thread in threads {
            thread.join().unwrap();
        }
        info!(total = *count.lock().unwrap(), "done");
    };
    sim.primary("hosted", crate::body::program(body));
}

#[cfg(all(feature = "hosting", target_os = "linux", target_env = "gnu"))]
#[test]
fn unmodified_programs_are_heard_on_all_their_threads() {
    let run = |log: Option<&str>, record| {
        let log = log.map(|filter| filter.parse().unwrap());
        let mut sim = Sim::with_config(SimConfig { record, log, ..SimConfig::default() });
        hosts(&mut sim);
        let hash = sim.run().trace();
        (hash, sim.recording())
    };
    let (hash, _) = run(None, false);
    assert_eq!(run(Some("off"), true).0, hash);
    let (same, recording) = run(Some("trace"), true);
    assert_eq!(same, hash);
    let recording = recording.unwrap();
    let own = recording.logs().filter(|log| log.target.ends_with("log_tests"));
    let said: Vec<_> = own.map(|log| (log.at, log.process, log.task.unwrap(), log.text.to_owned())).collect();
    let counted = |s: &&(_, _, _, String)| s.3.starts_with("counted count=");
    assert_eq!((said.len(), said.iter().filter(counted).count()), (7, 6), "{said:?}");
    assert_eq!(said.last().unwrap().3, "done total=6");
    assert!(said.is_sorted_by_key(|s| s.0) && said[0].0 >= crate::Time::from_nanos(1_000_000));
    let threads: std::collections::BTreeSet<u32> = said.iter().map(|s| s.2).collect();
    assert_eq!(threads.len(), 3);
    assert!(said.iter().all(|s| s.1 == Some(0)));
}
