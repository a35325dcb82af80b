//! Journals as files: the same bytes for the same seed, whoever builds them; and a history of runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{RUNS, folder, run};
use tumult_sim::journal::{Journal, Status, Trend, history, read, read_run};

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/journals.txt")
}

/// FNV-1a: to tell bytes apart, not to guard them.
fn digest(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Pinned, and run in debug and in release: a journal depends on the seed and the code alone.
#[test]
fn journals_are_the_same_bytes_in_debug_and_release() {
    let systems = ["the_sources_figures", "graceful", "cliff", "partial_outage", "deviated", "violates"];
    let lines = systems.into_iter().flat_map(|system| {
        ["journal.toon", "journal.json"].map(|name| {
            let bytes = std::fs::read(folder(system).join(name)).unwrap();
            format!("{} {system}/{name}\n", digest(&bytes))
        })
    });
    let text: String = lines.collect();
    if std::env::var_os("TUMULT_BLESS").is_some() {
        assert!(std::env::var_os("CI").is_none(), "pinned digests are never written in CI");
        std::fs::write(file(), text).unwrap();
        return;
    }
    let pinned = std::fs::read_to_string(file()).expect("tests/golden/journals.txt is committed");
    assert_eq!(text, pinned, "journals moved; say why in CHANGELOG.md, then bless");
}

#[test]
fn both_notations_say_the_same() {
    let all = history(RUNS.out.path());
    assert!(all.skipped.is_empty() && all.runs.len() == 12, "{:?}", all.skipped);
    for stored in all.runs {
        let toon = std::fs::read_to_string(stored.folder.join("journal.toon")).unwrap();
        assert_eq!(Journal::from_toon(&toon).unwrap(), stored.journal);
        assert_eq!(stored.run.experiment_id, stored.journal.experiment_id);
    }
}

#[test]
fn runs_are_numbered_thinned_out_and_have_a_trend() {
    let out = tempfile::tempdir().unwrap();
    let vars = [("TUMULT_OUT", out.path().to_str().unwrap()), ("TUMULT_KEEP", "2")];
    let test = out.path().join("tumult-tests/systems-graceful");
    for _ in 0..3 {
        run(&["--exact", "systems::graceful"], &vars);
    }
    assert!(!test.join("runs/000001").exists(), "the oldest went");
    let (second, third) = (test.join("runs/000002"), test.join("runs/000003"));
    assert_eq!(std::fs::read(second.join("journal.json")).unwrap(), std::fs::read(third.join("journal.json")).unwrap());
    let record = read_run(&third).unwrap();
    assert_eq!((record.run_number, record.trend_direction, record.trend_run_count), (3, Some(Trend::Stable), 3));
    assert_eq!(record.target.as_deref(), Some("answers"));

    // A damaged journal is named and passed over, and what runs next is kept all the same.
    std::fs::write(second.join("journal.json"), "{").unwrap();
    std::fs::write(second.join("run.json"), "{").unwrap();
    run(&["--exact", "systems::graceful"], &[vars[0]]);
    let all = history(out.path());
    assert_eq!((all.runs.len(), all.skipped.len()), (2, 1));
    assert!(all.skipped[0].to_string().contains("000002"), "{:?}", all.skipped);
}

#[test]
fn processes_that_end_at_the_same_time_keep_each_their_run() {
    let out = tempfile::tempdir().unwrap();
    let vars = [("TUMULT_OUT", out.path().to_str().unwrap())];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run(&["--exact", "systems::no_impact"], &vars));
        }
    });
    let all = history(out.path());
    assert!(all.skipped.is_empty(), "{:?}", all.skipped);
    let numbers: BTreeMap<u64, Status> = all.runs.iter().map(|s| (s.run.run_number, s.journal.status)).collect();
    assert_eq!(numbers, (1..=4).map(|n| (n, Status::Completed)).collect());
    let newest = out.path().join("tumult-tests/systems-no_impact/runs/000004");
    assert_eq!(read(&newest).unwrap().status, Status::Completed);
}
