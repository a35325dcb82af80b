//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod threads;
mod tokio_runtime;
