//! Which journals are below a folder, and whether they were written again.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, Metadata};
use std::hash::Hasher as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tumult_sim::collections::StableHasher;

use crate::error::Error;
use crate::shares::on_all_cores;

/// A journal's file and that of the record of its run.
pub(crate) const JOURNAL: &str = "journal.json";
const RUN: &str = "run.json";
/// Folders are nested less deeply than that; who makes a loop of them is not followed for ever.
const DEEPEST: usize = 32;

/// The folders with journals below a folder, by the journals' paths from there (with `/` between), each with the stamp
/// of its files. Hidden folders are left out, and so is `except`.
///
/// # Errors
/// When the folder itself cannot be read. What cannot be read below it holds no journals.
pub(crate) fn journals(below: &Path, except: &Path) -> Result<BTreeMap<String, i64>, Error> {
    let mut found = BTreeMap::new();
    match fs::read_dir(below) {
        Ok(_) => {}
        // Nothing has run yet.
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(Error::at("read the folder", below, e)),
    }
    let mut level = vec![(below.to_owned(), String::new())];
    for _ in 0..DEEPEST {
        let parts = on_all_cores(&level, |folders| {
            let mut part = Part::default();
            folders.iter().for_each(|(folder, path)| part.look_into(folder, path, except));
            part
        });
        level = vec![];
        for part in parts {
            found.extend(part.journals);
            level.extend(part.folders);
        }
    }
    Ok(found)
}

/// What some folders have.
#[derive(Default)]
struct Part {
    /// Journals by their paths, with their stamps.
    journals: Vec<(String, i64)>,
    /// Folders, with their paths.
    folders: Vec<(PathBuf, String)>,
}

impl Part {
    fn look_into(&mut self, folder: &Path, path: &str, except: &Path) {
        let (mut journal, mut run) = (None, None);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
            match &*name {
                JOURNAL if !is_folder => journal = Some(entry),
                RUN if !is_folder => run = Some(entry),
                _ if is_folder && !name.starts_with('.') => {
                    let inner = folder.join(&name);
                    if inner != except {
                        self.folders.push((inner, format!("{path}{name}/")));
                    }
                }
                _ => {}
            }
        }
        if let Some(journal) = journal {
            self.journals.push((format!("{path}{JOURNAL}"), stamp([Some(journal), run])));
        }
    }
}

/// The folder of a journal that [`journals`] found.
pub(crate) fn folder_of(below: &Path, path: &str) -> PathBuf {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    below.join(folder)
}

/// Differs when either file was written again: by its time, its size or, since both are replaced by renaming, its
/// number on the disk.
fn stamp(files: [Option<DirEntry>; 2]) -> i64 {
    let mut hasher = StableHasher::default();
    for file in files {
        let Some(about) = file.and_then(|file| file.metadata().ok()) else {
            hasher.write_u64(0);
            continue;
        };
        let written = about.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        hasher.write_u64(written.map_or(0, |since| since.as_nanos() as u64));
        hasher.write_u64(about.len());
        hasher.write_u64(number(&about));
    }
    hasher.finish() as i64
}

#[cfg(unix)]
fn number(about: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(about)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}
