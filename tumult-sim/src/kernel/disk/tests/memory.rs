//! The tree of files: names, handles, and what a kill or a power loss leaves.

use super::super::tests::{CREATE, READ};
use super::*;
use crate::base::{Key, Seed};

const NOW: Time = Time::ZERO;

fn disk(survival: Probability) -> Memory {
    Memory::new(Key::root(Seed(1)).counter(), survival, Bytes::mib(8))
}

fn write(disk: &mut Memory, path: &str, data: &[u8]) -> Fd {
    let fd = disk.open(path, CREATE, NOW).unwrap();
    disk.write_at(fd, 0, data, NOW).unwrap();
    fd
}

#[test]
fn a_synced_file_without_a_synced_directory_has_no_name() {
    let mut disk = disk(Probability::NEVER);
    let fd = write(&mut disk, "f", b"data");
    disk.sync(fd).unwrap();
    disk.power_loss();
    assert_eq!(disk.metadata("f").unwrap_err(), Cause::NotFound);

    let fd = write(&mut disk, "f", b"data");
    disk.sync(fd).unwrap();
    let root = disk.open("/", READ, NOW).unwrap();
    disk.sync(root).unwrap();
    disk.power_loss();
    assert_eq!(disk.metadata("f").unwrap().len, 4);
}

#[test]
fn a_new_directory_is_an_entry_of_its_parent() {
    let mut disk = disk(Probability::NEVER);
    disk.create_dir("d", NOW).unwrap();
    disk.open("d/f", CREATE, NOW).unwrap();
    disk.sync_dir("d").unwrap();
    disk.power_loss();
    assert_eq!(disk.metadata("d"), Err(Cause::NotFound));
    assert_eq!(disk.nodes.iter().flatten().count(), 1, "what no name leads to is forgotten");
}

#[test]
fn a_kill_closes_and_loses_nothing() {
    let mut disk = disk(Probability::NEVER);
    let fd = write(&mut disk, "f", b"data");
    disk.kill();
    assert_eq!(disk.close(fd), Err(Cause::BadDescriptor));
    let again = disk.open("f", READ, NOW).unwrap();
    assert_ne!(again, fd, "a descriptor of the dead never names what the living opened");
    let mut buf = [0; 9];
    assert_eq!(disk.read_at(again, 0, &mut buf), Ok(4));
    assert_eq!(disk.read_at(fd, 0, &mut buf), Err(Cause::BadDescriptor));
}

#[test]
fn a_removed_file_lives_while_it_is_open_or_its_removal_pending() {
    let mut disk = disk(Probability::NEVER);
    let fd = write(&mut disk, "f", b"data");
    disk.sync(fd).unwrap();
    disk.sync_dir("/").unwrap();
    disk.remove_file("f", NOW).unwrap();
    assert_eq!(disk.used(), Bytes(4));
    assert_eq!(disk.read_at(fd, 0, &mut [0; 4]), Ok(4));
    disk.close(fd).unwrap();
    assert_eq!(disk.used(), Bytes(0));
    disk.power_loss();
    assert_eq!(disk.metadata("f").unwrap().len, 4, "the removal was lost");
    assert_eq!(disk.used(), Bytes(4));

    disk.remove_file("f", NOW).unwrap();
    disk.sync_dir("/").unwrap();
    assert_eq!(disk.nodes.iter().flatten().count(), 1);
}

#[test]
fn memory_is_bounded_when_nothing_is_ever_synced() {
    let mut disk = disk(Probability::NEVER);
    for i in 0..20_000 {
        let fd = disk.open("tmp", CREATE, NOW).unwrap();
        disk.write_at(fd, 0, b"x", NOW).unwrap();
        disk.close(fd).unwrap();
        disk.rename("tmp", if i % 2 == 0 { "a" } else { "b" }, NOW).unwrap();
    }
    assert!(disk.nodes.len() < 10_000, "{}", disk.nodes.len());
    assert_eq!(disk.used(), Bytes(2));
}

