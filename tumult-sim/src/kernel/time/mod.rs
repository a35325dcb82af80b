//! The event queue and each process's own clock.

mod clock;
mod queue;
mod timers;

pub(crate) use clock::Clock;
pub use clock::ClockConfig;
pub(crate) use queue::{Entry, EventQueue, Pending};
pub(crate) use timers::{TimerKey, Timers};
