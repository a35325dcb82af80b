//! How a file is opened.

use std::io;
use std::path::Path;

use super::File;
use super::gate::{owner, perform, text};
use crate::context::with;
use crate::kernel::disk::{Action, At, Disks, OpenOptions as Options};
use crate::kernel::world::World;
use crate::process::Descriptor;

/// How a file is opened, as [`std::fs::OpenOptions`].
#[derive(Clone, Debug, Default)]
pub struct OpenOptions(Options);

impl OpenOptions {
    /// No option is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// For reading.
    pub fn read(&mut self, on: bool) -> &mut Self {
        self.0.read = on;
        self
    }

    /// For writing.
    pub fn write(&mut self, on: bool) -> &mut Self {
        self.0.write = on;
        self
    }

    /// For writing at the end, wherever that is at each write.
    pub fn append(&mut self, on: bool) -> &mut Self {
        self.0.append = on;
        self
    }

    /// Empties the file.
    pub fn truncate(&mut self, on: bool) -> &mut Self {
        self.0.truncate = on;
        self
    }

    /// Makes the file if it is missing.
    pub fn create(&mut self, on: bool) -> &mut Self {
        self.0.create = on;
        self
    }

    /// Makes the file, and fails if it is there.
    pub fn create_new(&mut self, on: bool) -> &mut Self {
        self.0.create_new = on;
        self
    }

    /// Opens a file of the calling process's disk.
    ///
    /// # Errors
    /// As [`std::fs::OpenOptions::open`]; EMFILE when the process has as many files and sockets open as it may; EIO and
    /// others by fault.
    ///
    /// # Panics
    /// Outside a process.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (process, path, options) = (owner()?, text(path.as_ref())?, self.0);
        let place = with(|w| {
            let World { core, processes, .. } = w;
            Descriptor::open(processes, process).ok_or_else(|| io::Error::from(Disks::refuse_open(core, process, path)))
        })?;
        let open = |disk: &mut crate::kernel::disk::Disk, now| disk.open(path, options, now);
        let fd = perform(process, At::Entry(path), Action::Open, path.as_bytes(), open).await?;
        Ok(File::new(place, fd, options.append))
    }
}
