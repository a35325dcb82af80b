//! Which journals are below a folder, and whether they were written again.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::hash::Hasher as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tumult_sim::collections::StableHasher;

use crate::error::Error;

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
    let mut folders = vec![(below.to_owned(), String::new(), 0)];
    while let Some((folder, path, depth)) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
            if name == JOURNAL && !is_folder {
                found.insert(format!("{path}{name}"), stamp(&folder));
            } else if is_folder && depth < DEEPEST && !name.starts_with('.') {
                let inner = folder.join(&name);
                if inner != except {
                    folders.push((inner, format!("{path}{name}/"), depth + 1));
                }
            }
        }
    }
    Ok(found)
}

/// The folder of a journal that [`journals`] found.
pub(crate) fn folder_of(below: &Path, path: &str) -> PathBuf {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    below.join(folder)
}

/// Differs when either file was written again: by its time, its size or, since both are replaced by renaming, its
/// number on the disk.
fn stamp(folder: &Path) -> i64 {
    let mut hasher = StableHasher::default();
    for name in [JOURNAL, RUN] {
        let Ok(about) = fs::metadata(folder.join(name)) else {
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
