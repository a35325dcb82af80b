//! Tasks as the scheduler sees them: cells, who is ready, and in which order they run.

mod causes;
mod cells;
mod id;
mod interests;
mod schedule;
mod waiters;

pub(crate) use cells::{NO_TASKS, Row, Tasks, Why};
pub(crate) use id::{TaskId, Waiter};
pub(crate) use interests::{Interests, SetId};
pub use schedule::Schedule;
pub(crate) use waiters::Waiters;
