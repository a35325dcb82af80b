//! What is in files: reading, writing, positions, lengths.

use std::fs::{self, File, OpenOptions};
use std::io::{IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::arms::{Log, cases, os};

cases![
    written_and_read,
    positions_are_shared_by_duplicates,
    append_goes_to_the_end,
    pwrite_appends_too,
    append_is_switched_on_later,
    truncate_and_grow,
    a_file_that_is_not_open_for_it,
    lengths_below_zero,
    exclusive_creation,
    odd_flags,
    several_parts_are_one,
    positioned_parts,
    seeks,
    holes_and_data,
    direct_io_is_aligned,
    allocated_room,
    copies,
    copies_of_ranges,
    sent_files,
    synced_writes,
    a_removed_file_lives_on,
    two_positions,
    large_files,
    devices,
    syncs_of_what_cannot,
];

fn open(path: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap()
}

fn all(file: &File) -> String {
    let mut bytes = vec![0; 100];
    let n = file.read_at(&mut bytes, 0).unwrap();
    String::from_utf8_lossy(&bytes[..n]).into_owned()
}

fn written_and_read(dir: &Path, log: &mut Log) {
    log.seen(fs::read(dir.join("none")));
    log.seen(fs::write(dir.join("file"), "hello"));
    log.seen(fs::read_to_string(dir.join("file")));
    log.seen(fs::write(dir.join("file"), "you"));
    log.seen(fs::read_to_string(dir.join("file")));
    log.seen(fs::write(dir.join("none/file"), "hello"));
    log.seen(fs::write(dir.join("file/file"), "hello"));
    log.seen(fs::read(dir));
    log.seen(fs::write(dir, "hello"));
    log.seen(fs::write(dir.join("bytes"), [0xff, 0]));
    log.seen(fs::read_to_string(dir.join("bytes")).map_err(|e| e.kind().into()));
}

fn positions_are_shared_by_duplicates(dir: &Path, log: &mut Log) {
    let mut file = open(&dir.join("file"));
    let mut other = file.try_clone().unwrap();
    log.seen(file.write(b"abcdef"));
    log.seen(other.stream_position());
    log.seen(other.seek(SeekFrom::Start(2)));
    let mut bytes = [0; 2];
    log.seen(file.read_exact(&mut bytes));
    log.note(bytes);
    drop(file);
    log.seen(other.read_exact(&mut bytes));
    log.note(bytes);
    log.seen(other.read_exact(&mut bytes).map_err(|e| e.kind().into()));
}

fn append_goes_to_the_end(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "12345").unwrap();
    let mut one = OpenOptions::new().append(true).read(true).open(dir.join("file")).unwrap();
    let mut two = OpenOptions::new().append(true).open(dir.join("file")).unwrap();
    log.seen(one.seek(SeekFrom::Start(1)));
    log.seen(one.write(b"a"));
    log.seen(one.stream_position());
    log.seen(two.write(b"b"));
    log.seen(two.stream_position());
    log.seen(one.write(b"c"));
    log.note(all(&one));
}

fn pwrite_appends_too(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "12345").unwrap();
    let file = OpenOptions::new().append(true).read(true).open(dir.join("file")).unwrap();
    log.seen(file.write_at(b"x", 0));
    log.note(all(&file));
}

fn append_is_switched_on_later(dir: &Path, log: &mut Log) {
    let mut file = open(&dir.join("file"));
    file.write_all(b"12345").unwrap();
    file.rewind().unwrap();
    // SAFETY: a descriptor of our own.
    let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) };
    log.note(flags & (libc::O_ACCMODE | libc::O_APPEND));
    // SAFETY: as above.
    log.seen(os(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags | libc::O_APPEND) } as isize));
    log.seen(file.write(b"6"));
    log.note(all(&file));
}

fn truncate_and_grow(dir: &Path, log: &mut Log) {
    let mut file = open(&dir.join("file"));
    file.write_all(b"hello world").unwrap();
    log.seen(file.set_len(5));
    log.seen(file.stream_position());
    log.seen(file.set_len(8));
    log.note(all(&file));
    log.seen(file.write(b"!"));
    log.note(all(&file));
    let path = super::arms::c(&dir.join("file"));
    // SAFETY: the path ends with a zero.
    log.seen(os(unsafe { libc::truncate(path.as_ptr(), 2) } as isize));
    log.note(all(&file));
    log.note(file.metadata().unwrap().len());
}

