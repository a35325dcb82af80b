//! The receiver of `examples/receiver.rs`, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value;

/// Killed when it is dropped.
pub(crate) struct Receiver {
    child: Child,
    /// Reads all the while: a full pipe would stop the receiver.
    lines: Option<JoinHandle<Vec<String>>>,
    port: u16,
}

impl Receiver {
    pub(crate) fn start(protocol: &str) -> Self {
        let mut child = Command::new(program())
            .arg(protocol)
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo builds examples for tests");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        let lines = thread::spawn(|| lines.lines().map(Result::unwrap).collect());
        Self { child, lines: Some(lines), port: port.trim().parse().expect("its first line is its port") }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All it took: paths and requests. A request is printed before it is answered.
    pub(crate) fn stop(mut self) -> Vec<(String, Value)> {
        self.child.kill().unwrap();
        let lines = self.lines.take().expect("it is stopped once").join().unwrap();
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Beside the folder of this test's program.
fn program() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let folder = this.ancestors().nth(2).expect("it is in deps, in the folder of the profile");
    folder.join("examples/receiver").with_extension(std::env::consts::EXE_EXTENSION)
}
