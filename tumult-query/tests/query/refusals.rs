//! What cannot be answered, and what is said then.

use std::fs;

use crate::command::{Folder, said};

#[test]
fn a_wrong_query_is_refused_with_the_columns_that_there_are() {
    let folder = Folder::empty("wrong");
    for (sql, why) in [
        ("SELECT recovery_time FROM journals", "recovery_time"),
        ("SELECT * FROM runs", "runs"),
        ("SELEKT 1", "SELEKT"),
        ("SELECT run_date FROM journals", "run_date"),
        ("SELECT journal_stamp FROM journals", "journal_stamp"),
        ("", "query"),
    ] {
        let refused = folder.query([sql]);
        assert!(!refused.success && refused.out.is_empty(), "{sql}");
        assert!(refused.err.contains("error: failed to answer the query: "), "{}", refused.err);
        assert!(refused.err.contains(why), "{sql}: {}", refused.err);
        let columns = "The view `journals` has the columns experiment_title, experiment_id, started_at, status,";
        assert!(refused.err.contains(columns) && refused.err.contains("journal_path, run_day"), "{}", refused.err);
    }
}

#[test]
fn a_query_changes_nothing() {
    let folder = Folder::full("changes");
    let file = folder.out.join("stolen.csv");
    let copy = format!("COPY (SELECT 1 AS x) TO '{}' STORED AS CSV", file.display());
    for sql in [
        "DROP VIEW journals",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO journal_files SELECT * FROM journal_files",
        &copy,
    ] {
        let refused = folder.query([sql]);
        assert!(!refused.success, "{sql}");
        assert!(refused.err.contains("not supported"), "{sql}: {}", refused.err);
    }
    assert!(!file.exists());
    assert_eq!(folder.count(), 205);
}

#[test]
fn where_there_are_no_journals_it_says_so() {
    let folder = Folder::empty("none");
    let answer = folder.query(["SELECT COUNT(*) AS n FROM journals", "--format", "json"]);
    assert_eq!(answer.rows()[0]["n"], 0);
    assert!(answer.err.contains("there are no journals in") && answer.err.contains("`cargo tumult run`"));

    let missing = folder.out.join("missing");
    let answer = folder.query(["SELECT 1", "--journals", missing.to_str().unwrap()]);
    assert!(!answer.success && answer.err.contains("missing"), "{}", answer.err);
    assert!(!missing.exists(), "a folder that was misspelt is not made");

    let answer = said(folder.command().env_remove("TUMULT_OUT").arg("SELECT 1"));
    assert!(!answer.success && answer.err.contains("run this as `cargo tumult query`"), "{}", answer.err);
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let folder = Folder::empty("named");
    let file = folder.out.join("a.sql");
    let answer = folder.query(["--file", file.to_str().unwrap()]);
    assert!(!answer.success && answer.err.contains("a.sql"), "{}", answer.err);
    fs::create_dir_all(folder.out.join("taken").join("x")).unwrap();
    let taken = folder.out.join("taken");
    let answer = folder.query(["SELECT 1", "--output", taken.to_str().unwrap()]);
    assert!(
        !answer.success && answer.err.contains("failed to write") && answer.err.contains("taken"),
        "{}",
        answer.err
    );
}
