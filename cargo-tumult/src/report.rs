//! `cargo tumult report`: one page of what all tests left behind: what failed and how, what was never reached, and
//! pictures of what experiments measured, which are files of their own as well.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use askama::Template as _;
use tumult_sim::journal;
use tumult_sim::search::{Status, Summary};

use crate::error::Error;
use crate::human::duration;
use crate::pictures::{Named, gallery};
use crate::summaries::{Since, Summaries};
use crate::workspace;

/// The page. Texts of tests are escaped where they are put in.
#[derive(Debug, askama::Template)]
#[template(path = "report.html")]
struct Page {
    tests: Vec<Row>,
    failed: usize,
    seeds: u64,
    virtual_time: String,
    signatures: Vec<Signature>,
    gaps: Vec<Gap>,
    pictures: Vec<Named>,
}

/// The folder of the pictures, below that of the artifacts.
const PICTURES: &str = "pictures";

/// A test.
#[derive(Debug)]
struct Row {
    summary: Summary,
    failed: bool,
    met: String,
    violated: String,
    score: String,
    virtual_time: String,
    wall: String,
    /// The page of its failing run, from this page.
    page: Option<String>,
}

/// Failures that count as the same.
#[derive(Debug)]
struct Signature {
    text: String,
    tests: Vec<(String, Option<String>)>,
}

/// A site that no seed of a package's tests reached.
#[derive(Debug)]
struct Gap {
    package: String,
    line: String,
}

/// Writes the page and says where it is.
pub(crate) fn report() -> Result<ExitCode, Error> {
    let out = workspace::artifacts()?;
    let summaries = Summaries::read(&out, &packages(&out), Since::EVER);
    let history = journal::history(&out);
    for skipped in
        summaries.skipped.iter().map(ToString::to_string).chain(history.skipped.iter().map(ToString::to_string))
    {
        eprintln!("note: skipped {skipped}");
    }
    if summaries.read.is_empty() {
        return Err(Error::new(format!("find what tests left in {}: run `cargo tumult run` first", out.display())));
    }
    let file = out.join("report.html");
    let pictures = gallery(&history.runs, &out)?;
    draw(&out.join(PICTURES), &pictures)?;
    let text =
        Page::of(summaries.read, pictures, &out).render().map_err(|e| Error::new(format!("make the page: {e}")))?;
    fs::write(&file, text).map_err(|e| Error::new(format!("write {}: {e}", file.display())))?;
    println!("{}", file.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes the pictures into their folder, in the place of older ones.
fn draw(folder: &Path, pictures: &[Named]) -> Result<(), Error> {
    let fail = |path: &Path, e: std::io::Error| Error::new(format!("write {}: {e}", path.display()));
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(fail(folder, e)),
        _ if pictures.is_empty() => return Ok(()),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(|e| fail(folder, e))?;
    for named in pictures {
        let path = folder.join(&named.file);
        fs::write(&path, &named.picture.svg).map_err(|e| fail(&path, e))?;
    }
    Ok(())
}

/// The folders below the folder of artifacts: one for each package.
fn packages(out: &Path) -> Vec<String> {
    let entries = fs::read_dir(out).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

impl Page {
    fn of(summaries: Vec<Summary>, pictures: Vec<Named>, out: &Path) -> Self {
        let mut signatures = BTreeMap::<String, Vec<_>>::new();
        let mut gaps = BTreeMap::<(String, String), usize>::new();
        let mut runs = BTreeMap::<String, usize>::new();
        for s in &summaries {
            if let Some(signature) = &s.signature {
                signatures
                    .entry(signature.clone())
                    .or_default()
                    .push((format!("{} {}", s.package, s.test), page(s, out)));
            }
            *runs.entry(s.package.clone()).or_default() += 1;
            for line in &s.gaps {
                *gaps.entry((s.package.clone(), line.clone())).or_default() += 1;
            }
        }
        // One test leaves most sites to the others: a gap is what all of a package leave.
        let gaps = gaps.into_iter().filter(|((package, _), count)| runs.get(package) == Some(count));
        Self {
            failed: summaries.iter().filter(|s| s.status == Status::Failed).count(),
            seeds: summaries.iter().map(|s| s.seeds).sum(),
            virtual_time: duration(Duration::from_nanos(
                summaries.iter().fold(0, |n, s| n.saturating_add(s.virtual_ns)),
            )),
            signatures: signatures.into_iter().map(|(text, tests)| Signature { text, tests }).collect(),
            gaps: gaps.map(|((package, line), _)| Gap { package, line }).collect(),
            pictures,
            tests: summaries.into_iter().map(|s| Row::of(s, out)).collect(),
        }
    }
}

/// The page of a test's failing run, where it is still there.
fn page(s: &Summary, out: &Path) -> Option<String> {
    let path = format!("{}/{}/{}", s.package, s.test.replace("::", "-"), s.page.as_ref()?);
    out.join(&path).is_file().then_some(path)
}

impl Row {
    fn of(summary: Summary, out: &Path) -> Self {
        let violated: Vec<String> = summary.violated.iter().map(|(id, seeds)| format!("{id} in {seeds}")).collect();
        Self {
            failed: summary.status == Status::Failed,
            met: summary.met.map_or_else(String::new, |met| format!("{met} of {}", summary.seeds)),
            violated: violated.join(", "),
            score: summary.score.map_or_else(String::new, |score| format!("{score:.2}")),
            virtual_time: duration(Duration::from_nanos(summary.virtual_ns)),
            wall: duration(Duration::from_millis(summary.wall_ms)),
            page: page(&summary, out),
            summary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::summary;

    #[test]
    fn texts_of_tests_are_escaped_and_gaps_are_those_of_all() {
        let gap = |line: &str| format!("never reached: sometimes!({line:?})");
        let one = Summary {
            status: Status::Failed,
            signature: Some("panic <script>alert(1)</script>".into()),
            gaps: vec![gap("snapshot"), gap("election")],
            ..summary()
        };
        let other = Summary { gaps: vec![gap("snapshot")], ..summary() };
        let page = Page::of(vec![one, other], vec![], Path::new("/nowhere"));
        assert_eq!((page.failed, page.gaps.len(), page.signatures.len()), (1, 1, 1));
        let text = page.render().unwrap();
        assert!(!text.contains("<script>alert"), "{text}");
        assert!(text.contains("snapshot") && !text.contains("election"), "{text}");
        for outside in ["http://", "https://", "src=", "<link"] {
            assert!(!text.contains(outside), "{outside}");
        }
    }
}
