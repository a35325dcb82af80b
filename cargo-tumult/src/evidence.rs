//! `cargo tumult evidence`: what the runs that were kept are evidence for, for those who audit; and whether a report still
//! is of the journals that lie here.
//!
//! A report holds the SHA-256 of each journal's file. *Must never* call a report verified of which a journal is missing,
//! differs, or cannot be read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use askama::Template as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tumult_sim::journal::{History, Stored, history};

use crate::args::{Evidence, Format};
use crate::error::Error;
use crate::frameworks::{Framework, is_evidence};
use crate::human::date;
use crate::workspace;

/// A report, in each of its formats.
#[derive(Debug, Serialize, Deserialize, askama::Template)]
#[template(path = "evidence.html")]
struct Report {
    framework: String,
    /// The folder that paths are from.
    folder: PathBuf,
    /// Those without evidence first.
    requirements: Vec<Requirement>,
    /// What could not be read.
    #[serde(default)]
    skipped: Vec<String>,
}

/// The same as Markdown.
#[derive(Debug, askama::Template)]
#[template(path = "evidence.md")]
struct Markdown<'a>(&'a Report);

#[derive(Debug, Serialize, Deserialize)]
struct Requirement {
    requirement: String,
    /// What shows it.
    capabilities: String,
    evidence: Vec<Item>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    experiment: String,
    target: String,
    status: String,
    compliance: String,
    score: Option<f64>,
    date: String,
    journal: String,
    sha256: String,
}

impl Item {
    fn score(&self) -> String {
        self.score.map_or_else(String::new, |score| format!("{score:.2}"))
    }
}

