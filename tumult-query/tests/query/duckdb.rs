//! `DuckDB` opens the same files, and has the same answers to the same queries.

use std::process::Command;

use serde_json::Value;

use crate::answers::{assert_same, expected};
use crate::command::{Folder, NAMES, named, said};
use crate::fixture::RUNS;

/// The interpreter that has the module `duckdb`.
const PYTHON: &str = "TUMULT_TEST_PYTHON";

/// Opens the data set as docs/QUERY.md says, and prints the answer to a query, which comes as it is in its file.
const SCRIPT: &str = r#"
import sys, duckdb
files, sql = sys.argv[1], sys.argv[2]
duckdb.sql("SET TimeZone = 'UTC'")
duckdb.sql(f"CREATE VIEW journals AS SELECT * EXCLUDE (run_date, journal_stamp), run_date AS run_day "
           f"FROM read_parquet('{files}/*/*.parquet', hive_partitioning = true)")
answer = duckdb.sql(sql)
duckdb.sql("COPY (FROM answer) TO '/dev/stdout' (FORMAT JSON, ARRAY true, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')")
"#;

fn ask(folder: &Folder, sql: &str) -> Vec<Value> {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
    said(Command::new(python).args(["-c", SCRIPT]).arg(folder.data_set()).arg(sql)).rows()
}

#[test]
#[ignore = "it needs Python with the module duckdb: scripts/duckdb.sh installs it and runs this"]
fn duckdb_has_the_same_answers() {
    let folder = Folder::full("duckdb");
    for name in NAMES {
        let ours = folder.query(["--named", name, "--format", "json"]).rows();
        let theirs = ask(&folder, &named(name));
        assert_same(name, &theirs, &ours);
        assert_same(name, &theirs, &expected(name, folder.today));
    }
    // Every column, and the days that the folders are named by.
    for sql in [
        "SELECT * FROM journals ORDER BY experiment_id",
        "SELECT run_day, COUNT(*) AS n FROM journals GROUP BY run_day ORDER BY run_day",
    ] {
        let theirs = ask(&folder, sql);
        assert_same(sql, &theirs, &folder.rows(sql));
    }
    assert_eq!(ask(&folder, "SELECT COUNT(*) AS n FROM journals")[0]["n"], RUNS);
}
