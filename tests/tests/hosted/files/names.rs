//! Names of files: directories, moves, links, metadata, the current directory.

use std::ffi::{CStr, CString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::arms::{Log, c, cases, os};

cases![
    directories,
    directories_that_are_not_empty,
    entries,
    removals,
    moves,
    moves_of_directories,
    moves_without_replacement,
    hard_links,
    symbolic_links_are_refused_or_read,
    metadata,
    permissions,
    times,
    access,
    relative_to_a_directory,
    a_directory_that_is_moved_while_it_is_open,
    paths_with_dots,
    canonical_paths,
    a_removed_directory,
    streams_of_directories,
    temporary_names,
    names_that_are_not_utf8,
    room,
];

fn list(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn directories(dir: &Path, log: &mut Log) {
    log.seen(fs::create_dir(dir.join("a")));
    log.seen(fs::create_dir(dir.join("a")));
    log.seen(fs::create_dir(dir.join("b/c")));
    log.seen(fs::create_dir_all(dir.join("b/c/d")));
    log.seen(fs::create_dir_all(dir.join("b/c/d")));
    fs::write(dir.join("file"), "").unwrap();
    log.seen(fs::create_dir(dir.join("file")));
    log.seen(fs::create_dir(dir.join("file/a")));
    log.seen(fs::create_dir_all(dir.join("file/a")));
    log.note(list(dir));
    log.note(dir.join("b/c/d").is_dir());
}

fn directories_that_are_not_empty(dir: &Path, log: &mut Log) {
    fs::create_dir_all(dir.join("a/b")).unwrap();
    fs::write(dir.join("a/b/file"), "x").unwrap();
    log.seen(fs::remove_dir(dir.join("a")));
    log.seen(fs::remove_dir(dir.join("a/b/file")));
    log.seen(fs::remove_dir(dir.join("none")));
    log.seen(fs::remove_dir(dir.join("a/.")));
    log.seen(fs::remove_dir(dir.join("a/b/..")));
    log.seen(fs::remove_dir_all(dir.join("a")));
    log.seen(fs::remove_dir_all(dir.join("a")));
    log.note(list(dir));
}

fn entries(dir: &Path, log: &mut Log) {
    fs::create_dir(dir.join("sub")).unwrap();
    fs::write(dir.join("file"), "hello").unwrap();
    let mut found: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let (kind, metadata) = (entry.file_type().unwrap(), entry.metadata().unwrap());
            let len = metadata.is_file().then_some(metadata.len());
            (entry.file_name(), entry.path(), kind.is_dir(), kind.is_file(), len)
        })
        .collect();
    found.sort();
    log.note(found);
    log.seen(fs::read_dir(dir.join("none")).map(drop));
    log.seen(fs::read_dir(dir.join("file")).map(drop));
}

fn removals(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "hello").unwrap();
    log.seen(fs::remove_file(dir.join("file")));
    log.seen(fs::remove_file(dir.join("file")));
    log.seen(fs::remove_file(dir));
    log.seen(fs::remove_file(dir.join("none/file")));
    // SAFETY: the paths end with zeros.
    unsafe {
        fs::create_dir(dir.join("sub")).unwrap();
        log.seen(os(libc::remove(c(&dir.join("sub")).as_ptr()) as isize));
        log.seen(os(libc::remove(c(&dir.join("sub")).as_ptr()) as isize));
    }
}

fn moves(dir: &Path, log: &mut Log) {
    let path = |name: &str| dir.join(name);
    fs::write(path("a"), "a").unwrap();
    fs::write(path("b"), "b").unwrap();
    log.seen(fs::rename(path("a"), path("b")));
    log.seen(fs::read_to_string(path("b")));
    log.seen(fs::rename(path("a"), path("c")));
    log.seen(fs::rename(path("b"), path("b")));
    log.seen(fs::rename(path("b"), path("none/b")));
    fs::create_dir(path("sub")).unwrap();
    log.seen(fs::rename(path("b"), path("sub")));
    log.seen(fs::rename(path("sub"), path("b")));
    log.seen(fs::rename(path("b"), path("sub/b")));
    log.note((list(dir), list(&path("sub"))));
}

