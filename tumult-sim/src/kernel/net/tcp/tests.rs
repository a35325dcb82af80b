//! Streams without a simulation: each mechanism by itself, and all of them against anything.

mod life;
mod loss;
mod property;
mod watch;
mod wire;
