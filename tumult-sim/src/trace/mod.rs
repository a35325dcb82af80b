//! What happened: every event, folded into a running hash always, and kept in full when a run is recorded.
//!
//! *Must never* draw randomness, or change what it watches.

mod causes;
mod echo;
mod features;
mod filter;
mod hash;
mod kind;
mod logs;
mod recorder;
mod sites;

pub use causes::Effects;
pub(crate) use causes::NO_EVENT;
pub(crate) use echo::Echo;
pub(crate) use features::Features;
pub use filter::LogFilter;
pub use hash::TraceHash;
pub(crate) use hash::fold_bytes;
pub use kind::Kind;
pub use logs::Log;
pub(crate) use recorder::Place;
pub use recorder::{Record, Recording};
pub(crate) use sites::Locate;

use crate::base::{Site, Time};

/// The running trace of one run.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: TraceHash,
    events: u64,
    /// The event from which what happens now follows; [`NO_EVENT`] if none. For the recording alone.
    step: u32,
    /// More than the hash is wanted of what happens.
    keeps: bool,
    records: bool,
    recording: Recording,
    features: Option<Box<Features>>,
    /// Told of everything that is recorded, as it happens.
    echo: Option<Box<dyn Echo>>,
    /// Says where in the code of the user something is done, when that is recorded.
    locate: Option<Box<dyn Locate>>,
}

impl Trace {
    pub(crate) fn new(record: bool) -> Self {
        Self {
            hash: TraceHash::default(),
            events: 0,
            step: NO_EVENT,
            keeps: record,
            records: record,
            recording: Recording::default(),
            features: None,
            echo: None,
            locate: None,
        }
    }

    /// Makes room for a recording now, whether the run is recorded or not: so whatever is allocated later stands at the
    /// same addresses in both.
    pub(crate) fn reserve(&mut self) {
        self.recording.reserve();
    }

    /// Notes one event. `a` and `b` mean what [`Kind`] says; `bytes` is the payload, hashed whole.
    #[inline]
    pub(crate) fn note(&mut self, now: Time, kind: Kind, a: u64, b: u64, bytes: &[u8]) {
        self.note_after(self.step, now, (kind, a, b), bytes);
    }

    /// Notes one event that follows from `cause` and not from what happens now.
    #[inline]
    pub(crate) fn note_after(&mut self, cause: u32, now: Time, (kind, a, b): (Kind, u64, u64), bytes: &[u8]) {
        self.events += 1;
        self.hash.fold(kind, a, b, bytes);
        if self.keeps {
            self.keep(cause, Record { at: now, kind, a, b, bytes, hash: self.hash });
        }
    }

    /// What is wanted of an event beyond its hash: apart, so that a run of which nothing is kept pays a branch.
    #[inline(never)]
    fn keep(&mut self, cause: u32, record: Record<'_>) {
        let Record { kind, a, b, bytes, .. } = record;
        if let Some(features) = &mut self.features {
            features.note(kind, a, b, bytes);
        }
        if self.records {
            self.recording.push_after(cause, record);
            if let Some(locate) = &mut self.locate {
                self.recording.locate(self.step, &mut **locate);
            }
            if let Some(echo) = &mut self.echo {
                echo.event(record);
            }
        }
    }

    /// The event from which what happens now follows.
    #[inline]
    pub(crate) const fn step(&self) -> u32 {
        self.step
    }

    /// What is noted from now on follows from this event. The kernel says it by way of `Core::follow`.
    #[inline]
    pub(crate) fn follow(&mut self, event: u32) {
        self.step = event;
    }

    /// The number of the event that will be noted next. Beyond 2³² it has no meaning, and no recording is so long.
    #[inline]
    pub(crate) const fn next(&self) -> u32 {
        self.events as u32
    }

    /// Whether the run is recorded: what only a recording needs is not looked for otherwise.
    #[inline]
    pub(crate) const fn records(&self) -> bool {
        self.records
    }

    /// What happens now follows from this event too.
    #[inline]
    pub(crate) fn also(&mut self, cause: u32) {
        if self.records {
            self.recording.also(self.step, cause);
        }
    }

    /// What kind of event a recorded one is.
    pub(crate) fn kind_of(&self, event: u32) -> Option<Kind> {
        Some(self.recording.get(event as usize)?.kind)
    }

    /// An event follows from this one too.
    pub(crate) fn link(&mut self, event: u32, cause: u32) {
        if self.records {
            self.recording.also(event, cause);
        }
    }

    /// The delivery of what this event sent will follow from `end` too, with which ended what held it.
    pub(crate) fn release(&mut self, send: u32, end: u32) {
        if self.records {
            self.recording.release(send, end);
        }
    }

    /// What is due at this end of a stream is due because of what happens now.
    #[inline]
    pub(crate) fn due(&mut self, end: u32) {
        if self.records {
            self.recording.due(end, self.step);
        }
    }

    /// Bytes arrive at this end of a stream by what happens now.
    pub(crate) fn arrived(&mut self, end: u32) {
        if self.records {
            self.recording.arrived(end, self.step);
        }
    }

    /// What happens now has read what arrived at this end of a stream.
    pub(crate) fn took(&mut self, end: u32) {
        if self.records {
            self.recording.took(self.step, end);
        }
    }

    /// Why something is due at this end of a stream.
    pub(crate) fn why_due(&self, end: u32) -> u32 {
        if self.records { self.recording.why_due(end) } else { NO_EVENT }
    }

    /// From now on the kinds of what happens are collected.
    pub(crate) fn collect_features(&mut self) {
        self.features = Some(Box::default());
        self.keeps = true;
    }

    pub(crate) fn take_features(&mut self) -> Option<Box<Features>> {
        self.features.take()
    }

    /// From now on `echo` is told of everything that is recorded: nothing, unless the run is recorded.
    pub(crate) fn echo_to(&mut self, echo: Box<dyn Echo>) {
        self.echo = Some(echo);
    }

    /// Asks from now on where in the code something is done: in a run that is recorded. It takes memory while the run goes
    /// on, so that a run that depends on addresses may be another one.
    pub(crate) fn locate_by(&mut self, locate: Box<dyn Locate>) {
        self.locate = Some(locate);
    }

    /// A process was declared. No part of the trace: for those who read an echo.
    pub(crate) fn named(&mut self, process: &str) {
        if self.records
            && let Some(echo) = &mut self.echo
        {
            echo.process(process);
        }
    }

    /// Says which task the event just noted has spawned. Kept when recording, and no part of the hash.
    #[inline]
    pub(crate) fn label(&mut self, task: u32, name: &'static str, site: Site) {
        if self.records {
            self.recording.label(task, name.into(), site.into());
            if let Some(echo) = &mut self.echo {
                echo.spawned(task, name, site);
            }
        }
    }

    /// The code under test says something by `tracing`, `after` all that was noted so far. Kept when recording, and no part
    /// of the hash.
    pub(crate) fn log(&mut self, log: &Log<'_>) {
        if self.records {
            self.recording.log(&Log { after: self.events as usize, ..*log });
        }
    }

    /// Virtual time moved: part of the hash, never an event of its own.
    #[inline]
    pub(crate) fn advance(&mut self, now: Time) {
        self.hash.time(now);
    }

    pub(crate) fn hash(&self) -> TraceHash {
        self.hash
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn take_recording(&mut self) -> Option<Recording> {
        if !self.records {
            return None;
        }
        let mut recording = std::mem::take(&mut self.recording);
        recording.finish(self.locate.take().map(|mut locate| locate.places()).unwrap_or_default());
        Some(recording)
    }
}
