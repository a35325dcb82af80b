//! Journals on the real file system. Only `search/` may call this: a simulation knows no files but its own.
//!
//! A reader, or a second run at the same time, must never see half a file: what is written goes to a name of its
//! own in the same directory and is then renamed, which replaces the old file in one step. Nothing is flushed to
//! the platter: after a power loss a journal may be empty, it is then reported as damaged, and its seed brings it
//! back.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::json::parse;
use super::{Journal, RunRecord};
use crate::base::{Error, Kind};

/// The journal's file within the directory of its run.
pub(super) const JOURNAL: &str = "journal.json";
/// The same journal beside it, as TOON.
#[cfg(feature = "toon")]
pub(super) const TOON: &str = "journal.toon";
/// The run record's file beside it.
pub(super) const RUN: &str = "run.json";

/// Writes a journal into `dir`, which is made if it is missing.
///
/// # Errors
/// When the file system refuses, naming the path; or when the journal cannot be written as JSON or TOON.
pub(super) fn save_journal(dir: &Path, journal: &Journal) -> Result<(), Error> {
    #[cfg(feature = "toon")]
    replace(&dir.join(TOON), journal.to_toon()?.as_bytes())?;
    replace(&dir.join(JOURNAL), journal.to_json()?.as_bytes())
}

/// Writes a run record into `dir`, which is made if it is missing.
///
/// # Errors
/// When the file system refuses, naming the path.
pub(super) fn save_run(dir: &Path, run: &RunRecord) -> Result<(), Error> {
    replace(&dir.join(RUN), run.to_json()?.as_bytes())
}

/// Reads the journal in the directory `dir`.
///
/// # Errors
/// When it is missing or damaged, naming path and field.
pub fn journal(dir: &Path) -> Result<Journal, Error> {
    let path = dir.join(JOURNAL);
    parse(&read(&path)?, &format!("journal `{}`", path.display()))
}

/// Reads the run record in the directory `dir`.
///
/// # Errors
/// When it is missing or damaged, naming path and field.
pub fn run(dir: &Path) -> Result<RunRecord, Error> {
    let path = dir.join(RUN);
    parse(&read(&path)?, &format!("run record `{}`", path.display()))
}

/// Puts `bytes` at `path` in one step, whatever stood there; its directory is made if it is missing.
///
/// # Errors
/// When the file system refuses, naming the path. What stood at `path` is then still there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let fail = |e: io::Error| Error::new(Kind::Io, format!("write `{}`: {e}", path.display()));
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(fail)?;
    }
    let temporary = temporary_beside(path);
    let written = fs::File::create_new(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to tell; a leftover does no harm, since its name is never used again.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(fail)
}

/// A name that no other thread or process uses: hidden, with the process's number and a count.
#[expect(clippy::disallowed_methods, reason = "the name is another for each process on purpose, and in no journal")]
pub(super) fn temporary_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}-{n}.tmp", std::process::id()))
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|e| Error::new(Kind::Io, format!("read `{}`: {e}", path.display())))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "several writers are tried, in a folder of their own")]
mod tests {
    use super::*;
    use crate::journal::example::{full, run as run_record};

    /// A directory of the test's own, removed when it ends well.
    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("tumult-store-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn what_is_saved_is_read_and_nothing_else_is_left() {
        let dir = scratch("save");
        let run_dir = dir.join("fm_001").join("5eed1f3a");
        for _ in 0..2 {
            save_journal(&run_dir, &full()).unwrap();
            save_run(&run_dir, &run_record()).unwrap();
            assert_eq!(journal(&run_dir).unwrap(), full());
            assert_eq!(run(&run_dir).unwrap(), run_record());
        }
        let mut names: Vec<_> = fs::read_dir(&run_dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        #[cfg(feature = "toon")]
        {
            let text = fs::read_to_string(run_dir.join(TOON)).unwrap();
            assert_eq!(Journal::from_toon(&text).unwrap(), full());
            names.retain(|name| name != TOON);
        }
        assert_eq!(names, [JOURNAL, RUN]);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_missing_or_damaged_journal_is_named_by_its_path() {
        let dir = scratch("damaged");
        let missing = journal(&dir).unwrap_err();
        assert!(missing.is_io() && missing.to_string().contains("journal.json"), "{missing}");
        replace(&dir.join(JOURNAL), b"{ \"schema_version\": 1, \"experiment_ti").unwrap();
        let damaged = journal(&dir).unwrap_err();
        assert!(damaged.is_journal() && damaged.to_string().contains("journal.json"), "{damaged}");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there() {
        let dir = scratch("fails");
        // A directory cannot be replaced by a file.
        fs::create_dir_all(dir.join(JOURNAL).join("kept")).unwrap();
        let error = replace(&dir.join(JOURNAL), b"x").unwrap_err();
        assert!(error.is_io() && error.to_string().contains("journal.json"), "{error}");
        assert!(dir.join(JOURNAL).join("kept").exists());
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "the temporary file is gone");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn writers_at_the_same_time_never_mix() {
        let dir = scratch("concurrent");
        let path = dir.join("x");
        let contents: Vec<Vec<u8>> = (b'a'..=b'd').map(|letter| vec![letter; 100_000]).collect();
        std::thread::scope(|scope| {
            for content in &contents {
                scope.spawn(|| (0..20).for_each(|_| replace(&path, content).unwrap()));
            }
        });
        assert!(contents.contains(&fs::read(&path).unwrap()));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        fs::remove_dir_all(dir).unwrap();
    }
}