fn a_file_that_is_not_open_for_it(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "hello").unwrap();
    let mut reads = File::open(dir.join("file")).unwrap();
    let mut writes = OpenOptions::new().write(true).open(dir.join("file")).unwrap();
    log.seen(reads.write(b"x"));
    log.seen(reads.write_at(b"x", 0));
    log.seen(reads.set_len(0));
    log.seen(writes.read(&mut [0; 4]));
    log.seen(writes.read_at(&mut [0; 4], 0));
    let directory = File::open(dir).unwrap();
    log.seen((&directory).read(&mut [0; 4]));
    log.seen(directory.set_len(1));
    log.seen(directory.sync_all());
}

fn lengths_below_zero(dir: &Path, log: &mut Log) {
    let file = open(&dir.join("file"));
    // SAFETY: a descriptor of our own.
    unsafe {
        log.seen(os(libc::ftruncate(file.as_raw_fd(), -1) as isize));
        log.seen(os(libc::pread(file.as_raw_fd(), [0_u8; 4].as_mut_ptr().cast(), 4, -1)));
        log.seen(os(libc::pwrite(file.as_raw_fd(), [0_u8; 4].as_ptr().cast(), 4, -1)));
        log.seen(os(libc::lseek(file.as_raw_fd(), -1, libc::SEEK_SET) as isize));
        log.seen(os(libc::lseek(file.as_raw_fd(), 0, 99) as isize));
        log.seen(os(libc::read(-1, std::ptr::null_mut(), 0)));
        log.seen(os(libc::fsync(12345) as isize));
    }
}

fn exclusive_creation(dir: &Path, log: &mut Log) {
    log.seen(File::create_new(dir.join("file")).map(drop));
    log.seen(File::create_new(dir.join("file")).map(drop));
    log.seen(File::create_new(dir).map(drop));
    log.seen(OpenOptions::new().write(true).open(dir.join("none")).map(drop));
}

fn odd_flags(dir: &Path, log: &mut Log) {
    let with = |flags: i32, access: bool| {
        let mut options = OpenOptions::new();
        options.read(true).write(access).custom_flags(flags).mode(0o600);
        options
    };
    fs::write(dir.join("file"), "hello").unwrap();
    log.seen(with(libc::O_DIRECTORY, false).open(dir.join("file")).map(drop));
    log.seen(with(libc::O_DIRECTORY, false).open(dir).map(drop));
    log.seen(with(libc::O_CREAT, false).open(dir.join("new")).map(drop));
    log.note(dir.join("new").exists());
    log.seen(with(0, true).open(dir).map(drop));
    log.seen(File::open(dir.join("file/")).map(drop));
    log.seen(File::create(dir.join("other/")).map(drop));
    log.seen(File::open(dir.join("a".repeat(256))).map(drop));
    log.seen(File::open(dir.join("a".repeat(255))).map(drop));
    log.seen(File::open("").map(drop));
    log.seen(File::open("x\0y").map(drop).map_err(|e| e.kind().into()));
}

fn several_parts_are_one(dir: &Path, log: &mut Log) {
    let mut file = open(&dir.join("file"));
    log.seen(file.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")]));
    file.rewind().unwrap();
    let (mut one, mut two) = ([0; 3], [0; 8]);
    log.seen(file.read_vectored(&mut [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)]));
    log.note((one, two));
}

fn positioned_parts(dir: &Path, log: &mut Log) {
    let file = open(&dir.join("file"));
    let part = |bytes: &mut [u8]| libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let (mut a, mut b) = (*b"abc", *b"de");
    let parts = [part(&mut a), part(&mut b)];
    // SAFETY: the parts are arrays that live.
    unsafe {
        log.seen(os(libc::pwritev(file.as_raw_fd(), parts.as_ptr(), 2, 3)));
        let (mut c, mut d) = ([0; 4], [0; 8]);
        let parts = [part(&mut c), part(&mut d)];
        log.seen(os(libc::preadv(file.as_raw_fd(), parts.as_ptr(), 2, 1)));
        log.note((c, d));
        log.seen(os(libc::preadv2(file.as_raw_fd(), parts.as_ptr(), 1, -1, 0)));
        log.note(c);
        log.seen(os(libc::pwritev2(file.as_raw_fd(), parts.as_ptr(), 1, 0, 0)));
        log.seen(os(libc::preadv(file.as_raw_fd(), parts.as_ptr(), -1, 1)));
    }
    log.note(all(&file));
}

