//! The command as people run it, on this repository's own catalogue.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of artifacts that goes with the test.
struct Artifacts(PathBuf);

impl Artifacts {
    fn new(name: &str) -> Self {
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id())))
    }

    /// `cargo tumult` with these arguments, from the root of the checkout.
    fn tumult(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-tumult"));
        command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TUMULT_")) {
            command.env_remove(name);
        }
        command.arg("tumult").args(arguments).env("TUMULT_OUT", &self.0);
        command.output().expect("the command was just built")
    }
}

impl Drop for Artifacts {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_failure_mode_is_run_shown_and_replayed() {
    let out = Artifacts::new("run");
    // What an earlier run left is not shown.
    let stale = out.0.join("tumult-failure-modes/stale/summary.json");
    std::fs::create_dir_all(stale.parent().unwrap()).unwrap();
    std::fs::write(&stale, "no summary").unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    std::fs::File::options().append(true).open(&stale).unwrap().set_modified(old).unwrap();

    let ran = out.tumult(&["run", "FM_001"]);
    let (table, log) = (text(&ran.stdout), text(&ran.stderr));
    assert!(ran.status.success(), "{table}{log}");
    let line = table.lines().next().unwrap();
    for part in ["FM_001 retry duplication   repro  INV_001 in ", " of 64 seeds   prevent  ", "recover  ", " = "] {
        assert!(line.contains(part), "`{part}` is not in `{line}`");
    }
    assert!(
        table.contains("1 failure mode") && table.contains("all passed") && table.contains("journals in"),
        "{table}"
    );
    assert!(!log.contains("skipped"), "{log}");

    let summaries: Vec<String> = std::fs::read_dir(out.0.join("tumult-failure-modes"))
        .unwrap()
        .filter_map(|folder| std::fs::read_to_string(folder.unwrap().path().join("summary.json")).ok())
        .collect();
    let repro = summaries.iter().find(|json| json.contains("\"repro\"")).expect("it left a summary");
    let token = repro.split('"').find(|part| part.starts_with("tm1:")).expect("a repro has a token");
    let replayed = out.tumult(&["replay", token]);
    let (verdict, report) = (text(&replayed.stdout), text(&replayed.stderr));
    assert_eq!(replayed.status.code(), Some(1), "{verdict}{report}");
    assert!(verdict.contains("::repro fails with seed 0x"), "{verdict}{report}");
    assert!(report.contains("INV_001") && report.contains("REPLAY"), "{report}");
}

#[test]
fn a_filter_that_finds_nothing_is_a_failure() {
    let out = Artifacts::new("none");
    let ran = out.tumult(&["run", "FM_999"]);
    assert_eq!(ran.status.code(), Some(1));
    let log = text(&ran.stderr);
    assert!(
        log.contains("error: failed to find a test: nothing in tumult-failure-modes has `FM_999` in its name"),
        "{log}"
    );
}
