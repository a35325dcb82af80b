//! The runs of an experiment, kept: `runs/000001`, `runs/000002` … in the folder of its test, each a folder with the
//! journal and the record of that run.
//!
//! A run is written into a folder of its own, which gets its number by being renamed when all is in it. So a reader never
//! sees part of a run, and of two runs that end at the same time each gets a number. *Must never* lose a run because the
//! one before is damaged: what cannot be read is named and passed over.

use std::fs;
use std::path::{Path, PathBuf};

use super::store::{self, JOURNAL, RUN};
use super::{Journal, RunRecord};
use crate::base::{Error, Kind};

/// The folder of the runs, in that of their test.
const RUNS: &str = "runs";
/// Below a folder of artifacts journals are looked for so deep: package, test, `runs`, number, and one to spare.
const DEPTH: usize = 6;
/// Runs that end at the same time and take a number from one another.
const TRIES: usize = 1000;

/// A run that was kept.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stored {
    /// Its folder.
    pub folder: PathBuf,
    /// What it found out.
    pub journal: Journal,
    /// When and where it ran.
    pub run: RunRecord,
}

impl Stored {
    /// The file of the journal.
    pub fn journal_path(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }
}

/// All runs below a folder.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct History {
    /// The oldest first.
    pub runs: Vec<Stored>,
    /// Why others could not be read, each with its path.
    pub skipped: Vec<Error>,
}

/// Reads all runs below `out`, the folder of artifacts. What is missing or damaged is skipped, and said.
pub fn history(out: &Path) -> History {
    let mut all = History::default();
    for folder in folders(out, JOURNAL) {
        match store::journal(&folder).and_then(|journal| Ok((journal, store::run(&folder)?))) {
            Ok((journal, run)) => all.runs.push(Stored { folder, journal, run }),
            Err(error) => all.skipped.push(error),
        }
    }
    all.runs.sort_by(|a, b| (a.run.started_at, &a.folder).cmp(&(b.run.started_at, &b.folder)));
    all
}

/// The recovery times of the completed runs of `target` below `out`, the oldest first.
pub(crate) fn recoveries(out: &Path, target: Option<&str>) -> Vec<f64> {
    let runs = folders(out, RUN).into_iter().filter_map(|folder| store::run(&folder).ok().map(|run| (run, folder)));
    let mut found: Vec<_> =
        runs.filter_map(|(run, folder)| Some((run.started_at, folder, run.recovery_of(target)?))).collect();
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found.into_iter().map(|(_, _, recovery)| recovery).collect()
}

/// Keeps a run in the folder of its test, and of the older ones so many that it makes `keep`; gives its folder. `record`
/// makes its record from its number.
///
/// # Errors
/// When the file system refuses, naming the path; or when the journal cannot be written.
pub(crate) fn keep(
    test: &Path,
    journal: &Journal,
    record: impl Fn(u64) -> RunRecord,
    keep: usize,
) -> Result<PathBuf, Error> {
    let runs = test.join(RUNS);
    let temporary = store::temporary_beside(&runs.join("run"));
    let kept = store::save_journal(&temporary, journal).and_then(|()| number(&runs, &temporary, record));
    match kept {
        Ok(folder) => {
            thin_out(&runs, keep);
            Ok(folder)
        }
        Err(error) => {
            let _ = fs::remove_dir_all(&temporary);
            Err(error)
        }
    }
}

/// Gives a run the next number.
fn number(runs: &Path, temporary: &Path, record: impl Fn(u64) -> RunRecord) -> Result<PathBuf, Error> {
    let mut refused = None;
    for _ in 0..TRIES {
        let number = numbers(runs).last().map_or(1, |(n, _)| n + 1);
        store::save_run(temporary, &record(number))?;
        let folder = runs.join(format!("{number:06}"));
        match fs::rename(temporary, &folder) {
            Ok(()) => return Ok(folder),
            // Another run that ended at the same time has it.
            Err(error) if folder.exists() => refused = Some(error),
            Err(error) => return Err(Error::new(Kind::Io, format!("write `{}`: {error}", folder.display()))),
        }
    }
    let why = refused.map_or_else(String::new, |error| error.to_string());
    Err(Error::new(Kind::Io, format!("number a run in `{}`: {why}", runs.display())))
}

/// The runs with their numbers, in that order.
fn numbers(runs: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(runs).into_iter().flatten().filter_map(Result::ok);
    let mut all: Vec<_> =
        entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).collect();
    all.sort();
    all
}

