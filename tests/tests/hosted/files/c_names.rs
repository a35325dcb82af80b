//! The further names under which C code knows the calls: what is built with checks, for large files, or long ago.

use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::fs::{self, File, OpenOptions};
use std::mem::{MaybeUninit, zeroed};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::Path;

use super::arms::{Log, c, cases, os};

cases![
    checked_opens,
    creations,
    temporary_files,
    large_files,
    syncs,
    names_of_other_kinds,
    the_current_directory,
    all_kinds_of_stat,
    older_programs,
    all_kinds_of_room,
    attributes,
    entries,
    entries_without_streams,
];

unsafe extern "C" {
    fn __open_2(path: *const c_char, flags: c_int) -> c_int;
    fn __open64_2(path: *const c_char, flags: c_int) -> c_int;
    fn mkstemp64(pattern: *mut c_char) -> c_int;
    fn get_current_dir_name() -> *mut c_char;
    fn canonicalize_file_name(path: *const c_char) -> *mut c_char;
    fn eaccess(path: *const c_char, mode: c_int) -> c_int;
    fn getdents64(fd: c_int, into: *mut u8, len: usize) -> isize;
    fn lockf64(fd: c_int, command: c_int, len: i64) -> c_int;
    fn __xstat(version: c_int, path: *const c_char, into: *mut libc::stat) -> c_int;
    fn __xstat64(version: c_int, path: *const c_char, into: *mut libc::stat64) -> c_int;
    fn __lxstat(version: c_int, path: *const c_char, into: *mut libc::stat) -> c_int;
    fn __lxstat64(version: c_int, path: *const c_char, into: *mut libc::stat64) -> c_int;
    fn __fxstat(version: c_int, fd: c_int, into: *mut libc::stat) -> c_int;
    fn __fxstat64(version: c_int, fd: c_int, into: *mut libc::stat64) -> c_int;
    fn __fxstatat(version: c_int, dir: c_int, path: *const c_char, into: *mut libc::stat, flags: c_int) -> c_int;
    fn __fxstatat64(version: c_int, dir: c_int, path: *const c_char, into: *mut libc::stat64, flags: c_int) -> c_int;
}

/// A descriptor that a call gave, as a file; what it failed with is noted.
fn opened(fd: c_int, log: &mut Log) -> Option<File> {
    log.seen(os(fd as isize).map(drop));
    // SAFETY: it was just opened, and is nobody else's.
    (fd >= 0).then(|| unsafe { File::from_raw_fd(fd) })
}

fn checked_opens(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "hello").unwrap();
    let (file, none) = (c(&dir.join("file")), c(&dir.join("none")));
    // SAFETY: the paths end with zeros.
    unsafe {
        opened(__open_2(file.as_ptr(), libc::O_RDONLY), log);
        opened(__open64_2(file.as_ptr(), libc::O_RDWR), log);
        opened(__open_2(none.as_ptr(), libc::O_RDONLY), log);
        opened(__open64_2(none.as_ptr(), libc::O_RDONLY), log);
    }
}

fn creations(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "hello").unwrap();
    // SAFETY: the paths end with zeros.
    unsafe {
        opened(libc::creat(c(&dir.join("file")).as_ptr(), 0o600), log);
        opened(libc::creat64(c(&dir.join("new")).as_ptr(), 0o600), log);
        opened(libc::creat64(c(dir).as_ptr(), 0o600), log);
    }
    log.note((fs::metadata(dir.join("file")).unwrap().len(), dir.join("new").exists()));
}

fn temporary_files(dir: &Path, log: &mut Log) {
    let pattern = |name: &str| CString::new(dir.join(name).to_str().unwrap()).unwrap().into_raw();
    // SAFETY: patterns are strings of our own, which can be written to.
    unsafe {
        let patterns = ["a-XXXXXX", "b-XXXXXX", "c-XXXXXX.txt", "d-XXX"].map(pattern);
        opened(mkstemp64(patterns[0]), log);
        opened(libc::mkostemp(patterns[1], libc::O_APPEND), log);
        opened(libc::mkostemps(patterns[2], 4, 0), log);
        opened(mkstemp64(patterns[3]), log);
        let names = patterns.map(|p| CString::from_raw(p).into_string().unwrap());
        log.note(names.map(|name| (Path::new(&name).extension() == Some("txt".as_ref()), Path::new(&name).exists())));
    }
}

