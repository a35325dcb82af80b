//! Files and directories by number, each kept as long as something mentions it: a name, a descriptor, or a pending
//! change.

use std::collections::BTreeMap;

use crate::base::{Counter, Time};

use super::content::Content;
use super::error::Cause;
use super::memory::Memory;
use super::op::{Class, Metadata};

/// A file or directory: an index into the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u32);

#[derive(Debug)]
pub(super) struct Node {
    pub(super) ino: u64,
    created: Time,
    pub(super) kind: Kind,
    /// Names that it has. 0: removed, and alive only as long as it is open or its removal pending.
    pub(super) links: u32,
    /// Pending changes that mention it.
    pub(super) pins: u32,
    pub(super) opens: u32,
    pub(super) key: Counter,
    /// How many operations of each class there were.
    pub(super) numbers: [u64; 4],
    pub(super) mode: u16,
    /// Times as a program has set them, and what `modified` was then.
    pub(super) told: Option<(i64, i64, Time)>,
}

#[derive(Debug)]
pub(super) enum Kind {
    File(Content),
    Dir(Dir),
}

#[derive(Debug, Default)]
pub(super) struct Dir {
    pub(super) entries: BTreeMap<Box<str>, NodeId>,
    pub(super) modified: Time,
}

/// The nodes and their counts.
impl Memory {
    pub(super) fn at(&self, id: NodeId) -> &Node {
        self.nodes[id.0 as usize].as_ref().expect("a node that is named, open or pinned is there")
    }

    pub(super) fn at_mut(&mut self, id: NodeId) -> &mut Node {
        self.nodes[id.0 as usize].as_mut().expect("a node that is named, open or pinned is there")
    }

    pub(super) fn is_dir(&self, id: NodeId) -> bool {
        matches!(self.at(id).kind, Kind::Dir(_))
    }

    pub(super) fn metadata_at(&self, id: NodeId) -> Metadata {
        let node = self.at(id);
        let (is_dir, len, modified) = match &node.kind {
            Kind::File(content) => (false, content.len(), content.modified()),
            Kind::Dir(dir) => (true, 0, dir.modified),
        };
        let told = node.told.filter(|told| told.2 == modified).map(|told| (told.0, told.1));
        let (ino, created, nlink, mode) = (node.ino, node.created, node.links, node.mode);
        Metadata { ino, is_dir, len, modified, created, nlink, mode, told }
    }

    pub(super) fn content(&self, id: NodeId) -> Result<&Content, Cause> {
        match &self.at(id).kind {
            Kind::File(content) => Ok(content),
            Kind::Dir(_) => Err(Cause::IsDirectory),
        }
    }

    pub(super) fn change_content(&mut self, id: NodeId, f: impl FnOnce(&mut Content)) -> Result<(), Cause> {
        self.content(id)?;
        self.change(id, |node| {
            if let Kind::File(content) = &mut node.kind {
                f(content);
            }
        });
        Ok(())
    }

    /// Numbers an operation.
    pub(super) fn number(&mut self, id: NodeId, class: Class) -> u64 {
        let next = &mut self.at_mut(id).numbers[class as usize];
        *next += 1;
        *next - 1
    }

    /// From now on everything is drawn by other keys, which follow from those there were.
    pub(super) fn branch(&mut self, salt: u64) {
        self.nodes.iter_mut().flatten().for_each(|node| node.key = node.key.below(salt));
    }

    /// A new node without a name; `key` is what its own randomness is drawn by.
    pub(super) fn add(&mut self, kind: Kind, key: Counter, created: Time) -> NodeId {
        self.inos += 1;
        let mode = if matches!(kind, Kind::Dir(_)) { 0o755 } else { 0o644 };
        let (ino, numbers, told) = (self.inos, [0; 4], None);
        let node = Node { ino, created, kind, links: 0, pins: 0, opens: 0, key, numbers, mode, told };
        let id = self.free.pop().unwrap_or_else(|| {
            self.nodes.push(None);
            NodeId(self.nodes.len() as u32 - 1)
        });
        self.nodes[id.0 as usize] = Some(node);
        id
    }

    /// Changes a node: keeps the account of bytes, and forgets it once nothing mentions it.
    pub(super) fn change(&mut self, id: NodeId, f: impl FnOnce(&mut Node)) {
        let node = self.nodes[id.0 as usize].as_mut().expect("a node that is named, open or pinned is there");
        let before = node.charged();
        f(node);
        let after = node.charged();
        if node.links + node.pins + node.opens == 0 {
            self.forget(id);
        }
        self.used = self.used + after - before;
    }

    pub(super) fn forget(&mut self, id: NodeId) {
        self.nodes[id.0 as usize] = None;
        self.free.push(id);
    }
}

impl Node {
    /// The number that the next change to this directory gets.
    pub(super) const fn next_change(&self) -> u64 {
        self.numbers[Class::Write as usize]
    }

    fn charged(&self) -> u64 {
        match &self.kind {
            Kind::File(content) if self.links + self.opens > 0 => content.len(),
            _ => 0,
        }
    }
}
