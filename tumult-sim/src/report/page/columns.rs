//! The events of a run as columns of equal length.

use std::collections::BTreeMap;

use serde::Serialize;

use super::intern::Texts;
use super::lane::{Lane, Life};
use crate::report::event::Scene;
use crate::report::words::hex;
use crate::trace::{Kind, Record};

/// So much of what an event says.
const CHARS: usize = 400;
/// What a line of text shows of a payload; of a longer one more is kept beside it.
const IN_LINE: usize = 32;
/// So much of a longer one.
const DUMPED: usize = 64;

/// The events. Where a column says -1, there is none.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Columns {
    /// How many events of the run come before the first that is shown.
    left_out: usize,
    /// Nanoseconds since the event before; the first since the start of the run.
    after_ns: Vec<u64>,
    /// A number of `kinds`.
    kind: Vec<u8>,
    /// A number of the run's processes.
    process: Vec<i32>,
    /// The process at the other end of a message.
    peer: Vec<i32>,
    /// A number of `tasks`.
    task: Vec<i32>,
    /// What happened: a number of `texts`.
    text: Vec<u32>,
    /// How many events before it the first of its causes is; 0 where it has none.
    cause: Vec<u32>,
    /// Events with more causes than one: the event, and the causes after the first.
    causes: BTreeMap<u32, Vec<u32>>,
    /// Payloads that are longer than their lines show: the event, and a number of `texts`, which is the length in bytes, a
    /// space, and the beginning in hexadecimal.
    payloads: BTreeMap<u32, u32>,
    /// Where lives turn: event, process, what from then on.
    lives: Vec<(u32, u32, Life)>,
    /// Events of faults: event, which fault.
    faults: Vec<(u32, u32)>,
    kinds: Texts,
    tasks: Texts,
    texts: Texts,
}

/// The task that runs: its process and number, when the event says so.
fn acting(r: &Record<'_>) -> Option<(u32, u32)> {
    matches!(r.kind, Kind::Poll | Kind::End | Kind::Panic).then(|| (r.a_high(), r.a_low()))
}

impl Columns {
    /// The last events of a run, `most` of them.
    pub(super) fn of(scene: Scene<'_>, most: usize) -> Self {
        let recording = scene.recording;
        let first = recording.len().saturating_sub(most);
        let mut columns = Self { left_out: first, ..Self::default() };
        let mut before = 0;
        let mut poll: Option<Record<'_>> = None;
        for index in first..recording.len() {
            let record = recording.get(index).expect("an event of this recording");
            let lane = Lane::of(&record, scene.names.len() as u32);
            if record.kind == Kind::Poll {
                poll = Some(record);
            }
            let running = poll.filter(|p| p.at == record.at).and_then(|p| acting(&p));
            let by_world = matches!(record.kind, Kind::Timer | Kind::Deliver | Kind::Fault | Kind::Violation);
            let task = acting(&record).or(if by_world { None } else { running });
            columns.push(scene, (index - first) as u32, record, lane, task);
            columns.after_ns.push(record.at.as_nanos() - before);
            before = record.at.as_nanos();
            let mut of = recording.causes(index).filter(|c| *c >= first);
            columns.cause.push(of.next().map_or(0, |cause| (index - cause) as u32));
            columns.woken(index - first);
            let more: Vec<u32> = of.map(|cause| (cause - first) as u32).collect();
            if !more.is_empty() {
                columns.causes.insert((index - first) as u32, more);
            }
        }
        columns
    }

    /// A timer stands where the task is that it wakes.
    fn woken(&mut self, at: usize) {
        let (kind, cause) = (self.kind[at], at - self.cause[at] as usize);
        let timer = self.kinds.find(Kind::Timer.name());
        if Some(kind) == self.kinds.find(Kind::Poll.name()) && Some(self.kind[cause]) == timer {
            self.process[cause] = self.process[at];
        }
    }

    fn push(&mut self, scene: Scene<'_>, at: u32, r: Record<'_>, lane: Lane, task: Option<(u32, u32)>) {
        let index = at as usize + self.left_out;
        let number = |p: Option<u32>| p.map_or(-1, |p| p as i32);
        self.kind.push(self.kinds.number(r.kind.name().to_owned()) as u8);
        // A segment is told just before the packet that carries it.
        let carried = (r.kind == Kind::Segment).then(|| scene.recording.get(index + 1)).flatten();
        let lane = carried.map_or(lane, |packet| Lane::of(&packet, scene.names.len() as u32));
        self.process.push(number(lane.process));
        self.peer.push(number(lane.peer));
        let task = task.map(|(process, task)| self.tasks.number(scene.task(index, process, task)));
        self.task.push(number(task));
        self.text.push(self.texts.number(shortened(scene.what(index))));
        if r.bytes.len() > IN_LINE && matches!(r.kind, Kind::Send | Kind::Deliver | Kind::Corrupt | Kind::Draw) {
            let text = format!("{} {}", r.bytes.len(), hex(&r.bytes[..r.bytes.len().min(DUMPED)]));
            self.payloads.insert(at, self.texts.number(text));
        }
        match (r.kind, lane.process) {
            (Kind::Process, Some(process)) => {
                self.lives.extend(Life::after(r.b as u32).map(|life| (at, process, life)));
            }
            (Kind::Fault, _) => self.faults.push((at, r.a as u32)),
            _ => {}
        }
    }
}

/// The text, or its beginning.
fn shortened(text: String) -> String {
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
