//! The data set: its folders, what is converted when, damaged journals, and several commands at once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use crate::answers::{assert_same, expected};
use crate::command::{Folder, NAMES, said};
use crate::fixture::{RUNS, date, runs};

const COUNT: [&str; 3] = ["SELECT COUNT(*) AS n FROM journals", "--format", "json"];

/// The files of the data set, hidden ones included, each with when it was written and its number on the disk.
fn files(folder: &Folder) -> BTreeMap<PathBuf, (SystemTime, u64)> {
    let mut found = BTreeMap::new();
    for day in fs::read_dir(folder.data_set()).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(day).into_iter().flatten() {
            let path = file.unwrap().path();
            let about = fs::metadata(&path).unwrap();
            let number = std::os::unix::fs::MetadataExt::ino(&about);
            found.insert(path, (about.modified().unwrap(), number));
        }
    }
    found
}

#[test]
fn a_day_is_a_folder_with_one_file() {
    let folder = Folder::full("days");
    assert_eq!(folder.count(), RUNS as u64);
    let days = (1..=40).filter(|day| !(26..=30).contains(day));
    let mut expected: Vec<PathBuf> = days
        .map(|day| folder.data_set().join(format!("run_date={}", date(folder.today - day))).join("part-0.parquet"))
        .collect();
    expected.sort();
    assert_eq!(files(&folder).into_keys().collect::<Vec<_>>(), expected);
    let sql = "SELECT run_day, COUNT(*) AS n FROM journals GROUP BY run_day ORDER BY run_day DESC LIMIT 1";
    let last = &folder.rows(sql)[0];
    assert_eq!((last["run_day"].as_str(), last["n"].as_u64()), (Some(&*date(folder.today - 1)), Some(10)));
}

#[test]
fn only_what_is_new_or_changed_is_converted() {
    let folder = Folder::full("news");
    let first = folder.query(COUNT);
    assert!(first.err.contains("205 of 205 journals are new"), "{}", first.err);
    let before = files(&folder);
    let second = folder.query(COUNT);
    assert_eq!((second.err.as_str(), files(&folder)), ("", before.clone()));

    // One run again: yesterday's last run of the broker loss, today.
    let mut again = runs()[69].clone();
    (again.days_ago, again.hour, again.recovery_s) = (0, 0, Some(7.0));
    again.leave(&folder.run(69), 69, folder.today);
    let third = folder.query(COUNT);
    assert!(third.err.contains("1 of 205 journals are new"), "{}", third.err);
    assert_eq!(third.rows()[0]["n"], RUNS);
    let after = files(&folder);
    let untouched = before.iter().filter(|(path, about)| after.get(*path) == Some(about)).count();
    assert_eq!((before.len(), after.len(), untouched), (35, 36, 34), "the days that it left and came to are written");
    assert_eq!(folder.rows("SELECT recovery_duration_s AS s FROM journals WHERE run_number = 70")[0]["s"], 7.0);

    // Journals that are gone are no more counted, and a day without any has no folder.
    for number in 0..RUNS {
        if runs()[number].days_ago == 40 || number == 69 {
            fs::remove_dir_all(folder.run(number)).unwrap();
        }
    }
    assert_eq!(folder.count(), RUNS as u64 - 3);
    assert_eq!(files(&folder).len(), 34);
    assert!(!folder.data_set().join(format!("run_date={}", date(folder.today - 40))).exists());
}

