//! What a failing case leaves on the real file system: one page, to be opened in a browser, and the run as other tools
//! read it.
//!
//! *Must never* hide the failure: that a page could not be written is a note beside it.

use std::fs;
use std::path::{Path, PathBuf};

use super::subject::Subject;
use super::summary::{Summary, default_out};
use crate::base::{Error, Seed};
use crate::journal::store;
use crate::report::{PageData, RunData, Scene, page};
use crate::sim::{RunOutcome, SimConfig};

/// So many failing seeds of a test keep their pages; a page of a long run has some megabytes.
const KEPT: usize = 8;
/// The page's file, in the folder of its seed.
const PAGE: &str = "report.html";
/// The run for `ShiViz`, and for Perfetto, beside it.
const SHIVIZ: &str = "run.shiviz.txt";
const PERFETTO: &str = "run.perfetto.json";
/// A run of more events is left as a page alone: those tools would not open it.
const EXPORTED: usize = 200_000;

/// The folder of a test's artifacts below `out`, or below the target folder where none is set.
pub(super) fn folder(subject: &Subject, out: Option<&Path>) -> PathBuf {
    let exe = std::env::current_exe().ok();
    let out = out.map_or_else(|| default_out(exe.as_deref(), &subject.manifest_dir), Path::to_path_buf);
    Summary::path(&out, &subject.package, &subject.path).parent().expect("it is joined").to_owned()
}

/// Writes the page of a failing case below its test's folder; gives its path. `None` where nothing was recorded.
///
/// # Errors
/// When the file system refuses, naming the path.
pub(super) fn leave(
    folder: &Path,
    subject: &Subject,
    config: &SimConfig,
    text: &str,
    runs: &[(&str, &RunOutcome)],
) -> Result<Option<PathBuf>, Error> {
    let recorded = runs.iter().filter(|(_, run)| run.recording.is_some());
    let first = recorded.clone().next();
    let scene =
        first.and_then(|(_, run)| Some(Scene { recording: run.recording.as_ref()?, names: &run.process_names }));
    let exported = scene.filter(|scene| scene.recording.len() <= EXPORTED);
    let runs: Vec<RunData> =
        recorded.map(|(label, run)| RunData::of(*label, run, config.epoch_ns, runs.len())).collect();
    if runs.is_empty() {
        return Ok(None);
    }
    let page = page(&PageData { title: subject.path.clone(), text: text.to_owned(), runs });
    let path = write(folder, config.seed, &page)?;
    if let Some(scene) = exported {
        store::replace(&path.with_file_name(SHIVIZ), scene.shiviz().as_bytes())?;
        store::replace(&path.with_file_name(PERFETTO), scene.perfetto().as_bytes())?;
    }
    Ok(Some(path))
}

/// Writes the page of a seed; gives its path.
fn write(folder: &Path, seed: Seed, page: &str) -> Result<PathBuf, Error> {
    let path = folder.join(format!("{:08x}", seed.0)).join(PAGE);
    store::replace(&path, page.as_bytes())?;
    thin_out(folder, &path);
    Ok(path)
}

/// Removes the oldest pages but for some. What cannot be removed stays: it does no harm.
fn thin_out(folder: &Path, newest: &Path) {
    let pages = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| {
        let path = entry.ok()?.path().join(PAGE);
        let written = fs::metadata(&path).and_then(|about| about.modified()).ok()?;
        (path != newest).then_some((written, path))
    });
    let mut pages: Vec<_> = pages.collect();
    pages.sort();
    let surplus = (pages.len() + 1).saturating_sub(KEPT);
    for (_, page) in &pages[..surplus] {
        for file in [PAGE, SHIVIZ, PERFETTO] {
            let _ = fs::remove_file(page.with_file_name(file));
        }
        // Only when nothing else is in it.
        let _ = page.parent().map(fs::remove_dir);
    }
}

/// A page's path from the folder of its test, in which the summary is.
pub(super) fn beside_summary(page: &Path) -> Option<String> {
    let folder = page.parent()?.file_name()?.to_str()?;
    Some(format!("{folder}/{PAGE}"))
}

/// The path as it is shorter to read from here.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_left_by_its_seed_and_the_oldest_go() {
        let folder = std::env::temp_dir().join(format!("tumult-pages-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let mut last = PathBuf::new();
        for seed in 0..20 {
            last = write(&folder, Seed(seed), "page").unwrap();
        }
        assert_eq!(last, folder.join("00000013").join("report.html"));
        assert_eq!(fs::read_to_string(&last).unwrap(), "page");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), KEPT);
        fs::write(folder.join("summary.json"), "").unwrap();
        write(&folder, Seed(99), "page").unwrap();
        assert!(folder.join("summary.json").exists(), "what is no page is left alone");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = std::env::temp_dir().join(format!("tumult-page-file-{}", std::process::id()));
        fs::write(&file, "").unwrap();
        let error = write(&file, Seed(1), "page").unwrap_err();
        assert!(error.is_io() && error.to_string().contains("report.html"), "{error}");
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_failing_case_leaves_its_run_for_other_tools() {
        let folder = std::env::temp_dir().join(format!("tumult-exports-{}", std::process::id()));
        let found = crate::search::Search::new("leaves its run").seeds(1).out(&folder).run(|sim| {
            sim.primary("p", || async { panic!("planted") });
            sim.run();
        });
        let beside = |name| fs::read_to_string(found.page().unwrap().with_file_name(name)).unwrap();
        let events: serde_json::Value = serde_json::from_str(&beside(PERFETTO)).unwrap();
        assert!(events["traceEvents"].as_array().is_some_and(|all| !all.is_empty()), "{events}");
        assert!(beside(SHIVIZ).contains("\np {\"p\":1}"), "{}", beside(SHIVIZ));
        fs::remove_dir_all(folder).unwrap();
    }
}
