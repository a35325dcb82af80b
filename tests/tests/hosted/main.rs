//! Hosted programs: unmodified code on simulated threads, sockets and files.

#![allow(unused_must_use, reason = "what a body gives was compared between the arms before it is dropped")]
#![allow(clippy::needless_for_each, reason = "threads are joined in one line")]

mod c11;
mod deadlock;
mod ends;
mod epoll;
mod files;
mod identity;
mod leaks;
mod locks;
mod names;
mod os;
mod output;
mod polled;
mod polls;
mod refused;
mod searched;
mod signals;
mod stdio;
mod strict;
mod tcp;
mod threads;
mod timers;
mod tokio_runtime;
mod tokio_sockets;
mod udp;
mod unix;
mod untouched;
mod watchdog;
