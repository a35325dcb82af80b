//! Locks of open files and of parts of files.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::arms::{Log, cases, os};

cases![
    of_open_files,
    shared_ones,
    of_std,
    they_end_with_the_last_descriptor,
    a_thread_waits_for_a_lock,
    a_process_is_not_in_its_own_way,
    of_parts_by_open_file,
    parts_are_released_in_part,
    who_is_in_the_way,
    of_a_process_end_with_any_descriptor,
    from_the_position_on,
    a_thread_waits_for_a_part,
    what_cannot_be_locked,
];

fn open(dir: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join("file")).unwrap()
}

fn flock(file: &File, operation: i32) -> std::io::Result<isize> {
    // SAFETY: a descriptor of our own.
    os(unsafe { libc::flock(file.as_raw_fd(), operation) } as isize)
}

fn of_open_files(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    log.seen(flock(&one, libc::LOCK_EX));
    log.seen(flock(&one, libc::LOCK_EX | libc::LOCK_NB));
    log.seen(flock(&two, libc::LOCK_EX | libc::LOCK_NB));
    log.seen(flock(&two, libc::LOCK_SH | libc::LOCK_NB));
    log.seen(flock(&one, libc::LOCK_UN));
    log.seen(flock(&two, libc::LOCK_EX | libc::LOCK_NB));
    log.seen(flock(&one, 0));
}

fn shared_ones(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    log.seen(flock(&one, libc::LOCK_SH));
    log.seen(flock(&two, libc::LOCK_SH | libc::LOCK_NB));
    log.seen(flock(&one, libc::LOCK_EX | libc::LOCK_NB));
    // What it had is gone with the attempt to make more of it.
    log.seen(flock(&two, libc::LOCK_EX | libc::LOCK_NB));
}

fn of_std(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    log.seen(one.lock());
    log.note(two.try_lock().is_err());
    log.note(two.try_lock_shared().is_err());
    log.seen(one.unlock());
    log.note(two.try_lock_shared().is_ok());
    log.note(one.try_lock_shared().is_ok());
}

fn they_end_with_the_last_descriptor(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    let other = one.try_clone().unwrap();
    log.seen(flock(&one, libc::LOCK_EX));
    log.seen(flock(&other, libc::LOCK_EX | libc::LOCK_NB));
    drop(one);
    log.seen(flock(&two, libc::LOCK_EX | libc::LOCK_NB));
    drop(other);
    log.seen(flock(&two, libc::LOCK_EX | libc::LOCK_NB));
}

fn a_thread_waits_for_a_lock(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    flock(&one, libc::LOCK_EX).unwrap();
    let (sender, receiver) = channel();
    let waits = thread::spawn(move || {
        flock(&two, libc::LOCK_EX).unwrap();
        sender.send("locked").unwrap();
    });
    log.note(receiver.recv_timeout(Duration::from_millis(50)));
    flock(&one, libc::LOCK_UN).unwrap();
    log.note(receiver.recv_timeout(Duration::from_secs(60)));
    waits.join().unwrap();
}

fn part(kind: i32, start: i64, len: i64) -> libc::flock64 {
    libc::flock64 { l_type: kind as i16, l_whence: libc::SEEK_SET as i16, l_start: start, l_len: len, l_pid: 0 }
}

fn set(file: &File, command: i32, kind: i32, start: i64, len: i64) -> std::io::Result<isize> {
    let mut lock = part(kind, start, len);
    // SAFETY: a descriptor and a lock of our own.
    os(unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) } as isize)
}

fn a_process_is_not_in_its_own_way(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    log.seen(set(&one, libc::F_SETLK, libc::F_WRLCK, 0, 0));
    log.seen(set(&two, libc::F_SETLK, libc::F_WRLCK, 0, 10));
    let mut lock = part(libc::F_WRLCK, 0, 10);
    // SAFETY: a descriptor and a lock of our own.
    log.seen(os(unsafe { libc::fcntl(one.as_raw_fd(), libc::F_GETLK, &raw mut lock) } as isize));
    log.note(i32::from(lock.l_type) == libc::F_UNLCK);
}

