//! An answer as a table for people: names above, numbers to the right, no more digits than one reads.

use datafusion::arrow::array::{Array, AsArray as _};
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::engine::Rows;

/// What stands for a value that is not known.
const UNKNOWN: &str = "–";
/// Points in time as people write them.
const TIME: &str = "%Y-%m-%d %H:%M:%S";
/// What the start of a day looks like in that.
const MIDNIGHT: &str = " 00:00:00";

/// A column of the table.
struct Shown {
    name: String,
    numbers: bool,
    cells: Vec<String>,
}

/// The rows as lines; how many there are is below them.
///
/// # Errors
/// When a value cannot be shown.
pub(crate) fn render(rows: &Rows) -> Result<String, String> {
    let columns = (0..rows.schema.fields().len()).map(|at| Shown::of(rows, at)).collect::<Result<Vec<_>, _>>()?;
    let count: usize = rows.batches.iter().map(datafusion::arrow::array::RecordBatch::num_rows).sum();
    let widths: Vec<usize> = columns.iter().map(Shown::width).collect();
    let line = |cell: &dyn Fn(&Shown) -> String| {
        let cells = columns.iter().zip(&widths).map(|(column, width)| {
            let cell = cell(column);
            if column.numbers { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("   ").trim_end())
    };
    let mut text = line(&|column| column.name.clone());
    let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    text += &rules.join("   ");
    text.push('\n');
    for row in 0..count {
        text += &line(&|column| column.cells[row].clone());
    }
    Ok(format!("{text}\n{count} {}\n", if count == 1 { "row" } else { "rows" }))
}

impl Shown {
    fn of(rows: &Rows, at: usize) -> Result<Self, String> {
        let field = rows.schema.field(at);
        let arrays: Vec<_> = rows.batches.iter().map(|batch| batch.column(at)).collect();
        let mut cells = vec![];
        for array in arrays {
            cells.extend(cells_of(array)?);
        }
        if matches!(field.data_type(), DataType::Timestamp(..)) && cells.iter().all(|c| starts_a_day(c)) {
            for cell in &mut cells {
                *cell = cell.trim_end_matches(MIDNIGHT).to_owned();
            }
        }
        Ok(Self { name: field.name().clone(), numbers: field.data_type().is_numeric(), cells })
    }

    fn width(&self) -> usize {
        self.cells.iter().chain([&self.name]).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

fn starts_a_day(cell: &str) -> bool {
    cell.ends_with(MIDNIGHT) || cell == UNKNOWN
}

fn cells_of(array: &dyn Array) -> Result<Vec<String>, String> {
    let real = |x: Option<f64>| x.map_or_else(|| UNKNOWN.to_owned(), digits);
    match array.data_type() {
        DataType::Float64 => Ok(array.as_primitive::<Float64Type>().iter().map(real).collect()),
        DataType::Float32 => Ok(array.as_primitive::<Float32Type>().iter().map(|x| real(x.map(f64::from))).collect()),
        _ => {
            let options = FormatOptions::new()
                .with_null(UNKNOWN)
                .with_timestamp_format(Some(TIME))
                .with_timestamp_tz_format(Some(TIME));
            let formatter = ArrayFormatter::try_new(array, &options).map_err(|e| e.to_string())?;
            // One value a line, whatever it is.
            let cell = |row| formatter.value(row).try_to_string().map(|text| text.replace(['\n', '\r', '\t'], " "));
            (0..array.len()).map(cell).collect::<Result<_, _>>().map_err(|e| e.to_string())
        }
    }
}

/// Three digits behind the point for what is at least 1, and as many that count for what is less.
fn digits(x: f64) -> String {
    let places = if x == 0.0 || x.abs() >= 1.0 { 3 } else { (2.0 - x.abs().log10().floor()).clamp(3.0, 12.0) as usize };
    let text = format!("{x:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};

    use super::*;

    fn table(batch: RecordBatch) -> String {
        let rows = Rows { schema: batch.schema(), batches: vec![batch] };
        render(&rows).unwrap()
    }

    #[test]
    fn numbers_stand_to_the_right_and_what_is_not_known_is_a_dash() {
        let batch = RecordBatch::try_from_iter([
            ("team", Arc::new(StringArray::from(vec![Some("storage"), None])) as _),
            ("runs", Arc::new(Int64Array::from(vec![9, 1234])) as _),
            ("mean_s", Arc::new(Float64Array::from(vec![Some(31.233_333_333), None])) as _),
        ]);
        let expected = "team      runs   mean_s\n───────   ────   ──────\nstorage      9   31.233\n–         1234        –\n\n2 rows\n";
        assert_eq!(table(batch.unwrap()), expected);
    }

    #[test]
    fn days_are_shown_as_days_and_times_as_times() {
        let day = 20_000 * 86_400_000_000;
        let show = |us: Vec<i64>| {
            let array = TimestampMicrosecondArray::from(us).with_timezone("UTC");
            table(RecordBatch::try_from_iter([("at", Arc::new(array) as _)]).unwrap())
        };
        assert!(show(vec![day]).contains("\n2024-10-04\n"), "{}", show(vec![day]));
        let times = show(vec![day, day + 3_661_000_000]);
        assert!(times.contains("\n2024-10-04 00:00:00\n2024-10-04 01:01:01\n"), "{times}");
    }

    #[test]
    fn numbers_have_the_digits_that_one_reads() {
        for (x, text) in [
            (0.0, "0"),
            (30.0, "30"),
            (100.0, "100"),
            (-5.25, "-5.25"),
            (2.0 / 3.0, "0.667"),
            (0.000_123_4, "0.000123"),
            (1e20, "100000000000000000000"),
        ] {
            assert_eq!(digits(x), text);
        }
    }
}
