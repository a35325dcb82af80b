//! Random operations on a disk, with the oracle beside it, and disks that are wrong on purpose.

use proptest::prelude::*;

use crate::base::{Key, Seed, Time};

use super::super::{Disk, DiskConfig, DiskError, Fd};
use super::oracle::{Found, Oracle, Tree};
use super::{CREATE, READ};

/// Few, so that operations meet; files and directories take turns at the same names.
const PATHS: [&str; 9] = ["a", "b", "d", "d/a", "d/b", "d/s", "d/s/a", "e", "e/a"];

#[derive(Clone, Debug)]
pub(super) enum Step {
    Write { path: usize, offset: u64, len: usize },
    Append { path: usize, len: usize },
    SetLen { path: usize, len: u64 },
    Sync { path: usize },
    CreateDir { path: usize },
    Rename { from: usize, to: usize },
    Remove { path: usize },
    SyncDir { path: Option<usize> },
    Kill,
    PowerLoss,
}

/// Random steps; `names`: mostly on the tree, else mostly on contents.
pub(super) fn steps(max: usize, names: bool) -> impl Strategy<Value = Vec<Step>> {
    let path = || 0..PATHS.len();
    let (bytes, tree) = if names { (1, 9) } else { (4, 3) };
    let step = prop_oneof![
        bytes => (path(), 0..6000u64, 1..3000usize).prop_map(|(path, offset, len)| Step::Write { path, offset, len }),
        4 => (path(), 1..1500usize).prop_map(|(path, len)| Step::Append { path, len }),
        1 => (path(), 0..6000u64).prop_map(|(path, len)| Step::SetLen { path, len }),
        3 => path().prop_map(|path| Step::Sync { path }),
        3 => path().prop_map(|path| Step::CreateDir { path }),
        tree => (path(), path()).prop_map(|(from, to)| Step::Rename { from, to }),
        tree / 3 => path().prop_map(|path| Step::Remove { path }),
        tree / 2 + 2 => proptest::option::of(path()).prop_map(|path| Step::SyncDir { path }),
        1 => Just(Step::Kill),
        1 => Just(Step::PowerLoss),
    ];
    proptest::collection::vec(step, 1..max)
}

/// What a wrong disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    None,
    SyncDoesNothing,
    SyncDirDoesNothing,
    KillIsPowerLoss,
    RenameIsRemoveAndRename,
    SectorsTear,
    TruncateForgetsNothing,
}

pub(super) struct Rig {
    pub(super) disk: Disk,
    oracle: Oracle,
    defect: Defect,
    clock: u64,
}

impl Rig {
    pub(super) fn new(seed: u64, config: DiskConfig, defect: Defect) -> Self {
        let mut disk = Disk::new(&Key::root(Seed(seed)).child("disk"), config);
        let root = disk.metadata("/").unwrap().ino;
        Self { oracle: Oracle::durable(root, &walk(&mut disk)), disk, defect, clock: 0 }
    }

    /// One that starts with directories and a file in each, all durable.
    pub(super) fn furnished(seed: u64, config: DiskConfig) -> Self {
        let mut rig = Self::new(seed, config, Defect::None);
        for dir in ["/", "d", "d/s", "e"] {
            rig.disk.create_dir_all(dir, Time::ZERO).unwrap();
            let fd = rig.disk.open(&format!("{dir}/a"), CREATE, Time::ZERO).unwrap();
            rig.disk.append(fd, dir.as_bytes(), Time::ZERO).unwrap();
            rig.disk.sync_all(fd).unwrap();
        }
        for dir in ["/", "d", "d/s", "e"] {
            rig.disk.sync_dir(dir).unwrap();
        }
        rig.oracle = Oracle::durable(rig.disk.metadata("/").unwrap().ino, &walk(&mut rig.disk));
        rig
    }

