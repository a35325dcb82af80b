//! A whole disk as a value: for a backup, or to start a process from what another one left.

use crate::base::{Bytes, Time};

use super::content::Content;
use super::error::Cause;
use super::memory::Memory;
use super::nodes::{Dir, Kind, NodeId};

/// Every file and directory of a disk at one moment, as programs saw them then: what was pending is in it.
///
/// Restored, all of it is durable. Names of one file stay names of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// By path, a directory before what is in it.
    entries: Vec<(Box<str>, Saved)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Saved {
    Dir,
    File(Vec<u8>),
    /// Another name of the file of this path.
    Link(Box<str>),
}

impl Snapshot {
    /// The paths of its files, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|(_, saved)| *saved != Saved::Dir).map(|(path, _)| &**path)
    }

    /// What a file of it has in it.
    pub fn read(&self, path: &str) -> Option<&[u8]> {
        let path = format!("/{}", super::path::names(path).ok()?.join("/"));
        match &self.entries.iter().find(|(p, _)| **p == *path)?.1 {
            Saved::Dir => None,
            Saved::File(bytes) => Some(bytes),
            Saved::Link(first) => self.read(first),
        }
    }

    /// Bytes in its files.
    pub fn size(&self) -> Bytes {
        let len = |saved: &Saved| if let Saved::File(bytes) = saved { bytes.len() as u64 } else { 0 };
        Bytes(self.entries.iter().map(|(_, saved)| len(saved)).sum())
    }
}

impl Memory {
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut all = self.entries();
        all.sort();
        let mut entries: Vec<(Box<str>, Saved)> = vec![];
        let mut first: Vec<(NodeId, Box<str>)> = vec![];
        for (path, id) in all {
            let path: Box<str> = path.into();
            let saved = match (&self.at(id).kind, first.iter().find(|(other, _)| *other == id)) {
                (Kind::Dir(_), _) => Saved::Dir,
                (Kind::File(_), Some((_, path))) => Saved::Link(path.clone()),
                (Kind::File(content), None) => {
                    let mut bytes = vec![0; content.len() as usize];
                    content.read_at(0, &mut bytes);
                    if self.at(id).links > 1 {
                        first.push((id, path.clone()));
                    }
                    Saved::File(bytes)
                }
            };
            entries.push((path, saved));
        }
        Snapshot { entries }
    }

    /// A disk that has what the snapshot has, durably. Its randomness goes on from this one's, so that what happens
    /// after a restore is not what happened before.
    pub(super) fn restored(&self, snapshot: &Snapshot, now: Time) -> Self {
        const RESTORES: u64 = u64::MAX - 1;
        let mut new = self.emptied(self.at(Self::ROOT).key.below(RESTORES));
        for (path, saved) in &snapshot.entries {
            new.put(path, saved, now).expect("a snapshot is a tree, each directory before what is in it");
        }
        new.sync_all_entries();
        new
    }

    fn put(&mut self, path: &str, saved: &Saved, now: Time) -> Result<(), Cause> {
        match saved {
            Saved::Dir => self.make(path, Kind::Dir(Dir { modified: now, ..Dir::default() }), now).map(drop),
            Saved::Link(first) => self.hard_link(first, path, now),
            Saved::File(bytes) => {
                let id = self.make(path, Kind::File(Content::new(now)), now)?;
                self.change_content(id, |content| {
                    content.write_at(0, 0, bytes, now, Bytes(u64::MAX));
                    content.sync();
                })
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/snapshot.rs"]
mod tests;
