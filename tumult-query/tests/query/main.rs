//! `cargo tumult query`, as people run it, on journals whose answers are known by construction.

mod answers;
mod command;
mod duckdb;
mod fixture;
mod formats;
mod loading;
mod refusals;
