//! The disk as the faces see it.

use std::io;

use crate::base::{DiskChange, Key, Probability, Seed, Time};

use super::super::{Disk, DiskConfig};
use super::CREATE;

const NOW: Time = Time::ZERO;

fn disk() -> Disk {
    Disk::new(&Key::root(Seed(1)), DiskConfig::default())
}

#[test]
fn errors_name_what_was_tried_and_the_path() {
    let mut disk = disk();
    let says = |e: super::super::DiskError| e.to_string();
    let missing = disk.metadata("/no/such").unwrap_err();
    assert_eq!(missing.errno(), 2);
    assert_eq!(missing.path(), "/no/such");
    assert_eq!(says(missing), "failed to get metadata of `/no/such`: no such file or directory (os error 2)");

    let fd = disk.open("wal", CREATE, NOW).unwrap();
    disk.apply(DiskChange::WriteErrors(Probability::ALWAYS));
    let failed = disk.write_at(fd, 0, b"x", NOW).unwrap_err();
    assert_eq!(says(failed.clone()), "failed to write to `wal`: input/output error (os error 5)");
    assert_eq!(io::Error::from(failed).raw_os_error(), Some(5));
    disk.kill();
    assert_eq!(says(disk.close(fd).unwrap_err()), "failed to close `a closed file`: bad file descriptor (os error 9)");
}

#[test]
fn directories_are_made_with_those_above() {
    let mut disk = disk();
    disk.create_dir_all("/a/b/c", NOW).unwrap();
    disk.create_dir_all("/a/b/c", NOW).unwrap();
    disk.create_dir_all("/", NOW).unwrap();
    assert!(disk.metadata("a/b/c").unwrap().is_dir);
    disk.open("a/f", CREATE, NOW).unwrap();
    assert_eq!(disk.create_dir_all("a/f", NOW).unwrap_err().errno(), 17);
    assert_eq!(disk.create_dir_all("a/f/x", NOW).unwrap_err().errno(), 20);
}

#[test]
fn an_unused_disk_costs_its_key_and_configuration() {
    let mut disk = disk();
    disk.kill();
    disk.power_loss();
    assert!(!disk.stalled());
    assert!(disk.device.is_none());
    assert!(size_of::<Disk>() <= 256, "{}", size_of::<Disk>());
}

#[test]
fn a_disk_can_move_to_another_thread() {
    fn send<T: Send>(_: &T) {}
    send(&disk());
}
