//! Files that are whole whenever they are looked at.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;

/// Hidden names with this ending are of files that are being written: no reader of the data set takes them for a part.
const TEMPORARY: &str = "tmp";

/// Puts what `write` writes at `path` in one step, whatever stood there; its folder is made if it is missing.
///
/// # Errors
/// When `write` fails or the file system refuses, naming the path. What stood at `path` is then still there.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut File) -> Result<(), String>) -> Result<(), Error> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let fail = |why: String| Error::at("write", path, why);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|e| fail(e.to_string()))?;
    }
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.{}-{n}.{TEMPORARY}", std::process::id()));
    let mut file = File::create_new(&temporary).map_err(|e| fail(e.to_string()))?;
    let written = write(&mut file).and_then(|()| fs::rename(&temporary, path).map_err(|e| e.to_string()));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(fail)
}

/// Whether it is a file that [`replace`] has not finished.
pub(crate) fn is_temporary(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    hidden && path.extension().is_some_and(|ending| ending == TEMPORARY)
}
