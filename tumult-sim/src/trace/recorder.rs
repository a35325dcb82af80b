//! A run in full: every event with its time, its payload and the hash after it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::causes::{Causes, Effects, NO_EVENT};
use super::logs::{Log, Logs};
use super::sites::{Locate, Sites};
use super::{Kind, TraceHash};
use crate::base::{Site, Time};

/// Every event of a run, in order, and what it follows from. Compact: 44 bytes an event and its payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    records: Vec<Packed>,
    payloads: Vec<u8>,
    labels: Vec<Label>,
    causes: Causes,
    sites: Sites,
    logs: Logs,
    #[serde(skip)]
    awaited: Awaited,
}

/// What events to come will follow from, while it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Awaited {
    /// By the sends of packets that were held: with which event the hold ended.
    released: Vec<(u32, u32)>,
    /// By ends of streams: what set their timers.
    due: ByEnd,
    /// By ends of streams: what arrived there last.
    arrived: ByEnd,
}

impl Awaited {
    fn reserve(&mut self, ends: usize) {
        self.released.reserve_exact(ends);
        self.due.0.reserve_exact(ends);
        self.arrived.0.reserve_exact(ends);
    }

    /// With which event the hold of a packet ended, told once.
    fn take_released(&mut self, send: u32) -> Option<u32> {
        let at = self.released.iter().position(|(held, _)| *held == send)?;
        Some(self.released.swap_remove(at).1)
    }
}

/// An event for each end of a stream. Not a map: nothing is allocated for it while the run goes on, see
/// [`Recording::reserve`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ByEnd(Vec<u32>);

impl ByEnd {
    fn set(&mut self, end: u32, event: u32) {
        let place = end as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, NO_EVENT);
        }
        self.0[place] = event;
    }

    fn get(&self, end: u32) -> Option<u32> {
        self.0.get(end as usize).copied().filter(|event| *event != NO_EVENT)
    }
}

/// The task that an event spawned: beside the trace and not in it, since paths differ from machine to machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Label {
    record: usize,
    task: u32,
    name: Cow<'static, str>,
    place: Place,
}

/// A site; as text where it was read from another process's recording.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub(crate) enum Place {
    Here(Site),
    There(String),
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Place {}

impl From<Site> for Place {
    fn from(site: Site) -> Self {
        Self::Here(site)
    }
}

impl From<String> for Place {
    fn from(text: String) -> Self {
        Self::There(text)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(site) => site.fmt(f),
            Self::There(text) => f.write_str(text),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Packed {
    at: Time,
    a: u64,
    b: u64,
    hash: TraceHash,
    /// Where its payload starts; it ends where the next event's starts. Seven bytes, so that the kind makes it a word.
    start: [u8; 7],
    kind: Kind,
}

const _: () = assert!(size_of::<Packed>() == 40);

impl Packed {
    fn start(&self) -> usize {
        let mut word = [0; 8];
        word[..7].copy_from_slice(&self.start);
        u64::from_le_bytes(word) as usize
    }
}

/// One recorded event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When, in virtual time.
    pub at: Time,
    /// What kind of event.
    pub kind: Kind,
    /// Its first word, as [`Kind`] says.
    pub a: u64,
    /// Its second word, as [`Kind`] says.
    pub b: u64,
    /// Its payload.
    pub bytes: &'a [u8],
    /// The trace hash after it.
    pub hash: TraceHash,
}

impl Record<'_> {
    /// Of a packet that was lost or damaged, in the order of [`Kind`]'s words: why or what, and its number on the link. Of
    /// one that was sent or has arrived the first is 0.
    pub(crate) const fn packet(&self) -> (u64, u64) {
        const WHAT: u32 = 56;
        (self.b >> WHAT, self.b & ((1 << WHAT) - 1))
    }

    /// The high half of the first word: for most kinds the process.
    pub const fn a_high(&self) -> u32 {
        (self.a >> 32) as u32
    }
    /// The low half of the first word.
    pub const fn a_low(&self) -> u32 {
        self.a as u32
    }
}

/// Room that is reserved: a million events. It takes no memory before it is used, as the system gives it by the page.
const RESERVED: usize = 1 << 20;

