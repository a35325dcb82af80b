//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod ends;
mod epoll;
mod files;
mod identity;
mod os;
mod output;
mod polls;
mod searched;
mod strict;
mod tcp;
mod threads;
mod timers;
mod tokio_runtime;
mod untouched;
