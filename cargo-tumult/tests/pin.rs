//! `cargo tumult pin`, as people run it, on the planted test of this file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::fault::Fault;
use tumult_sim::search::Regressions;
use tumult_sim::time::sleep;

/// Set: the defect is there.
const DEFECT: &str = "TUMULT_TEST_DEFECT";

#[tumult_sim::test(seeds = 3)]
fn planted(sim: &mut Sim) {
    let defect = std::env::var_os(DEFECT).is_some();
    let worker = sim.primary("worker", move || async move {
        let begun = tumult_sim::time::Instant::now();
        sleep(Duration::from_millis(50)).await;
        assert!(!defect || begun.elapsed() < Duration::from_millis(100), "the lease ran out");
    });
    let idle = sim.process("idle", || sleep(Duration::from_secs(9)));
    sim.at(Duration::from_millis(10), Fault::pause(worker).lasting(Duration::from_millis(200)));
    sim.at(Duration::from_millis(20), Fault::pause(idle).lasting(Duration::from_millis(200)));
    sim.run();
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    /// A command that finds pinned runs and leaves artifacts here.
    fn command(&self, program: &str, defect: bool) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TUMULT_")) {
            command.env_remove(name);
        }
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command.env("TUMULT_OUT", self.0.join("out")).env("TUMULT_REGRESSIONS", &self.0);
        command.envs(defect.then_some((DEFECT, "1")));
        command
    }

    /// Runs the planted test in a process of its own; whether it passed, and what it printed.
    fn test(&self, defect: bool) -> (bool, String) {
        let this = std::env::current_exe().unwrap();
        let mut command = self.command(this.to_str().unwrap(), defect);
        said(command.args(["--exact", "planted", "--nocapture"]))
    }

    fn pin(&self, token: &str, defect: bool) -> (bool, String) {
        let mut command = self.command(env!("CARGO_BIN_EXE_cargo-tumult"), defect);
        said(command.args(["tumult", "pin", token]))
    }

    fn pinned(&self) -> PathBuf {
        let folder = Regressions::folder(Path::new("/"), "cargo-tumult", Some(self.0.as_os_str()));
        Regressions::read(&folder, "cargo-tumult::pin::planted").unwrap().path().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn said(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{text}");
    (output.status.success(), text)
}

#[test]
fn a_failing_run_is_pinned_once_with_what_failed_and_why() {
    let folder = Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pin-{}", std::process::id())));
    let (passed, report) = folder.test(true);
    let token = report.lines().find_map(|line| line.strip_prefix(" PIN     cargo tumult pin ")).expect("a PIN line");
    let token = token.split(' ').next().unwrap();
    assert!(!passed);

    // What holds is not pinned.
    let (done, text) = folder.pin(token, false);
    assert!(!done && text.contains("error: failed to pin: planted passes with this run"), "{text}");
    assert!(!folder.pinned().exists());

    let (done, text) = folder.pin(token, true);
    assert!(done && text.contains("pinned in ") && text.contains("pin__planted.txt:"), "{text}");
    let file = fs::read_to_string(folder.pinned()).unwrap();
    for part in [
        "# Runs of cargo-tumult::pin::planted that failed once.\n",
        "\n# SEED    0x",
        "\n# WHAT    worker panicked: the lease ran out",
        "\n# WHY     1 fault of 1, 1 process of 2 ",
        "\n# PLAN    f1 at ",
        " pause worker",
        &format!("\n{token}\n"),
    ] {
        assert!(file.contains(part), "`{part}` is not in\n{file}");
    }
    assert!(!file.contains("pause idle"), "{file}");

    let (done, text) = folder.pin(token, true);
    assert!(done && text.contains("has this run already"), "{text}");
    assert_eq!(fs::read_to_string(folder.pinned()).unwrap(), file);

    let (passed, text) = folder.test(true);
    assert!(!passed && text.contains(", pinned in ") && text.contains("the lease ran out"), "{text}");
    let (passed, text) = folder.test(false);
    assert!(passed && text.contains("held: "), "{text}");
}

#[test]
fn what_cannot_be_pinned_is_refused() {
    let folder = Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pin-refused-{}", std::process::id())));
    for (token, why) in [
        ("tm1:AAEC", "the token is damaged"),
        ("tm1:KgUwLjEuMBtrdjo6a3Y6OnRlc3RzOjpsaW5lYXJpemFibGU6H-1eAAAAAKqtjlA", "package `kv`, which is not here"),
    ] {
        let (done, text) = folder.pin(token, true);
        assert!(!done && text.contains(why), "{text}");
    }
}
