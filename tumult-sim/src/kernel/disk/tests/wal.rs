//! A real write-ahead log: append a record with its checksum, sync, acknowledge; after a crash read up to the first
//! record that is not whole, and cut there.

use crate::base::{Key, Seed, Time};

use super::super::{Disk, DiskConfig, Fd};
use super::CREATE;

const NOW: Time = Time::ZERO;
const LOG: &str = "/wal/log";

/// What a program forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forgets {
    Nothing,
    SyncingTheFile,
    SyncingTheDirectories,
    TheChecksum,
}

fn open(disk: &mut Disk, forgets: Forgets) -> Fd {
    disk.create_dir_all("/wal", NOW).unwrap();
    let log = disk.open(LOG, CREATE, NOW).unwrap();
    if forgets != Forgets::SyncingTheDirectories {
        disk.sync_dir("/wal").unwrap();
        disk.sync_dir("/").unwrap();
    }
    log
}

/// Record `n`: longer than a sector, so that it can tear.
fn record(n: u32) -> Vec<u8> {
    let body: Vec<u8> = (0..700 + n).flat_map(|i| (n * 1_000_003 + i * 7 + 1).to_le_bytes()).collect();
    let mut record = (body.len() as u32).to_le_bytes().to_vec();
    record.extend(crc32fast::hash(&body).to_le_bytes());
    record.extend(body);
    record
}

fn append(disk: &mut Disk, log: Fd, n: u32, forgets: Forgets, sync: bool) {
    disk.append(log, &record(n), NOW).unwrap();
    if sync && forgets != Forgets::SyncingTheFile {
        disk.sync_data(log).unwrap();
    }
}

/// The records that are there, after cutting the tail.
fn recover(disk: &mut Disk, log: Fd, forgets: Forgets) -> Vec<Vec<u8>> {
    let mut bytes = vec![0; disk.len(log).unwrap() as usize];
    disk.read_at(log, 0, &mut bytes).unwrap();
    let (mut records, mut at) = (Vec::new(), 0);
    while let Some((head, rest)) = bytes[at..].split_at_checked(8) {
        let len = u32::from_le_bytes(head[..4].try_into().unwrap()) as usize;
        let Some(body) = rest.get(..len).filter(|_| len > 0) else { break };
        let whole = crc32fast::hash(body).to_le_bytes() == head[4..];
        if !whole && forgets != Forgets::TheChecksum {
            break;
        }
        records.push(bytes[at..at + 8 + len].to_vec());
        at += 8 + len;
    }
    disk.set_len(log, at as u64, NOW).unwrap();
    disk.sync_all(log).unwrap();
    records
}

/// Power is lost after each of the points of six appends, twice in a row; says what is wrong.
fn run(seed: u64, forgets: Forgets) -> Result<usize, String> {
    let mut torn = 0;
    for point in 0..12 {
        let mut disk = Disk::new(&Key::root(Seed(seed)).numbered(point), DiskConfig::default());
        let mut acknowledged = 0;
        for life in 0..2 {
            let log = open(&mut disk, forgets);
            let there = recover(&mut disk, log, forgets);
            let expected: Vec<_> = (0..there.len() as u32).map(record).collect();
            if there != expected {
                return Err(format!("point {point}, life {life}: wrong data"));
            }
            if (there.len() as u32) < acknowledged {
                return Err(format!("point {point}, life {life}: {} of {acknowledged} records", there.len()));
            }
            let first = there.len() as u32;
            for step in 0..=point as u32 {
                let n = first + step / 2;
                if step % 2 == 0 {
                    append(&mut disk, log, n, forgets, false);
                } else {
                    if forgets != Forgets::SyncingTheFile {
                        disk.sync_data(log).unwrap();
                    }
                    acknowledged = n + 1;
                }
            }
            disk.power_loss();
            torn += usize::from(point % 2 == 0);
        }
        let log = open(&mut disk, forgets);
        let there = recover(&mut disk, log, forgets).len() as u32;
        if there < acknowledged {
            return Err(format!("point {point}, at the end: {there} of {acknowledged} records"));
        }
    }
    Ok(torn)
}

#[test]
fn acknowledged_records_survive_every_power_loss() {
    for seed in 0..300 {
        assert!(run(seed, Forgets::Nothing).unwrap() > 0);
    }
}

#[test]
fn a_log_that_forgets_something_is_caught() {
    for forgets in [Forgets::SyncingTheFile, Forgets::SyncingTheDirectories, Forgets::TheChecksum] {
        let caught = (0..200).filter(|seed| run(*seed, forgets).is_err()).count();
        assert!(caught > 0, "{forgets:?} was not caught");
    }
}

#[test]
fn an_unsynced_tail_is_lost_torn_or_whole() {
    let mut seen = [0; 3];
    for seed in 0..200 {
        let mut disk = Disk::new(&Key::root(Seed(seed)), DiskConfig::default());
        let log = open(&mut disk, Forgets::Nothing);
        append(&mut disk, log, 0, Forgets::Nothing, true);
        append(&mut disk, log, 1, Forgets::Nothing, false);
        disk.power_loss();
        let log = open(&mut disk, Forgets::Nothing);
        let mut bytes = vec![0; disk.len(log).unwrap() as usize];
        disk.read_at(log, 0, &mut bytes).unwrap();
        let (first, second) = (record(0), record(1));
        assert_eq!(bytes[..first.len()], first);
        let tail = &bytes[first.len()..];
        seen[if tail.is_empty() { 0 } else { 1 + usize::from(tail == second) }] += 1;
    }
    assert!(seen.iter().all(|n| *n > 20), "lost, torn, whole: {seen:?}");
}

#[test]
fn a_kill_loses_no_record() {
    let mut disk = Disk::new(&Key::root(Seed(1)), DiskConfig::default());
    let log = open(&mut disk, Forgets::SyncingTheDirectories);
    append(&mut disk, log, 0, Forgets::SyncingTheFile, false);
    disk.kill();
    let log = open(&mut disk, Forgets::SyncingTheDirectories);
    assert_eq!(recover(&mut disk, log, Forgets::Nothing).len(), 1);
}
