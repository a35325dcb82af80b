//! What is told of a file beside its content: permissions, times, the name that something open has now, the room left.
//!
//! Permissions and times are kept at once, as if each change were synced: programs are given them back, and nothing is
//! refused because of them.

use crate::base::Bytes;

use super::Disk;
use super::error::{Cause, DiskError};
use super::faulty::Faulty;
use super::memory::Memory;
use super::nodes::{Kind, NodeId};
use super::op::{At, Class, Fd};

/// What may be set.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attribute {
    Mode(u16),
    /// When it was last read and written, in nanoseconds since 1970.
    Times(i64, i64),
}

/// What is to be changed: something open, or what a path leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'a> {
    File(Fd),
    Path(&'a str),
}

impl Disk {
    /// Sets permissions or times.
    pub(crate) fn set_attribute(&mut self, of: Of<'_>, attribute: Attribute) -> Result<(), DiskError> {
        let device = self.device();
        device.set_attribute(of, attribute).map_err(|cause| {
            let path = match of {
                Of::File(fd) => device.path(fd).unwrap_or("a closed file"),
                Of::Path(path) => path,
            };
            DiskError::new(cause, "set attributes of", path)
        })
    }

    /// The permissions of what was just made, as a part of making it.
    pub(crate) fn set_new_mode(&mut self, of: Of<'_>, mode: u16) {
        let below = self.device().below_mut();
        let id = match of {
            Of::File(fd) => below.node_of(fd).ok(),
            Of::Path(path) => below.find(path).ok().flatten(),
        };
        if let Some(id) = id {
            below.set_attribute(id, Attribute::Mode(mode));
        }
    }

    /// A path that leads to what is open now; `None` when it was removed, or is not open.
    pub(crate) fn name_of(&mut self, fd: Fd) -> Option<String> {
        self.device().below().name_of(fd)
    }

    /// Makes everything durable, as if each file and each directory were synced.
    pub(crate) fn sync_disk(&mut self) -> Result<(), DiskError> {
        self.device().sync_disk().map_err(|cause| DiskError::new(cause, "sync all of", "/"))
    }

    /// How many bytes fit in all, and how many are used.
    pub(crate) fn room(&mut self) -> (Option<Bytes>, Bytes) {
        let device = self.device();
        (device.capacity(), device.below().used())
    }
}

impl Faulty {
    fn set_attribute(&mut self, of: Of<'_>, attribute: Attribute) -> Result<(), Cause> {
        let (id, at) = match of {
            Of::File(fd) => (self.below().node_of(fd)?, At::File(fd)),
            Of::Path(path) => (self.below().find(path)?.ok_or(Cause::NotFound)?, At::Entry(path)),
        };
        self.refuse(at, Class::Write)?;
        self.below_mut().set_attribute(id, attribute);
        Ok(())
    }
}

impl Faulty {
    /// Fails as a sync of the root does; then nothing is durable that was not.
    fn sync_disk(&mut self) -> Result<(), Cause> {
        self.refuse(At::Dir("/"), Class::Sync)?;
        self.below_mut().sync_disk();
        Ok(())
    }
}

impl Memory {
    fn sync_disk(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            if let Kind::File(content) = &mut node.kind {
                content.sync();
            }
        }
        self.sync_all_entries();
    }

    fn set_attribute(&mut self, id: NodeId, attribute: Attribute) {
        let modified = self.metadata_at(id).modified;
        let node = self.at_mut(id);
        match attribute {
            Attribute::Mode(mode) => node.mode = mode,
            Attribute::Times(read, written) => node.told = Some((read, written, modified)),
        }
    }

    fn name_of(&self, fd: Fd) -> Option<String> {
        let id = self.node_of(fd).ok()?;
        if id == Self::ROOT {
            return Some("/".into());
        }
        // Mostly it is still where it was opened.
        let opened = self.path(fd).filter(|path| self.find(path).is_ok_and(|found| found == Some(id)));
        let opened = opened.filter(|path| path.starts_with('/') && !path.contains("/.") && !path.contains("//"));
        let opened = opened.map(|path| path.trim_end_matches('/').to_owned());
        opened.or_else(|| self.entries().into_iter().find(|(_, other)| *other == id).map(|(path, _)| path))
    }
}
