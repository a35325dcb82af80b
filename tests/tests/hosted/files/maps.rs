//! Files that are mapped into memory.

use std::ffi::c_void;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::slice;

use super::arms::{Log, cases, os};

cases![
    a_private_copy,
    a_store_is_read_by_calls,
    a_write_is_seen_in_memory,
    two_mappings_are_the_same_pages,
    parts_of_a_file,
    it_outlives_its_descriptor_and_its_name,
    what_is_unmapped_stays,
    a_part_is_unmapped,
    made_longer,
    cut_while_mapped,
    past_the_end,
    anonymous_memory,
    in_a_fixed_place,
    what_cannot_be_mapped,
    msync_of_what_is_not,
];

const PAGE: usize = 4096;

pub(super) fn open(path: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap()
}

/// A file of so many pages, each filled with its number.
fn pages(dir: &Path, count: u8) -> File {
    let data: Vec<u8> = (1..=count).flat_map(|n| [n; PAGE]).collect();
    fs::write(dir.join("file"), data).unwrap();
    open(&dir.join("file"))
}

fn try_map(file: &File, len: usize, protection: i32, flags: i32, offset: i64) -> io::Result<*mut c_void> {
    // SAFETY: nothing is mapped over.
    let found = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, file.as_raw_fd(), offset) };
    if found == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(found) }
}

pub(super) fn map(file: &File, len: usize, flags: i32, offset: i64) -> &'static mut [u8] {
    let found = try_map(file, len, libc::PROT_READ | libc::PROT_WRITE, flags, offset).unwrap();
    // SAFETY: it was just mapped, and is not used after it is unmapped.
    unsafe { slice::from_raw_parts_mut(found.cast(), len) }
}

fn unmap(memory: &mut [u8]) -> io::Result<isize> {
    // SAFETY: what `map` gave, or a part of it.
    os(unsafe { libc::munmap(memory.as_mut_ptr().cast(), memory.len()) } as isize)
}

fn byte(file: &File, at: u64) -> u8 {
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    byte[0]
}

fn a_private_copy(dir: &Path, log: &mut Log) {
    let file = pages(dir, 2);
    let memory = map(&file, 2 * PAGE, libc::MAP_PRIVATE, 0);
    log.note((memory[0], memory[PAGE]));
    memory[0] = 9;
    log.note((memory[0], byte(&file, 0)));
    log.seen(unmap(memory));
    let reads = File::open(dir.join("file")).unwrap();
    let memory = map(&reads, 10, libc::MAP_PRIVATE, PAGE as i64);
    log.note(&*memory);
    log.seen(unmap(memory));
}

fn a_store_is_read_by_calls(dir: &Path, log: &mut Log) {
    let mut file = pages(dir, 2);
    let memory = map(&file, 2 * PAGE, libc::MAP_SHARED, 0);
    memory[3..6].copy_from_slice(b"abc");
    memory[PAGE] = 8;
    let mut bytes = [0; 8];
    log.seen(file.read(&mut bytes));
    log.note((bytes, byte(&file, PAGE as u64)));
    log.note(fs::read(dir.join("file")).unwrap()[..8].to_vec());
    log.seen(unmap(memory));
}

fn a_write_is_seen_in_memory(dir: &Path, log: &mut Log) {
    let file = pages(dir, 2);
    let memory = map(&file, 2 * PAGE, libc::MAP_SHARED, 0);
    memory[1] = 7;
    open(&dir.join("file")).write_at(b"abc", PAGE as u64 - 1).unwrap();
    log.note((memory[1], memory[PAGE - 2..PAGE + 4].to_vec()));
    // A page that was not mapped.
    file.write_at(b"x", 5 * PAGE as u64).unwrap();
    log.note(file.metadata().unwrap().len());
    log.seen(unmap(memory));
}

fn two_mappings_are_the_same_pages(dir: &Path, log: &mut Log) {
    let (file, other) = (pages(dir, 3), open(&dir.join("file")));
    let one = map(&file, 3 * PAGE, libc::MAP_SHARED, 0);
    let two = map(&other, PAGE, libc::MAP_SHARED, PAGE as i64);
    two[0] = 77;
    log.note(one[PAGE]);
    one[PAGE + 1] = 78;
    log.note(two[1]);
    log.seen(unmap(one));
    log.note((two[0], byte(&file, PAGE as u64 + 1)));
    log.seen(unmap(two));
}

