//! The disk when nothing goes wrong: open files, their content, and which of it a power loss may take.
//!
//! Everything a program does is seen by it at once, and pending until a sync. A sync of a file makes its data and
//! its length durable, and not its name: that is an entry of a directory, durable once that directory is synced
//! (POSIX promises no more, and programs that forget it are what this is for). The names are in `tree.rs`.

use crate::base::{Bytes, Counter, Probability, Time};

use super::content::Content;
use super::error::Cause;
use super::name_log::NameLog;
use super::nodes::{Dir, Kind, Node, NodeId};
use super::op::{At, Class, Fd, Metadata, OpenOptions};

/// The largest offset: what fits an `off_t`.
const OFFSET_MAX: u64 = i64::MAX as u64;

#[derive(Debug)]
struct Handle {
    serial: u32,
    node: NodeId,
    options: OpenOptions,
    path: Box<str>,
}

/// A disk on which nothing goes wrong but crashes.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(super) nodes: Vec<Option<Node>>,
    pub(super) free: Vec<NodeId>,
    handles: Vec<Option<Handle>>,
    pub(super) names: NameLog,
    pub(super) inos: u64,
    serials: u32,
    /// Bytes in files that have a name or are open.
    pub(super) used: u64,
    pub(super) survival: Probability,
    write_back: Bytes,
}

impl Memory {
    pub(super) const ROOT: NodeId = NodeId(0);

    pub(crate) fn new(key: Counter, survival: Probability, write_back: Bytes) -> Self {
        let mut disk = Self {
            nodes: Vec::new(),
            free: Vec::new(),
            handles: Vec::new(),
            names: NameLog::default(),
            inos: 0,
            serials: 0,
            used: 0,
            survival,
            write_back,
        };
        let root = disk.add(Kind::Dir(Dir::default()), key, Time::ZERO);
        disk.nodes[root.0 as usize].as_mut().expect("just added").links = 1;
        disk
    }

    /// One of the same settings with nothing on it. No inode and no descriptor of this one is one of it.
    pub(super) fn emptied(&self, key: Counter) -> Self {
        Self { inos: self.inos, serials: self.serials, ..Self::new(key, self.survival, self.write_back) }
    }

    pub(super) fn configure(&mut self, survival: Probability, write_back: Bytes) {
        (self.survival, self.write_back) = (survival, write_back);
    }

    /// Bytes that files take.
    pub(crate) const fn used(&self) -> Bytes {
        Bytes(self.used)
    }

    pub(crate) fn open(&mut self, path: &str, options: OpenOptions, now: Time) -> Result<Fd, Cause> {
        options.check()?;
        let found = self.find(path)?;
        let node = match found {
            Some(_) if options.create_new => return Err(Cause::Exists),
            Some(node) => {
                if self.is_dir(node) && (options.writes() || options.creates()) {
                    return Err(Cause::IsDirectory);
                }
                if options.truncate {
                    self.cut(node, 0, now)?;
                }
                node
            }
            None if options.creates() => self.make(path, Kind::File(Content::new(now)), now)?,
            None => return Err(Cause::NotFound),
        };
        Ok(self.hold(node, options, path.into()))
    }

    /// Another descriptor for a file, for reading and writing.
    pub(super) fn reopen(&mut self, fd: Fd) -> Result<Fd, Cause> {
        let (node, path) = (self.handle(fd)?.node, self.handle(fd)?.path.clone());
        let options = OpenOptions { read: true, write: true, ..OpenOptions::default() };
        Ok(self.hold(node, options, path))
    }

    fn hold(&mut self, node: NodeId, options: OpenOptions, path: Box<str>) -> Fd {
        self.change(node, |node| node.opens += 1);
        let slot = self.handles.iter().position(Option::is_none).unwrap_or(self.handles.len());
        if slot == self.handles.len() {
            self.handles.push(None);
        }
        self.serials += 1;
        self.handles[slot] = Some(Handle { serial: self.serials, node, options, path });
        Fd { slot: slot as u32, serial: self.serials }
    }

    /// Writes within a file that may not be open, without any chance to fail.
    pub(super) fn store(&mut self, id: NodeId, offset: u64, bytes: &[u8], now: Time) {
        let Ok(len) = self.content(id).map(Content::len) else { return };
        let bytes = &bytes[..len.saturating_sub(offset).min(bytes.len() as u64) as usize];
        if !bytes.is_empty() {
            let (number, limit) = (self.number(id, Class::Write), self.write_back);
            let stored = self.change_content(id, |content| content.write_at(number, offset, bytes, now, limit));
            stored.expect("it is a file");
        }
    }

    /// # Errors
    /// [`Cause::BadDescriptor`] when it is not open: the face may ignore that, as drops do.
    pub(crate) fn close(&mut self, fd: Fd) -> Result<(), Cause> {
        let node = self.handle(fd)?.node;
        self.handles[fd.slot as usize] = None;
        self.change(node, |node| node.opens -= 1);
        Ok(())
    }

    pub(crate) fn read_at(&mut self, fd: Fd, offset: u64, buf: &mut [u8]) -> Result<usize, Cause> {
        let handle = self.handle(fd)?;
        if !handle.options.read {
            return Err(Cause::BadDescriptor);
        }
        let id = handle.node;
        self.number(id, Class::Read);
        Ok(self.content(id)?.read_at(offset, buf))
    }

    pub(crate) fn write_at(&mut self, fd: Fd, offset: u64, data: &[u8], now: Time) -> Result<usize, Cause> {
        let id = self.writable(fd)?;
        let offset = if self.appends(fd) { self.content(id)?.len() } else { offset };
        if offset.checked_add(data.len() as u64).is_none_or(|end| end > OFFSET_MAX) {
            return Err(Cause::TooLarge);
        }
        if data.is_empty() {
            return Ok(0);
        }
        let (number, limit) = (self.number(id, Class::Write), self.write_back);
        self.change_content(id, |content| content.write_at(number, offset, data, now, limit))?;
        Ok(data.len())
    }