/// Writes a report, or verifies one.
pub(crate) fn evidence(args: &Evidence) -> Result<ExitCode, Error> {
    let out = workspace::artifacts()?;
    if let Some(report) = &args.verify {
        return verify(report, &out);
    }
    let framework = args.framework.ok_or_else(|| Error::new("choose: write `--framework DORA`, NIS2 or PCI-DSS"))?;
    let all = history(&out);
    for error in &all.skipped {
        eprintln!("note: skipped: {error}");
    }
    if all.runs.is_empty() {
        return Err(Error::new(format!("find journals in {}: run `cargo tumult run` first", out.display())));
    }
    let report = Report::of(framework, &out, &all)?;
    let text = report.text(args.format)?;
    match &args.output {
        None => print!("{text}"),
        Some(file) => {
            fs::write(file, text).map_err(|e| Error::new(format!("write {}: {e}", file.display())))?;
            println!("{}", file.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Report {
    fn of(framework: Framework, out: &Path, all: &History) -> Result<Self, Error> {
        let items: Vec<Item> = all.runs.iter().map(|stored| item(stored, out)).collect::<Result<_, _>>()?;
        let mut requirements: Vec<Requirement> = framework
            .requirements()
            .iter()
            .map(|(id, capabilities)| {
                let shows = all.runs.iter().zip(&items).filter(|(s, _)| is_evidence(s, framework, id, capabilities));
                Requirement {
                    requirement: (*id).to_owned(),
                    capabilities: capabilities.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", "),
                    evidence: shows.map(|(_, item)| item.clone()).collect(),
                }
            })
            .collect();
        requirements.sort_by_key(|r| !r.evidence.is_empty());
        Ok(Self {
            framework: framework.name().to_owned(),
            folder: out.to_owned(),
            requirements,
            skipped: all.skipped.iter().map(ToString::to_string).collect(),
        })
    }

    fn text(&self, format: Format) -> Result<String, Error> {
        let text = match format {
            Format::Md => Markdown(self).render(),
            Format::Html => self.render(),
            Format::Json => return Ok(serde_json::to_string_pretty(self).expect("it has no maps") + "\n"),
        };
        let text = text.map_err(|e| Error::new(format!("make the report: {e}")))?;
        Ok(text.trim_end().to_owned() + "\n")
    }

    /// The requirements that nothing shows.
    fn without(&self) -> String {
        let names = self.requirements.iter().filter(|r| r.evidence.is_empty()).map(|r| r.requirement.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// Every journal once, with its digest, by path.
    fn digests(&self) -> BTreeMap<&str, &str> {
        let items = self.requirements.iter().flat_map(|r| &r.evidence);
        items.map(|item| (item.journal.as_str(), item.sha256.as_str())).collect()
    }
}

fn item(stored: &Stored, out: &Path) -> Result<Item, Error> {
    let path = stored.journal_path();
    let (journal, analysis) = (&stored.journal, stored.journal.analysis.as_ref());
    Ok(Item {
        experiment: journal.experiment_title.clone(),
        target: journal.target.clone().unwrap_or_default(),
        status: journal.status.to_string(),
        compliance: analysis.and_then(|a| a.compliance).map_or_else(String::new, |c| c.to_string()),
        score: analysis.and_then(|a| a.resilience_score),
        date: date(stored.run.started_at),
        journal: path.strip_prefix(out).unwrap_or(&path).to_string_lossy().into_owned(),
        sha256: digest(&path).map_err(|e| Error::new(format!("read {}: {e}", path.display())))?,
    })
}

/// The SHA-256 of a file, in hexadecimal.
fn digest(path: &Path) -> std::io::Result<String> {
    let digest = Sha256::digest(fs::read(path)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether each journal of a report lies here as it did.
fn verify(report: &Path, out: &Path) -> Result<ExitCode, Error> {
    let text = fs::read_to_string(report).map_err(|e| Error::new(format!("read {}: {e}", report.display())))?;
    let listed = listed(&text);
    if listed.is_empty() {
        return Err(Error::new(format!(
            "verify {}: it lists no journal with its digest; is it a report of `cargo tumult evidence`?",
            report.display()
        )));
    }
    let mut wrong = 0;
    for (journal, expected) in &listed {
        let what = match digest(&out.join(journal)) {
            Ok(found) if found == *expected => continue,
            Ok(found) => format!("tampered with: its digest is {found}, and the report has {expected}"),
            Err(e) => format!("missing: {e}"),
        };
        wrong += 1;
        println!("{journal}: {what}");
    }
    println!("{} of {} journals in {} are as the report has them", listed.len() - wrong, listed.len(), out.display());
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The journals that a report lists with their digests, whatever its format.
fn listed(text: &str) -> BTreeMap<String, String> {
    if let Ok(report) = serde_json::from_str::<Report>(text) {
        return report.digests().into_iter().map(|(journal, digest)| (journal.to_owned(), digest.to_owned())).collect();
    }
    let is_digest = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let line = |line: &str| {
        let (digest, journal) = line.trim().split_once("  ")?;
        is_digest(digest).then(|| (unescaped(journal), digest.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

/// A path that stands in HTML. In Markdown it stands in a block of code, as it is.
fn unescaped(text: &str) -> String {
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&")
}

/// A cell of a table in Markdown.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let item = |journal: &str| Item {
            experiment: "a | b <script>".into(),
            target: "log".into(),
            status: "deviated".into(),
            compliance: "NON-COMPLIANT".into(),
            score: Some(0.5),
            date: "2026-11-22T14:00:00Z".into(),
            journal: journal.into(),
            sha256: "ab".repeat(32),
        };
        let requirement =
            |id: &str, evidence| Requirement { requirement: id.into(), capabilities: "recovery".into(), evidence };
        Report {
            framework: "DORA".into(),
            folder: "/out".into(),
            requirements: vec![
                requirement("Art. 26", vec![]),
                requirement("Art. 11", vec![item("kv/a & b/runs/000001/journal.json"), item("kv/c/journal.json")]),
            ],
            skipped: vec!["failed to read kv/d".into()],
        }
    }

    #[test]
    fn each_format_lists_the_same_journals_and_digests() {
        let expected: BTreeMap<String, String> =
            ["kv/a & b/runs/000001/journal.json", "kv/c/journal.json"].map(|j| (j.to_owned(), "ab".repeat(32))).into();
        for format in [Format::Md, Format::Html, Format::Json] {
            let text = report().text(format).unwrap();
            assert_eq!(listed(&text), expected, "{text}");
            assert!(text.contains("Art. 26") && text.contains("deviated") && text.contains("kv/d"), "{text}");
        }
    }

    #[test]
    fn what_is_missing_comes_first_and_texts_are_escaped() {
        let md = report().text(Format::Md).unwrap();
        assert!(md.contains("Without evidence: Art. 26"), "{md}");
        assert!(md.find("## Art. 26").unwrap() < md.find("## Art. 11").unwrap(), "{md}");
        assert!(md.contains(r"a \| b <script>"), "{md}");
        let html = report().text(Format::Html).unwrap();
        assert!(!html.contains("<script>") && html.contains("Without evidence"), "{html}");
    }

    #[test]
    fn what_is_no_report_lists_nothing() {
        assert!(listed("# a page\nabcd  x\n").is_empty());
    }
}