fn seeks(dir: &Path, log: &mut Log) {
    let mut file = open(&dir.join("file"));
    file.write_all(b"hello").unwrap();
    for to in [SeekFrom::Start(9), SeekFrom::Current(-3), SeekFrom::End(2), SeekFrom::Current(-20), SeekFrom::End(-9)] {
        log.seen(file.seek(to));
    }
    log.seen(file.write(b"!"));
    log.note(all(&file));
    let directory = File::open(dir).unwrap();
    log.seen((&directory).seek(SeekFrom::Start(0)));
}

fn holes_and_data(dir: &Path, log: &mut Log) {
    let mut file = open(&dir.join("file"));
    file.write_all(b"hello").unwrap();
    for (by, whence) in [(0, libc::SEEK_DATA), (2, libc::SEEK_HOLE), (5, libc::SEEK_DATA), (7, libc::SEEK_HOLE)] {
        // SAFETY: a descriptor of our own.
        log.seen(os(unsafe { libc::lseek(file.as_raw_fd(), by, whence) } as isize));
    }
}

#[repr(align(4096))]
struct Aligned([u8; 8192]);

fn direct_io_is_aligned(dir: &Path, log: &mut Log) {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .custom_flags(libc::O_DIRECT)
        .open(dir.join("file"));
    let Ok(file) = file else { return log.note("no direct I/O here") };
    let mut buffer = Box::new(Aligned([7; 8192]));
    log.seen(file.write_at(&buffer.0[..4096], 0));
    log.seen(file.write_at(&buffer.0[..100], 0));
    log.seen(file.write_at(&buffer.0[..4096], 100));
    log.seen(file.read_at(&mut buffer.0[..100], 0));
    log.seen(file.read_at(&mut buffer.0[1..4097], 0));
    log.seen(file.read_at(&mut buffer.0[..8192], 0));
}

fn allocated_room(dir: &Path, log: &mut Log) {
    let file = open(&dir.join("file"));
    file.write_at(b"hello", 0).unwrap();
    let fd = file.as_raw_fd();
    // SAFETY: a descriptor of our own.
    unsafe {
        log.note(libc::posix_fallocate(fd, 2, 6));
        log.note(file.metadata().unwrap().len());
        log.seen(os(libc::fallocate(fd, libc::FALLOC_FL_KEEP_SIZE, 0, 100) as isize));
        log.note(file.metadata().unwrap().len());
        log.seen(os(libc::fallocate(fd, 0, 0, 3) as isize));
        log.note(all(&file));
        log.seen(os(libc::fallocate(fd, 0, 0, 0) as isize));
        log.seen(os(libc::fallocate(fd, 0, -1, 4) as isize));
        log.note(libc::posix_fallocate(-1, 0, 4));
        let punch = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        log.seen(os(libc::fallocate(fd, punch, 1, 3) as isize));
    }
    log.note(all(&file));
    let reads = File::open(dir.join("file")).unwrap();
    // SAFETY: a descriptor of our own.
    log.seen(os(unsafe { libc::fallocate(reads.as_raw_fd(), 0, 0, 100) } as isize));
}

fn copies(dir: &Path, log: &mut Log) {
    fs::write(dir.join("from"), "hello").unwrap();
    log.seen(fs::copy(dir.join("from"), dir.join("to")));
    log.seen(fs::read_to_string(dir.join("to")));
    log.seen(fs::copy(dir.join("none"), dir.join("to")));
    log.seen(fs::copy(dir, dir.join("to")).map_err(|e| e.kind().into()));
    let (mut from, mut to) = (File::open(dir.join("from")).unwrap(), File::create(dir.join("to")).unwrap());
    from.seek(SeekFrom::Start(2)).unwrap();
    log.seen(std::io::copy(&mut from, &mut to));
    log.seen(fs::read_to_string(dir.join("to")));
}

fn copies_of_ranges(dir: &Path, log: &mut Log) {
    fs::write(dir.join("from"), "hello world").unwrap();
    let (from, to) = (File::open(dir.join("from")).unwrap(), open(&dir.join("to")));
    let (mut from_at, mut to_at) = (6_i64, 2_i64);
    // SAFETY: descriptors and places of our own.
    unsafe {
        let (a, b) = (from.as_raw_fd(), to.as_raw_fd());
        log.seen(os(libc::copy_file_range(a, &raw mut from_at, b, &raw mut to_at, 4, 0)));
        log.note((from_at, to_at));
        log.seen(os(libc::copy_file_range(a, &raw mut from_at, b, std::ptr::null_mut(), 100, 0)));
        log.seen(os(libc::copy_file_range(a, &raw mut from_at, b, &raw mut to_at, 100, 0)));
        log.seen(os(libc::copy_file_range(a, &raw mut from_at, b, &raw mut to_at, 4, 9)));
        log.seen(os(libc::copy_file_range(b, &raw mut from_at, a, &raw mut to_at, 4, 0)));
        log.seen(os(libc::copy_file_range(b, &raw mut from_at, b, &raw mut to_at, 1000, 0)));
    }
    log.note(all(&to));
}