    /// Whether writes go to the end of the file, whatever their offset.
    pub(super) fn appends(&self, fd: Fd) -> bool {
        self.handle(fd).is_ok_and(|handle| handle.options.append)
    }

    pub(crate) fn set_len(&mut self, fd: Fd, len: u64, now: Time) -> Result<(), Cause> {
        // ftruncate says EINVAL where write says EBADF.
        let id = self.writable(fd).map_err(|e| if self.handle(fd).is_ok() { Cause::Invalid } else { e })?;
        if len > OFFSET_MAX {
            return Err(Cause::TooLarge);
        }
        self.cut(id, len, now)
    }

    pub(crate) fn len(&self, fd: Fd) -> Result<u64, Cause> {
        Ok(self.metadata_of(fd)?.len)
    }

    pub(crate) fn metadata_of(&self, fd: Fd) -> Result<Metadata, Cause> {
        Ok(self.metadata_at(self.handle(fd)?.node))
    }

    /// Makes a file's data and length durable; of a directory opened for reading, its entries.
    pub(crate) fn sync(&mut self, fd: Fd) -> Result<(), Cause> {
        let id = self.handle(fd)?.node;
        self.number(id, Class::Sync);
        if self.is_dir(id) {
            self.sync_entries(id);
            Ok(())
        } else {
            self.change_content(id, Content::sync)
        }
    }

    /// A sync of a file fails: what it should have made durable counts as written, or is gone. False when nothing was
    /// pending, or when it is a directory: those are journaled, and what is pending there stays so.
    pub(crate) fn fail_sync(&mut self, fd: Fd, reverts: bool) -> Result<bool, Cause> {
        let id = self.handle(fd)?.node;
        self.number(id, Class::Sync);
        let mut lost = false;
        if !self.is_dir(id) {
            let fail = if reverts { Content::revert_pending } else { Content::drop_pending };
            self.change_content(id, |content| lost = fail(content))?;
        }
        Ok(lost)
    }

    /// Whether a sync has something to do.
    pub(super) fn is_pending(&self, fd: Fd) -> Result<bool, Cause> {
        let id = self.handle(fd)?.node;
        Ok(self.content(id).map_or_else(|_| self.is_dir_pending(id), Content::is_dirty))
    }

    pub(super) fn is_dir_pending(&self, id: NodeId) -> bool {
        self.names.touches(id)
    }

    /// Changes stored bytes without a write.
    pub(super) fn scribble(&mut self, id: NodeId, offset: u64, bytes: &[u8]) {
        if let Kind::File(content) = &mut self.at_mut(id).kind {
            content.scribble(offset, bytes);
        }
    }

    /// What an open file is.
    pub(super) fn node_of(&self, fd: Fd) -> Result<NodeId, Cause> {
        Ok(self.handle(fd)?.node)
    }

    /// The path that a file was opened by.
    pub(crate) fn path(&self, fd: Fd) -> Option<&str> {
        self.handle(fd).ok().map(|handle| &*handle.path)
    }

    /// Ends the incarnation: its descriptors are closed, and everything it completed stays, pending or not.
    pub(crate) fn kill(&mut self) {
        for handle in std::mem::take(&mut self.handles).into_iter().flatten() {
            self.change(handle.node, |node| node.opens -= 1);
        }
    }

    /// Ends the machine: what was not synced is lost, or not, as drawn; what is left is durable.
    pub(crate) fn power_loss(&mut self) {
        self.handles.clear();
        self.lose_names();
        let survival = self.survival;
        self.used = 0;
        for node in self.nodes.iter_mut().flatten() {
            node.opens = 0;
            if let Kind::File(content) = &mut node.kind {
                content.power_loss(node.key, survival);
                self.used += content.len();
            }
        }
    }

    /// The key and the number that the next operation of `class` there is drawn by.
    pub(crate) fn ticket(&self, at: At<'_>, class: Class) -> Result<(Counter, u64), Cause> {
        let node = self.at(self.place(at)?);
        Ok((node.key, node.numbers[class as usize]))
    }

    /// Uses up a number for an operation that a layer above refused, so that the next has the fate that it would
    /// have had anyway.
    pub(crate) fn skip(&mut self, at: At<'_>, class: Class) {
        if let Ok(id) = self.place(at) {
            self.number(id, class);
        }
    }

    fn place(&self, at: At<'_>) -> Result<NodeId, Cause> {
        match at {
            At::File(fd) => Ok(self.handle(fd)?.node),
            At::Dir(path) => self.find(path)?.ok_or(Cause::NotFound),
            At::Entry(path) => self.parent(path),
        }
    }

    fn handle(&self, fd: Fd) -> Result<&Handle, Cause> {
        let handle = self.handles.get(fd.slot as usize).and_then(Option::as_ref);
        handle.filter(|handle| handle.serial == fd.serial).ok_or(Cause::BadDescriptor)
    }

    fn writable(&self, fd: Fd) -> Result<NodeId, Cause> {
        let handle = self.handle(fd)?;
        if handle.options.writes() { Ok(handle.node) } else { Err(Cause::BadDescriptor) }
    }

    fn cut(&mut self, id: NodeId, len: u64, now: Time) -> Result<(), Cause> {
        let (number, limit) = (self.number(id, Class::Write), self.write_back);
        self.change_content(id, |content| content.set_len(number, len, now, limit))
    }
}

#[cfg(test)]
#[path = "tests/memory.rs"]
mod tests;