/// Removes the oldest runs but for `keep`. What cannot be removed stays: it does no harm.
fn thin_out(runs: &Path, keep: usize) {
    let all = numbers(runs);
    for (_, folder) in &all[..all.len().saturating_sub(keep.max(1))] {
        // First out of sight, so that no reader finds half of it.
        let gone = store::temporary_beside(folder);
        if fs::rename(folder, &gone).is_ok() {
            let _ = fs::remove_dir_all(gone);
        }
    }
}

/// The folders below `out` that have this file, sorted. Hidden ones are under way.
fn folders(out: &Path, file: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut level = vec![out.to_owned()];
    for _ in 0..DEPTH {
        let mut next = vec![];
        for folder in level {
            if folder.join(file).is_file() {
                found.push(folder.clone());
            }
            let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
            next.extend(entries.filter(is_folder).map(|entry| entry.path()));
        }
        level = next;
    }
    found.sort();
    found
}

fn is_folder(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|t| t.is_dir()) && !entry.file_name().to_string_lossy().starts_with('.')
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "several writers are tried, in a folder of their own")]
mod tests {
    use super::*;
    use crate::journal::Status;
    use crate::journal::example::full;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("tumult-history-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    /// A completed run of `target` with this recovery time, that ended at `at`.
    fn put(test: &Path, target: &str, recovery_s: f64, at: i64, limit: usize) -> PathBuf {
        let mut journal = full();
        journal.target = Some(target.to_owned());
        journal.status = Status::Completed;
        journal.post.as_mut().unwrap().recovery_duration_s = Some(recovery_s);
        keep(test, &journal, |n| RunRecord::of(&journal, n, at, "here".into()), limit).unwrap()
    }

    #[test]
    fn runs_are_numbered_and_the_oldest_go() {
        let out = scratch("numbers");
        let test = out.join("kv").join("slow");
        for n in 1..=5 {
            let folder = put(&test, "log", 1.0, n, 3);
            assert_eq!(folder, test.join(format!("runs/{n:06}")));
        }
        let all = history(&out);
        assert!(all.skipped.is_empty());
        assert_eq!(all.runs.iter().map(|s| s.run.run_number).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(fs::read_dir(test.join(RUNS)).unwrap().count(), 3, "nothing else is left");
        assert!(all.runs[0].journal_path().is_file());
        fs::remove_dir_all(out).unwrap();
    }

    #[test]
    fn recoveries_are_those_of_the_target_by_time() {
        let out = scratch("recoveries");
        put(&out.join("kv/a"), "log", 30.0, 20, 9);
        put(&out.join("kv/b"), "log", 10.0, 10, 9);
        put(&out.join("kv/b"), "queue", 99.0, 15, 9);
        let mut aborted = full();
        aborted.status = Status::Aborted;
        aborted.target = Some("log".into());
        keep(&out.join("kv/c"), &aborted, |n| RunRecord::of(&aborted, n, 5, "here".into()), 9).unwrap();
        assert_eq!(recoveries(&out, Some("log")), [10.0, 30.0]);
        assert_eq!(recoveries(&out, Some("queue")), [99.0]);
        assert_eq!(recoveries(&out.join("nowhere"), Some("log")), [] as [f64; 0]);
        fs::remove_dir_all(out).unwrap();
    }

    #[test]
    fn a_damaged_run_is_named_and_the_others_are_read() {
        let out = scratch("damaged");
        let test = out.join("kv").join("slow");
        let first = put(&test, "log", 1.0, 1, 9);
        put(&test, "log", 2.0, 2, 9);
        fs::write(first.join(JOURNAL), "{ \"schema_version\": 1, \"exp").unwrap();
        let all = history(&out);
        assert_eq!((all.runs.len(), all.skipped.len()), (1, 1));
        let said = all.skipped[0].to_string();
        assert!(said.contains("000001") && said.contains("journal.json"), "{said}");
        assert_eq!(put(&test, "log", 3.0, 3, 9), test.join("runs/000003"), "the next run is kept all the same");
        fs::remove_dir_all(out).unwrap();
    }

    #[test]
    fn runs_that_end_at_the_same_time_are_all_kept_and_whole() {
        let out = scratch("concurrent");
        let test = out.join("kv").join("slow");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let test = &test;
                scope.spawn(move || (0..8).for_each(|n| drop(put(test, "log", f64::from(n), writer, 1000))));
            }
            scope.spawn(|| {
                for _ in 0..50 {
                    assert!(history(&out).skipped.is_empty(), "a reader sees whole runs alone");
                }
            });
        });
        let mut numbers: Vec<_> = history(&out).runs.iter().map(|s| s.run.run_number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=32).collect::<Vec<_>>());
        fs::remove_dir_all(out).unwrap();
    }
}
