//! `tracing` in a run that is listened to: what its threads say is kept in the recording.
//!
//! May: keep what code says, where the run's settings ask for it.
//! Must never: take an event from a subscriber of the user, who hears everything as before; be heard outside the run; have
//! an effect on the run: what formats fields is as good as not there.
//! Survivable: a run that says something is the same run. Only an expression in a `tracing` macro that acts by itself, as
//! one that draws randomness, makes it another one where it is evaluated because somebody listens; whoever listens compares
//! the hashes.

use std::fmt::{self, Write as _};
use std::mem;

use parking_lot::RwLock;
use tracing::dispatcher::{self, DefaultGuard, Dispatch};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Metadata};
use tracing_core::span::Current;

use super::run::{Inert, Run};
use super::try_current;
use crate::base::Probability;
use crate::host;
use crate::trace::{Log, LogFilter};

/// So much is kept of what one event says.
const CHARS: usize = 4096;

/// A run is listened to for as long as this is there.
#[derive(Debug)]
pub(super) struct Listening {
    dispatch: Dispatch,
    /// Of the run's own thread.
    _default: DefaultGuard,
}

impl Listening {
    /// The calling thread, which is in `run`, and each that [joins](Run::listen_here) is listened to.
    pub(super) fn begin(run: u16, filter: LogFilter) -> Self {
        let outer = RwLock::new(dispatcher::get_default(Dispatch::clone));
        let dispatch = Dispatch::new(Listener { run, filter, outer });
        Self { _default: dispatcher::set_default(&dispatch), dispatch }
    }

    /// One more thread, until it ends.
    pub(super) fn join(&self) {
        mem::forget(dispatcher::set_default(&self.dispatch));
    }
}

/// What macros have learnt of who listens is forgotten: without it they go on to ask.
pub(super) fn end(listening: Option<Listening>) {
    if listening.is_some() {
        drop(listening);
        tracing::callsite::rebuild_interest_cache();
    }
}

/// Keeps what the filter lets through, and hands everything on to whoever would have heard it otherwise.
struct Listener {
    run: u16,
    filter: LogFilter,
    outer: RwLock<Dispatch>,
}

impl Listener {
    fn outer(&self) -> Dispatch {
        // Without the lock: it may write, and so wait.
        self.outer.read().clone()
    }

    fn keeps(&self, about: &Metadata<'_>) -> bool {
        about.is_event() && self.filter.keeps(about.target(), *about.level())
    }

    fn keep(&self, event: &Event<'_>) {
        let Some(run) = try_current().filter(|run| run.id == self.run && !run.is_inert()) else { return };
        let about = event.metadata();
        let mut said = run.said_by_log.take();
        said.clear();
        {
            let _deaf = Deaf::begin(run);
            event.record(&mut said);
        }
        said.finish(about);
        if let Ok(mut world) = run.world.try_borrow_mut() {
            let actor = world.actor;
            let target = if said.target.is_empty() { about.target() } else { &said.target };
            let log = Log {
                at: world.now(),
                after: 0,
                process: actor.map(|a| a.process.0),
                task: actor.and_then(|a| a.task).map(crate::kernel::task::TaskId::index),
                level: *about.level(),
                target,
                text: &said.text,
                site: &said.site,
            };
            world.core.trace.log(&log);
        }
        run.said_by_log.set(said);
    }
}

impl Subscriber for Listener {
    fn register_callsite(&self, about: &'static Metadata<'static>) -> Interest {
        if self.keeps(about) { Interest::always() } else { Interest::sometimes() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // That of a subscriber of the user counts by itself.
        Some(self.filter.most())
    }

    fn enabled(&self, about: &Metadata<'_>) -> bool {
        self.keeps(about) || self.outer().enabled(about)
    }

    fn event(&self, event: &Event<'_>) {
        if self.keeps(event.metadata()) {
            self.keep(event);
        }
        let outer = self.outer();
        if outer.enabled(event.metadata()) {
            outer.event(event);
        }
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.outer().new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.outer().record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.outer().record_follows_from(span, follows);
    }

    fn enter(&self, span: &Id) {
        self.outer().enter(span);
    }

    fn exit(&self, span: &Id) {
        self.outer().exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.outer().clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.outer().try_close(id)
    }

    fn current_span(&self) -> Current {
        self.outer().current_span()
    }
}

/// While it is there, what user code does has no effect on the run: it formats what it says.
struct Deaf<'a> {
    run: &'a Run,
    preempts: Option<Probability>,
    /// A hosted thread may have to wait for another one, so it stays what it is: it draws nothing as long as it does not
    /// ask for randomness.
    _inert: Option<Inert<'a>>,
}

impl<'a> Deaf<'a> {
    fn begin(run: &'a Run) -> Self {
        let inert = (!host::is_hosting()).then(|| run.inert());
        Self { run, preempts: run.preempts.take(), _inert: inert }
    }
}

impl Drop for Deaf<'_> {
    fn drop(&mut self) {
        self.run.preempts.set(self.preempts);
    }
}

/// What an event says.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The message, and in the end the fields behind it.
    text: String,
    fields: String,
    /// Where an event of the crate `log` comes from.
    target: String,
    file: String,
    line: u64,
    site: String,
}

impl Said {
    fn clear(&mut self) {
        for part in [&mut self.text, &mut self.fields, &mut self.target, &mut self.file, &mut self.site] {
            part.clear();
        }
        self.line = 0;
    }

    /// Everything was said: message and fields become one text.
    fn finish(&mut self, about: &Metadata<'_>) {
        if self.text.is_empty() {
            mem::swap(&mut self.text, &mut self.fields);
            self.text.drain(..self.text.len().min(1));
        } else {
            self.text.push_str(&self.fields);
        }
        if let Some((end, _)) = self.text.char_indices().nth(CHARS) {
            self.text.truncate(end);
            self.text.push('…');
        }
        let from_log = !self.file.is_empty();
        let file = if from_log { &*self.file } else { about.file().unwrap_or_default() };
        let line = if from_log { self.line } else { about.line().unwrap_or(0).into() };
        if !file.is_empty() {
            // A String takes what is written.
            let _ = write!(self.site, "{file}:{line}");
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            "log.target" => write!(self.target, "{value:?}"),
            name if name.starts_with("log.") => Ok(()),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.text.push_str(value),
            "log.target" => self.target.push_str(value),
            "log.file" => self.file.push_str(value),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "log.line" => self.line = value,
            _ => self.record_debug(field, &value),
        }
    }
}
