//! Reaching the world: the run that this thread is in, found through a thread-local.
//!
//! User code (polls, drops of payloads and tasks, rules, invariants, factories, `Debug`, subscribers) runs only while
//! the kernel is not borrowed.

mod answers;
mod failure;
pub(crate) mod isolation;
mod locate;
mod log;
mod panics;
mod rules;
mod run;
mod taint;
mod waker;

pub(crate) use answers::ANSWERS;
pub use failure::{Cause, Failure, TaskRow, ThreadRow};
pub(crate) use locate::Locator;
pub(crate) use panics::{Caught, message as panic_message, repeat as repeat_panic, take as take_panic};
pub(crate) use rules::settle;
pub(crate) use run::{
    Attendant, BoxFuture, Factory, Guard, Guests, MadeRule, Rule, Run, adopt, catch, current, try_current, with,
};
pub(crate) use waker::waiter;
