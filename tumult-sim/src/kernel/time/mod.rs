//! The event queue and each process's own clock.

mod clock;
mod config;
mod queue;
mod timers;

pub(crate) use clock::Clock;
pub use config::ClockConfig;
pub(crate) use queue::{Entry, EventQueue, Pending};
pub(crate) use timers::{TimerKey, Timers};
