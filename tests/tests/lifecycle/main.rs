//! The lifecycle of experiments on real simulated systems: journals as they are kept, byte for byte, and what they say.

mod figures;
mod kept;
mod snapshots;
mod systems;

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use tumult_sim::journal::{self, Journal};

/// The systems' runs, made by a process of its own, with the folder that it left them in and what it printed.
struct Runs {
    out: tempfile::TempDir,
    said: String,
}

static RUNS: LazyLock<Runs> = LazyLock::new(|| {
    let out = tempfile::tempdir().unwrap();
    let said = run(&["systems::"], &[("TUMULT_OUT", out.path().to_str().unwrap())]);
    Runs { out, said }
});

/// Runs tests of this file in a process of its own; all it printed.
fn run(tests: &[&str], vars: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(tests).args(["--include-ignored", "--nocapture", "--test-threads=2"]);
    for name in ["CI", "TUMULT_SEED", "TUMULT_SEEDS", "TUMULT_REPLAY", "TUMULT_SHARD", "TUMULT_CHECK", "TUMULT_LOG"] {
        command.env_remove(name);
    }
    let output = command.envs(vars.iter().copied()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The folder of a system's run.
fn folder(system: &str) -> PathBuf {
    let folder = RUNS.out.path().join("tumult-tests").join(format!("systems-{system}")).join("runs/000001");
    assert!(folder.is_dir(), "{system} left no journal:\n{}", RUNS.said);
    folder
}

/// The journal of a system's run.
fn journal(system: &str) -> Journal {
    journal::read(&folder(system)).unwrap()
}
