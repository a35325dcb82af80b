//! Jobs and their executions. Executions are the source of truth: a job's state is a projection of them.

use std::fmt;

use serde::{Deserialize, Serialize};
use tumult_invariants::{ExecutionId, JobId, Status};

use super::Stamp;

/// What a client wants done, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What the client calls it, always the same for the same job: submitted twice, it is one job; and its effect is
    /// known by it.
    pub key: String,
    /// What to do.
    pub payload: Vec<u8>,
    /// Its executions, oldest first.
    pub executions: Vec<ExecutionId>,
    /// When it was accepted.
    pub created_at: Stamp,
    /// When it or one of its executions last changed.
    pub updated_at: Stamp,
}

impl Job {
    /// How often it was attempted.
    pub fn attempt(&self) -> u32 {
        self.executions.len() as u32
    }

    /// The execution that holds the lease, or held it last.
    pub fn latest(&self) -> Option<ExecutionId> {
        self.executions.last().copied()
    }
}

/// One attempt at a job: its lease and what became of it. Its number is the fencing token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Its number.
    pub id: ExecutionId,
    /// Of which job.
    pub job: JobId,
    /// Which attempt at it, from 1.
    pub attempt: u32,
    /// Who has the lease.
    pub lease_owner: String,
    /// Until when, by the store's clock.
    pub lease_expires_at: Stamp,
    /// Where it is.
    pub status: Status,
    /// Why it was aborted, if it was.
    pub abort: Option<Abort>,
    /// When the lease was given.
    pub started_at: Stamp,
    /// When it was done or aborted.
    pub finished_at: Option<Stamp>,
}

/// Why an execution was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Abort {
    /// Its worker says that it failed, or cannot tell.
    Failed,
    /// Its lease had expired, and reconciliation found it so.
    Expired,
    /// Its deadline had passed before it was begun.
    Shed,
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    /// It waits for its first attempt, or was opened again.
    Pending,
    /// It is being attempted.
    Running,
    /// It is done.
    Succeeded,
    /// The last attempt failed, and another one will follow.
    Failed,
    /// All attempts failed that it may have, or its deadline had passed.
    DeadLettered,
}

impl JobState {
    /// The state of a job with these executions, oldest first, that may have so many of them.
    pub fn of<'a>(executions: impl IntoIterator<Item = &'a Execution>, budget: Option<u32>) -> Self {
        let (mut latest, mut attempts) = (None, 0);
        for execution in executions {
            if execution.status == Status::Done {
                return Self::Succeeded;
            }
            attempts += 1;
            latest = Some(execution);
        }
        let Some(latest) = latest else { return Self::Pending };
        match latest.abort {
            None => Self::Running,
            Some(Abort::Shed) => Self::DeadLettered,
            Some(_) if budget.is_some_and(|budget| attempts >= budget) => Self::DeadLettered,
            Some(Abort::Failed) => Self::Failed,
            Some(Abort::Expired) => Self::Pending,
        }
    }

    /// Whether nothing follows it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::DeadLettered)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::DeadLettered => "DEAD_LETTERED",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(status: Status, abort: Option<Abort>) -> Execution {
        Execution {
            id: ExecutionId(1),
            job: JobId(1),
            attempt: 1,
            lease_owner: "A".into(),
            lease_expires_at: Stamp(1),
            status,
            abort,
            started_at: Stamp(0),
            finished_at: None,
        }
    }

    #[test]
    fn a_jobs_state_follows_from_its_executions() {
        let of = |executions: &[Execution], budget| JobState::of(executions, budget);
        let done = execution(Status::Done, None);
        let failed = execution(Status::Aborted, Some(Abort::Failed));
        let expired = execution(Status::Aborted, Some(Abort::Expired));
        assert_eq!(of(&[], None), JobState::Pending);
        for status in [Status::Leased, Status::InProgress, Status::Committed] {
            assert_eq!(of(&[failed.clone(), execution(status, None)], Some(2)), JobState::Running);
        }
        assert_eq!(of(&[done.clone(), expired.clone()], Some(1)), JobState::Succeeded);
        assert_eq!(of(&[expired.clone(), failed.clone()], Some(3)), JobState::Failed);
        assert_eq!(of(&[failed.clone(), expired.clone()], Some(3)), JobState::Pending);
        assert_eq!(of(&[failed.clone(), expired], Some(2)), JobState::DeadLettered);
        assert_eq!(of(&[failed], None), JobState::Failed);
        assert_eq!(of(&[execution(Status::Aborted, Some(Abort::Shed))], None), JobState::DeadLettered);
    }
}
