//! Names: directories, and what the memory layer does to their entries.

use std::collections::BTreeMap;

use crate::base::Time;

use super::error::Cause;
use super::memory::Memory;
use super::name_log::{CHANGES_MAX, NameChange, Place, survivors};
use super::nodes::{Dir, Kind, NodeId};
use super::op::{Class, Metadata};
use super::path::{is_of_directory, names, passed};

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DirEntry {
    pub(crate) name: Box<str>,
    pub(crate) metadata: Metadata,
}

impl Memory {
    pub(crate) fn metadata(&self, path: &str) -> Result<Metadata, Cause> {
        Ok(self.metadata_at(self.find(path)?.ok_or(Cause::NotFound)?))
    }

    pub(crate) fn create_dir(&mut self, path: &str, now: Time) -> Result<(), Cause> {
        if self.find(path)?.is_some() {
            return Err(Cause::Exists);
        }
        self.make(path, Kind::Dir(Dir { modified: now, ..Dir::default() }), now).map(drop)
    }

    /// The entries, sorted by name.
    pub(crate) fn read_dir(&self, path: &str) -> Result<Vec<DirEntry>, Cause> {
        let id = self.find(path)?.ok_or(Cause::NotFound)?;
        let entries = self.dir(id)?.entries.iter();
        Ok(entries.map(|(name, id)| DirEntry { name: name.clone(), metadata: self.metadata_at(*id) }).collect())
    }

    /// Moves a file or directory, over an existing file or empty directory if there is one: at once, as one change.
    pub(crate) fn rename(&mut self, from: &str, to: &str, now: Time) -> Result<(), Cause> {
        let node = self.find(from)?.ok_or(Cause::NotFound)?;
        let replaced = self.find(to)?;
        if [Some(node), replaced].contains(&Some(Self::ROOT)) {
            return Err(Cause::Busy);
        }
        let (from_dir, to_dir) = (self.parent(from)?, self.parent(to)?);
        let is_dir = self.is_dir(node);
        if is_dir && names(to)?.starts_with(&names(from)?) && replaced != Some(node) {
            return Err(Cause::Invalid);
        }
        match replaced {
            Some(other) if other == node => return Ok(()),
            Some(other) => match &self.at(other).kind {
                Kind::File(_) if is_dir => return Err(Cause::NotDirectory),
                Kind::Dir(_) if !is_dir => return Err(Cause::IsDirectory),
                Kind::Dir(dir) if !dir.entries.is_empty() => return Err(Cause::NotEmpty),
                _ => {}
            },
            None => {}
        }
        let barrier = is_dir || replaced.is_some_and(|id| self.at(id).links > 1);
        let (from, to) = (Some((from_dir, last(from))), Some((to_dir, last(to))));
        let change = |fate| NameChange { node, from, to, replaced, barrier, fate };
        self.enter(to_dir, change, now);
        Ok(())
    }

    /// Gives a file one more name, which must be free.
    pub(crate) fn hard_link(&mut self, file: &str, name: &str, now: Time) -> Result<(), Cause> {
        let node = self.find(file)?.ok_or(Cause::NotFound)?;
        if self.find(name)?.is_some() {
            return Err(Cause::Exists);
        }
        if self.is_dir(node) {
            return Err(Cause::NotPermitted);
        }
        let dir = self.parent(name)?;
        let to = Some((dir, last(name)));
        let change = |fate| NameChange { node, from: None, to, replaced: None, barrier: false, fate };
        self.enter(dir, change, now);
        Ok(())
    }

    /// Removes a file's name; the file lives on while it is open.
    pub(crate) fn remove_file(&mut self, path: &str, now: Time) -> Result<(), Cause> {
        let node = self.find(path)?.ok_or(Cause::NotFound)?;
        if self.is_dir(node) {
            return Err(Cause::IsDirectory);
        }
        self.remove(path, node, now)
    }

    /// Removes an empty directory.
    pub(crate) fn remove_dir(&mut self, path: &str, now: Time) -> Result<(), Cause> {
        let node = self.find(path)?.ok_or(Cause::NotFound)?;
        if node == Self::ROOT {
            return Err(Cause::Busy);
        }
        if !self.dir(node)?.entries.is_empty() {
            return Err(Cause::NotEmpty);
        }
        self.remove(path, node, now)
    }

    /// Makes a directory's entries durable: what was made, moved and removed in it.
    pub(crate) fn sync_dir(&mut self, path: &str) -> Result<(), Cause> {
        let id = self.find(path)?.ok_or(Cause::NotFound)?;
        self.dir(id)?;
        self.number(id, Class::Sync);
        self.sync_entries(id);
        Ok(())
    }

    pub(super) fn sync_all_entries(&mut self) {
        let durable = self.names.take();
        self.unpin(&durable);
    }

    pub(super) fn sync_entries(&mut self, dir: NodeId) {
        let durable = self.names.sync(dir);
        self.unpin(&durable);
    }

    /// What a path leads to, if there is something.
    ///
    /// # Errors
    /// When it leads through something that is missing or no directory.
    pub(super) fn find(&self, path: &str) -> Result<Option<NodeId>, Cause> {
        for names in passed(path) {
            self.dir(self.walk(&names)?)?;
        }
        let found = match names(path)?.split_last() {
            None => Some(Self::ROOT),
            Some((name, parents)) => self.dir(self.walk(parents)?)?.entries.get(*name).copied(),
        };
        match found {
            Some(node) if is_of_directory(path) => self.dir(node).map(|_| found),
            _ => Ok(found),
        }
    }

