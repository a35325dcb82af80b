//! Permissions, times, names of what is open, and a sync of everything.

use super::super::{Attribute, Disk, DiskConfig, Of};
use super::{CREATE, READ};
use crate::base::{DiskChange, Key, Probability, Seed, Time};

const NOW: Time = Time::ZERO;

fn disk() -> Disk {
    Disk::new(&Key::root(Seed(1)), DiskConfig::default().survival(0.0))
}

#[test]
fn what_is_set_is_told_until_the_file_is_written_to() {
    let mut disk = disk();
    let fd = disk.open("/a", CREATE, NOW).unwrap();
    assert_eq!(disk.metadata("/a").unwrap().mode, 0o644);
    disk.set_attribute(Of::Path("/a"), Attribute::Mode(0o600)).unwrap();
    disk.set_attribute(Of::File(fd), Attribute::Times(5, 6)).unwrap();
    let seen = disk.metadata("/a").unwrap();
    assert_eq!((seen.mode, seen.told), (0o600, Some((5, 6))));
    disk.write_at(fd, 0, b"x", Time::from_nanos(9)).unwrap();
    assert_eq!(disk.metadata("/a").unwrap().told, None);
    assert_eq!(disk.set_attribute(Of::Path("/b"), Attribute::Mode(0)).unwrap_err().errno(), 2);
    disk.apply(DiskChange::WriteErrors(Probability::ALWAYS));
    assert_eq!(disk.set_attribute(Of::Path("/a"), Attribute::Mode(0)).unwrap_err().errno(), 5);
    assert_eq!(disk.metadata("/a").unwrap().mode, 0o600);
}

#[test]
fn what_is_open_is_found_where_it_was_moved() {
    let mut disk = disk();
    disk.create_dir("/a", NOW).unwrap();
    let fd = disk.open("/a", READ, NOW).unwrap();
    let root = disk.open("/", READ, NOW).unwrap();
    assert_eq!((disk.name_of(fd).as_deref(), disk.name_of(root).as_deref()), (Some("/a"), Some("/")));
    disk.create_dir("/b", NOW).unwrap();
    disk.rename("/a", "/b/c", NOW).unwrap();
    disk.create_dir("/a", NOW).unwrap();
    assert_eq!(disk.name_of(fd).as_deref(), Some("/b/c"));
    disk.remove_dir("/b/c", NOW).unwrap();
    assert_eq!(disk.name_of(fd), None);
    disk.close(fd).unwrap();
    assert_eq!(disk.name_of(fd), None);
}

#[test]
fn a_sync_of_everything_makes_all_durable_or_fails_and_changes_nothing() {
    for fails in [false, true] {
        let mut disk = disk();
        disk.create_dir("/d", NOW).unwrap();
        let fd = disk.open("/d/a", CREATE, NOW).unwrap();
        disk.write_at(fd, 0, b"hello", NOW).unwrap();
        disk.apply(DiskChange::SyncErrors(if fails { Probability::ALWAYS } else { Probability::NEVER }));
        assert_eq!(disk.sync_disk().is_err(), fails);
        disk.power_loss();
        assert_eq!(disk.metadata("/d/a").map(|m| m.len).ok(), (!fails).then_some(5));
    }
}
