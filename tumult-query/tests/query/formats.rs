//! How answers are written.

use std::fs;

use crate::command::Folder;
use crate::fixture::{date, time};

const SQL: &str = "SELECT experiment_title, started_at, recovery_duration_s / 3.0 AS third, tags->>'team' AS team, \
    fully_recovered FROM journals WHERE recovery_duration_s IN (10, 500) OR run_number = 159 ORDER BY started_at";

#[test]
fn a_table_is_for_people() {
    let folder = Folder::full("table");
    let answer = folder.query([SQL]).text();
    let (oldest, middle, last) = (date(folder.today - 40), date(folder.today - 13), date(folder.today - 10));
    let expected = format!(
        "\
experiment_title   started_at              third   team       fully_recovered
────────────────   ───────────────────   ───────   ────────   ───────────────
broker loss        {oldest} 06:00:00     3.333   storage    true
zone partition     {middle} 20:00:00         –   platform   false
clock skew         {last} 08:00:00   166.667   –          true

3 rows
"
    );
    assert_eq!(answer, expected);
    let none = folder.query(["SELECT seed, checks FROM journals WHERE checks < 0"]).text();
    assert_eq!(none, "seed   checks\n────   ──────\n\n0 rows\n");
    let trend = folder.query(["--named", "recovery-trend"]).text();
    let day = date(folder.today - 25);
    let expected =
        format!("\nbroker loss        {day}              133               130                136           2\n");
    assert!(trend.contains(&expected), "{trend}");
}

#[test]
fn json_is_an_array_with_all_names_in_each_row() {
    let folder = Folder::full("json");
    let rows = folder.rows(SQL);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["started_at"], time(folder.today, 40, 6));
    assert_eq!(rows[0]["third"].as_f64(), Some(10.0 / 3.0));
    assert!(rows[1].as_object().unwrap()["third"].is_null() && rows[2]["team"].is_null());
    assert_eq!(folder.query(["SELECT seed FROM journals WHERE checks < 0", "--format", "json"]).text(), "[]\n");
}

#[test]
fn csv_has_the_names_in_its_first_line() {
    let folder = Folder::full("csv");
    let sql = "SELECT run_number, tags, mttr_s FROM journals WHERE run_number IN (1, 159) ORDER BY run_number";
    let answer = folder.query([sql, "--format", "csv"]).text();
    let expected = "run_number,tags,mttr_s\n1,\"{\"\"team\"\":\"\"storage\"\",\"\"tier\"\":\"\"1\"\"}\",10.0\n\
        159,\"{\"\"team\"\":\"\"platform\"\",\"\"tier\"\":\"\"1\"\"}\",\n";
    assert_eq!(answer, expected);
    let none = folder.query(["SELECT seed, checks FROM journals WHERE checks < 0", "--format", "csv"]).text();
    assert_eq!(none, "seed,checks\n");
}

#[test]
fn an_answer_goes_to_a_file_whole_or_not_at_all() {
    let folder = Folder::full("file");
    let file = folder.out.join("answers").join("a.json");
    let name = file.to_str().unwrap();
    let answer = folder.query([SQL, "--format", "json", "--output", name]);
    assert_eq!(answer.text(), "");
    assert_eq!(fs::read_to_string(&file).unwrap(), folder.query([SQL, "--format", "json"]).text());
    let wrong = folder.query(["SELECT nothing", "--format", "csv", "--output", name]);
    assert!(!wrong.success);
    assert!(fs::read_to_string(&file).unwrap().starts_with('['), "what was there is still there");
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn parquet_is_written_to_a_file_or_a_pipe() {
    let folder = Folder::full("parquet");
    let file = folder.out.join("a.parquet");
    assert!(folder.query([SQL, "--format", "parquet", "-o", file.to_str().unwrap()]).success);
    let piped = folder.query([SQL, "--format", "parquet"]);
    assert!(piped.success, "{}", piped.err);
    for bytes in [fs::read(&file).unwrap(), piped.out] {
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{} bytes", bytes.len());
    }
    assert!(folder.query(["SELECT seed FROM journals WHERE checks < 0", "--format", "parquet"]).out.len() > 8);
}
