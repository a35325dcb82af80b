//! Small systems with one thing wrong each, to measure how well a search finds that, and what is made of a failure.
//!
//! Each system in [`systems`] is code as an engineer would write it, on the public interface of `tumult-sim` alone, or an
//! unmodified program, in two versions: with the defect, and right. What is known of the defect is data in its [`Defect`]: the invariant that
//! it violates, and the smallest plan of faults with which it does. Tests hold all of that to account.
//!
//! | file | what it is |
//! |---|---|
//! | [`defect`] | what is known of a defect |
//! | [`storm`] | what is drawn against it |
//! | [`systems`] | the systems |
//! | [`measure`] | how many seeds a search takes |
//! | [`statistics`] | medians and their intervals |

pub mod defect;
mod kit;
pub mod measure;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod programs;
pub mod statistics;
pub mod storm;
pub mod systems;

pub use defect::{Cause, Defect};
pub use storm::{Draw, Storm};
pub use systems::ALL;
