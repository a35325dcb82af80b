//! Tests of the folder as a whole.

mod injector;
mod lab;
mod plan;
mod settings;
