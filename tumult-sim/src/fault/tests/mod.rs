//! Tests of the folder as a whole.

mod injector;
mod lab;
mod lives;
mod network;
mod plan;
mod settings;