fn moves_of_directories(dir: &Path, log: &mut Log) {
    let path = |name: &str| dir.join(name);
    fs::create_dir_all(path("a/b")).unwrap();
    fs::create_dir(path("empty")).unwrap();
    fs::create_dir_all(path("full/x")).unwrap();
    log.seen(fs::rename(path("a"), path("a/b/c")));
    log.seen(fs::rename(path("a"), path("full")));
    log.seen(fs::rename(path("a"), path("empty")));
    log.note(list(&path("empty")));
    log.note(list(dir));
}

fn moves_without_replacement(dir: &Path, log: &mut Log) {
    fs::write(dir.join("a"), "a").unwrap();
    fs::write(dir.join("b"), "b").unwrap();
    let rename = |from: &str, to: &str, flags| {
        let (from, to) = (c(&dir.join(from)), c(&dir.join(to)));
        // SAFETY: the paths end with zeros.
        os(unsafe { libc::renameat2(libc::AT_FDCWD, from.as_ptr(), libc::AT_FDCWD, to.as_ptr(), flags) } as isize)
    };
    log.seen(rename("a", "b", libc::RENAME_NOREPLACE));
    log.seen(rename("a", "c", libc::RENAME_NOREPLACE));
    log.seen(rename("none", "b", libc::RENAME_NOREPLACE));
    log.seen(rename("c", "b", 0));
    log.seen(rename("b", "d", 1 << 20));
    log.note(list(dir));
}

fn hard_links(dir: &Path, log: &mut Log) {
    let path = |name: &str| dir.join(name);
    fs::write(path("a"), "a").unwrap();
    log.seen(fs::hard_link(path("a"), path("b")));
    log.seen(fs::hard_link(path("a"), path("b")));
    log.seen(fs::hard_link(path("none"), path("c")));
    log.seen(fs::hard_link(dir, path("c")));
    let (a, b) = (fs::metadata(path("a")).unwrap(), fs::metadata(path("b")).unwrap());
    log.note((a.nlink(), a.ino() == b.ino()));
    fs::remove_file(path("a")).unwrap();
    log.seen(fs::read_to_string(path("b")));
}

fn symbolic_links_are_refused_or_read(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "").unwrap();
    log.seen(fs::read_link(dir.join("file")));
    log.seen(fs::read_link(dir.join("none")));
    log.seen(std::os::unix::fs::symlink("x", dir.join("file")).map_err(|e| e.kind().into()));
    log.note(fs::read_link("/proc/self/exe").unwrap() == std::env::current_exe().unwrap());
}

fn metadata(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), vec![1; 5000]).unwrap();
    let seen = fs::metadata(dir.join("file")).unwrap();
    log.note((seen.is_file(), seen.is_dir(), seen.is_symlink(), seen.len(), seen.nlink(), seen.blksize()));
    log.note(seen.mode() & libc::S_IFMT);
    let directory = fs::symlink_metadata(dir).unwrap();
    log.note((directory.is_dir(), directory.mode() & libc::S_IFMT));
    let open = File::open(dir.join("file")).unwrap().metadata().unwrap();
    log.note((open.ino() == seen.ino(), open.dev() == seen.dev(), open.dev() == directory.dev()));
    log.note(seen.modified().unwrap() >= seen.created().unwrap());
    log.note(seen.modified().unwrap().elapsed().is_ok_and(|d| d < Duration::from_secs(60)));
    log.seen(fs::metadata(dir.join("file/x")).map(drop));
    log.note((dir.join("none").exists(), dir.join("file").exists()));
    log.seen(dir.join("file/x").try_exists());
    // SAFETY: all zeros is a value of the type, and the path ends with a zero.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        log.seen(os(libc::stat(c(&dir.join("file")).as_ptr(), &raw mut stat) as isize));
        log.note((stat.st_size, stat.st_ino == seen.ino()));
        log.seen(os(libc::fstatat(libc::AT_FDCWD, c"".as_ptr(), &raw mut stat, libc::AT_EMPTY_PATH) as isize));
        log.seen(os(libc::fstatat(libc::AT_FDCWD, c"".as_ptr(), &raw mut stat, 0) as isize));
        let mut statx: libc::statx = std::mem::zeroed();
        let path = c(&dir.join("file"));
        let size = libc::STATX_SIZE;
        log.seen(os(libc::syscall(libc::SYS_statx, libc::AT_FDCWD, path.as_ptr(), 0, size, &raw mut statx) as isize));
        log.note(statx.stx_size);
    }
}

