//! Hosted programs: unmodified code whose threads, sockets, files and clocks are the simulation's.
//!
//! A hosted thread is a pthread whose kernel thread stays parked ([`thread`]); it is also a task of the run. To poll the
//! task is to switch to the thread's stack and thread pointer; where the thread would block it registers a waiter for
//! its task with what it waits for, and switches back ([`wait`]). So schedules, kills, pauses and the trace treat it as
//! any task, every kernel machine can be used from it directly, and every native future can be waited for.
//!
//! - [`life`]: what one life of a hosted process has: threads, descriptors, arguments, output
//! - [`descriptors`]: descriptor numbers, and the trait of what they stand for
//! - [`pairs`]: descriptors that statics of libraries name
//! - [`objects`]: what descriptors stand for, one kind a file
//! - [`address`], [`sockets`]: addresses as C has them; sockets of each kind, and their options
//! - [`files`]: files and directories of the process's disk, and what else a path may lead to
//! - [`streams`]: the standard streams, whose lines go into the trace
//! - [`ends`]: how a process ends by its own hand
//! - [`identity`]: what a process is told about itself and its machine
//! - [`signals`]: what a process does at signals, and their delivery
//! - [`address`], [`control`], [`sockets`]: addresses and control messages as C has them; sockets of each kind, and their
//!   options
//! - [`guests`]: what the hosted processes of a run have in common, and what reports say of their threads
//! - [`watchdog`]: names a thread that keeps the turn
//! - [`allocator`]: allocation as a point of preemption
//! - [`calls`]: the definitions of libc's functions, one group a file
//!
//! `docs/HOSTING.md` has the table of functions.

mod address;
mod allocator;
mod calls;
mod control;
mod descriptors;
mod ends;
mod errno;
mod files;
mod guard;
mod guests;
mod identity;
mod life;
mod object;
mod objects;
mod pairs;
mod signals;
mod sockets;
mod streams;
mod strict;
mod thread;
mod wait;
mod watchdog;

pub use allocator::Preempting;
pub(crate) use allocator::is_in_use;
pub(crate) use calls::check;
pub(crate) use thread::start_main;
