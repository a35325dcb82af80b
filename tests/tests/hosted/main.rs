//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod epoll;
mod os;
mod polls;
mod searched;
mod strict;
mod tcp;
mod files;
mod ends;
mod identity;
mod output;
mod threads;
mod timers;
mod tokio_runtime;
mod untouched;
