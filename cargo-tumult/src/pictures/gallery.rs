//! Which pictures a history gives: of each test its latest curves, of each system its recoveries, of all predictions what
//! came of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tumult_sim::journal::{Status, Stored};

use super::{Picture, Point, calibration, curves, recoveries, trend};
use crate::error::Error;
use crate::estimates::{Judged, judged};

/// A picture and the name of its file.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// Without a folder.
    pub(crate) file: String,
    pub(crate) picture: Picture,
}

/// The pictures of `runs`, the oldest of which is the first; `out` is the folder of artifacts.
///
/// # Errors
/// When one cannot be drawn, naming it.
pub(crate) fn gallery(runs: &[Stored], out: &Path) -> Result<Vec<Named>, Error> {
    let mut all = vec![];
    let predictions: Vec<Judged> = judged(runs).into_iter().map(|(_, judged)| judged).collect();
    if predictions.iter().any(|p| p.confidence.is_some()) {
        all.push(Named { file: "calibration.svg".into(), picture: calibration(&predictions)? });
    }
    if predictions.iter().any(|p| p.recovery_s.is_some()) {
        all.push(Named { file: "recovery.svg".into(), picture: recoveries(&predictions)? });
    }
    for (target, said, points) in histories(runs) {
        all.push(Named { file: format!("trend-{}.svg", word(&target)), picture: trend(&target, &said, &points)? });
    }
    for (test, run) in latest(runs, out) {
        for picture in curves(&run.journal)? {
            let file = format!("curve-{}-{}.svg", word(&test), word(&picture.title));
            all.push(Named { file, picture });
        }
    }
    apart(&mut all);
    Ok(all)
}

/// Of each system with two completed runs or more: how that is called, and its recoveries.
fn histories(runs: &[Stored]) -> Vec<(String, String, Vec<Point>)> {
    let mut of = BTreeMap::<&str, Vec<&Stored>>::new();
    for run in runs.iter().filter(|run| run.journal.status == Status::Completed) {
        if let Some(target) = &run.run.target {
            of.entry(target).or_default().push(run);
        }
    }
    let many = of.into_iter().filter(|(_, runs)| runs.len() > 1);
    many.map(|(target, runs)| {
        let said = runs.last().and_then(|run| run.run.trend_direction);
        let points = runs.iter().zip(1..).map(|(run, n)| Point {
            run: n,
            recovery_s: run.journal.post.as_ref().and_then(|p| p.recovery_duration_s),
        });
        (target.to_owned(), said.map_or_else(String::new, |t| t.to_string()), points.collect())
    })
    .collect()
}

/// The latest run of each test that has samples; a test is the folder that its runs are in.
fn latest<'a>(runs: &'a [Stored], out: &Path) -> BTreeMap<String, &'a Stored> {
    let with_samples = runs.iter().filter(|run| run.journal.samples.is_some());
    with_samples.map(|run| (test_of(&run.folder, out), run)).collect()
}

fn test_of(folder: &Path, out: &Path) -> String {
    let inner = folder.strip_prefix(out).unwrap_or(folder);
    let names = inner.components().map(|c| c.as_os_str().to_string_lossy().into_owned());
    names.take(2).collect::<Vec<_>>().join("-")
}

/// So many letters of a text at the most: file systems refuse names of more than 255.
const LETTERS: usize = 60;

/// Letters, digits and dashes of a text, as the name of a file.
fn word(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-").chars().take(LETTERS).collect()
}

/// Names that several pictures have are told apart by a number.
fn apart(pictures: &mut [Named]) {
    let mut taken = BTreeSet::new();
    for named in pictures {
        let stem = named.file.trim_end_matches(".svg").to_owned();
        let mut n = 1;
        while !taken.insert(named.file.clone()) {
            n += 1;
            named.file = format!("{stem}-{n}.svg");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_name_of_a_file() {
        assert_eq!(word("tumult-tests: /../ Broker «loss» 7"), "tumult-tests-broker-loss-7");
        assert_eq!(word(&"a".repeat(1000)).len(), LETTERS);
    }

    #[test]
    fn pictures_of_one_name_are_told_apart() {
        let picture = Picture { title: String::new(), svg: String::new() };
        let mut all = vec![Named { file: "a.svg".into(), picture: picture.clone() }; 3];
        apart(&mut all);
        let names: Vec<&str> = all.iter().map(|named| &*named.file).collect();
        assert_eq!(names, ["a.svg", "a-2.svg", "a-3.svg"]);
    }

    #[test]
    fn a_test_is_its_package_and_its_name() {
        let out = Path::new("/t");
        assert_eq!(test_of(Path::new("/t/lab/fm_001-repro/runs/000001"), out), "lab-fm_001-repro");
    }
}
