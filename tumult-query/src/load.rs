//! Brings the data set up to date with the journals: what is new or was written again is converted, what is gone is
//! taken out, and all else is left as it is.
//!
//! A damaged journal is told by its path and left out; it must never keep the others from being asked. Who looks holds
//! a shared lock, who brings up to date an exclusive one, so that commands at the same time neither see half a change nor
//! undo one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Date32Type;
use datafusion::arrow::temporal_conversions::as_date;
use tumult_sim::journal;

use crate::columns::{self, Source};
use crate::dataset::DataSet;
use crate::error::Error;
use crate::found;
use crate::shares::on_all_cores;

/// The folder of the data set, below that of the artifacts. No package has a dot in its name, so it is nobody's.
const FOLDER: &str = "journals.parquet";
/// Journals that are turned into rows together: few enough to be kept in memory whole.
const AT_ONCE: usize = 512;
const NS_OF_A_DAY: i64 = 86_400_000_000_000;

/// A data set that is up to date. Nobody changes it as long as this is there.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) data_set: DataSet,
    /// How many journals it has.
    pub(crate) journals: usize,
    /// How many of them were converted now.
    pub(crate) converted: usize,
    /// Journals that could not be read, and why.
    pub(crate) skipped: Vec<String>,
    _lock: File,
}

/// Brings the data set below the folder of artifacts up to date.
///
/// # Errors
/// When the file system refuses. A damaged journal is no error.
pub(crate) fn load(out: &Path) -> Result<Loaded, Error> {
    let data_set = DataSet::new(out.join(FOLDER));
    let lock = open_lock(&data_set)?;
    let failed = |e: std::io::Error| Error::at("lock", data_set.folder(), e);
    // From the first look at the journals on: what someone else finds and puts in meanwhile would be taken out as gone.
    lock.lock().map_err(failed)?;
    let found = found::journals(out, data_set.folder())?;
    let index = data_set.index()?;
    let news: Vec<(&String, i64)> = found
        .iter()
        .filter(|(path, stamp)| index.stamps.get(*path) != Some(&Some(**stamp)))
        .map(|(path, stamp)| (path, *stamp))
        .collect();
    let unchanged = found.len() - news.len();
    let Converted { days, converted, skipped } = convert(out, &news);
    let outdated = index.stamps.iter().filter(|(path, stamp)| stamp.is_none_or(|s| found.get(*path) != Some(&s)));
    let without: BTreeSet<String> = outdated.map(|(path, _)| path.clone()).collect();
    if converted > 0 || !without.is_empty() || !index.unreadable.is_empty() {
        data_set.change(&index, &without, days)?;
    }
    // A lock that is held is not asked for once more: some systems would wait for ever.
    lock.unlock().and_then(|()| lock.lock_shared()).map_err(failed)?;
    Ok(Loaded { data_set, journals: unchanged + converted, converted, skipped, _lock: lock })
}

fn open_lock(data_set: &DataSet) -> Result<File, Error> {
    let path: PathBuf = data_set.folder().join(".lock");
    fs::create_dir_all(data_set.folder())
        .and_then(|()| File::options().create(true).truncate(false).write(true).open(&path))
        .map_err(|e| Error::at("open", &path, e))
}

/// Journals as rows.
#[derive(Default)]
struct Converted {
    days: BTreeMap<String, Vec<RecordBatch>>,
    converted: usize,
    skipped: Vec<String>,
}

/// Reads these journals.
fn convert(out: &Path, news: &[(&String, i64)]) -> Converted {
    let mut all = Converted::default();
    for mut part in on_all_cores(news, |mine| convert_share(out, mine)) {
        for (day, batches) in part.days {
            all.days.entry(day).or_default().extend(batches);
        }
        all.converted += part.converted;
        all.skipped.append(&mut part.skipped);
    }
    all
}

fn convert_share(out: &Path, news: &[(&String, i64)]) -> Converted {
    let mut all = Converted::default();
    for some in news.chunks(AT_ONCE) {
        let mut days: BTreeMap<String, Vec<Source>> = BTreeMap::new();
        for &(path, stamp) in some {
            match source(out, path, stamp) {
                Ok((day, source)) => days.entry(day).or_default().push(source),
                // Removed since it was found, as old runs are.
                Err(_) if !out.join(path).exists() => {}
                Err(why) => all.skipped.push(why),
            }
        }
        for (day, sources) in days {
            all.converted += sources.len();
            all.days.entry(day).or_default().push(columns::batch(&sources));
        }
    }
    all
}

/// A journal, and the day on which it ran; or why not, with its path.
fn source(out: &Path, path: &str, stamp: i64) -> Result<(String, Source), String> {
    let folder = found::folder_of(out, path);
    let read = |e: tumult_sim::Error| e.to_string();
    let (journal, run) = (journal::read(&folder).map_err(read)?, journal::read_run(&folder).map_err(read)?);
    if journal.experiment_id != run.experiment_id {
        return Err(format!(
            "failed to read the journal `{}`: the run record beside it is of another experiment; run it again",
            folder.join(found::JOURNAL).display()
        ));
    }
    let day = as_date::<Date32Type>(run.started_at.div_euclid(NS_OF_A_DAY));
    let day = day.expect("all of i64's nanoseconds are dates between 1677 and 2262");
    Ok((day.to_string(), Source { journal, run, path: path.to_owned(), stamp }))
}
