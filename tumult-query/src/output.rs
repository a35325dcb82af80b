//! Answers as they are written: a table for people, JSON, CSV, Parquet.

use std::io::{IsTerminal as _, Write};
use std::path::Path;

use datafusion::arrow::csv::WriterBuilder as CsvWriterBuilder;
use datafusion::arrow::json::WriterBuilder as JsonWriterBuilder;
use datafusion::arrow::json::writer::JsonArray;

use crate::args::Format;
use crate::dataset;
use crate::engine::Rows;
use crate::error::Error;
use crate::files;
use crate::table;

/// Writes an answer to a file, or to standard output.
///
/// # Errors
/// When it cannot be written there, or so.
pub(crate) fn write(rows: &Rows, format: Format, to: Option<&Path>) -> Result<(), Error> {
    if let Some(path) = to {
        return files::replace(path, |file| put(rows, format, file));
    }
    let mut out = std::io::stdout();
    if format == Format::Parquet && out.is_terminal() {
        return Err(Error::new("show Parquet in a terminal: it is binary; name a file with `--output`"));
    }
    let mut bytes = vec![];
    put(rows, format, &mut bytes).map_err(|why| Error::new(format!("write the answer: {why}")))?;
    match out.write_all(&bytes).and_then(|()| out.flush()) {
        // Who closes it, as `head` does, has read enough.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::new(format!("write the answer: {e}"))),
        _ => Ok(()),
    }
}

fn put(rows: &Rows, format: Format, mut to: impl Write + Send) -> Result<(), String> {
    let said = |e: datafusion::arrow::error::ArrowError| e.to_string();
    match format {
        Format::Table => to.write_all(table::render(rows)?.as_bytes()).map_err(|e| e.to_string()),
        Format::Json => {
            // What is not known is said, so that all rows have the same names.
            let mut writer = JsonWriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(&mut to);
            rows.batches.iter().try_for_each(|batch| writer.write(batch)).map_err(said)?;
            writer.finish().map_err(said)?;
            to.write_all(b"\n").map_err(|e| e.to_string())
        }
        Format::Csv => {
            let mut writer = CsvWriterBuilder::new().with_header(true).build(&mut to);
            rows.some().iter().try_for_each(|batch| writer.write(batch)).map_err(said)
        }
        Format::Parquet => dataset::parquet(to, &rows.some()),
    }
}
