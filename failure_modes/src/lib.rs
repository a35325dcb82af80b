//! Failure modes: each one a directory with its `spec.md`, its scenario, and the tests that the scenario becomes.
//!
//! `repro` shows the failure without the guard, `prevent` that the guard prevents it, `recover`, where recovery is the
//! answer, that the declared action restores correctness. `INDEX.md` lists them all, with the rates that the tests found.

#[cfg(test)]
mod board;
pub mod fm_001_retry_duplication;
pub mod fm_002_partial_write;
pub mod fm_003_stuck_queue;
pub mod fm_004_partial_partition;
pub mod fm_005_retry_amplification;
pub mod fm_006_state_divergence;
pub mod fm_007_control_starvation;
pub mod fm_008_effect_outside;
pub mod fm_009_backpressure_collapse;
pub mod fm_010_clock_trap;
pub mod fm_011_zombie_worker;
#[cfg(test)]
mod goodput;
#[cfg(test)]
mod index;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod page;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod violations;
