//! How long the trend query takes on 100,000 journals, as people run it: `cargo bench -p tumult-query`.
//!
//! The time is that of the whole command: it looks for journals that are new, of which there are none after the first
//! time, and answers. `-- N` takes another number of journals.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/query/fixture.rs"]
mod fixture;

fn main() {
    let number = std::env::args().skip(1).find_map(|arg| arg.replace('_', "").parse().ok()).unwrap_or(100_000);
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journals");
    let _ = fs::remove_dir_all(&out);
    let today = fixture::today();
    let runs = fixture::runs();
    for n in 0..number {
        // As many folders in each as a package has tests.
        let folder = out.join(format!("package-{}", n / 100)).join(format!("run-{n}"));
        runs[n % runs.len()].leave(&folder, n, today);
    }
    println!("{number} journals:");
    println!("{:8.2} s  first time, which converts them", trend(&out));
    let mut times: Vec<f64> = (0..5).map(|_| trend(&out)).collect();
    times.sort_by(f64::total_cmp);
    println!("{:8.2} s  recovery-trend after that, the median of five ({:.2} to {:.2})", times[2], times[0], times[4]);
    fs::remove_dir_all(out).expect("the folder is ours");
}

/// The seconds that the command takes.
fn trend(out: &Path) -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-tumult-query"));
    command.args(["--named", "recovery-trend"]).env("TUMULT_OUT", out).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    assert!(command.status().expect("the command is built").success());
    begun.elapsed().as_secs_f64()
}