    /// Runs the steps, and after each compares with the oracle.
    pub(super) fn run(&mut self, steps: &[Step]) -> Result<(), String> {
        for (i, step) in steps.iter().enumerate() {
            let context = |e| format!("step {i}, {step:?}: {e}");
            self.clock += 1;
            if matches!(step, Step::PowerLoss) {
                self.disk.power_loss();
                let tree = walk(&mut self.disk);
                self.oracle.check_power_loss(&tree).map_err(context)?;
                self.oracle = Oracle::durable(self.disk.metadata("/").unwrap().ino, &tree);
            } else {
                self.step(step).map_err(context)?;
            }
            self.oracle.check_all_there(&walk(&mut self.disk)).map_err(context)?;
        }
        Ok(())
    }

    /// Does a step without comparing anything.
    pub(super) fn disk_step(&mut self, step: &Step) {
        self.clock += 1;
        if matches!(step, Step::PowerLoss) {
            self.disk.power_loss();
            let root = self.disk.metadata("/").unwrap().ino;
            self.oracle = Oracle::durable(root, &walk(&mut self.disk));
        } else {
            self.step(step).unwrap();
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let now = Time::from_nanos(self.clock);
        match *step {
            Step::Write { path, offset, len } => self.on_file(path, true, |rig, fd, id| {
                let data = rig.data(len);
                rig.write(fd, offset, &data);
                rig.oracle.edit(id, |bytes| patch(bytes, offset as usize, &data));
            }),
            Step::Append { path, len } => self.on_file(path, true, |rig, fd, id| {
                let data = rig.data(len);
                let end = rig.disk.len(fd).unwrap();
                rig.write(fd, end, &data);
                rig.oracle.edit(id, |bytes| bytes.extend_from_slice(&data));
            }),
            Step::SetLen { path, len } => self.on_file(path, false, |rig, fd, id| {
                rig.disk.set_len(fd, len, now).unwrap();
                if rig.defect != Defect::TruncateForgetsNothing {
                    rig.oracle.edit(id, |bytes| bytes.resize(len as usize, 0));
                }
            }),
            Step::Sync { path } => self.on_file(path, false, |rig, fd, id| {
                if rig.defect != Defect::SyncDoesNothing {
                    rig.disk.sync_all(fd).unwrap();
                }
                rig.oracle.sync(id);
            }),
            Step::CreateDir { path } => {
                let path = PATHS[path];
                let expected = self.oracle.find(path).is_none() && self.oracle.has_parent(path);
                if agree(expected, self.disk.create_dir(path, now))?.is_some() {
                    self.oracle.add(path, self.disk.metadata(path).unwrap().ino, true);
                }
                Ok(())
            }
            Step::Rename { from, to } => self.rename(PATHS[from], PATHS[to], now),
            Step::Remove { path } => {
                let path = PATHS[path];
                let (expected, result) = match self.oracle.find(path) {
                    Some(id) if self.oracle.is_dir(id) => (self.oracle.is_empty(id), self.disk.remove_dir(path, now)),
                    id => (id.is_some(), self.disk.remove_file(path, now)),
                };
                if agree(expected, result)?.is_some() {
                    self.oracle.remove(path);
                }
                Ok(())
            }
            Step::SyncDir { path } => {
                let path = path.map_or("/", |i| PATHS[i]);
                let dir = self.oracle.find(path).filter(|id| self.oracle.is_dir(*id));
                if self.defect != Defect::SyncDirDoesNothing {
                    agree(dir.is_some(), self.disk.sync_dir(path))?;
                }
                if let Some(id) = dir {
                    self.oracle.sync(id);
                }
                Ok(())
            }
            Step::Kill if self.defect == Defect::KillIsPowerLoss => {
                self.disk.power_loss();
                Ok(())
            }
            Step::Kill => {
                self.disk.kill();
                Ok(())
            }
            Step::PowerLoss => unreachable!("handled above"),
        }
    }

    fn on_file(&mut self, path: usize, create: bool, f: impl FnOnce(&mut Self, Fd, u64)) -> Result<(), String> {
        let path = PATHS[path];
        let found = self.oracle.find(path);
        let expected = match found {
            Some(id) => !self.oracle.is_dir(id),
            None => create && self.oracle.has_parent(path),
        };
        let mut options = CREATE;
        options.create = create;
        let result = self.disk.open(path, options, Time::from_nanos(self.clock));
        if let Some(fd) = agree(expected, result)? {
            let ino = self.disk.metadata_of(fd).unwrap().ino;
            if found.is_none() {
                self.oracle.add(path, ino, false);
            }
            f(self, fd, ino);
            // Odd ones stay open: a kill and a power loss close them.
            if self.clock.is_multiple_of(2) {
                self.disk.close(fd).unwrap();
            }
        }
        Ok(())
    }

    fn write(&mut self, fd: Fd, offset: u64, data: &[u8]) {
        let now = Time::from_nanos(self.clock);
        let unit = if self.defect == Defect::SectorsTear { 100 } else { data.len() };
        for (i, chunk) in data.chunks(unit).enumerate() {
            let offset = offset + (i * unit) as u64;
            assert_eq!(self.disk.write_at(fd, offset, chunk, now).unwrap(), chunk.len());
        }
    }

    fn rename(&mut self, from: &str, to: &str, now: Time) -> Result<(), String> {
        let oracle = &self.oracle;
        let target = oracle.find(to);
        let expected = oracle.find(from).is_some_and(|node| {
            let dir = oracle.is_dir(node);
            let inside = dir && to.starts_with(&format!("{from}/"));
            let over = target.is_none_or(|t| t == node || (oracle.is_dir(t) == dir && (!dir || oracle.is_empty(t))));
            over && !inside && oracle.has_parent(to)
        });
        if self.defect == Defect::RenameIsRemoveAndRename && expected && target.is_some_and(|t| !oracle.is_dir(t)) {
            if from != to {
                self.disk.remove_file(to, now).unwrap();
                self.disk.rename(from, to, now).unwrap();
                self.oracle.rename(from, to);
            }
            return Ok(());
        }
        if agree(expected, self.disk.rename(from, to, now))?.is_some() {
            self.oracle.rename(from, to);
        }
        Ok(())
    }

    /// Bytes that differ between steps and between sectors.
    fn data(&self, len: usize) -> Vec<u8> {
        let mark = |i: usize| (self.clock.wrapping_mul(0x9e37_79b9).wrapping_add(i as u64 * 0x85eb)) >> 7;
        (0..len).map(|i| mark(i) as u8 | 1).collect()
    }
}

fn patch(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    bytes.resize(bytes.len().max(offset + data.len()), 0);
    bytes[offset..offset + data.len()].copy_from_slice(data);
}

fn agree<T>(expected: bool, result: Result<T, DiskError>) -> Result<Option<T>, String> {
    match (expected, result) {
        (true, Err(e)) => Err(format!("refused: {e}")),
        (false, Ok(_)) => Err("not refused".into()),
        (_, result) => Ok(result.ok()),
    }
}

/// Everything on a disk.
pub(super) fn walk(disk: &mut Disk) -> Tree {
    let mut tree = Tree::new();
    let mut next = vec![(String::from("/"), disk.metadata("/").unwrap())];
    while let Some((path, metadata)) = next.pop() {
        let found = if metadata.is_dir {
            let entries = disk.read_dir(&path).unwrap();
            next.extend(entries.iter().map(|e| (format!("{path}/{}", e.name), e.metadata)));
            Found::Dir(entries.into_iter().map(|e| (e.name.into(), e.metadata.ino)).collect())
        } else {
            let fd = disk.open(&path, READ, Time::ZERO).unwrap();
            let mut bytes = vec![0; metadata.len as usize + 1];
            let n = disk.read_at(fd, 0, &mut bytes).unwrap();
            disk.close(fd).unwrap();
            bytes.truncate(n);
            assert_eq!(n as u64, metadata.len);
            Found::File(bytes)
        };
        assert!(tree.insert(metadata.ino, found).is_none(), "{path} has two names");
    }
    tree
}
