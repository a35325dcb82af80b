//! What is left after a sync that failed: three kinds of system.

use super::super::{Disk, DiskConfig, Fd};
use super::CREATE;
use crate::base::{DiskChange, Key, Probability, Seed, Time};

const NOW: Time = Time::ZERO;
const OLD: [u8; 6000] = [1; 6000];
const NEW: [u8; 9000] = [2; 9000];

const fn drops() -> DiskChange {
    DiskChange::SyncDrops(Probability::ALWAYS)
}

const fn reverts() -> DiskChange {
    DiskChange::SyncReverts(Probability::ALWAYS)
}

/// A disk with a file whose old content is durable, and whose new content could not be synced.
fn failed(seed: u64, change: DiskChange) -> (Disk, Fd) {
    let mut disk = Disk::new(&Key::root(Seed(seed)), DiskConfig::default());
    let fd = disk.open("/f", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, &OLD, NOW).unwrap();
    disk.sync_all(fd).unwrap();
    disk.sync_dir("/").unwrap();
    disk.write_at(fd, 0, &NEW, NOW).unwrap();
    let undo = disk.apply(change);
    assert_eq!(disk.sync_all(fd).unwrap_err().errno(), 5);
    assert_eq!(disk.felt(&undo), 1);
    disk.apply(undo);
    (disk, fd)
}

fn all(disk: &mut Disk, fd: Fd) -> Vec<u8> {
    let mut bytes = vec![0; disk.len(fd).unwrap() as usize];
    disk.read_at(fd, 0, &mut bytes).unwrap();
    bytes
}

fn after_power_loss(mut disk: Disk) -> Vec<u8> {
    disk.power_loss();
    let fd = disk.open("/f", CREATE, NOW).unwrap();
    all(&mut disk, fd)
}

#[test]
fn pending_stays_and_a_later_sync_makes_it_durable() {
    let (mut disk, fd) = failed(1, DiskChange::SyncErrors(Probability::ALWAYS));
    assert_eq!(all(&mut disk, fd), NEW);
    disk.sync_all(fd).unwrap();
    assert_eq!(after_power_loss(disk), NEW);
}

#[test]
fn dropped_is_seen_until_the_power_is_lost_whatever_is_synced_later() {
    for seed in 0..20 {
        let (mut disk, fd) = failed(seed, drops());
        assert_eq!(all(&mut disk, fd), NEW, "it is seen as if nothing had happened");
        disk.sync_all(fd).unwrap();
        disk.kill();
        let fd = disk.open("/f", CREATE, NOW).unwrap();
        disk.sync_all(fd).unwrap();
        assert_eq!(all(&mut disk, fd), NEW, "by the next life too");
        assert_eq!(after_power_loss(disk), OLD);
    }
}

#[test]
fn dropped_pages_that_are_written_again_are_durable_when_synced() {
    let (mut disk, fd) = failed(1, drops());
    disk.write_at(fd, 5000, &[3; 10], NOW).unwrap();
    disk.sync_all(fd).unwrap();
    let left = after_power_loss(disk);
    assert_eq!(left.len(), NEW.len(), "the length is written with it");
    assert_eq!(left[..4096], OLD[..4096], "the first page never was");
    assert_eq!(left[4096..5000], NEW[4096..5000], "the second was, whole");
    assert_eq!(left[5000..5010], [3; 10]);
    assert_eq!(left[8192..], [0; 9000 - 8192], "the third never was: a hole");
}

#[test]
fn dropped_and_then_torn_is_old_or_new_by_sector() {
    for seed in 0..40 {
        let (mut disk, fd) = failed(seed, drops());
        disk.write_at(fd, 0, &[3; 512], NOW).unwrap();
        disk.write_at(fd, 9000, &[4; 512], NOW).unwrap();
        let left = after_power_loss(disk);
        assert!(left[..512] == OLD[..512] || left[..512] == [3; 512]);
        assert_eq!(left[512..4096], OLD[512..4096]);
    }
}

#[test]
fn reverted_is_gone_at_once() {
    let (mut disk, fd) = failed(1, reverts());
    assert_eq!(all(&mut disk, fd), OLD);
    disk.sync_all(fd).unwrap();
    disk.write_at(fd, 0, &[3; 10], NOW).unwrap();
    disk.sync_all(fd).unwrap();
    let left = after_power_loss(disk);
    assert_eq!((&left[..10], &left[10..]), (&[3; 10][..], &OLD[10..]));
}

#[test]
fn cut_after_dropping_is_cut() {
    for len in [0, 100, 4096, 5000, 8192] {
        let (mut disk, fd) = failed(1, drops());
        disk.set_len(fd, len, NOW).unwrap();
        disk.sync_all(fd).unwrap();
        disk.set_len(fd, 9000, NOW).unwrap();
        disk.sync_all(fd).unwrap();
        let left = after_power_loss(disk);
        assert_eq!(left.len(), 9000);
        assert!(left[len as usize..].iter().all(|b| *b == 0), "{len}");
    }
}

#[test]
fn what_was_synced_before_and_what_is_in_other_files_stays() {
    for change in [drops(), reverts()] {
        for seed in 0..20 {
            let (mut disk, fd) = failed(seed, change.clone());
            let other = disk.open("/g", CREATE, NOW).unwrap();
            disk.write_at(other, 0, b"other", NOW).unwrap();
            disk.sync_all(other).unwrap();
            disk.sync_dir("/").unwrap();
            disk.apply(change.clone());
            disk.sync_all(fd).unwrap();
            disk.sync_dir("/").unwrap();
            disk.power_loss();
            let fd = disk.open("/f", CREATE, NOW).unwrap();
            assert_eq!(all(&mut disk, fd), OLD);
            let other = disk.open("/g", CREATE, NOW).unwrap();
            assert_eq!(all(&mut disk, other), b"other");
        }
    }
}
