//! The reference model: for each file all contents it has had since it was last synced, for each entry of a
//! directory all nodes it has named since. It says what a crash may leave, and shares no code with the disk.

use std::collections::{BTreeMap, BTreeSet};

/// A tree as a walk finds it, by inode number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    File(Vec<u8>),
    Dir(BTreeMap<String, u64>),
}

pub(super) type Tree = BTreeMap<u64, Found>;

/// Versions since the last sync, oldest first; the first is the synced one.
#[derive(Clone, Debug)]
enum Node {
    File(Vec<Vec<u8>>),
    Dir(BTreeMap<String, Vec<Option<u64>>>),
}

#[derive(Clone, Debug)]
pub(super) struct Oracle {
    root: u64,
    nodes: BTreeMap<u64, Node>,
    /// What lost its name by a removal, or by a rename over it.
    removed: BTreeSet<u64>,
}

macro_rules! ensure {
    ($cond:expr, $($message:tt)*) => {
        if !$cond {
            return Err(format!($($message)*));
        }
    };
}

impl Oracle {
    /// Everything in `tree` is durable.
    pub(super) fn durable(root: u64, tree: &Tree) -> Self {
        let node = |found: &Found| match found {
            Found::File(bytes) => Node::File(vec![bytes.clone()]),
            Found::Dir(entries) => Node::Dir(entries.iter().map(|(n, id)| (n.clone(), vec![Some(*id)])).collect()),
        };
        Self { root, nodes: tree.iter().map(|(id, found)| (*id, node(found))).collect(), removed: BTreeSet::new() }
    }

    /// What a path names.
    pub(super) fn find(&self, path: &str) -> Option<u64> {
        path.split('/').filter(|n| !n.is_empty()).try_fold(self.root, |id, name| match &self.nodes[&id] {
            Node::Dir(entries) => *entries.get(name)?.last()?,
            Node::File(_) => None,
        })
    }

    pub(super) fn is_dir(&self, id: u64) -> bool {
        matches!(self.nodes[&id], Node::Dir(_))
    }

    /// Whether a directory has no entries.
    pub(super) fn is_empty(&self, id: u64) -> bool {
        matches!(&self.nodes[&id], Node::Dir(entries) if entries.values().all(|v| v.last() == Some(&None)))
    }

    /// Whether a name can be made at `path`, or moved there.
    pub(super) fn has_parent(&self, path: &str) -> bool {
        self.find(parent(path)).is_some_and(|id| self.is_dir(id))
    }

    pub(super) fn add(&mut self, path: &str, id: u64, dir: bool) {
        self.nodes.insert(id, if dir { Node::Dir(BTreeMap::new()) } else { Node::File(vec![Vec::new()]) });
        self.name(path, Some(id));
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.removed.extend(self.find(path));
        self.name(path, None);
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let moved = self.find(from);
        if self.find(to) != moved {
            self.removed.extend(self.find(to));
            self.name(from, None);
            self.name(to, moved);
        }
    }

    fn name(&mut self, path: &str, id: Option<u64>) {
        let dir = self.find(parent(path)).expect("checked by the script");
        let name = path.rsplit('/').next().expect("not empty").to_owned();
        let Some(Node::Dir(entries)) = self.nodes.get_mut(&dir) else { unreachable!("checked by the script") };
        entries.entry(name).or_insert_with(|| vec![None]).push(id);
    }

    /// Changes a file's content.
    pub(super) fn edit(&mut self, id: u64, f: impl FnOnce(&mut Vec<u8>)) {
        let Some(Node::File(versions)) = self.nodes.get_mut(&id) else { unreachable!("checked by the script") };
        let mut next = versions.last().expect("never empty").clone();
        f(&mut next);
        versions.push(next);
    }

    pub(super) fn sync(&mut self, id: u64) {
        match self.nodes.get_mut(&id).expect("checked by the script") {
            Node::File(versions) => drop(versions.drain(..versions.len() - 1)),
            Node::Dir(entries) => entries.values_mut().for_each(|v| drop(v.drain(..v.len() - 1))),
        }
    }

    /// After a kill, or with no crash at all, everything completed is there.
    pub(super) fn check_all_there(&self, tree: &Tree) -> Result<(), String> {
        let mut seen = 0;
        let mut next = vec![self.root];
        while let Some(id) = next.pop() {
            seen += 1;
            let expected = match &self.nodes[&id] {
                Node::File(versions) => Found::File(versions.last().expect("never empty").clone()),
                Node::Dir(entries) => {
                    let entries: BTreeMap<_, _> =
                        entries.iter().filter_map(|(n, v)| Some((n.clone(), v.last().copied()??))).collect();
                    next.extend(entries.values());
                    Found::Dir(entries)
                }
            };
            ensure!(tree.get(&id) == Some(&expected), "node {id} is not as it was left");
        }
        ensure!(seen == tree.len(), "there is more than was made");
        Ok(())
    }

    /// What a power loss may leave.
    pub(super) fn check_power_loss(&self, tree: &Tree) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for (id, found) in tree {
            match (self.nodes.get(id), found) {
                (Some(Node::File(versions)), Found::File(bytes)) => {
                    check_content(versions, bytes).map_err(|e| format!("file {id}: {e}"))?;
                }
                (Some(Node::Dir(versions)), Found::Dir(entries)) => {
                    for name in entries.keys().chain(versions.keys()) {
                        let now = entries.get(name).copied();
                        let allowed = versions.get(name).map_or(&[None][..], Vec::as_slice);
                        ensure!(allowed.contains(&now), "directory {id}: `{name}` is {now:?}, allowed: {allowed:?}");
                    }
                    for child in entries.values() {
                        ensure!(names.insert(*child), "node {child} has two names");
                    }
                }
                _ => return Err(format!("node {id} was never made so")),
            }
        }
        // What was there durably, and was not removed, is somewhere: at its old place or where it was moved.
        let mut next = vec![self.root];
        while let Some(id) = next.pop() {
            ensure!(tree.contains_key(&id), "node {id} was durable, is gone, and was never removed");
            if let Node::Dir(entries) = &self.nodes[&id] {
                let durable = entries.values().filter_map(|v| v[0]);
                next.extend(durable.filter(|id| !self.removed.contains(id)));
            }
        }
        Ok(())
    }
}

fn check_content(versions: &[Vec<u8>], bytes: &[u8]) -> Result<(), String> {
    let len = bytes.len();
    let whole = versions.iter().any(|v| v.len() == len);
    let short = len.is_multiple_of(512) && versions.windows(2).any(|w| w[0].len() < len && len < w[1].len());
    ensure!(whole || short, "length {len} was never its own");
    for (i, sector) in bytes.chunks(512).enumerate() {
        let from = i * 512;
        let matches = |v: &Vec<u8>| {
            let old = v.get(from..).unwrap_or_default().iter().chain(std::iter::repeat(&0));
            sector.iter().zip(old).all(|(now, old)| now == old)
        };
        ensure!(versions.iter().any(matches), "sector {i} was never so, in {} versions", versions.len());
    }
    Ok(())
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