fn parts_of_a_file(dir: &Path, log: &mut Log) {
    let file = pages(dir, 4);
    let one = map(&file, PAGE, libc::MAP_SHARED, 0);
    let three = map(&file, PAGE, libc::MAP_SHARED, 2 * PAGE as i64);
    log.note((one[0], three[0]));
    three[0] = 33;
    let all = map(&file, 4 * PAGE, libc::MAP_SHARED, 0);
    log.note((all[0], all[PAGE], all[2 * PAGE], all[3 * PAGE]));
    for memory in [one, three, all] {
        log.seen(unmap(memory));
    }
}

fn it_outlives_its_descriptor_and_its_name(dir: &Path, log: &mut Log) {
    let file = pages(dir, 1);
    let memory = map(&file, PAGE, libc::MAP_SHARED, 0);
    drop(file);
    memory[0] = 5;
    log.note(fs::read(dir.join("file")).unwrap()[0]);
    fs::remove_file(dir.join("file")).unwrap();
    memory[1] = 6;
    log.note(memory[..3].to_vec());
    log.seen(unmap(memory));
}

fn what_is_unmapped_stays(dir: &Path, log: &mut Log) {
    let file = pages(dir, 1);
    let memory = map(&file, PAGE, libc::MAP_SHARED, 0);
    memory[7] = 99;
    log.seen(unmap(memory));
    log.note(byte(&file, 7));
    let memory = map(&file, PAGE, libc::MAP_SHARED, 0);
    log.note(memory[7]);
    memory[8] = 98;
    // SAFETY: it is mapped.
    log.seen(os(unsafe { libc::msync(memory.as_mut_ptr().cast(), PAGE, libc::MS_SYNC) } as isize));
    log.note(byte(&file, 8));
    log.seen(unmap(memory));
}

fn a_part_is_unmapped(dir: &Path, log: &mut Log) {
    let file = pages(dir, 3);
    let memory = map(&file, 3 * PAGE, libc::MAP_SHARED, 0);
    memory[PAGE] = 50;
    log.seen(unmap(&mut memory[PAGE..2 * PAGE]));
    memory[2 * PAGE] = 51;
    memory[0] = 52;
    log.note([0, PAGE, 2 * PAGE].map(|at| byte(&file, at as u64)));
    log.seen(unmap(&mut memory[..PAGE]));
    log.seen(unmap(&mut memory[2 * PAGE..]));
}

fn made_longer(dir: &Path, log: &mut Log) {
    let file = pages(dir, 1);
    let memory = map(&file, PAGE, libc::MAP_SHARED, 0);
    memory[0] = 44;
    file.set_len(2 * PAGE as u64).unwrap();
    file.write_at(b"z", PAGE as u64).unwrap();
    // SAFETY: it is mapped, and used where it is from then on.
    let memory = unsafe {
        let moved = libc::mremap(memory.as_mut_ptr().cast(), PAGE, 2 * PAGE, libc::MREMAP_MAYMOVE);
        assert_ne!(moved, libc::MAP_FAILED);
        slice::from_raw_parts_mut(moved.cast::<u8>(), 2 * PAGE)
    };
    log.note((memory[0], memory[PAGE]));
    memory[PAGE + 1] = 45;
    log.note(byte(&file, PAGE as u64 + 1));
    log.seen(unmap(memory));
}

fn cut_while_mapped(dir: &Path, log: &mut Log) {
    let file = pages(dir, 2);
    let memory = map(&file, 2 * PAGE, libc::MAP_SHARED, 0);
    memory[10] = 1;
    file.set_len(5).unwrap();
    file.set_len(2 * PAGE as u64).unwrap();
    log.note((memory[4], memory[5], memory[10], memory[PAGE]));
    log.note((byte(&file, 4), byte(&file, 10)));
    log.seen(unmap(memory));
}

