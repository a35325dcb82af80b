//! `cargo tumult evidence` and `estimates`, as people run them, on the experiments of this file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use tumult_sim::Experiment;
use tumult_sim::fault::Fault;
use tumult_sim::net::rpc;
use tumult_sim::phase::{Estimate, Unit};
use tumult_sim::time::sleep;

const S: fn(u64) -> Duration = Duration::from_secs;

/// A server that counts the answers of its peer, watched from outside. What goes wrong is up to its caller.
fn counts(x: &mut Experiment<'_>) -> tumult_sim::Process {
    let beats = x.observe("beats", 0_u64);
    let read = beats.clone();
    x.process("peer", || async { rpc::Server::<u64, u64>::bind(80).await?.serve(|n, _from| async move { n }).await });
    let server = x.process("server", move || {
        let beats = beats.clone();
        async move {
            let peer = rpc::Client::<u64, u64>::connect("peer:80").await.unwrap();
            loop {
                sleep(Duration::from_millis(50)).await;
                if peer.call(&7, Duration::from_millis(20)).await.is_ok() {
                    beats.update(|n| *n += 1);
                }
            }
        }
    });
    let last = std::cell::Cell::new(0);
    let alive = move || Some(if last.replace(read.get()) < read.get() { 1.0 } else { 0.0 });
    x.probe("alive", Unit::Ratio, Duration::from_millis(100), alive).availability(0.0);
    x.target("counter").tag("team", "core").baseline(S(5)).during(S(5));
    server
}

#[tumult_sim::experiment(seeds = 1)]
fn a_pause(x: &mut Experiment<'_>) {
    let server = counts(x);
    x.estimate(Estimate::no_impact().confidence(0.9));
    x.regulatory("DORA", "Art. 26");
    x.trigger(Fault::pause(server).at(S(1)));
}

#[tumult_sim::experiment(seeds = 1)]
fn an_isolation(x: &mut Experiment<'_>) {
    let server = counts(x);
    x.estimate(Estimate::full_outage().confidence(0.9));
    x.trigger(Fault::isolate(server).at(S(1)));
}

/// A folder that goes with the test, in which the experiments have run.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id())));
        for test in ["a_pause", "an_isolation"] {
            let mut command = Command::new(std::env::current_exe().unwrap());
            let ran = command.args(["--exact", test]).env("TUMULT_OUT", &folder.0).output().unwrap();
            assert!(ran.status.success(), "{ran:?}");
        }
        folder
    }

    fn tumult(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-tumult"));
        let Output { status, stdout, stderr } =
            command.arg("tumult").args(arguments).env("TUMULT_OUT", &self.0).output().unwrap();
        (status.success(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
    }

    fn journal(&self, test: &str) -> PathBuf {
        self.0.join("cargo-tumult").join(test).join("runs/000001/journal.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn evidence_is_listed_by_requirement_and_what_is_missing_comes_first() {
    let folder = Folder::new("evidence-listed");
    let (done, dora) = folder.tumult(&["evidence", "--framework", "DORA"]);
    assert!(done, "{dora}");
    // Nothing looks at data, but recovery is measured, and that is evidence for the same article.
    assert!(dora.contains("Every requirement has evidence"), "{dora}");
    let section = |text: &str, id: &str| {
        let from = text.split(&format!("## {id}\n")).nth(1).unwrap_or_else(|| panic!("{id} is not in {text}"));
        from.split("\n## ").next().unwrap().to_owned()
    };
    assert!(section(&dora, "Art. 26").contains("a pause") && !section(&dora, "Art. 26").contains("an isolation"));
    assert!(section(&dora, "Art. 25").contains("a pause") && section(&dora, "Art. 25").contains("an isolation"));
    assert!(section(&dora, "Art. 25").contains("completed"), "{dora}");

    let (_, pci) = folder.tumult(&["evidence", "--framework", "pci-dss"]);
    assert!(pci.contains("Without evidence: 11.4."), "{pci}");
    assert!(pci.find("## 11.4\n").unwrap() < pci.find("## 10.7\n").unwrap(), "{pci}");
    let parts = section(&pci, "11.4.5");
    assert!(parts.contains("an isolation") && !parts.contains("a pause"), "{pci}");
}

#[test]
fn a_report_is_verified_and_what_was_tampered_with_or_is_missing_is_named() {
    let folder = Folder::new("evidence-verified");
    let (pause, isolation) = (folder.journal("a_pause"), folder.journal("an_isolation"));
    for format in ["md", "html", "json"] {
        let file = folder.0.join(format!("report.{format}"));
        let file = file.to_str().unwrap();
        let (done, said) = folder.tumult(&["evidence", "--framework", "NIS2", "--format", format, "--output", file]);
        assert!(done && said.contains(file), "{said}");
        let (whole, said) = folder.tumult(&["evidence", "--verify", file]);
        assert!(whole && said.contains("2 of 2 journals"), "{said}");

        let good = fs::read_to_string(&pause).unwrap();
        fs::write(&pause, good.replacen("\"met\": true", "\"met\": null", 1)).unwrap();
        let (whole, said) = folder.tumult(&["evidence", "--verify", file]);
        assert!(!whole && said.contains("a_pause/runs/000001/journal.json: tampered with"), "{said}");
        assert!(said.contains("1 of 2 journals") && !said.contains("an_isolation"), "{said}");
        fs::write(&pause, good).unwrap();

        let away = isolation.with_extension("away");
        fs::rename(&isolation, &away).unwrap();
        let (whole, said) = folder.tumult(&["evidence", "--verify", file]);
        assert!(!whole && said.contains("an_isolation/runs/000001/journal.json: missing"), "{said}");
        fs::rename(&away, &isolation).unwrap();
    }
    let (done, said) = folder.tumult(&["evidence", "--verify", pause.to_str().unwrap()]);
    assert!(!done && said.contains("lists no journal with its digest"), "{said}");
}

#[test]
fn a_damaged_journal_is_named_and_the_others_are_listed() {
    let folder = Folder::new("evidence-damaged");
    fs::write(folder.journal("a_pause"), "{").unwrap();
    let (done, said) = folder.tumult(&["evidence", "--framework", "DORA"]);
    assert!(done && said.contains("note: skipped: failed to read the journal") && said.contains("a_pause"), "{said}");
    assert!(said.contains("an isolation") && said.contains("## Not read"), "{said}");
    let (done, said) = Folder(folder.0.join("nowhere")).tumult(&["evidence", "--framework", "DORA"]);
    assert!(!done && said.contains("find journals in"), "{said}");
}

#[test]
fn estimates_are_compared_with_what_happened() {
    let folder = Folder::new("estimates");
    let (done, said) = folder.tumult(&["estimates"]);
    assert!(done, "{said}");
    for line in ["team", "core", "target", "counter", "failure mode", "a pause", "80 to 100 %"] {
        assert!(said.contains(line), "`{line}` is not in:\n{said}");
    }
    // One of two came as it was said; the pause came worse.
    let core = said.lines().find(|l| l.starts_with("core")).unwrap();
    assert!(core.contains(" 50 %") && core.contains("over-estimates resilience"), "{core}");
    let (done, said) = Folder(folder.0.join("nowhere")).tumult(&["estimates"]);
    assert!(!done && said.contains("find estimates in"), "{said}");
}
