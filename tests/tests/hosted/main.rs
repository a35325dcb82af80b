//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod searched;
mod strict;
mod tcp;
mod threads;
mod tokio_runtime;
mod untouched;
