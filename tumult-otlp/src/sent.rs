//! What was sent: a file in the run's folder, with a line for each collector.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::error::Error;

const FILE: &str = "sent-by-otlp";

/// Whether this collector has this run.
pub(crate) fn is_marked(folder: &Path, endpoint: &str) -> bool {
    fs::read_to_string(folder.join(FILE)).is_ok_and(|lines| lines.lines().any(|line| line == endpoint))
}

/// Notes that it has it.
///
/// # Errors
/// When the file system refuses, naming the path.
pub(crate) fn mark(folder: &Path, endpoint: &str) -> Result<(), Error> {
    let path = folder.join(FILE);
    let opened = fs::OpenOptions::new().create(true).append(true).open(&path);
    let written = opened.and_then(|mut file| file.write_all(format!("{endpoint}\n").as_bytes()));
    written.map_err(|e| Error::new(format!("write `{}`: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_collector_has_its_own_mark() {
        let folder = tempfile::tempdir().unwrap();
        mark(folder.path(), "http://a:1").unwrap();
        mark(folder.path(), "http://b:1").unwrap();
        assert!(is_marked(folder.path(), "http://a:1") && is_marked(folder.path(), "http://b:1"));
        assert!(!is_marked(folder.path(), "http://b"));
    }
}
