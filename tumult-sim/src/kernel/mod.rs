//! The machine as plain state machines: no I/O, no globals, no async, `&mut self` and `now`.

pub(crate) mod core;
pub(crate) mod disk;
pub(crate) mod net;
pub(crate) mod process;
pub(crate) mod resources;
pub(crate) mod sites;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod world;
