//! Tests that run another test of their file in a process of its own.

use std::process::Command;

/// Runs one test of this file in a process of its own; whether it passed, and all it printed.
pub(crate) fn run(test: &str, vars: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored", "--nocapture"]);
    for name in ["CI", "TUMULT_SEED", "TUMULT_SEEDS", "TUMULT_REPLAY", "TUMULT_SHARD", "TUMULT_CHECK"] {
        command.env_remove(name);
    }
    let output = command.envs(vars.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{text}");
    (output.status.success(), text)
}