fn permissions(dir: &Path, log: &mut Log) {
    let mode = |name: &str| fs::metadata(dir.join(name)).map(|m| m.mode() & 0o7777);
    fs::write(dir.join("file"), "").unwrap();
    log.seen(mode("file"));
    log.seen(fs::set_permissions(dir.join("file"), Permissions::from_mode(0o640)));
    log.seen(mode("file"));
    fs::DirBuilder::new().mode(0o751).create(dir.join("sub")).unwrap();
    log.seen(mode("sub"));
    // SAFETY: no precondition.
    log.note(unsafe { (libc::umask(0o077), libc::umask(0o022)) });
    let file = File::open(dir.join("file")).unwrap();
    log.seen(file.set_permissions(Permissions::from_mode(0o400)));
    log.seen(mode("file"));
    log.note(fs::metadata(dir.join("file")).unwrap().permissions().readonly());
    log.seen(fs::set_permissions(dir.join("none"), Permissions::from_mode(0o640)));
    // SAFETY: the path ends with a zero.
    log.seen(os(unsafe { libc::chown(c(&dir.join("none")).as_ptr(), 0, 0) } as isize));
}

fn times(dir: &Path, log: &mut Log) {
    let then = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 5000);
    let file = OpenOptions::new().write(true).create_new(true).open(dir.join("file")).unwrap();
    log.seen(file.set_modified(then));
    log.note(fs::metadata(dir.join("file")).unwrap().modified().unwrap() == then);
    std::thread::sleep(Duration::from_millis(20));
    fs::write(dir.join("file"), "x").unwrap();
    log.note(fs::metadata(dir.join("file")).unwrap().modified().unwrap() > then);
    let (one, path) = (fs::metadata(dir.join("file")).unwrap().modified().unwrap(), c(&dir.join("file")));
    // SAFETY: the path ends with a zero.
    log.seen(os(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), std::ptr::null(), 0) } as isize));
    log.note(fs::metadata(dir.join("file")).unwrap().modified().unwrap() >= one);
}

fn access(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "").unwrap();
    for (name, mode) in
        [("file", libc::F_OK), ("file", libc::R_OK | libc::W_OK), ("none", libc::F_OK), ("", libc::X_OK)]
    {
        // SAFETY: the path ends with a zero.
        log.seen(os(unsafe { libc::access(c(&dir.join(name)).as_ptr(), mode) } as isize));
    }
    fs::set_permissions(dir.join("file"), Permissions::from_mode(0o755)).unwrap();
    // SAFETY: the path ends with a zero.
    unsafe {
        log.seen(os(libc::access(c(&dir.join("file")).as_ptr(), libc::X_OK) as isize));
        log.seen(os(libc::faccessat(libc::AT_FDCWD, c(&dir.join("file/x")).as_ptr(), libc::F_OK, 0) as isize));
    }
}

