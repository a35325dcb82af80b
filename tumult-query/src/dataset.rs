//! The data set: a folder of Parquet files, one for each day on which runs started.
//!
//! `run_date=2026-11-22/part-0.parquet` and so on, as Hive names partitions, so that whatever reads Parquet can read
//! it. It holds nothing that the journals do not hold, and may be deleted at any time. A file is replaced in one step,
//! so it is whole whenever it is looked at; what was left half-written has another name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array as _, BooleanArray, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::arrow::{ArrowWriter, ProjectionMask};
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;

use crate::columns::{self, PARTITION, PATH, STAMP};
use crate::error::Error;
use crate::files;

/// The file of a partition.
const PART: &str = "part-0.parquet";

/// A data set in its folder.
#[derive(Debug)]
pub(crate) struct DataSet {
    folder: PathBuf,
}

/// What a data set has.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The stamp of each journal, by its path. None where it is in the data set twice, which is what a load leaves that
    /// was ended half-way.
    pub(crate) stamps: BTreeMap<String, Option<i64>>,
    /// The days whose files are damaged, or were written by another version.
    pub(crate) unreadable: BTreeSet<String>,
}

impl DataSet {
    /// The one in this folder; it need not be there yet.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is in it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(crate) fn index(&self) -> Result<Index, Error> {
        let mut index = Index::default();
        for day in self.days()? {
            let Ok(rows) = self.paths_and_stamps(&day) else {
                index.unreadable.insert(day);
                continue;
            };
            for (path, stamp) in rows {
                index.stamps.entry(path).and_modify(|known| *known = None).or_insert(Some(stamp));
            }
        }
        Ok(index)
    }

    /// Takes out the rows of the journals at `without`, and puts in those of `with`, by day. Days that are unreadable
    /// are written anew.
    ///
    /// # Errors
    /// When the file system refuses. What was done until then is whole.
    pub(crate) fn change(
        &self,
        index: &Index,
        without: &BTreeSet<String>,
        mut with: BTreeMap<String, Vec<RecordBatch>>,
    ) -> Result<(), Error> {
        self.sweep();
        for day in self.days()? {
            let old = if index.unreadable.contains(&day) { vec![] } else { self.rows(&day)? };
            let mut kept = vec![];
            let mut changed = index.unreadable.contains(&day);
            for batch in old {
                let paths = text(&batch, PATH)?;
                let keep: BooleanArray = paths.iter().map(|path| path.map(|p| !without.contains(p))).collect();
                changed |= keep.true_count() < batch.num_rows();
                kept.push(filter_record_batch(&batch, &keep).map_err(|e| Error::at("filter", &self.part(&day), e))?);
            }
            kept.retain(|batch| batch.num_rows() > 0);
            let new = with.remove(&day).unwrap_or_default();
            if changed || !new.is_empty() {
                kept.extend(new);
                self.write(&day, &kept)?;
            }
        }
        // Days that were not there.
        with.iter().try_for_each(|(day, batches)| self.write(day, batches))
    }

    /// Removes what was left half-written. Who changes the data set does so alone, so nobody is writing it now.
    fn sweep(&self) {
        for folder in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                if files::is_temporary(&file.path()) {
                    let _ = fs::remove_file(file.path());
                }
            }
        }
    }

    /// The days that it has a folder for.
    fn days(&self) -> Result<Vec<String>, Error> {
        let read = |e| Error::at("read the data set", &self.folder, e);
        let mut days = vec![];
        for entry in fs::read_dir(&self.folder).map_err(read)? {
            let name = entry.map_err(read)?.file_name();
            let day = name.to_str().and_then(|name| name.strip_prefix(PARTITION)?.strip_prefix('='));
            days.extend(day.filter(|day| self.part(day).is_file()).map(str::to_owned));
        }
        days.sort();
        Ok(days)
    }

    fn part(&self, day: &str) -> PathBuf {
        self.folder.join(format!("{PARTITION}={day}")).join(PART)
    }

    /// Replaces the file of a day.
    fn write(&self, day: &str, batches: &[RecordBatch]) -> Result<(), Error> {
        let path = self.part(day);
        if batches.is_empty() {
            // The folder goes with it, unless someone has put something else there.
            let gone = fs::remove_file(&path).map_err(|e| Error::at("remove", &path, e));
            let _ = path.parent().map(fs::remove_dir);
            return gone;
        }
        files::replace(&path, |file| parquet(file, batches))
    }

    fn rows(&self, day: &str) -> Result<Vec<RecordBatch>, Error> {
        let path = self.part(day);
        read(&path, None).map_err(|why| Error::at("read", &path, format!("{why}; delete it, it is made anew")))
    }

    fn paths_and_stamps(&self, day: &str) -> Result<Vec<(String, i64)>, String> {
        let mut all = vec![];
        for batch in read(&self.part(day), Some(&[PATH, STAMP]))? {
            let paths = text(&batch, PATH).map_err(|e| e.to_string())?.clone();
            let stamps = batch.column_by_name(STAMP).and_then(|c| c.as_any().downcast_ref::<Int64Array>());
            let stamps = stamps.ok_or("no stamps")?;
            all.extend(paths.iter().zip(stamps).filter_map(|(path, stamp)| Some((path?.to_owned(), stamp?))));
        }
        Ok(all)
    }
}

/// Batches as a Parquet file.
pub(crate) fn parquet(file: impl std::io::Write + Send, batches: &[RecordBatch]) -> Result<(), String> {
    let Some(first) = batches.first() else { return Err("there are no columns".to_owned()) };
    // Every reader of Parquet knows this one.
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file, first.schema(), Some(properties)).map_err(|e| e.to_string())?;
    batches.iter().try_for_each(|batch| writer.write(batch)).map_err(|e| e.to_string())?;
    writer.close().map(|_| ()).map_err(|e| e.to_string())
}

/// The rows of a file with the columns of today, or those of them that are asked for.
fn read(path: &Path, only: Option<&[&str]>) -> Result<Vec<RecordBatch>, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| e.to_string())?;
    if builder.schema().fields() != columns::schema().fields() {
        return Err("it has other columns".to_owned());
    }
    if let Some(names) = only {
        let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
        builder = builder.with_projection(mask);
    }
    let reader = builder.with_batch_size(8192).build().map_err(|e| e.to_string())?;
    reader.collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, Error> {
    let column = batch.column_by_name(name).and_then(|column| column.as_any().downcast_ref());
    column.ok_or_else(|| Error::new(format!("read the data set: it has no column `{name}` of text")))
}
