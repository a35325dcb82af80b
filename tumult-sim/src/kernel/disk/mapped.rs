//! What mappings of files into memory need: to keep a file that is mapped, and to see and change what the page cache has
//! of it in no time, as loads and stores do.
//!
//! May: lose a store at a power loss, as any write.
//!
//! Must never: fail where a load or a store would not: there is no EIO and no ENOSPC for them.

use crate::base::Time;

use super::Disk;
use super::error::DiskError;
use super::memory::Memory;
use super::nodes::NodeId;
use super::op::Fd;

impl Disk {
    /// One more descriptor for what is open, for reading and writing, which keeps it alive.
    pub(crate) fn keep(&mut self, fd: Fd) -> Result<Fd, DiskError> {
        self.on(fd, "map", |d| d.below_mut().reopen(fd))
    }

    /// What the page cache has of a file from `offset` on; zeros past the end. Gives how many bytes are the file's.
    pub(crate) fn load(&mut self, ino: u64, offset: u64, into: &mut [u8]) -> usize {
        into.fill(0);
        let below = self.device().below();
        let content = below.by_ino(ino).and_then(|id| below.content(id).ok());
        content.map_or(0, |content| content.read_at(offset, into))
    }

    /// Writes into the page cache, as far as the file reaches. One that is no more is nobody's.
    pub(crate) fn store(&mut self, ino: u64, offset: u64, bytes: &[u8], now: Time) {
        let below = self.device().below_mut();
        if let Some(id) = below.by_ino(ino) {
            below.store(id, offset, bytes, now);
        }
    }
}

impl Memory {
    /// The file or directory of this number.
    fn by_ino(&self, ino: u64) -> Option<NodeId> {
        let found = self.nodes.iter().position(|node| node.as_ref().is_some_and(|node| node.ino == ino))?;
        Some(NodeId(found as u32))
    }
}
