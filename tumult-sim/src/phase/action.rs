//! Declared actions: what an experiment does besides faults, in DURING, as its recovery, and as its rollback.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::Experiment;
use crate::base::Time;
use crate::journal::{ActionRecord, ActionStatus, Epoch};
use crate::kernel::process::{Exit, State};
use crate::sim::Process;

/// A recovering action, or one of the rollback, that has not finished by then has failed.
pub(super) const ACTION_LIMIT: Duration = Duration::from_secs(10);

/// How an action ended: nothing, or a `Result` whose error is its failure.
pub trait ActionOutput: 'static {
    #[doc(hidden)]
    fn into_result(self) -> Result<(), String>;
}

impl ActionOutput for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<T: 'static, E: std::fmt::Display + 'static> ActionOutput for Result<T, E> {
    fn into_result(self) -> Result<(), String> {
        self.map(drop).map_err(|e| e.to_string())
    }
}

/// Acts, or says why it could not.
type Acting = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// Makes the future that acts.
#[derive(Clone)]
pub(super) struct Action(Rc<dyn Fn() -> Acting>);

impl Action {
    pub(super) fn new<T: ActionOutput>(action: impl AsyncFn() -> T + 'static) -> Self {
        let action = Rc::new(action);
        Self(Rc::new(move || {
            let action = Rc::clone(&action);
            Box::pin(async move { action().await.into_result() })
        }))
    }
}

/// An action of the method or of the rollback.
pub(super) struct Declared {
    pub(super) name: String,
    /// From the start of DURING; of no meaning to the rollback's.
    pub(super) at: Duration,
    pub(super) action: Action,
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Declared").field("name", &self.name).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Declared {
    /// The record of one that was not tried.
    pub(super) fn skipped(&self, now: Time, epoch: Epoch) -> ActionRecord {
        let record = ActionRecord::new(self.name.clone(), Ok(None), epoch.at(now), epoch.at(now));
        ActionRecord { status: ActionStatus::Skipped, ..record }
    }
}

type Ended = Rc<RefCell<Option<(Result<(), String>, Time)>>>;

/// An action that was begun: a process of its own.
#[derive(Debug)]
pub(super) struct Begun {
    name: String,
    at: Time,
    pub(super) process: Process,
    ended: Ended,
}

impl Begun {
    /// Begins `action` as a process of the given name.
    pub(super) fn new(x: &mut Experiment<'_>, name: &str, process: &str, action: &Action) -> Self {
        let ended = Ended::default();
        let (gives, action) = (Rc::clone(&ended), action.clone());
        let process = x.process(process, move || {
            let (action, gives) = (action.clone(), Rc::clone(&gives));
            async move {
                let result = (action.0)().await;
                gives.replace(Some((result, crate::time::now())));
            }
        });
        Self { name: name.to_owned(), at: x.now(), process, ended }
    }

    /// Whether nothing more will come of it.
    pub(super) fn is_over(&self, x: &Experiment<'_>) -> bool {
        self.ended.borrow().is_some() || self.exit(x).is_some()
    }

    fn exit(&self, x: &Experiment<'_>) -> Option<Exit> {
        match x.state(self.process) {
            State::Ended(exit) if exit != Exit::Finished => Some(exit),
            _ => None,
        }
    }

    /// What became of it by now.
    pub(super) fn record(self, x: &Experiment<'_>, epoch: Epoch) -> ActionRecord {
        let exit = self.exit(x).map(|exit| format!("its process ended: {exit:?}"));
        let late = || exit.unwrap_or_else(|| format!("it had not finished after {:?}", x.now() - self.at));
        let (result, at) = self.ended.take().unwrap_or_else(|| (Err(late()), x.now()));
        ActionRecord::new(self.name, result.map(|()| None), epoch.at(self.at), epoch.at(at))
    }
}