fn large_files(dir: &Path, log: &mut Log) {
    let path = c(&dir.join("file"));
    fs::write(dir.join("file"), "hello").unwrap();
    let file = OpenOptions::new().read(true).write(true).open(dir.join("file")).unwrap();
    let other = File::create(dir.join("other")).unwrap();
    let fd = file.as_raw_fd();
    let mut bytes = [0_u8; 4];
    let part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: 4 };
    // SAFETY: descriptors, bytes and paths of our own.
    unsafe {
        log.seen(os(libc::preadv64(fd, &raw const part, 1, 1)));
        log.seen(os(libc::pwritev64(fd, &raw const part, 1, 5)));
        log.seen(os(libc::truncate64(path.as_ptr(), 7) as isize));
        log.seen(os(libc::fallocate64(fd, 0, 0, 8) as isize));
        log.note((libc::posix_fallocate64(fd, 0, 9), libc::posix_fadvise64(fd, 0, 0, 0)));
        log.seen(os(libc::readahead(fd, 0, 100)));
        let mut at = 1;
        log.seen(os(libc::sendfile64(other.as_raw_fd(), fd, &raw mut at, 3)));
        log.seen(os(lockf64(fd, libc::F_TLOCK, 5) as isize));
        let found = libc::mmap64(std::ptr::null_mut(), 9, libc::PROT_READ, libc::MAP_SHARED, fd, 0);
        log.note(std::slice::from_raw_parts(found.cast::<u8>(), 9));
        log.seen(os(libc::munmap(found, 9) as isize));
    }
    log.seen(fs::read(dir.join("other")));
}

fn syncs(dir: &Path, log: &mut Log) {
    let file = File::create(dir.join("file")).unwrap();
    let flags = libc::SYNC_FILE_RANGE_WRITE as c_uint;
    // SAFETY: a descriptor of our own.
    unsafe {
        log.seen(os(libc::sync_file_range(file.as_raw_fd(), 0, 0, flags) as isize));
        log.seen(os(libc::sync_file_range(-1, 0, 0, flags) as isize));
    }
}

fn names_of_other_kinds(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "").unwrap();
    let directory = File::open(dir).unwrap();
    let fd = directory.as_raw_fd();
    let file = c(&dir.join("file"));
    let mut buffer = [0; 64];
    // SAFETY: the paths end with zeros.
    unsafe {
        log.seen(os(libc::link(file.as_ptr(), c(&dir.join("link")).as_ptr()) as isize));
        log.seen(os(libc::link(file.as_ptr(), file.as_ptr()) as isize));
        log.seen(os(libc::symlinkat(c"x".as_ptr(), fd, c"file".as_ptr()) as isize));
        log.seen(os(libc::mkfifo(file.as_ptr(), 0o600) as isize));
        log.seen(os(libc::mknod(file.as_ptr(), 0o600 | libc::S_IFIFO, 0) as isize));
        log.seen(os(libc::readlinkat(fd, c"file".as_ptr(), buffer.as_mut_ptr(), 64)));
        log.seen(os(libc::readlinkat(fd, c"none".as_ptr(), buffer.as_mut_ptr(), 64)));
    }
}

