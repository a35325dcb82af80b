//! `cargo tumult query`, as people run it, on journals whose answers are known by construction.

// A row of all columns is a long `json!`.
#![recursion_limit = "256"]

mod answers;
mod command;
mod duckdb;
mod fixture;
mod formats;
mod loading;
mod refusals;