fn relative_to_a_directory(dir: &Path, log: &mut Log) {
    let directory = File::open(dir).unwrap();
    let fd = directory.as_raw_fd();
    // SAFETY: the paths end with zeros, and the descriptors are our own.
    unsafe {
        log.seen(os(libc::mkdirat(fd, c"sub".as_ptr(), 0o755) as isize));
        let file = libc::openat(fd, c"sub/file".as_ptr(), libc::O_CREAT | libc::O_RDWR, 0o644);
        log.note(file >= 0);
        log.seen(os(libc::renameat(fd, c"sub/file".as_ptr(), fd, c"file".as_ptr()) as isize));
        log.seen(os(libc::linkat(fd, c"file".as_ptr(), fd, c"link".as_ptr(), 0) as isize));
        log.seen(os(libc::unlinkat(fd, c"sub".as_ptr(), 0) as isize));
        log.seen(os(libc::unlinkat(fd, c"sub".as_ptr(), libc::AT_REMOVEDIR) as isize));
        log.seen(os(libc::unlinkat(fd, c"file".as_ptr(), libc::AT_REMOVEDIR) as isize));
        log.seen(os(libc::openat(file, c"x".as_ptr(), libc::O_RDONLY) as isize));
        log.seen(os(libc::openat(-1, c"x".as_ptr(), libc::O_RDONLY) as isize));
        log.seen(os(libc::close(file) as isize));
        log.seen(os(libc::close(file) as isize));
    }
    log.note(list(dir));
}

fn a_directory_that_is_moved_while_it_is_open(dir: &Path, log: &mut Log) {
    fs::create_dir(dir.join("old")).unwrap();
    let directory = File::open(dir.join("old")).unwrap();
    fs::rename(dir.join("old"), dir.join("new")).unwrap();
    // SAFETY: the path ends with a zero, and the descriptor is our own.
    unsafe {
        log.seen(os(libc::mkdirat(directory.as_raw_fd(), c"sub".as_ptr(), 0o755) as isize));
        log.note(list(&dir.join("new")));
        fs::remove_dir_all(dir.join("new")).unwrap();
        log.seen(os(libc::mkdirat(directory.as_raw_fd(), c"sub".as_ptr(), 0o755) as isize));
    }
}

fn paths_with_dots(dir: &Path, log: &mut Log) {
    fs::create_dir(dir.join("sub")).unwrap();
    log.seen(fs::write(dir.join("sub/../file"), "x"));
    log.seen(fs::read_to_string(dir.join("./sub/.././file")));
    log.seen(fs::read_to_string(dir.join("none/../file")));
    log.seen(fs::read_to_string(dir.join("file/../file")));
    log.seen(fs::read_to_string(dir.join("file/.")));
    log.seen(fs::read_to_string(Path::new("//file")).map_err(|e| e.kind().into()));
}

fn canonical_paths(dir: &Path, log: &mut Log) {
    fs::create_dir(dir.join("sub")).unwrap();
    log.seen(dir.join("sub/../sub/.").canonicalize());
    log.seen(dir.join("none").canonicalize());
    log.seen(dir.join("sub/none/..").canonicalize());
    log.seen(Path::new("").canonicalize());
    let mut buffer = vec![0_u8; 4096];
    // SAFETY: the path ends with a zero, and the buffer is long enough.
    unsafe {
        let found = libc::realpath(c(&dir.join("sub/./")).as_ptr(), buffer.as_mut_ptr().cast());
        log.note(found.cast_const() == buffer.as_ptr().cast());
        log.note(CStr::from_bytes_until_nul(&buffer).unwrap());
    }
}

fn a_removed_directory(dir: &Path, log: &mut Log) {
    fs::create_dir(dir.join("sub")).unwrap();
    let directory = File::open(dir.join("sub")).unwrap();
    log.seen(fs::remove_dir(dir.join("sub")));
    log.note(directory.metadata().unwrap().is_dir());
    log.seen(directory.sync_all());
}

