//! A disk that fails: which operations feel which fault, and what they cost.

use super::super::memory::Memory;
use super::super::tests::CREATE;
use super::*;
use crate::base::{Key, Seed};

const NOW: Time = Time::ZERO;

fn disk() -> Faulty {
    let config = DiskConfig::default();
    let memory = Memory::new(Key::root(Seed(1)).counter(), Probability::NEVER, config.write_back);
    Faulty::new(LatentLayer::new(memory), config)
}

fn p(p: f64) -> Probability {
    Probability::new(p).unwrap()
}

#[test]
fn each_error_fails_its_operations_and_no_others() {
    let mut disk = disk();
    let fd = disk.open("f", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, b"old", NOW).unwrap();

    let undo = disk.apply(DiskChange::ReadErrors(Probability::ALWAYS));
    assert_eq!(disk.read_at(fd, 0, &mut [0]), Err(Cause::Io));
    disk.write_at(fd, 0, b"new", NOW).unwrap();
    assert_eq!(disk.apply(undo), DiskChange::ReadErrors(Probability::ALWAYS));

    let undo = disk.apply(DiskChange::WriteErrors(Probability::ALWAYS));
    assert_eq!(disk.write_at(fd, 0, b"bad", NOW), Err(Cause::Io));
    assert_eq!(disk.set_len(fd, 0, NOW), Err(Cause::Io));
    assert_eq!(disk.open("g", CREATE, NOW), Err(Cause::Io));
    assert_eq!(disk.create_dir("d", NOW), Err(Cause::Io));
    assert_eq!(disk.rename("f", "g", NOW), Err(Cause::Io));
    assert_eq!(disk.remove_file("f", NOW), Err(Cause::Io));
    assert_eq!(disk.hard_link("f", "g", NOW), Err(Cause::Io));
    disk.open("f", CREATE, NOW).unwrap();
    let mut buf = [0; 3];
    assert_eq!(disk.read_at(fd, 0, &mut buf), Ok(3));
    assert_eq!(&buf, b"new", "a failed write leaves nothing");
    disk.apply(undo);

    let undo = disk.apply(DiskChange::SyncErrors(Probability::ALWAYS));
    assert_eq!(disk.sync(fd), Err(Cause::Io));
    assert_eq!(disk.sync_dir("/"), Err(Cause::Io));
    disk.apply(undo);
    disk.sync_dir("/").unwrap();
    disk.power_loss();
    assert_eq!(disk.metadata("f").unwrap().len, 0, "what a failed sync was to make durable stayed pending");
}

#[test]
fn a_later_sync_makes_durable_what_a_failed_one_did_not() {
    let mut disk = disk();
    let fd = disk.open("f", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, b"data", NOW).unwrap();
    disk.sync_dir("/").unwrap();
    let undo = disk.apply(DiskChange::SyncErrors(Probability::ALWAYS));
    disk.sync(fd).unwrap_err();
    disk.apply(undo);
    disk.sync(fd).unwrap();
    disk.power_loss();
    assert_eq!(disk.metadata("f").unwrap().len, 4);
}

#[test]
fn errors_come_at_their_rate_and_to_the_same_operations() {
    let fails = |rate: f64, other: bool| -> Vec<bool> {
        let mut disk = disk();
        let fd = disk.open("f", CREATE, NOW).unwrap();
        let more = disk.open("g", CREATE, NOW).unwrap();
        disk.apply(DiskChange::WriteErrors(p(rate)));
        let mut write = |_| {
            if other {
                let _ = disk.write_at(more, 0, b"x", NOW);
                let _ = disk.read_at(fd, 0, &mut [0]);
                let _ = disk.sync(fd);
            }
            disk.write_at(fd, 0, b"x", NOW).is_err()
        };
        (0..1000).map(&mut write).collect()
    };
    let plain = fails(0.2, false);
    let count = plain.iter().filter(|fail| **fail).count();
    assert!((150..250).contains(&count), "{count}");
    assert_eq!(plain, fails(0.2, true), "other operations do not reshuffle the fates");
    assert!(plain.iter().zip(fails(0.4, false)).all(|(few, many)| many || !few), "a higher rate only adds failures");
}

#[test]
fn a_disk_is_full_at_its_capacity() {
    let mut disk = disk();
    disk.apply(DiskChange::Capacity(Some(Bytes(1000))));
    let fd = disk.open("f", CREATE, NOW).unwrap();
    assert_eq!(disk.write_at(fd, 0, &[1; 600], NOW), Ok(600));
    assert_eq!(disk.write_at(fd, 600, &[2; 600], NOW), Ok(400), "what fits");
    assert_eq!(disk.write_at(fd, 1000, &[2; 600], NOW), Err(Cause::NoSpace));
    assert_eq!(disk.write_at(fd, 500, &[3; 500], NOW), Ok(500), "what is there can be overwritten");
    assert_eq!(disk.write_at(fd, 1000, &[], NOW), Ok(0));
    assert_eq!(disk.set_len(fd, 1001, NOW), Err(Cause::NoSpace));
    let other = disk.open("g", CREATE, NOW).unwrap();
    assert_eq!(disk.write_at(other, 0, b"x", NOW), Err(Cause::NoSpace));
    assert_eq!(disk.write_at(other, 5000, b"x", NOW), Err(Cause::NoSpace));
    disk.set_len(fd, 900, NOW).unwrap();
    assert_eq!(disk.write_at(other, 0, b"x", NOW), Ok(1));
    disk.close(fd).unwrap();
    disk.remove_file("f", NOW).unwrap();
    assert_eq!(disk.below.used(), Bytes(1), "what is removed makes room");
    disk.apply(DiskChange::Capacity(None));
    assert_eq!(disk.write_at(other, 5000, b"x", NOW), Ok(1));
}