fn the_current_directory(dir: &Path, log: &mut Log) {
    // The real arm's is the whole program's, so it is only looked at there, and moved to where it is.
    let here = std::env::current_dir().unwrap();
    let open = File::open(&here).unwrap();
    let file = File::create(dir.join("file")).unwrap();
    let string = |found: *mut c_char| {
        // SAFETY: a string that was allocated for us.
        unsafe {
            let text = CStr::from_ptr(found).to_owned();
            libc::free(found.cast());
            text.into_string().unwrap()
        }
    };
    // SAFETY: descriptors and paths of our own.
    unsafe {
        log.seen(os(libc::fchdir(open.as_raw_fd()) as isize));
        log.seen(os(libc::fchdir(file.as_raw_fd()) as isize));
        log.note(Path::new(&string(get_current_dir_name())) == here);
        log.note(
            string(canonicalize_file_name(c(&dir.join("../.")).as_ptr())) == dir.parent().unwrap().to_str().unwrap(),
        );
        log.note(canonicalize_file_name(c(&dir.join("none")).as_ptr()).is_null());
        log.note(libc::getcwd([0; 1].as_mut_ptr(), 1).is_null());
        log.note(std::io::Error::last_os_error().raw_os_error());
    }
}

fn all_kinds_of_stat(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "hello").unwrap();
    let (path, file) = (c(&dir.join("file")), File::open(dir.join("file")).unwrap());
    // SAFETY: all zeros is a value of the types; paths and descriptors are our own.
    unsafe {
        let (mut old, mut new): (libc::stat, libc::stat64) = (zeroed(), zeroed());
        log.seen(os(libc::lstat(path.as_ptr(), &raw mut old) as isize));
        log.note((old.st_size, old.st_mode & libc::S_IFMT));
        for got in [
            libc::stat64(path.as_ptr(), &raw mut new),
            libc::lstat64(path.as_ptr(), &raw mut new),
            libc::fstat64(file.as_raw_fd(), &raw mut new),
            libc::fstatat64(libc::AT_FDCWD, path.as_ptr(), &raw mut new, 0),
        ] {
            log.seen(os(got as isize));
            log.note((new.st_size, new.st_ino == old.st_ino, new.st_blocks > 0));
        }
        log.seen(os(libc::fstat(file.as_raw_fd(), &raw mut old) as isize));
        log.seen(os(libc::fstat(-1, &raw mut old) as isize));
        log.seen(os(eaccess(path.as_ptr(), libc::R_OK) as isize));
    }
}

fn older_programs(dir: &Path, log: &mut Log) {
    /// The version of what they fill in.
    const VERSION: c_int = 1;
    fs::write(dir.join("file"), "hello").unwrap();
    let (path, file) = (c(&dir.join("file")), File::open(dir.join("file")).unwrap());
    // SAFETY: all zeros is a value of the types; paths and descriptors are our own.
    unsafe {
        let (mut old, mut new): (libc::stat, libc::stat64) = (zeroed(), zeroed());
        for got in [
            __xstat(VERSION, path.as_ptr(), &raw mut old),
            __lxstat(VERSION, path.as_ptr(), &raw mut old),
            __fxstat(VERSION, file.as_raw_fd(), &raw mut old),
            __fxstatat(VERSION, libc::AT_FDCWD, path.as_ptr(), &raw mut old, 0),
            __xstat64(VERSION, path.as_ptr(), &raw mut new),
            __lxstat64(VERSION, path.as_ptr(), &raw mut new),
            __fxstat64(VERSION, file.as_raw_fd(), &raw mut new),
            __fxstatat64(VERSION, libc::AT_FDCWD, path.as_ptr(), &raw mut new, 0),
        ] {
            log.seen(os(got as isize));
        }
        log.note((old.st_size, new.st_size));
    }
}

fn all_kinds_of_room(dir: &Path, log: &mut Log) {
    let (path, file) = (c(dir), File::open(dir).unwrap());
    // SAFETY: paths and descriptors are our own, and the answers can be written.
    unsafe {
        let (mut fs, mut vfs) = (MaybeUninit::<libc::statfs64>::uninit(), MaybeUninit::<libc::statvfs64>::uninit());
        let mut old = MaybeUninit::<libc::statvfs>::uninit();
        for got in [
            libc::statfs64(path.as_ptr(), fs.as_mut_ptr()),
            libc::fstatfs64(file.as_raw_fd(), fs.as_mut_ptr()),
            libc::statvfs64(path.as_ptr(), vfs.as_mut_ptr()),
            libc::fstatvfs64(file.as_raw_fd(), vfs.as_mut_ptr()),
            libc::fstatvfs(file.as_raw_fd(), old.as_mut_ptr()),
            libc::fstatvfs(-1, old.as_mut_ptr()),
        ] {
            log.seen(os(got as isize));
        }
        log.note((fs.assume_init().f_namelen, vfs.assume_init().f_namemax));
    }
}

