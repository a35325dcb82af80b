//! Names: hard links, and what a crash makes of them.

use proptest::prelude::*;

use super::super::{Disk, DiskConfig};
use super::{CREATE, READ};
use crate::base::{Key, Seed, Time};

const NOW: Time = Time::ZERO;

fn disk(seed: u64) -> Disk {
    let mut disk = Disk::new(&Key::root(Seed(seed)), DiskConfig::default());
    disk.create_dir("/d", NOW).unwrap();
    let fd = disk.open("/f", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, b"data", NOW).unwrap();
    disk.sync_all(fd).unwrap();
    disk.close(fd).unwrap();
    disk.sync_dir("/").unwrap();
    disk
}

fn read(disk: &mut Disk, path: &str) -> Option<Vec<u8>> {
    let fd = disk.open(path, READ, NOW).ok()?;
    let mut bytes = vec![0; 16];
    let n = disk.read_at(fd, 0, &mut bytes).unwrap();
    disk.close(fd).unwrap();
    bytes.truncate(n);
    Some(bytes)
}

#[test]
fn two_names_are_one_file_until_the_last_is_gone() {
    let mut disk = disk(1);
    disk.hard_link("/f", "/d/g", NOW).unwrap();
    assert_eq!(disk.metadata("/f").unwrap(), disk.metadata("/d/g").unwrap());
    assert_eq!(disk.metadata("/f").unwrap().nlink, 2);
    let fd = disk.open("/d/g", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, b"DATA", NOW).unwrap();
    disk.remove_file("/f", NOW).unwrap();
    assert_eq!(read(&mut disk, "/d/g").unwrap(), b"DATA");
    disk.rename("/d/g", "/f", NOW).unwrap();
    disk.remove_file("/f", NOW).unwrap();
    assert_eq!(disk.metadata_of(fd).unwrap().nlink, 0);
    assert_eq!(disk.write_at(fd, 4, b"!", NOW), Ok(1), "it lives on while it is open");
}

#[test]
fn links_fail_as_on_linux() {
    let mut disk = disk(1);
    let errno = |result: Result<(), super::DiskError>| result.unwrap_err().errno();
    assert_eq!(errno(disk.hard_link("/none", "/g", NOW)), 2);
    assert_eq!(errno(disk.hard_link("/f", "/d", NOW)), 17);
    assert_eq!(errno(disk.hard_link("/f", "/f", NOW)), 17);
    assert_eq!(errno(disk.hard_link("/d", "/e", NOW)), 1);
    assert_eq!(errno(disk.hard_link("/f", "/none/g", NOW)), 2);
    assert_eq!(errno(disk.hard_link("/f", "/f/g", NOW)), 20);
    disk.hard_link("/f", "/g", NOW).unwrap();
    disk.rename("/f", "/g", NOW).unwrap();
    assert!(disk.metadata("/f").is_ok(), "two names of one file: a rename does nothing");
}

#[test]
fn a_link_is_pending_until_its_directory_is_synced() {
    let left: Vec<bool> = (0..40)
        .map(|seed| {
            let mut disk = disk(seed);
            disk.hard_link("/f", "/d/g", NOW).unwrap();
            disk.power_loss();
            assert_eq!(read(&mut disk, "/f").unwrap(), b"data");
            let nlink = disk.metadata("/f").unwrap().nlink;
            let there = disk.metadata("/d/g").is_ok();
            assert_eq!(nlink, 1 + u32::from(there));
            there
        })
        .collect();
    assert!(left.contains(&true) && left.contains(&false));
    for seed in 0..40 {
        let mut disk = disk(seed);
        disk.hard_link("/f", "/d/g", NOW).unwrap();
        disk.sync_dir("/d").unwrap();
        disk.power_loss();
        assert!(disk.metadata("/d/g").is_ok());
    }
}

/// A rename over a file that is open: the reader keeps the old one.
#[test]
fn what_is_replaced_lives_on_while_it_is_open() {
    let mut disk = disk(1);
    let old = disk.open("/f", READ, NOW).unwrap();
    let new = disk.open("/f.new", CREATE, NOW).unwrap();
    disk.write_at(new, 0, b"new!", NOW).unwrap();
    disk.rename("/f.new", "/f", NOW).unwrap();
    let mut bytes = [0; 4];
    disk.read_at(old, 0, &mut bytes).unwrap();
    assert_eq!(&bytes, b"data");
    assert_eq!(disk.metadata_of(old).unwrap().nlink, 0);
    assert_eq!(read(&mut disk, "/f").unwrap(), b"new!");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is linked, moved and removed: a durable file that always had a name has one after a power loss.
    #[test]
    fn a_file_that_always_has_a_name_never_vanishes(
        seed: u64,
        steps in proptest::collection::vec((0..4u8, 0..5usize, 0..5usize), 1..20),
    ) {
        const NAMES: [&str; 5] = ["/f", "/g", "/d/f", "/d/g", "/h"];
        let mut disk = disk(seed);
        let ino = disk.metadata("/f").unwrap().ino;
        for (step, a, b) in steps {
            let (a, b) = (NAMES[a], NAMES[b]);
            let _ = match step {
                0 => disk.hard_link(a, b, NOW),
                1 => disk.rename(a, b, NOW),
                2 if disk.metadata(a).is_ok_and(|m| m.nlink > 1) => disk.remove_file(a, NOW),
                _ => disk.sync_dir(if a.starts_with("/d") { "/d" } else { "/" }),
            };
        }
        disk.power_loss();
        let names = NAMES.into_iter().filter(|name| disk.metadata(name).is_ok_and(|m| m.ino == ino)).count();
        prop_assert!(names > 0);
        prop_assert_eq!(disk.snapshot().files().count(), names);
        let name = NAMES.into_iter().find(|name| disk.metadata(name).is_ok()).unwrap();
        prop_assert_eq!(disk.metadata(name).unwrap().nlink as usize, names);
        prop_assert_eq!(read(&mut disk, name).unwrap(), b"data");
    }
}
