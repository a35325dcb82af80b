//! What a test leaves behind for `cargo tumult`: one small JSON file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What a test is, for the table at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestKind {
    /// `#[tumult_sim::test]`.
    Test,
    /// `#[experiment]`.
    Experiment,
    /// A failure mode without its guard.
    Repro,
    /// A failure mode with its guard.
    Prevent,
    /// A failure mode's recovery.
    Recover,
}

impl TestKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Experiment => "experiment",
            Self::Repro => "repro",
            Self::Prevent => "prevent",
            Self::Recover => "recover",
        }
    }
}

/// What came of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
}

/// What came of one test: what `cargo tumult run` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Of this layout.
    pub version: u32,
    /// What it is.
    pub kind: TestKind,
    /// The package of the test.
    pub package: String,
    /// The test as the harness knows it.
    pub test: String,
    /// The function that was written: `retry_duplication`, of which `fm_001::repro` is a test.
    pub name: String,
    /// `FM_001`, for failure modes.
    pub id: Option<String>,
    /// The failure mode's title.
    pub title: Option<String>,
    /// Whether it passed.
    pub status: Status,
    /// How many seeds ran.
    pub seeds: u64,
    /// How many of them failed.
    pub failures: u64,
    /// How many seeds violated each invariant, by ID.
    pub violated: BTreeMap<String, u64>,
    /// In how many seeds the trigger took effect; none where there is no trigger.
    pub met: Option<u64>,
    /// The virtual time of all runs, in nanoseconds.
    pub virtual_ns: u64,
    /// The time it took, in milliseconds.
    pub wall_ms: u64,
    /// From 0 to 1, where there is one.
    pub score: Option<f64>,
    /// The replay token of the first failing seed.
    pub token: Option<String>,
    /// How the first failing seed failed: failures of one signature count as the same.
    #[serde(default)]
    pub signature: Option<String>,
    /// Its page, from the folder of the summary.
    #[serde(default)]
    pub page: Option<String>,
    /// The sites of the package that no seed reached, a line each.
    #[serde(default)]
    pub gaps: Vec<String>,
    /// The report of the first failing seed.
    #[serde(default)]
    pub report: Option<String>,
    /// The version of tumult.
    pub tumult: String,
}

impl Summary {
    /// Of the layout.
    pub const VERSION: u32 = 1;

    /// The file of a test, below the folder of artifacts.
    pub fn path(out: &Path, package: &str, test: &str) -> PathBuf {
        out.join(package).join(test.replace("::", "-")).join("summary.json")
    }
}

/// The folder of artifacts where none is set: `tumult` in the target folder that the test binary was built in.
pub(crate) fn default_out(exe: Option<&Path>, manifest_dir: &Path) -> PathBuf {
    let above = || exe.into_iter().flat_map(Path::ancestors);
    // Cargo marks its target folder so.
    let marked = above().skip(1).find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let deps = || above().find(|folder| folder.file_name().is_some_and(|n| n == "deps"));
    let target = marked.or_else(|| deps()?.parent()?.parent());
    target.map_or_else(|| manifest_dir.join("target"), Path::to_path_buf).join("tumult")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn summary() -> Summary {
        Summary {
            version: Summary::VERSION,
            kind: TestKind::Repro,
            package: "kv".into(),
            test: "fm_001::repro".into(),
            name: "retry_duplication".into(),
            id: Some("FM_001".into()),
            title: Some("retry duplication".into()),
            status: Status::Passed,
            seeds: 64,
            failures: 41,
            violated: [("INV_001".to_owned(), 41)].into(),
            met: Some(64),
            virtual_ns: 11_520_000_000_000,
            wall_ms: 400,
            score: None,
            token: Some("tm1:AAEC".into()),
            signature: None,
            page: None,
            gaps: vec![],
            report: None,
            tumult: "0.1.0".into(),
        }
    }

    /// A folder that goes with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("tumult-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_summary_reads_as_it_was_written() {
        let json = serde_json::to_string(&summary()).unwrap();
        assert!(json.contains(r#""kind":"repro""#) && json.contains(r#""status":"passed""#), "{json}");
        assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary());
        let path = Summary::path(Path::new("out"), "kv", "fm_001::repro");
        assert_eq!(path, Path::new("out/kv/fm_001-repro/summary.json"));
    }

    #[test]
    fn artifacts_go_to_the_target_folder_of_the_build() {
        let out = |exe: &str| default_out(Some(Path::new(exe)), Path::new("/kv"));
        assert_eq!(out("/nowhere/target/debug/deps/kv-0123"), Path::new("/nowhere/target/tumult"));
        assert_eq!(out("/nowhere/kv"), Path::new("/kv/target/tumult"));
        assert_eq!(default_out(None, Path::new("/kv")), Path::new("/kv/target/tumult"));
        let marked = Folder::new("marked");
        fs::write(marked.0.join("CACHEDIR.TAG"), "").unwrap();
        let exe = marked.0.join("some-triple/debug/deps/kv-0123");
        assert_eq!(default_out(Some(&exe), Path::new("/kv")), marked.0.join("tumult"));
    }
}
