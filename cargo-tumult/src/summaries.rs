//! The summaries that tests leave below the folder of artifacts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use tumult_sim::search::Summary;

use crate::error::Error;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Summaries {
    /// In the order of their packages and tests.
    pub(crate) read: Vec<Summary>,
    /// How many of them have a history beside them to which a run was added since.
    pub(crate) journals: u64,
    /// Files that could not be read, and why.
    pub(crate) skipped: Vec<String>,
}

/// When a run began, by the clock that stamps the files: what is older was left by an earlier one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since(SystemTime);

impl Since {
    /// Whatever is there, however old.
    pub(crate) const EVER: Self = Self(SystemTime::UNIX_EPOCH);

    /// Now. The file system's clock may lag behind the system's, or be another machine's, so a file is asked.
    pub(crate) fn now(out: &Path) -> Result<Self, Error> {
        let probe = out.join(format!(".began-{}", std::process::id()));
        let stamp = fs::create_dir_all(out)
            .and_then(|()| fs::write(&probe, ""))
            .and_then(|()| fs::metadata(&probe)?.modified())
            .and_then(|time| fs::remove_file(&probe).map(|()| time));
        stamp.map(Self).map_err(|e| {
            Error::new(format!("write into {}: {e}; set TUMULT_OUT to a folder that can be written", out.display()))
        })
    }

    /// Whether the file was written since.
    pub(crate) fn has(self, file: &Path) -> io::Result<bool> {
        Ok(fs::metadata(file)?.modified()? >= self.0)
    }
}

impl Summaries {
    /// Those of the packages that were written since. A folder that is not there has none.
    pub(crate) fn read(out: &Path, packages: &[String], since: Since) -> Self {
        let mut all = Self::default();
        for package in packages {
            let Ok(folders) = fs::read_dir(out.join(package)) else { continue };
            let mut folders: Vec<PathBuf> = folders.filter_map(|entry| Some(entry.ok()?.path())).collect();
            folders.sort();
            for folder in folders {
                let file = folder.join("summary.json");
                match since.has(&file) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    // A folder of something else.
                    Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => continue,
                    Err(e) => {
                        all.skipped.push(format!("{}: {e}", file.display()));
                        continue;
                    }
                }
                match fs::read_to_string(&file).map_err(|e| e.to_string()).and_then(|json| parse(&json)) {
                    Ok(summary) => {
                        all.journals += u64::from(since.has(&folder.join("runs")).unwrap_or(false));
                        all.read.push(summary);
                    }
                    Err(why) => all.skipped.push(format!("{}: {why}", file.display())),
                }
            }
        }
        all
    }
}

/// The version first: another layout may lack anything else.
pub(crate) fn parse(json: &str) -> Result<Summary, String> {
    #[derive(Deserialize)]
    struct Layout {
        version: u32,
        #[serde(default)]
        tumult: Option<String>,
    }
    let layout: Layout = serde_json::from_str(json).map_err(|e| format!("it is no summary: {e}"))?;
    if layout.version != Summary::VERSION {
        let by = layout.tumult.map_or_else(String::new, |version| format!(", written by tumult {version}"));
        return Err(format!(
            "it is of layout {}{by}, and this command reads layout {}: use the cargo-tumult of the same version as \
             tumult-sim",
            layout.version,
            Summary::VERSION
        ));
    }
    serde_json::from_str(json).map_err(|e| format!("it is damaged: {e}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::table::tests::summary;

    /// A folder that goes with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("cargo-tumult-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn put(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn read(&self, since: Since) -> Summaries {
            Summaries::read(&self.0, &["kv".to_owned(), "absent".to_owned()], since)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn json() -> String {
        serde_json::to_string(&summary()).unwrap()
    }

    #[test]
    fn what_is_new_and_of_the_packages_is_read() {
        let out = Folder::new("read");
        let since = Since::now(&out.0).unwrap();
        assert_eq!(fs::read_dir(&out.0).unwrap().count(), 0, "nothing is left behind");
        out.put("kv/b/summary.json", &json());
        out.put("kv/a/summary.json", &json());
        out.put("kv/a/runs/000001/journal.json", "{}");
        out.put("kv/other.txt", "");
        out.put("kv/empty/other.txt", "");
        out.put("web/a/summary.json", &json());
        let all = out.read(since);
        assert_eq!(all.read, [summary(), summary()]);
        assert_eq!((all.journals, all.skipped.len()), (1, 0));
        assert_eq!(out.read(Since(since.0 + Duration::from_hours(1))).read, [], "what an earlier run left");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_skipped() {
        let out = Folder::new("damaged");
        let since = Since::now(&out.0).unwrap();
        out.put("kv/a/summary.json", "{ \"version\": 1,");
        out.put("kv/b/summary.json", &json().replace("\"version\":1", "\"version\":9"));
        out.put("kv/c/summary.json", &json().replace("\"seeds\":64", "\"seeds\":\"many\""));
        out.put("kv/d/summary.json", &json());
        let all = out.read(since);
        assert_eq!(all.read.len(), 1);
        let named = |i: usize, file: &str, why: &str| {
            let text = &all.skipped[i];
            assert!(text.contains(file) && text.contains(why), "{text}");
        };
        named(0, "kv/a/summary.json: it is no summary: EOF", "column");
        named(
            1,
            "kv/b/summary.json: it is of layout 9, written by tumult 0.1.0, and this command reads",
            "the same version",
        );
        named(2, "kv/c/summary.json: it is damaged: invalid type", "\"many\"");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let out = Folder::new("blocked");
        out.put("file", "");
        let message = Since::now(&out.0.join("file")).unwrap_err().to_string();
        assert!(message.contains("/file: ") && message.contains("set TUMULT_OUT"), "{message}");
    }
}