    /// The directory that a path's last name is in; the root for the root.
    pub(super) fn parent(&self, path: &str) -> Result<NodeId, Cause> {
        let names = names(path)?;
        let parent = self.walk(names.split_last().map_or(&[], |(_, parents)| parents))?;
        self.dir(parent)?;
        Ok(parent)
    }

    fn walk(&self, names: &[&str]) -> Result<NodeId, Cause> {
        names.iter().try_fold(Self::ROOT, |id, name| self.dir(id)?.entries.get(*name).copied().ok_or(Cause::NotFound))
    }

    fn dir(&self, id: NodeId) -> Result<&Dir, Cause> {
        match &self.at(id).kind {
            Kind::Dir(dir) => Ok(dir),
            Kind::File(_) => Err(Cause::NotDirectory),
        }
    }

    /// Makes a node under a name that is free.
    pub(super) fn make(&mut self, path: &str, kind: Kind, now: Time) -> Result<NodeId, Cause> {
        if is_of_directory(path) && matches!(kind, Kind::File(_)) {
            return Err(Cause::IsDirectory);
        }
        let parent = self.parent(path)?;
        let (key, number) = (self.at(parent).key, self.at(parent).next_change());
        let node = self.add(kind, key.below(number), now);
        let to = Some((parent, last(path)));
        let change = |fate| NameChange { node, from: None, to, replaced: None, barrier: false, fate };
        self.enter(parent, change, now);
        Ok(node)
    }

    fn remove(&mut self, path: &str, node: NodeId, now: Time) -> Result<(), Cause> {
        let parent = self.parent(path)?;
        let (from, barrier) = (Some((parent, last(path))), self.is_dir(node) || self.at(node).links > 1);
        let change = |fate| NameChange { node, from, to: None, replaced: None, barrier, fate };
        self.enter(parent, change, now);
        Ok(())
    }

    /// Makes a change, pending; it is numbered, and drawn, by the directory `by`.
    fn enter(&mut self, by: NodeId, change: impl FnOnce(u64) -> NameChange, now: Time) {
        const FATE: u64 = 4;
        let number = self.number(by, Class::Write);
        let change = change(self.at(by).key.draw(number, FATE));
        for id in change.nodes() {
            self.change(id, |node| node.pins += 1);
        }
        self.redo(&change);
        for (dir, _) in change.from.iter().chain(&change.to) {
            if let Kind::Dir(dir) = &mut self.at_mut(*dir).kind {
                dir.modified = now;
            }
        }
        if change.from.is_none() {
            self.change(change.node, |node| node.links += 1);
        }
        for gone in change.replaced.into_iter().chain(change.to.is_none().then_some(change.node)) {
            self.change(gone, |node| node.links -= 1);
        }
        self.names.push(change);
        if self.names.len() > CHANGES_MAX {
            self.sync_all_entries();
        }
    }

    fn unpin(&mut self, changes: &[NameChange]) {
        for id in changes.iter().flat_map(NameChange::nodes) {
            self.change(id, |node| node.pins -= 1);
        }
    }

    fn set(&mut self, (dir, name): &Place, node: Option<NodeId>) {
        let Kind::Dir(dir) = &mut self.at_mut(*dir).kind else { return };
        match node {
            Some(node) => drop(dir.entries.insert(name.clone(), node)),
            None => drop(dir.entries.remove(name)),
        }
    }

    fn redo(&mut self, change: &NameChange) {
        change.from.iter().for_each(|from| self.set(from, None));
        change.to.iter().for_each(|to| self.set(to, Some(change.node)));
    }

    fn undo(&mut self, change: &NameChange) {
        change.to.iter().for_each(|to| self.set(to, change.replaced));
        change.from.iter().for_each(|from| self.set(from, Some(change.node)));
    }

    /// Leaves the tree as a power loss does: the durable one, and those pending changes on it that survive.
    pub(super) fn lose_names(&mut self) {
        let changes = self.names.take();
        for change in changes.iter().rev() {
            self.undo(change);
        }
        for (change, kept) in changes.iter().zip(survivors(&changes, self.survival)) {
            if kept {
                self.redo(change);
            }
        }
        let mut names = BTreeMap::from([(Self::ROOT, 1)]);
        for (_, id) in self.entries() {
            *names.entry(id).or_default() += 1;
        }
        for i in 0..self.nodes.len() as u32 {
            let id = NodeId(i);
            match (&mut self.nodes[i as usize], names.get(&id)) {
                (Some(node), Some(links)) => (node.links, node.pins) = (*links, 0),
                (Some(_), None) => self.forget(id),
                (None, _) => {}
            }
        }
    }

    /// Every name there is but the root's, by path: a directory before what is in it.
    pub(super) fn entries(&self) -> Vec<(String, NodeId)> {
        let mut found: Vec<(String, NodeId)> = vec![];
        let mut next = vec![(String::new(), Self::ROOT)];
        while let Some((path, id)) = next.pop() {
            if let Kind::Dir(dir) = &self.at(id).kind {
                for (name, id) in &dir.entries {
                    found.push((format!("{path}/{name}"), *id));
                    next.push((format!("{path}/{name}"), *id));
                }
            }
        }
        found
    }
}

fn last(path: &str) -> Box<str> {
    names(path).ok().and_then(|names| names.last().copied()).unwrap_or_default().into()
}