#[test]
fn a_damaged_journal_is_told_by_its_path_and_left_out() {
    let folder = Folder::full("damaged");
    assert_eq!(folder.count(), RUNS as u64);
    let cut = folder.run(3).join("journal.json");
    let text = fs::read_to_string(&cut).unwrap();
    fs::write(&cut, &text[..text.len() / 2]).unwrap();
    fs::write(folder.run(4).join("run.json"), "{}").unwrap();
    fs::remove_file(folder.run(5).join("run.json")).unwrap();
    fs::copy(folder.run(7).join("run.json"), folder.run(6).join("run.json")).unwrap();
    let later = folder.run(8).join("journal.json");
    fs::write(&later, text.replace("\"schema_version\": 1", "\"schema_version\": 99")).unwrap();
    for _ in 0..2 {
        let told = folder.query(COUNT);
        assert_eq!(told.rows()[0]["n"], RUNS - 5);
        let lines: Vec<&str> = told.err.lines().filter(|line| line.starts_with("note: left out: ")).collect();
        let whys = [
            ("fm_003-repro/journal.json", "it is damaged"),
            ("fm_004-repro/run.json", "no `schema_version`"),
            ("fm_005-repro/run.json", "No such file"),
            ("fm_006-repro/journal.json", "of another experiment"),
            ("fm_008-repro/journal.json", "schema version 99"),
        ];
        assert_eq!(lines.len(), whys.len(), "{}", told.err);
        for (line, (path, why)) in lines.iter().zip(whys) {
            assert!(line.contains(path) && line.contains(why), "{line}");
        }
    }
    // Whole again, they are back.
    for number in 3..=8 {
        runs()[number].leave(&folder.run(number), number, folder.today);
    }
    assert_eq!(folder.count(), RUNS as u64);
}

#[test]
fn a_damaged_data_set_is_made_anew() {
    let folder = Folder::full("anew");
    assert_eq!(folder.count(), RUNS as u64);
    let all: Vec<PathBuf> = files(&folder).into_keys().collect();
    fs::write(&all[0], "PAR1 and no more").unwrap();
    let half = fs::read(&all[1]).unwrap();
    fs::write(&all[1], &half[..half.len() / 2]).unwrap();
    fs::remove_file(&all[2]).unwrap();
    // A copy, as a load leaves that was ended while a journal moved from one day to another.
    fs::copy(&all[4], &all[3]).unwrap();
    let leftover = all[5].with_file_name(".part-0.parquet.1-0.tmp");
    fs::write(&leftover, "half").unwrap();
    for name in NAMES {
        let answer = folder.query(["--named", name, "--format", "json"]);
        assert_same(name, &answer.rows(), &expected(name, folder.today));
    }
    assert_eq!(folder.count(), RUNS as u64);
    assert!(!leftover.exists());
    fs::remove_dir_all(folder.data_set()).unwrap();
    assert_eq!(folder.count(), RUNS as u64);
}

#[test]
fn commands_at_the_same_time_see_all_or_nothing_of_a_change() {
    let folder = Folder::full("together");
    let start = || {
        let mut command = folder.command();
        command.args(COUNT).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    // All of them find an empty data set, then one with a journal that was written again.
    for round in 0..2 {
        let commands: Vec<_> = (0..4).map(|_| start()).collect();
        for command in commands {
            let output = command.wait_with_output().unwrap();
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{err}");
            assert_eq!(out.trim(), format!("[{{\"n\":{RUNS}}}]"), "round {round}");
        }
        let ids = folder.rows("SELECT COUNT(DISTINCT experiment_id) AS n FROM journals");
        assert_eq!(ids[0]["n"], RUNS);
        let mut again = runs()[round].clone();
        again.days_ago = 1;
        again.leave(&folder.run(round), round, folder.today);
    }
    assert!(files(&folder).keys().all(|path| path.extension().is_some_and(|e| e == "parquet")));
}

#[test]
fn a_folder_of_journals_is_searched_to_its_depth_and_no_further() {
    let folder = Folder::empty("depth");
    let runs = runs();
    let leave = |path: &str, number: usize| runs[number].leave(&folder.out.join(path), number, folder.today);
    leave("kv/fm_001-repro/history/7", 0);
    leave("a/b/c/d", 1);
    leave(".hidden/x", 2);
    leave("journals.parquet/run_date=1999-01-01", 3);
    std::os::unix::fs::symlink(&folder.out, folder.out.join("kv").join("loop")).unwrap();
    let paths = folder.rows("SELECT journal_path FROM journals ORDER BY journal_path");
    let paths: Vec<&str> = paths.iter().map(|row| row["journal_path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["a/b/c/d/journal.json", "kv/fm_001-repro/history/7/journal.json"]);
    // Another folder may be named, from here.
    let mut command = folder.command();
    command.env_remove("TUMULT_OUT").current_dir(&folder.out).args(COUNT).args(["--journals", "a/b"]);
    assert_eq!(said(&mut command).rows()[0]["n"], 1);
    assert!(Path::new(&folder.out.join("a/b/journals.parquet")).exists());
}
