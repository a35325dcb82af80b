//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod deadlock;
mod ends;
mod epoll;
mod files;
mod identity;
mod locks;
mod os;
mod output;
mod polls;
mod refused;
mod searched;
mod strict;
mod tcp;
mod threads;
mod timers;
mod tokio_runtime;
mod untouched;
mod watchdog;