fn attributes(dir: &Path, log: &mut Log) {
    use std::os::unix::fs::MetadataExt;
    fs::write(dir.join("file"), "").unwrap();
    let (path, file, directory) =
        (c(&dir.join("file")), File::open(dir.join("file")).unwrap(), File::open(dir).unwrap());
    let (fd, dir_fd) = (file.as_raw_fd(), directory.as_raw_fd());
    let same = u32::MAX;
    let times = [libc::timeval { tv_sec: 1_000_000, tv_usec: 5 }; 2];
    let seen = || {
        let seen = file.metadata().unwrap();
        (seen.mtime(), seen.mtime_nsec(), seen.mode() & 0o777)
    };
    // SAFETY: paths, times and descriptors are our own.
    unsafe {
        log.seen(os(libc::fchmodat(dir_fd, c"file".as_ptr(), 0o604, 0) as isize));
        log.seen(os(libc::utimes(path.as_ptr(), times.as_ptr()) as isize));
        log.note(seen());
        log.seen(os(libc::futimes(fd, times.as_ptr()) as isize));
        log.note(seen());
        log.seen(os(libc::lchown(path.as_ptr(), same, same) as isize));
        log.seen(os(libc::fchown(fd, same, same) as isize));
        log.seen(os(libc::fchownat(dir_fd, c"file".as_ptr(), same, same, 0) as isize));
        log.seen(os(libc::fchownat(dir_fd, c"none".as_ptr(), same, same, 0) as isize));
    }
}

fn entries(dir: &Path, log: &mut Log) {
    fs::write(dir.join("a"), "").unwrap();
    // SAFETY: the stream is used until it is closed, and the entry can be written.
    unsafe {
        let stream = libc::opendir(c(dir).as_ptr());
        let (mut old, mut new): (libc::dirent, libc::dirent64) = (zeroed(), zeroed());
        let (mut first, mut next) = (std::ptr::null_mut(), std::ptr::null_mut());
        log.note(libc::readdir_r(stream, &raw mut old, &raw mut first));
        let at = libc::telldir(stream);
        let mut names = vec![];
        for _ in 0..2 {
            libc::seekdir(stream, at);
            while libc::readdir64_r(stream, &raw mut new, &raw mut next) == 0 && !next.is_null() {
                names.push(CStr::from_ptr(new.d_name.as_ptr()).to_owned());
            }
        }
        log.note((first == &raw mut old, names.len()));
        libc::closedir(stream);
    }
}

fn entries_without_streams(dir: &Path, log: &mut Log) {
    for n in 0..20 {
        fs::write(dir.join(format!("file-{n}")), "").unwrap();
    }
    let directory = File::open(dir).unwrap();
    let (mut names, mut buffer) = (vec![], [0_u8; 256]);
    loop {
        // SAFETY: a descriptor and a buffer of our own.
        let n = os(unsafe { getdents64(directory.as_raw_fd(), buffer.as_mut_ptr(), buffer.len()) }).unwrap();
        let mut rest = &buffer[..n as usize];
        if rest.is_empty() {
            break;
        }
        while !rest.is_empty() {
            names.push(CStr::from_bytes_until_nul(&rest[19..]).unwrap().to_owned());
            rest = &rest[u16::from_ne_bytes([rest[16], rest[17]]) as usize..];
        }
    }
    names.sort();
    log.note(names);
    // SAFETY: as above.
    log.seen(os(unsafe { getdents64(directory.as_raw_fd(), buffer.as_mut_ptr(), 256) }));
    // SAFETY: as above.
    log.seen(os(unsafe { getdents64(File::open(dir.join("file-1")).unwrap().as_raw_fd(), buffer.as_mut_ptr(), 256) }));
}
