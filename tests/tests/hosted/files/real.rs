//! What a hosted program sees of the real file system, and what not.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::threads::alone;

#[test]
fn the_real_file_system_is_not_there() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(Path::new(manifest).exists());
    let (seen, _) = alone(1, move || {
        let there = [manifest, "/etc/passwd", "/etc/hostname", "/home", "/proc/cpuinfo", "/sys", "/proc/self/cgroup"];
        let there: Vec<_> = there.iter().filter(|path| Path::new(path).exists()).collect();
        (format!("{there:?}"), names("/"))
    });
    assert_eq!(seen, ("[]".into(), vec!["tmp".into()]));
}

#[test]
fn what_a_program_writes_stays_in_the_simulation() {
    let path = std::env::temp_dir().join("tumult-must-not-be-written");
    let inside = path.clone();
    let (found, _) = alone(1, move || {
        fs::create_dir_all(inside.parent().unwrap()).unwrap();
        fs::write(&inside, "x").unwrap();
        fs::read_to_string(&inside).unwrap()
    });
    assert_eq!(found, "x");
    assert!(!path.exists());
}

#[test]
fn the_program_itself_is_read_and_not_written() {
    let real = fs::metadata(std::env::current_exe().unwrap()).unwrap().len();
    let (seen, _) = alone(1, || {
        let path = std::env::current_exe().unwrap();
        let mut magic = [0; 4];
        File::open(&path).unwrap().read_exact(&mut magic).unwrap();
        let refused = fs::write(&path, "x").unwrap_err().kind();
        let mapped = File::open("/proc/self/exe").unwrap().metadata().unwrap().len();
        (magic, refused, mapped, fs::remove_file(&path).unwrap_err().kind())
    });
    let refused = ErrorKind::ReadOnlyFilesystem;
    assert_eq!(seen, (*b"\x7fELF", refused, real, refused));
}

#[test]
fn certificates_are_the_real_ones_where_there_are_any() {
    let directory = "/etc/ssl";
    let real: Option<Vec<String>> = Path::new(directory).exists().then(|| names(directory));
    let (seen, _) = alone(1, move || {
        let made = fs::write(format!("{directory}/x"), "x").map_err(|e| e.kind());
        (Path::new(directory).exists().then(|| names(directory)), made)
    });
    assert_eq!(seen, (real, Err(ErrorKind::ReadOnlyFilesystem)));
}

fn names(directory: impl AsRef<Path>) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_current_directory_is_each_processs_own() {
    let before = std::env::current_dir().unwrap();
    let (seen, _) = alone(1, || {
        let first = std::env::current_dir().unwrap();
        fs::create_dir_all("/a/b").unwrap();
        std::env::set_current_dir("a").unwrap();
        fs::write("file", "x").unwrap();
        std::env::set_current_dir("b").unwrap();
        let there = std::env::current_dir().unwrap();
        fs::rename("/a", "/c").unwrap();
        let moved = std::env::current_dir().unwrap();
        let found = fs::read_to_string("../file").unwrap();
        let missing = std::env::set_current_dir("/none").unwrap_err().kind();
        let file = std::env::set_current_dir("/c/file").unwrap_err().kind();
        std::env::set_current_dir("/").unwrap();
        fs::remove_dir_all("/c").unwrap();
        ([first, there, moved], found, missing, file)
    });
    let paths = ["/", "/a/b", "/c/b"].map(PathBuf::from);
    assert_eq!(seen, (paths, "x".into(), ErrorKind::NotFound, ErrorKind::NotADirectory));
    assert_eq!(std::env::current_dir().unwrap(), before);
}

#[test]
fn random_devices_are_drawn_from_the_seed() {
    let draw = |seed| {
        alone(seed, || {
            let mut bytes = [0; 16];
            File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
            bytes
        })
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1).0, draw(2).0);
}

#[test]
fn open_descriptors_are_found_below_proc() {
    use std::os::fd::AsRawFd;
    let (seen, _) = alone(1, || {
        let file = File::create("/tmp/file").unwrap();
        let link = format!("/proc/self/fd/{}", file.as_raw_fd());
        let before = fs::read_link(&link).unwrap();
        fs::rename("/tmp/file", "/tmp/other").unwrap();
        (before, fs::read_link(&link).unwrap(), File::open(&link).is_ok())
    });
    assert_eq!(seen, ("/tmp/file".into(), "/tmp/other".into(), true));
}
