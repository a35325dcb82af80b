//! Failures, violations and invariants.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::Time;
use crate::context::{Cause, Failure, TaskRow, ThreadRow};
use crate::invariant::{InvariantInfo, Violation};
use crate::search::intern;

/// A [`Failure`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FailureWire {
    cause: CauseWire,
    at: Time,
    process: Option<String>,
}

/// A [`Cause`].
#[derive(Clone, Debug, Serialize, Deserialize)]
enum CauseWire {
    Violation { id: String, title: String, what: String, site: String },
    Unreachable { name: String, site: String },
    Panic { message: String, site: String },
    Error { message: String },
    Ended { how: String },
    Deadlock { tasks: Vec<TaskWire> },
    Stall { polls: u64, tasks: Vec<TaskWire> },
    TimeLimit { tasks: Vec<TaskWire> },
    Tainted { what: String },
    Nondeterminism { what: String },
    Crashed { how: String, said: String },
    Hung { patience: Duration, said: String },
    Setup { message: String },
}

/// A [`TaskRow`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TaskWire {
    process: String,
    name: String,
    site: String,
    wakes: u64,
    ready: bool,
    thread: Option<ThreadWire>,
}

/// A [`ThreadRow`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ThreadWire {
    name: String,
    waits_for: String,
    backtrace: Vec<String>,
}

/// A [`Violation`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ViolationWire {
    invariant: InvariantWire,
    what: String,
    at: Time,
}

/// An [`InvariantInfo`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct InvariantWire {
    id: String,
    title: String,
    tags: Vec<String>,
    name: String,
    module: String,
    file: String,
    line: u32,
}

impl From<&Failure> for FailureWire {
    fn from(failure: &Failure) -> Self {
        Self { cause: CauseWire::from(&failure.cause), at: failure.at, process: failure.process.clone() }
    }
}

impl From<FailureWire> for Failure {
    fn from(wire: FailureWire) -> Self {
        Self { cause: wire.cause.into(), at: wire.at, process: wire.process }
    }
}

impl From<&Cause> for CauseWire {
    fn from(cause: &Cause) -> Self {
        match cause.clone() {
            Cause::Violation { id, title, what, site } => {
                Self::Violation { id: id.into(), title: title.into(), what, site }
            }
            Cause::Unreachable { name, site } => Self::Unreachable { name: name.into(), site },
            Cause::Panic { message, site } => Self::Panic { message, site },
            Cause::Error { message } => Self::Error { message },
            Cause::Ended { how } => Self::Ended { how },
            Cause::Deadlock { tasks } => Self::Deadlock { tasks: sent(tasks) },
            Cause::Stall { polls, tasks } => Self::Stall { polls, tasks: sent(tasks) },
            Cause::TimeLimit { tasks } => Self::TimeLimit { tasks: sent(tasks) },
            Cause::Tainted { what } => Self::Tainted { what },
            Cause::Nondeterminism { what } => Self::Nondeterminism { what },
            Cause::Crashed { how, said } => Self::Crashed { how, said },
            Cause::Hung { patience, said } => Self::Hung { patience, said },
            Cause::Setup { message } => Self::Setup { message },
        }
    }
}

impl From<CauseWire> for Cause {
    fn from(wire: CauseWire) -> Self {
        match wire {
            CauseWire::Violation { id, title, what, site } => {
                Self::Violation { id: intern::text(&id), title: intern::text(&title), what, site }
            }
            CauseWire::Unreachable { name, site } => Self::Unreachable { name: intern::text(&name), site },
            CauseWire::Panic { message, site } => Self::Panic { message, site },
            CauseWire::Error { message } => Self::Error { message },
            CauseWire::Ended { how } => Self::Ended { how },
            CauseWire::Deadlock { tasks } => Self::Deadlock { tasks: received(tasks) },
            CauseWire::Stall { polls, tasks } => Self::Stall { polls, tasks: received(tasks) },
            CauseWire::TimeLimit { tasks } => Self::TimeLimit { tasks: received(tasks) },
            CauseWire::Tainted { what } => Self::Tainted { what },
            CauseWire::Nondeterminism { what } => Self::Nondeterminism { what },
            CauseWire::Crashed { how, said } => Self::Crashed { how, said },
            CauseWire::Hung { patience, said } => Self::Hung { patience, said },
            CauseWire::Setup { message } => Self::Setup { message },
        }
    }
}

fn sent(tasks: Vec<TaskRow>) -> Vec<TaskWire> {
    let thread = |ThreadRow { name, waits_for, backtrace }| ThreadWire { name, waits_for, backtrace };
    let one = |TaskRow { process, name, site, wakes, ready, thread: of }| TaskWire {
        process,
        name: name.into(),
        site,
        wakes,
        ready,
        thread: of.map(thread),
    };
    tasks.into_iter().map(one).collect()
}

fn received(tasks: Vec<TaskWire>) -> Vec<TaskRow> {
    let thread = |ThreadWire { name, waits_for, backtrace }| ThreadRow { name, waits_for, backtrace };
    let one = |TaskWire { process, name, site, wakes, ready, thread: of }: TaskWire| TaskRow {
        process,
        name: intern::text(&name),
        site,
        wakes,
        ready,
        thread: of.map(thread),
    };
    tasks.into_iter().map(one).collect()
}

impl From<&Violation> for ViolationWire {
    fn from(violation: &Violation) -> Self {
        let InvariantInfo { id, title, tags, name, module, file, line } = *violation.invariant;
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let [id, title, name, module, file] = [id, title, name, module, file].map(str::to_owned);
        let invariant = InvariantWire { id, title, tags, name, module, file, line };
        Self { invariant, what: violation.what.clone(), at: violation.at }
    }
}

impl From<ViolationWire> for Violation {
    fn from(wire: ViolationWire) -> Self {
        let InvariantWire { id, title, tags, name, module, file, line } = wire.invariant;
        let [id, title, name, module, file] = [&id, &title, &name, &module, &file].map(|text| intern::text(text));
        let info = InvariantInfo { id, title, tags: intern::tags(&tags), name, module, file, line };
        Self { invariant: intern::invariant(info), what: wire.what, at: wire.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_reads_back_equal() {
        let row = |thread| TaskRow {
            process: "a".into(),
            name: "main",
            site: "a.rs:1".into(),
            wakes: 3,
            ready: true,
            thread,
        };
        let thread = ThreadRow { name: "t".into(), waits_for: "a lock".into(), backtrace: vec!["f".into()] };
        let tasks = vec![row(None), row(Some(thread))];
        let text = || String::from("text");
        for cause in [
            Cause::Violation { id: "INV_001", title: "title", what: text(), site: text() },
            Cause::Unreachable { name: "never", site: text() },
            Cause::Panic { message: text(), site: text() },
            Cause::Error { message: text() },
            Cause::Ended { how: text() },
            Cause::Deadlock { tasks: tasks.clone() },
            Cause::Stall { polls: 7, tasks: tasks.clone() },
            Cause::TimeLimit { tasks },
            Cause::Tainted { what: text() },
            Cause::Nondeterminism { what: text() },
            Cause::Crashed { how: text(), said: text() },
            Cause::Hung { patience: Duration::from_millis(1_500), said: text() },
            Cause::Setup { message: text() },
        ] {
            let failure = Failure { cause, at: Time::from_nanos(u64::MAX), process: Some("a".into()) };
            let json = serde_json::to_string(&FailureWire::from(&failure)).unwrap();
            let back: Failure = serde_json::from_str::<FailureWire>(&json).unwrap().into();
            assert_eq!(back, failure);
        }
    }
}
