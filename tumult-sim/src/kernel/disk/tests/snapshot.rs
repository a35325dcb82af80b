//! A disk as a value: what is in it, and what it is after a restore.

use super::super::tests::{CREATE, READ};
use super::super::{Disk, DiskConfig};
use super::*;
use crate::base::{Key, Seed};

const NOW: Time = Time::ZERO;

fn furnished(seed: u64) -> Disk {
    let mut disk = Disk::new(&Key::root(Seed(seed)), DiskConfig::default());
    disk.create_dir_all("/d/e", NOW).unwrap();
    for (path, bytes) in [("/d/f", &b"data"[..]), ("/empty", b"")] {
        let fd = disk.open(path, CREATE, NOW).unwrap();
        disk.write_at(fd, 0, bytes, NOW).unwrap();
    }
    disk.hard_link("/d/f", "/d/e/g", NOW).unwrap();
    disk
}

#[test]
fn a_restored_disk_is_the_same_and_durable() {
    let saved = furnished(1).snapshot();
    assert_eq!(saved.files().collect::<Vec<_>>(), ["/d/e/g", "/d/f", "/empty"]);
    assert_eq!((saved.read("d/f"), saved.read("/d/e/g")), (Some(&b"data"[..]), Some(&b"data"[..])));
    assert_eq!((saved.read("/d"), saved.read("/none"), saved.size()), (None, None, Bytes(4)));
    for seed in 0..20 {
        let mut other = Disk::new(&Key::root(Seed(seed)), DiskConfig::default());
        let old = other.open("/old", CREATE, NOW).unwrap();
        other.restore(&saved, NOW);
        assert_eq!(other.snapshot(), saved);
        assert!(other.write_at(old, 0, b"x", NOW).is_err(), "what was open names nothing any more");
        other.power_loss();
        assert_eq!(other.snapshot(), saved);
        let one = other.open("/d/f", CREATE, NOW).unwrap();
        other.write_at(one, 0, b"DATA", NOW).unwrap();
        let mut bytes = [0; 4];
        let two = other.open("/d/e/g", READ, NOW).unwrap();
        other.read_at(two, 0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"DATA", "names of one file stay names of one file");
    }
}

#[test]
fn a_snapshot_does_not_follow_its_disk() {
    let mut disk = furnished(1);
    let saved = disk.snapshot();
    let fd = disk.open("/d/f", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, b"later", NOW).unwrap();
    disk.remove_file("/empty", NOW).unwrap();
    assert_ne!(disk.snapshot(), saved);
    disk.restore(&saved, NOW);
    assert_eq!(disk.snapshot(), saved);
    assert_eq!(disk.metadata("/d/f").unwrap().nlink, 2);
}

#[test]
fn faults_stay_over_a_restore_and_fates_are_new() {
    let lost = |restores: u32| {
        let mut disk = furnished(3);
        let saved = disk.snapshot();
        for _ in 0..restores {
            disk.restore(&saved, NOW);
        }
        let fd = disk.open("/d/f", CREATE, NOW).unwrap();
        disk.write_at(fd, 0, &vec![7; 20_000], NOW).unwrap();
        disk.sync_dir("/d").unwrap();
        disk.sync_dir("/").unwrap();
        disk.power_loss();
        disk.snapshot()
    };
    assert!(lost(1) == lost(1));
    assert!(lost(1) != lost(2));
}