impl Recording {
    /// Makes room for a million events. A longer recording moves.
    pub(crate) fn reserve(&mut self) {
        self.records.reserve_exact(RESERVED);
        self.payloads.reserve_exact(64 * RESERVED);
        self.labels.reserve_exact(RESERVED / 16);
        self.causes.reserve(RESERVED);
        self.logs.reserve(RESERVED / 16);
        self.awaited.reserve(RESERVED / 64);
    }

    /// An event of which no cause is known.
    pub(crate) fn push(&mut self, at: Time, kind: Kind, a: u64, b: u64, bytes: &[u8], hash: TraceHash) {
        self.push_after(NO_EVENT, Record { at, kind, a, b, bytes, hash });
    }

    /// An event that follows from `cause`.
    pub(super) fn push_after(&mut self, cause: u32, r: Record<'_>) {
        let Record { at, kind, a, b, bytes, hash } = r;
        self.causes.push(cause);
        if kind == Kind::Deliver
            && let Some(end) = self.awaited.take_released(cause)
        {
            self.also(self.records.len() as u32, end);
        }
        let [start @ .., _] = (self.payloads.len() as u64).to_le_bytes();
        self.payloads.extend_from_slice(bytes);
        self.records.push(Packed { at, a, b, hash, start, kind });
    }

    /// The last event spawned this task.
    pub(crate) fn label(&mut self, task: u32, name: Cow<'static, str>, place: Place) {
        self.labels.push(Label { record: self.records.len().saturating_sub(1), task, name, place });
    }

    /// The name and spawn site of the task that had this index when event `record` happened.
    pub fn task(&self, record: usize, task: u32) -> Option<(&str, String)> {
        let before = self.labels.partition_point(|l| l.record <= record);
        self.labels[..before].iter().rev().find(|l| l.task == task).map(|l| (&*l.name, l.place.to_string()))
    }

    pub(super) fn log(&mut self, log: &Log<'_>) {
        self.logs.push(log);
    }

    /// What was said in `other`, which is the same run, was said here.
    pub(crate) fn say_as(&mut self, other: &Self) {
        self.logs = other.logs.clone();
    }

