//! Hosted programs: unmodified code on simulated threads, sockets and files.

mod files;
mod threads;