fn past_the_end(dir: &Path, log: &mut Log) {
    let file = open(&dir.join("file"));
    file.write_at(b"hello", 0).unwrap();
    let memory = map(&file, PAGE, libc::MAP_SHARED, 0);
    log.note(memory[..8].to_vec());
    memory[6] = 1;
    log.seen(unmap(memory));
    log.note(file.metadata().unwrap().len());
}

fn anonymous_memory(_: &Path, log: &mut Log) {
    // SAFETY: memory of our own.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let (null, read_write) = (std::ptr::null_mut(), libc::PROT_READ | libc::PROT_WRITE);
        let found = libc::mmap(null, 2 * PAGE, read_write, flags, -1, 0);
        log.note(found == libc::MAP_FAILED);
        found.cast::<u8>().write(3);
        let found = libc::mremap(found, 2 * PAGE, 8 * PAGE, libc::MREMAP_MAYMOVE);
        log.note((found.cast::<u8>().read(), found.cast::<u8>().add(7 * PAGE).read()));
        log.seen(os(libc::madvise(found, PAGE, libc::MADV_DONTNEED) as isize));
        log.note(found.cast::<u8>().read());
        log.seen(os(libc::munmap(found, 8 * PAGE) as isize));
    }
}

fn in_a_fixed_place(dir: &Path, log: &mut Log) {
    let file = pages(dir, 2);
    let whole = map(&file, 2 * PAGE, libc::MAP_SHARED, 0);
    whole[PAGE] = 60;
    // SAFETY: over a part of what was mapped.
    unsafe {
        let at = whole.as_mut_ptr().add(PAGE).cast();
        let flags = libc::MAP_FIXED | libc::MAP_SHARED;
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let found = libc::mmap(at, PAGE, read_write, flags, file.as_raw_fd(), 0);
        log.note(found == at);
    }
    log.note((whole[0], whole[PAGE], byte(&file, PAGE as u64)));
    whole[PAGE] = 61;
    log.note(whole[0]);
    log.seen(unmap(whole));
}

fn what_cannot_be_mapped(dir: &Path, log: &mut Log) {
    let (read, read_write) = (libc::PROT_READ, libc::PROT_READ | libc::PROT_WRITE);
    let (file, reads) = (pages(dir, 1), File::open(dir.join("file").as_path()));
    let reads = reads.unwrap();
    let writes = OpenOptions::new().write(true).open(dir.join("file")).unwrap();
    log.seen(try_map(&reads, PAGE, read_write, libc::MAP_SHARED, 0).map(drop));
    log.seen(try_map(&reads, PAGE, read, libc::MAP_SHARED, 0).map(drop));
    log.seen(try_map(&writes, PAGE, read, libc::MAP_PRIVATE, 0).map(drop));
    log.seen(try_map(&file, 0, read, libc::MAP_SHARED, 0).map(drop));
    log.seen(try_map(&file, PAGE, read, libc::MAP_SHARED, 100).map(drop));
    log.seen(try_map(&file, PAGE, read, 0, 0).map(drop));
    log.seen(try_map(&File::open(dir).unwrap(), PAGE, read, libc::MAP_SHARED, 0).map(drop));
    // SAFETY: nothing is mapped over, since nothing is open there.
    log.note(unsafe { libc::mmap(std::ptr::null_mut(), PAGE, read, libc::MAP_SHARED, 12345, 0) } == libc::MAP_FAILED);
    log.note(io::Error::last_os_error().raw_os_error());
}

fn msync_of_what_is_not(dir: &Path, log: &mut Log) {
    let file = pages(dir, 1);
    let memory = map(&file, PAGE, libc::MAP_SHARED, 0);
    let at = memory.as_mut_ptr();
    // SAFETY: it is mapped, or is refused.
    unsafe {
        log.seen(os(libc::msync(at.add(1).cast(), PAGE, libc::MS_SYNC) as isize));
        log.seen(os(libc::msync(at.cast(), PAGE, libc::MS_SYNC | libc::MS_ASYNC) as isize));
        log.seen(os(libc::msync(at.cast(), PAGE, libc::MS_ASYNC) as isize));
        log.seen(unmap(memory));
        log.seen(os(libc::msync(at.cast(), PAGE, libc::MS_SYNC) as isize));
    }
}