    /// What the code under test said by `tracing`, in order: where [`SimConfig::log`](crate::SimConfig::log) asked for it.
    pub fn logs(&self) -> impl DoubleEndedIterator<Item = Log<'_>> {
        (0..self.logs.len()).filter_map(|n| self.logs.get(n))
    }

    /// What was said after the first `events` events, and before the next one.
    pub fn logs_after(&self, events: usize) -> impl DoubleEndedIterator<Item = Log<'_>> {
        self.logs.between(events).filter_map(|n| self.logs.get(n))
    }

    /// An event follows from another one too.
    pub(super) fn also(&mut self, event: u32, cause: u32) {
        self.causes.add(event, cause);
    }

    pub(super) fn release(&mut self, send: u32, end: u32) {
        self.awaited.released.push((send, end));
    }

    pub(super) fn due(&mut self, end: u32, cause: u32) {
        self.awaited.due.set(end, cause);
    }

    pub(super) fn arrived(&mut self, end: u32, cause: u32) {
        self.awaited.arrived.set(end, cause);
    }

    pub(super) fn took(&mut self, event: u32, end: u32) {
        if let Some(arrived) = self.awaited.arrived.get(end) {
            self.also(event, arrived);
        }
    }

    pub(super) fn why_due(&self, end: u32) -> u32 {
        self.awaited.due.get(end).unwrap_or(NO_EVENT)
    }

    /// No more will be recorded.
    pub(super) fn finish(&mut self, places: Vec<String>) {
        self.causes.finish();
        self.sites.finish(places);
        self.awaited = Awaited::default();
    }

    /// The event that was pushed last was done by a task that runs, if `step` is its poll: asks where.
    pub(super) fn locate(&mut self, step: u32, locate: &mut dyn Locate) {
        let last = self.records.len() - 1;
        let runs = self.records.get(step as usize).is_some_and(|r| r.kind == Kind::Poll);
        if runs && Sites::of_interest(self.records[last].kind) {
            self.sites.add(last, locate.here());
        }
    }

    /// Where in the code of the user the event at `index` was done: the innermost line of it that was at work, as far as
    /// the build's debug information says.
    pub fn site(&self, index: usize) -> Option<&str> {
        self.sites.of(index)
    }

    /// The event from which the one at `index` follows in the first place: a delivery from its send, a send from the poll
    /// in which it was sent, a poll from what woke its task. `None` for what follows from nothing that is recorded.
    pub fn cause(&self, index: usize) -> Option<usize> {
        self.causes.main(index)
    }

    /// All events from which the one at `index` follows: its main cause first. All come before it.
    pub fn causes(&self, index: usize) -> impl Iterator<Item = usize> {
        self.cause(index).into_iter().chain(self.causes.more(index))
    }

    /// What follows from each event, worked out now.
    pub fn effects(&self) -> Effects {
        self.causes.reversed()
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The event at `index`.
    pub fn get(&self, index: usize) -> Option<Record<'_>> {
        self.records.get(index).map(|r| self.unpack(index, r))
    }

    /// All events, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Record<'_>> {
        self.records.iter().enumerate().map(|(n, r)| self.unpack(n, r))
    }

    fn unpack(&self, index: usize, r: &Packed) -> Record<'_> {
        let end = self.records.get(index + 1).map_or(self.payloads.len(), Packed::start);
        let bytes = &self.payloads[r.start()..end];
        Record { at: r.at, kind: r.kind, a: r.a, b: r.b, bytes, hash: r.hash }
    }

    /// The index of the first event in which two runs differ, or `None` when they are equal.
    pub fn first_difference(&self, other: &Self) -> Option<usize> {
        let common = self.records.len().min(other.records.len());
        // The hash after an event covers all before it, so the first difference can be bisected.
        let same = |i: usize| self.records[i].hash == other.records[i].hash;
        let (mut low, mut high) = (0, common);
        while low < high {
            let mid = usize::midpoint(low, high);
            if same(mid) { low = mid + 1 } else { high = mid }
        }
        (low < common || self.records.len() != other.records.len()).then_some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;

    fn run(payloads: &[&[u8]]) -> Recording {
        let mut trace = Trace::new(true);
        for p in payloads {
            trace.note(Time::ZERO, Kind::Note, 0, 0, p);
        }
        trace.take_recording().unwrap()
    }

    #[test]
    fn the_first_difference_is_found() {
        let a = run(&[b"a", b"b", b"c", b"d", b"e"]);
        for (other, at) in [
            (run(&[b"a", b"b", b"c", b"d", b"e"]), None),
            (run(&[b"x", b"b", b"c", b"d", b"e"]), Some(0)),
            (run(&[b"a", b"b", b"x", b"d", b"e"]), Some(2)),
            (run(&[b"a", b"b", b"c", b"d", b"x"]), Some(4)),
            (run(&[b"a", b"b", b"c"]), Some(3)),
        ] {
            assert_eq!(a.first_difference(&other), at);
        }
        assert_eq!(a.get(2).unwrap().bytes, b"c");
    }

    #[test]
    fn a_recording_reads_back_as_it_was_written() {
        let mut trace = Trace::new(true);
        trace.note(Time::ZERO, Kind::Spawn, 1, 0, b"x");
        trace.label(1, "main", Site::caller());
        trace.note(Time::from_nanos(u64::MAX), Kind::Name, u64::MAX, 7, &[0; 300]);
        let recording = trace.take_recording().unwrap();
        let bytes = postcard::to_allocvec(&recording).unwrap();
        let back: Recording = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(back, recording);
        assert_eq!(back.task(0, 1), recording.task(0, 1));
        assert_eq!(back.first_difference(&recording), None);
    }

    #[test]
    fn tasks_are_those_of_their_time() {
        let mut trace = Trace::new(true);
        let mut spawn = |task: u32, name| {
            trace.note(Time::ZERO, Kind::Spawn, u64::from(task), 0, &[]);
            trace.label(task, name, Site::caller());
        };
        spawn(0, "first");
        spawn(1, "other");
        spawn(0, "second");
        let recording = trace.take_recording().unwrap();
        let name = |record, task| recording.task(record, task).map(|t| t.0);
        assert_eq!((name(0, 0), name(1, 0), name(2, 0)), (Some("first"), Some("first"), Some("second")));
        assert_eq!((name(0, 1), name(2, 1), name(2, 7)), (None, Some("other"), None));
    }
}
