//! A process's own disk: files and directories that survive a kill, and a power loss as far as they were synced.
//!
//! The functions are those of `std::fs` and `tokio::fs`. Paths are the process's own: `/` is the root of its disk, and
//! relative paths start there too.
//!
//! What a program does is seen by it at once. After a *kill* all of it is still there. After a *power loss* only what
//! was synced is sure to be: [`File::sync_all`] and [`File::sync_data`] make a file's content and length durable,
//! [`sync_dir`] makes the names in a directory durable (a new file, a rename, a removal). Of the rest a drawn subset is
//! left: any pending write in part, by sectors of 512 bytes, and any pending name or not. A rename over an existing
//! file leaves the old or the new one. After a failed sync what was pending still is.
//!
//! ```
//! use tumult_sim::{Sim, disk::{self, File}};
//!
//! let mut sim = Sim::new(1);
//! let store = sim.primary("store", || async {
//!     disk::create_dir_all("/wal").await?;
//!     let mut log = File::create("/wal/log").await?;
//!     log.write_all(b"record").await?;
//!     log.sync_data().await?;
//!     disk::sync_dir("/wal").await?; // without these two a power loss may take the whole file
//!     disk::sync_dir("/").await?;
//!     disk::read("/wal/log").await
//! });
//! let report = sim.run();
//! assert_eq!(report.output::<std::io::Result<Vec<u8>>>(store).unwrap().as_ref().unwrap(), b"record");
//! ```

mod file;
mod gate;
mod names;
mod options;
#[cfg(test)]
mod tests;

pub use crate::kernel::disk::{DiskConfig, DiskError};
pub use file::File;
pub use names::{
    DirEntry, Metadata, create_dir, create_dir_all, metadata, read, read_dir, read_to_string, remove_dir, remove_file,
    rename, sync_dir, try_exists, write,
};
pub use options::OpenOptions;
