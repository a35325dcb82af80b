//! Streams without a simulation: each mechanism by itself, and all of them against anything.

mod property;
mod wire;