#[test]
fn costs_follow_the_class_and_the_faults() {
    let micros = Duration::from_micros;
    let mut disk = disk();
    let fd = disk.open("f", CREATE, NOW).unwrap();
    let at = At::File(fd);
    let reads: Vec<_> = (0..50).map(|_| disk.cost(NOW, at, Class::Read, 0)).collect();
    assert!(reads.iter().all(|d| (micros(80)..micros(100)).contains(d)));
    assert!(reads.iter().any(|d| *d != reads[0]), "they spread");
    assert!((micros(1000)..micros(1200)).contains(&disk.cost(NOW, At::Dir("/"), Class::Sync, 0)));
    assert!(disk.cost(NOW, At::Entry("no/such"), Class::Look, 0) >= micros(5));
    let undo = disk.apply(DiskChange::Slow(Duration::from_secs(1)));
    assert!(disk.cost(NOW, at, Class::Write, 0) >= Duration::from_secs(1));
    disk.apply(undo);
    assert!(disk.cost(NOW, at, Class::Write, 0) < micros(25));
    assert!(!disk.stalled());
    let undo = disk.apply(DiskChange::Stall(true));
    assert!(disk.stalled());
    disk.apply(undo);
    assert!(!disk.stalled());
}

#[test]
fn a_read_only_disk_refuses_every_change_and_serves_reads() {
    let mut disk = disk();
    let fd = disk.open("f", CREATE, NOW).unwrap();
    disk.write_at(fd, 0, b"data", NOW).unwrap();
    disk.create_dir("d", NOW).unwrap();
    let undo = disk.apply(DiskChange::ReadOnly(true));
    let refused = Err(Cause::ReadOnly);
    assert_eq!(disk.write_at(fd, 0, b"DATA", NOW), Err(Cause::ReadOnly));
    assert_eq!(disk.open("f", CREATE, NOW), Err(Cause::ReadOnly));
    assert_eq!(disk.open("g", CREATE, NOW), Err(Cause::ReadOnly));
    for result in [
        disk.set_len(fd, 0, NOW),
        disk.create_dir("e", NOW),
        disk.rename("f", "g", NOW),
        disk.hard_link("f", "g", NOW),
        disk.remove_file("f", NOW),
        disk.remove_dir("d", NOW),
        disk.sync(fd),
        disk.sync_dir("/"),
    ] {
        assert_eq!(result, refused);
    }
    assert_eq!(disk.felt(&DiskChange::ReadOnly(true)), 11);
    let reader = disk.open("f", super::super::tests::READ, NOW).unwrap();
    let mut bytes = [0; 4];
    assert_eq!(disk.read_at(reader, 0, &mut bytes), Ok(4));
    assert_eq!(&bytes, b"data");
    assert_eq!(disk.read_dir("/").unwrap().len(), 2);
    disk.apply(undo);
    disk.sync(fd).unwrap();
    disk.sync_dir("/").unwrap();
    disk.apply(DiskChange::ReadOnly(true));
    disk.sync(fd).unwrap();
    disk.sync_dir("/").unwrap();
    disk.power_loss();
    assert_eq!(disk.metadata("f").unwrap().len, 4, "what was pending stayed so");
}

#[test]
fn a_budget_makes_operations_wait_and_looks_do_not() {
    let mut disk = disk();
    let fd = disk.open("f", CREATE, NOW).unwrap();
    let at = At::File(fd);
    let undo = disk.apply(DiskChange::Iops(Some(10)));
    let waits: Vec<_> = (0..3).map(|_| disk.cost(NOW, at, Class::Write, 1).as_millis()).collect();
    assert_eq!(waits, [100, 200, 300]);
    assert!(disk.cost(NOW, at, Class::Look, 0) < Duration::from_millis(1));
    assert_eq!(disk.felt(&undo), 3);
    disk.apply(undo);
    assert!(disk.cost(NOW, at, Class::Write, 1) < Duration::from_millis(1), "a budget lifted is no queue");
    let mut disk = self::disk();
    disk.configure(DiskConfig::default().bandwidth(Bytes(1000)));
    let fd = disk.open("f", CREATE, NOW).unwrap();
    let waits: Vec<_> = (0..3).map(|_| disk.cost(NOW, At::File(fd), Class::Read, 500).as_millis()).collect();
    assert_eq!(waits, [500, 1000, 1500]);
    disk.power_loss();
    assert!(disk.cost(NOW, At::Dir("/"), Class::Sync, 0) < Duration::from_millis(2));
}
