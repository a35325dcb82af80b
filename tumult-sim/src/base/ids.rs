//! Ids as types.

use serde::{Deserialize, Serialize};

/// A simulated process: what [`Sim::process`](crate::Sim::process) returns. It stays the same across restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProcessId(pub(crate) u32);

impl ProcessId {
    /// The position in which the process was declared, from 0.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which life of a process: 0 for the first, one more at each restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub u32);
