//! A recording in the trace event format of Chrome, which Perfetto opens: a process each, a track for each of its tasks,
//! messages as arrows, lives and faults as spans.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Scene;
use crate::base::Time;
use crate::fault::Step;
use crate::trace::{Kind, Record};

/// A message is a slice of this length at both its ends, in microseconds: arrows join slices.
const MESSAGE_US: f64 = 0.001;
/// The track of a process itself, before those of its tasks.
const LIFE: u64 = 0;
/// The process under which faults are shown.
const FAULTS: u64 = 0;

/// Process numbers begin behind that of the faults.
fn pid(process: u32) -> u64 {
    if process == u32::MAX { FAULTS } else { u64::from(process) + 1 }
}

/// Task numbers begin behind the track of the process itself.
fn tid(task: u32) -> u64 {
    u64::from(task) + 1
}

fn us(at: Time) -> f64 {
    at.as_nanos() as f64 / 1e3
}

/// What an event looks like: kind of entry, name, and where.
fn entry(phase: &str, name: &str, at: Time, pid: u64, tid: u64) -> Value {
    json!({ "ph": phase, "name": name, "ts": us(at), "pid": pid, "tid": tid, "cat": "tumult" })
}

/// An entry with one more field.
fn with(mut entry: Value, field: &str, value: impl Into<Value>) -> Value {
    entry[field] = value.into();
    entry
}

impl Scene<'_> {
    /// The trace as JSON.
    pub(crate) fn perfetto(&self) -> String {
        let mut events: Vec<Value> = vec![named("process_name", "faults", FAULTS, LIFE)];
        for (process, name) in (0..).zip(self.names) {
            events.push(named("process_name", name, pid(process), LIFE));
            events.push(named("thread_name", "life", pid(process), LIFE));
        }
        let mut open: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        let mut end = Time::ZERO;
        for (n, r) in self.recording.iter().enumerate() {
            end = r.at;
            match r.kind {
                Kind::Spawn => {
                    let name = self.recording.task(n, r.a_low()).map_or("task", |(name, _)| name);
                    events.push(named("thread_name", name, pid(r.a_high()), tid(r.a_low())));
                }
                Kind::Send | Kind::Deliver | Kind::Drop => self.arrow(n, &r, &mut events),
                Kind::Process => life(&r, open.entry(r.a_high()).or_default(), &mut events),
                Kind::Fault => fault(&r, &mut events),
                Kind::Timer | Kind::Segment | Kind::Observe | Kind::Draw | Kind::Overlay | Kind::End => {}
                _ => {
                    let (_, what) = self.words(n, &r);
                    let (process, task) = self.track(n, &r);
                    let scope = if matches!(r.kind, Kind::Violation | Kind::Phase) { "g" } else { "t" };
                    events.push(with(entry("i", &what, r.at, process, task), "s", scope));
                }
            }
        }
        for (process, spans) in open {
            events.extend(spans.iter().map(|name| entry("E", name, end, pid(process), LIFE)));
        }
        json!({ "traceEvents": events, "displayTimeUnit": "ns" }).to_string()
    }

    /// The track on which an event is shown: that of the task that did it.
    fn track(&self, index: usize, r: &Record<'_>) -> (u64, u64) {
        if matches!(r.kind, Kind::Poll | Kind::Panic) {
            return (pid(r.a_high()), tid(r.a_low()));
        }
        let poll = self.recording.cause(index).and_then(|n| self.recording.get(n)).filter(|r| r.kind == Kind::Poll);
        match (poll, r.kind) {
            (Some(poll), _) => (pid(poll.a_high()), tid(poll.a_low())),
            (None, Kind::Clock | Kind::Limit) => (pid(r.a_low()), LIFE),
            (None, Kind::Violation | Kind::Phase | Kind::Name) => (FAULTS, LIFE),
            (None, _) => (pid(r.a_high()), LIFE),
        }
    }

    /// A slice where it is sent, one where it arrives, and an arrow from the one to the other.
    fn arrow(&self, index: usize, r: &Record<'_>, events: &mut Vec<Value>) {
        let (_, what) = self.words(index, r);
        let arrives = r.kind == Kind::Deliver;
        let (process, task) = match r.kind {
            Kind::Send => self.track(index, r),
            Kind::Deliver => (pid(r.a_low()), LIFE),
            _ => (pid(r.a_high()), LIFE),
        };
        events.push(with(entry("X", &what, r.at, process, task), "dur", MESSAGE_US));
        let sent = if arrives { self.recording.cause(index) } else { Some(index) };
        if let Some(sent) = sent.filter(|_| r.kind != Kind::Drop) {
            let head = entry(if arrives { "f" } else { "s" }, "message", r.at, process, task);
            let head = with(head, "id", sent as u64);
            events.push(if arrives { with(head, "bp", "e") } else { head });
        }
    }
}

fn named(what: &str, name: &str, pid: u64, tid: u64) -> Value {
    json!({ "ph": "M", "name": what, "pid": pid, "tid": tid, "args": { "name": name } })
}

/// Lives and pauses of a process, as spans on its own track.
fn life(r: &Record<'_>, open: &mut Vec<&str>, events: &mut Vec<Value>) {
    const STARTS: u32 = 0;
    const PAUSED: u32 = 5;
    const RESUMED: u32 = 6;
    const ASKED_TO_END: u32 = 7;
    let (begins, ends) = match r.b as u32 {
        STARTS => (Some("lives"), 0),
        PAUSED => (Some("stands still"), 0),
        RESUMED => (None, 1.min(open.len())),
        ASKED_TO_END => (None, 0),
        _ => (None, open.len()),
    };
    for _ in 0..ends {
        if let Some(name) = open.pop() {
            events.push(entry("E", name, r.at, pid(r.a_high()), LIFE));
        }
    }
    if let Some(name) = begins {
        open.push(name);
        events.push(entry("B", name, r.at, pid(r.a_high()), LIFE));
    }
}

/// A fault from its injection to its healing.
fn fault(r: &Record<'_>, events: &mut Vec<Value>) {
    let text = String::from_utf8_lossy(r.bytes);
    let phase = match r.b {
        b if b == Step::Injected as u64 => "b",
        b if b == Step::Healed as u64 => "e",
        _ => return,
    };
    events.push(with(entry(phase, &text, r.at, FAULTS, LIFE), "id", r.a));
}