fn streams_of_directories(dir: &Path, log: &mut Log) {
    fs::write(dir.join("a"), "").unwrap();
    fs::write(dir.join("b"), "").unwrap();
    // SAFETY: the paths end with zeros; streams are used until they are closed.
    unsafe {
        log.note(libc::opendir(c(&dir.join("none")).as_ptr()).is_null());
        let stream = libc::opendir(c(dir).as_ptr());
        log.note(libc::dirfd(stream) >= 0);
        let read = || {
            let mut names = vec![];
            while let Some(entry) = libc::readdir(stream).as_ref() {
                names.push(CStr::from_ptr(entry.d_name.as_ptr()).to_owned());
            }
            names.sort();
            names
        };
        log.note(read());
        fs::write(dir.join("c"), "").unwrap();
        libc::rewinddir(stream);
        log.note(read());
        log.seen(os(libc::closedir(stream) as isize));
        let file = File::open(dir.join("a")).unwrap();
        log.note(libc::fdopendir(file.as_raw_fd()).is_null());
    }
}

fn temporary_names(dir: &Path, log: &mut Log) {
    let pattern = |name: &str| CString::new(dir.join(name).as_os_str().as_bytes()).unwrap().into_raw();
    // SAFETY: patterns are strings of our own, which can be written to.
    unsafe {
        let (one, two) = (pattern("file-XXXXXX"), pattern("dir-XXXXXX"));
        let fd = libc::mkstemp(one);
        log.note(fd >= 0);
        log.seen(os(libc::close(fd) as isize));
        log.note(!libc::mkdtemp(two).is_null());
        log.note(!CString::from_raw(one).to_str().unwrap().ends_with("XXXXXX"));
        log.note(!CString::from_raw(two).to_str().unwrap().ends_with("XXXXXX"));
        let wrong = pattern("file");
        log.seen(os(libc::mkstemp(wrong) as isize));
        drop(CString::from_raw(wrong));
    }
    log.note(list(dir).len());
}

/// Its names are drawn from thread numbers, which count up over the whole program: no two traces of one are the same.
#[test]
fn the_crate_tempfile() {
    super::arms::once_on_each(tempfiles);
}

fn tempfiles(dir: &Path, log: &mut Log) {
    use std::io::Write;
    let mut named = tempfile::NamedTempFile::new_in(dir).unwrap();
    named.write_all(b"hello").unwrap();
    log.note(list(dir).len());
    log.seen(named.persist(dir.join("kept")).map(drop).map_err(|e| e.error));
    let other = tempfile::NamedTempFile::new_in(dir).unwrap();
    log.seen(other.persist_noclobber(dir.join("kept")).map(drop).map_err(|e| e.error));
    log.note(list(dir));
    let inner = tempfile::tempdir_in(dir).unwrap();
    fs::write(inner.path().join("x"), "x").unwrap();
    drop(inner);
    log.note(list(dir));
    let mut unnamed = tempfile::tempfile().unwrap();
    log.seen(unnamed.write(b"x"));
}

fn names_that_are_not_utf8(dir: &Path, log: &mut Log) {
    log.note(fs::metadata(dir.join(std::ffi::OsStr::from_bytes(b"none\xff"))).is_err());
}

fn room(dir: &Path, log: &mut Log) {
    // SAFETY: all zeros is a value of the types, and the path ends with a zero.
    unsafe {
        let mut statvfs: libc::statvfs = std::mem::zeroed();
        log.seen(os(libc::statvfs(c(dir).as_ptr(), &raw mut statvfs) as isize));
        log.note((statvfs.f_frsize, statvfs.f_namemax, statvfs.f_bavail > 0));
        let mut statfs: libc::statfs = std::mem::zeroed();
        let file = File::open(dir).unwrap();
        log.seen(os(libc::fstatfs(file.as_raw_fd(), &raw mut statfs) as isize));
        log.seen(os(libc::statfs(c(&dir.join("none")).as_ptr(), &raw mut statfs) as isize));
    }
}