fn sent_files(dir: &Path, log: &mut Log) {
    fs::write(dir.join("from"), "hello world").unwrap();
    let (mut from, to) = (File::open(dir.join("from")).unwrap(), open(&dir.join("to")));
    let mut at = 6_i64;
    // SAFETY: descriptors and places of our own.
    unsafe {
        log.seen(os(libc::sendfile(to.as_raw_fd(), from.as_raw_fd(), &raw mut at, 3)));
        log.note(at);
        log.seen(from.stream_position());
        log.seen(os(libc::sendfile(to.as_raw_fd(), from.as_raw_fd(), std::ptr::null_mut(), 5)));
        log.seen(from.stream_position());
    }
    log.note(all(&to));
}

fn synced_writes(dir: &Path, log: &mut Log) {
    let options = |flags| {
        OpenOptions::new().write(true).create(true).truncate(true).custom_flags(flags).open(dir.join("file")).unwrap()
    };
    log.seen(options(libc::O_SYNC).write(b"hello"));
    log.seen(options(libc::O_DSYNC).write(b"hello"));
    let file = open(&dir.join("file"));
    log.seen(file.sync_all());
    log.seen(file.sync_data());
    // SAFETY: a descriptor of our own.
    unsafe {
        log.seen(os(libc::syncfs(file.as_raw_fd()) as isize));
        log.note(libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_SEQUENTIAL));
    }
}

fn a_removed_file_lives_on(dir: &Path, log: &mut Log) {
    use std::os::unix::fs::MetadataExt;
    let mut file = open(&dir.join("file"));
    log.seen(fs::remove_file(dir.join("file")));
    log.seen(file.write(b"hello"));
    log.note(all(&file));
    log.note(file.metadata().unwrap().nlink());
    fs::write(dir.join("file"), "other").unwrap();
    log.note(all(&file));
    log.seen(file.sync_all());
}

fn two_positions(dir: &Path, log: &mut Log) {
    fs::write(dir.join("file"), "hello").unwrap();
    let (mut one, mut two) = (File::open(dir.join("file")).unwrap(), File::open(dir.join("file")).unwrap());
    let mut bytes = [0; 3];
    log.seen(one.read(&mut bytes));
    log.seen(two.read(&mut bytes));
    log.note(bytes);
    log.seen(one.read(&mut bytes));
    log.seen(one.read(&mut bytes));
    log.seen(one.read_at(&mut bytes, 1));
    log.seen(one.stream_position());
}

fn large_files(dir: &Path, log: &mut Log) {
    let data: Vec<u8> = (0..3_000_000_u32).map(|n| (n / 7) as u8).collect();
    log.seen(fs::write(dir.join("file"), &data));
    log.note(fs::read(dir.join("file")).unwrap() == data);
    log.seen(fs::copy(dir.join("file"), dir.join("copy")));
    log.note(fs::read(dir.join("copy")).unwrap() == data);
    let file = open(&dir.join("far"));
    log.seen(file.write_at(b"x", 1 << 33));
    log.note(file.metadata().unwrap().len());
}

fn devices(_: &Path, log: &mut Log) {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let mut null = OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
    log.seen(null.write(b"hello"));
    log.seen(null.read(&mut [0; 4]));
    let metadata = null.metadata().unwrap();
    log.note((metadata.file_type().is_char_device(), metadata.rdev()));
    let mut bytes = [7; 4];
    log.seen(File::open("/dev/zero").unwrap().read(&mut bytes));
    log.note(bytes);
    let mut random = [0; 32];
    log.seen(File::open("/dev/urandom").unwrap().read(&mut random));
    log.note(random != [0; 32]);
    log.seen(OpenOptions::new().write(true).open("/dev/full").unwrap().write(b"x"));
    log.seen(File::create_new("/dev/null").map(drop));
}

fn syncs_of_what_cannot(_: &Path, log: &mut Log) {
    let null = File::open("/dev/null").unwrap();
    log.seen(null.sync_all());
    // SAFETY: a descriptor of our own.
    log.note(unsafe { libc::isatty(null.as_raw_fd()) });
}
