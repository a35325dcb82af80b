//! A process's own disk: files and directories that survive a kill, and a power loss as far as they were synced.

pub use crate::kernel::disk::{DiskConfig, DiskError};
