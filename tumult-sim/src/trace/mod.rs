//! What happened: every event, folded into a running hash always, and kept in full when a run is recorded.
//!
//! *Must never* draw randomness, or change what it watches.

mod echo;
mod hash;
mod kind;
mod recorder;

pub(crate) use echo::Echo;
pub use hash::TraceHash;
pub(crate) use hash::fold_bytes;
pub use kind::Kind;
pub(crate) use recorder::Place;
pub use recorder::{Record, Recording};

use crate::base::{Site, Time};

/// The running trace of one run.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hash: TraceHash,
    events: u64,
    records: bool,
    recording: Recording,
    /// Told of everything that is recorded, as it happens.
    echo: Option<Box<dyn Echo>>,
}

impl Trace {
    pub(crate) fn new(record: bool) -> Self {
        Self { records: record, ..Self::default() }
    }

    /// Makes room for a recording now, whether the run is recorded or not: so whatever is allocated later stands at the
    /// same addresses in both.
    pub(crate) fn reserve(&mut self) {
        self.recording.reserve();
    }

    /// Notes one event. `a` and `b` mean what [`Kind`] says; `bytes` is the payload, hashed whole.
    #[inline]
    pub(crate) fn note(&mut self, now: Time, kind: Kind, a: u64, b: u64, bytes: &[u8]) {
        self.events += 1;
        self.hash.fold(kind, a, b, bytes);
        if self.records {
            self.recording.push(now, kind, a, b, bytes, self.hash);
            if let Some(echo) = &mut self.echo {
                echo.event(Record { at: now, kind, a, b, bytes, hash: self.hash });
            }
        }
    }

    /// From now on `echo` is told of everything that is recorded: nothing, unless the run is recorded.
    pub(crate) fn echo_to(&mut self, echo: Box<dyn Echo>) {
        self.echo = Some(echo);
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
        self.records.then(|| std::mem::take(&mut self.recording))
    }
}