fn of_parts_by_open_file(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    log.seen(set(&one, libc::F_OFD_SETLK, libc::F_WRLCK, 10, 10));
    for (kind, start, len) in [
        (libc::F_WRLCK, 0, 10),
        (libc::F_WRLCK, 0, 11),
        (libc::F_RDLCK, 19, 1),
        (libc::F_WRLCK, 20, 0),
        (libc::F_RDLCK, 0, 0),
    ] {
        log.seen(set(&two, libc::F_OFD_SETLK, kind, start, len));
    }
    // The locks of processes are in the way of these.
    log.seen(set(&two, libc::F_SETLK, libc::F_WRLCK, 15, 1));
}

fn parts_are_released_in_part(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    log.seen(set(&one, libc::F_OFD_SETLK, libc::F_WRLCK, 0, 0));
    log.seen(set(&one, libc::F_OFD_SETLK, libc::F_UNLCK, 40, 20));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 40, 20));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 39, 1));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 60, 1));
}

fn who_is_in_the_way(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    log.seen(set(&one, libc::F_OFD_SETLK, libc::F_RDLCK, 5, 7));
    for kind in [libc::F_RDLCK, libc::F_WRLCK] {
        let mut lock = part(kind, 0, 0);
        // SAFETY: a descriptor and a lock of our own.
        log.seen(os(unsafe { libc::fcntl(two.as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) } as isize));
        let found = i32::from(lock.l_type);
        log.note(found == libc::F_UNLCK);
        if found != libc::F_UNLCK {
            log.note((found == libc::F_RDLCK, lock.l_start, lock.l_len, lock.l_pid));
        }
    }
    log.seen(set(&two, libc::F_OFD_SETLK, 99, 0, 0));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_RDLCK, -1, 0));
}

fn of_a_process_end_with_any_descriptor(dir: &Path, log: &mut Log) {
    let (one, two, other) = (open(dir), open(dir), open(dir));
    log.seen(set(&one, libc::F_SETLK, libc::F_WRLCK, 0, 0));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 0, 0));
    drop(other);
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 0, 0));
}

fn from_the_position_on(dir: &Path, log: &mut Log) {
    let (mut one, two) = (open(dir), open(dir));
    one.seek(SeekFrom::Start(10)).unwrap();
    // SAFETY: a descriptor of our own.
    log.seen(os(unsafe { libc::lockf(one.as_raw_fd(), libc::F_TLOCK, 5) } as isize));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 0, 10));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 14, 1));
    log.seen(set(&two, libc::F_OFD_SETLK, libc::F_WRLCK, 15, 1));
}

fn a_thread_waits_for_a_part(dir: &Path, log: &mut Log) {
    let (one, two) = (open(dir), open(dir));
    set(&one, libc::F_OFD_SETLK, libc::F_WRLCK, 0, 10).unwrap();
    let (sender, receiver) = channel();
    let waits = thread::spawn(move || {
        set(&two, libc::F_OFD_SETLKW, libc::F_RDLCK, 5, 10).unwrap();
        sender.send("locked").unwrap();
    });
    log.note(receiver.recv_timeout(Duration::from_millis(50)));
    set(&one, libc::F_OFD_SETLK, libc::F_UNLCK, 5, 5).unwrap();
    log.note(receiver.recv_timeout(Duration::from_secs(60)));
    waits.join().unwrap();
}

fn what_cannot_be_locked(dir: &Path, log: &mut Log) {
    open(dir);
    let reads = File::open(dir.join("file")).unwrap();
    log.seen(set(&reads, libc::F_OFD_SETLK, libc::F_WRLCK, 0, 0));
    log.seen(set(&reads, libc::F_OFD_SETLK, libc::F_RDLCK, 0, 0));
    log.seen(flock(&reads, libc::LOCK_EX));
    let writes = OpenOptions::new().write(true).open(dir.join("file")).unwrap();
    log.seen(set(&writes, libc::F_SETLK, libc::F_RDLCK, 0, 0));
    // SAFETY: a descriptor that is not open.
    log.seen(os(unsafe { libc::flock(12345, libc::LOCK_EX) } as isize));
}
