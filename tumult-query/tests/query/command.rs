//! The command, on a folder of journals that goes with the test.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::fixture::{runs, today};

/// The folder.
pub(crate) struct Folder {
    pub(crate) out: PathBuf,
    /// The day that its runs are counted back from.
    pub(crate) today: i64,
}

/// What the command said.
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Folder {
    /// An empty one.
    pub(crate) fn empty(name: &str) -> Self {
        let out = std::env::temp_dir().join(format!("tumult-query-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).unwrap();
        Self { out, today: today() }
    }

    /// One with all journals of the fixture, laid out as tests leave them.
    pub(crate) fn full(name: &str) -> Self {
        let folder = Self::empty(name);
        for (number, run) in runs().iter().enumerate() {
            run.leave(&folder.run(number), number, folder.today);
        }
        folder
    }

    /// The folder of a run.
    pub(crate) fn run(&self, number: usize) -> PathBuf {
        self.out.join("kv").join(format!("fm_{number:03}-repro"))
    }

    /// The folder of the data set.
    pub(crate) fn data_set(&self) -> PathBuf {
        self.out.join("journals.parquet")
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-tumult-query"));
        command.env("TUMULT_OUT", &self.out).stdin(Stdio::null());
        command
    }

    /// The command with these arguments.
    pub(crate) fn query<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Said {
        said(self.command().args(args))
    }

    /// The answer to a query that has one, as an array of rows.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        self.query([sql, "--format", "json"]).rows()
    }

    /// How many journals the data set has.
    #[track_caller]
    pub(crate) fn count(&self) -> u64 {
        self.rows("SELECT COUNT(*) AS n FROM journals")[0]["n"].as_u64().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.out);
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<Value> {
        serde_json::from_str(&self.text()).unwrap()
    }

    #[track_caller]
    pub(crate) fn text(&self) -> String {
        assert!(self.success, "{}", self.err);
        String::from_utf8(self.out.clone()).unwrap()
    }
}

pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    Said { success: output.status.success(), out: output.stdout, err }
}

/// The command with a query on its standard input.
pub(crate) fn piped(command: &mut Command, sql: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    Said { success: output.status.success(), out: output.stdout, err }
}

/// The text of a query that has a name.
pub(crate) fn named(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries").join(format!("{name}.sql"));
    fs::read_to_string(path).unwrap()
}

/// Those names.
pub(crate) const NAMES: [&str; 4] = ["recovery-trend", "estimate-accuracy", "degrading", "worst-estimates"];
