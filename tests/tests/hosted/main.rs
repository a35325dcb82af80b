//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod ends;
mod identity;
mod output;
mod threads;