#[test]
fn opening_follows_std() {
    let mut disk = disk(Probability::NEVER);
    let no = OpenOptions::default();
    assert_eq!(disk.open("f", no, NOW), Err(Cause::Invalid));
    assert_eq!(disk.open("f", OpenOptions { read: true, create: true, ..no }, NOW), Err(Cause::Invalid));
    assert_eq!(disk.open("f", READ, NOW), Err(Cause::NotFound));
    let fd = write(&mut disk, "f", b"data");
    assert_eq!(disk.open("f", OpenOptions { create_new: true, ..CREATE }, NOW), Err(Cause::Exists));
    assert_eq!(disk.open("f/g", CREATE, NOW), Err(Cause::NotDirectory));
    assert_eq!(disk.open("no/g", CREATE, NOW), Err(Cause::NotFound));
    assert_eq!(disk.open("/", CREATE, NOW), Err(Cause::IsDirectory));
    disk.open("f", OpenOptions { truncate: true, ..CREATE }, NOW).unwrap();
    assert_eq!(disk.len(fd), Ok(0));

    let log = disk.open("f", OpenOptions { append: true, ..no }, NOW).unwrap();
    disk.write_at(log, 999, b"at ", NOW).unwrap();
    disk.write_at(log, 0, b"end", NOW).unwrap();
    assert_eq!(disk.read_at(log, 0, &mut [0]), Err(Cause::BadDescriptor));
    let mut buf = [0; 9];
    assert_eq!(disk.read_at(fd, 0, &mut buf), Ok(6));
    assert_eq!(&buf[..6], b"at end");

    let reader = disk.open("f", READ, NOW).unwrap();
    assert_eq!(disk.write_at(reader, 0, b"x", NOW), Err(Cause::BadDescriptor));
    assert_eq!(disk.set_len(reader, 0, NOW), Err(Cause::Invalid));
    assert_eq!(disk.write_at(fd, u64::MAX, b"x", NOW), Err(Cause::TooLarge));
}

#[test]
fn names_follow_posix() {
    let mut disk = disk(Probability::NEVER);
    disk.create_dir("d", NOW).unwrap();
    disk.create_dir("d/s", NOW).unwrap();
    write(&mut disk, "f", b"data");
    write(&mut disk, "d/s/g", b"data");
    for (result, cause) in [
        (disk.create_dir("d", NOW), Cause::Exists),
        (disk.create_dir("/", NOW), Cause::Exists),
        (disk.create_dir("x/y", NOW), Cause::NotFound),
        (disk.rename("d", "d/s/d", NOW), Cause::Invalid),
        (disk.rename("d", "f", NOW), Cause::NotDirectory),
        (disk.rename("f", "d", NOW), Cause::IsDirectory),
        (disk.rename("d/s", "d", NOW), Cause::NotEmpty),
        (disk.rename("x", "y", NOW), Cause::NotFound),
        (disk.rename("/", "y", NOW), Cause::Busy),
        (disk.remove_file("d", NOW), Cause::IsDirectory),
        (disk.remove_dir("f", NOW), Cause::NotDirectory),
        (disk.remove_dir("d", NOW), Cause::NotEmpty),
        (disk.remove_dir("/", NOW), Cause::Busy),
        (disk.sync_dir("f"), Cause::NotDirectory),
    ] {
        assert_eq!(result, Err(cause));
    }
    disk.rename("d", "d", NOW).unwrap();
    disk.rename("d/s", "s", NOW).unwrap();
    disk.remove_dir("d", NOW).unwrap();
    let names: Vec<_> = disk.read_dir("/").unwrap().into_iter().map(|e| e.name.into_string()).collect();
    assert_eq!(names, ["f", "s"]);
    assert_eq!(disk.metadata("s/g").unwrap().len, 4);
}

/// Does `steps` on a tree in which `d/s/a` and `e` are durable, and says whether the file is somewhere after a power
/// loss, for every one of many keys.
fn never_vanishes(steps: impl Fn(&mut Memory)) -> bool {
    (0..200).all(|seed| {
        let mut disk = Memory::new(Key::root(Seed(seed)).counter(), Probability::new(0.5).unwrap(), Bytes::mib(8));
        for dir in ["d", "d/s", "e"] {
            disk.create_dir(dir, NOW).unwrap();
        }
        let fd = write(&mut disk, "d/s/a", b"dear");
        disk.sync(fd).unwrap();
        for dir in ["/", "d", "d/s"] {
            disk.sync_dir(dir).unwrap();
        }
        steps(&mut disk);
        disk.power_loss();
        disk.used() == Bytes(4)
    })
}

#[test]
fn what_is_moved_never_vanishes() {
    let moved_out = |disk: &mut Memory| {
        disk.rename("d/s/a", "e/a", NOW).unwrap();
        disk.remove_dir("d/s", NOW).unwrap();
    };
    assert!(never_vanishes(moved_out), "its old directory goes only after it");
    assert!(never_vanishes(|disk| {
        moved_out(disk);
        disk.sync_dir("d").unwrap();
    }));
    assert!(never_vanishes(|disk| {
        disk.create_dir("new", NOW).unwrap();
        disk.rename("d/s/a", "new/a", NOW).unwrap();
        disk.sync_dir("new").unwrap();
    }));
    assert!(never_vanishes(|disk| {
        disk.rename("d/s", "s", NOW).unwrap();
        disk.rename("d", "s/d", NOW).unwrap();
        disk.sync_dir("s").unwrap();
    }));
    assert!(!never_vanishes(|disk| disk.remove_file("d/s/a", NOW).unwrap()), "this can tell");
}
