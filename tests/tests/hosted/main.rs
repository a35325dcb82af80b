//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod names;
mod polled;
mod searched;
mod strict;
mod tcp;
mod threads;
mod tokio_runtime;
mod tokio_sockets;
mod udp;
mod unix;
mod untouched;
