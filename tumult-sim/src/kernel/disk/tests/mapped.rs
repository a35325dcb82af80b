//! Files that are mapped into memory: loads and stores.

use super::super::{Disk, DiskConfig};
use super::CREATE;
use crate::base::{DiskChange, Key, Probability, Seed, Time};

const NOW: Time = Time::ZERO;

/// A disk with a file, open, of five bytes; and its number.
fn disk() -> (Disk, super::Fd, u64) {
    let mut disk = Disk::new(&Key::root(Seed(1)), DiskConfig::default().survival(0.0));
    let fd = disk.open("/a", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, b"hello", NOW).unwrap();
    let ino = disk.metadata_of(fd).unwrap().ino;
    (disk, fd, ino)
}

#[test]
fn a_store_changes_what_is_there_and_no_length() {
    let (mut disk, _, ino) = disk();
    disk.store(ino, 3, b"12345", NOW);
    let mut seen = [9; 8];
    assert_eq!(disk.load(ino, 0, &mut seen), 5);
    assert_eq!(&seen, b"hel12\0\0\0");
    disk.store(ino, 100, b"x", NOW);
    disk.store(ino + 1, 0, b"x", NOW);
    assert_eq!(disk.metadata("/a").unwrap().len, 5);
}

#[test]
fn a_store_does_not_fail_and_is_lost_without_a_sync() {
    let (mut disk, fd, ino) = disk();
    disk.sync_all(fd).unwrap();
    disk.sync_dir("/").unwrap();
    disk.apply(DiskChange::WriteErrors(Probability::ALWAYS));
    disk.store(ino, 0, b"HE", NOW);
    disk.kill();
    let mut seen = [0; 5];
    disk.load(ino, 0, &mut seen);
    assert_eq!(&seen, b"HEllo");
    disk.power_loss();
    disk.load(ino, 0, &mut seen);
    assert_eq!(&seen, b"hello");
}

#[test]
fn what_is_kept_outlives_its_descriptor_and_its_name() {
    let (mut disk, fd, ino) = disk();
    let kept = disk.keep(fd).unwrap();
    disk.close(fd).unwrap();
    disk.remove_file("/a", NOW).unwrap();
    disk.sync_dir("/").unwrap();
    assert_eq!(disk.load(ino, 0, &mut [0; 5]), 5);
    disk.close(kept).unwrap();
    assert_eq!(disk.load(ino, 0, &mut [0; 5]), 0);
}
