//! Faults that nobody reports: what each changes, what none may touch, and that each is told to who asks.

use super::super::tests::CREATE;
use super::super::{Disk, DiskConfig};
use super::*;
use crate::base::{Bytes, Key, Part, Seed};

const NOW: Time = Time::ZERO;
const FILES: [&str; 2] = ["/a/log", "/b/log"];

/// A disk with a file of eight different sectors in each of two directories, all durable.
fn disk(seed: u64) -> (Disk, [Fd; 2]) {
    let mut disk = Disk::new(&Key::root(Seed(seed)), DiskConfig::default());
    let fds = FILES.map(|path| {
        disk.create_dir_all(&path[..2], NOW).unwrap();
        let fd = disk.open(path, CREATE, NOW).unwrap();
        disk.write_at(fd, 0, &content(path, 0), NOW).unwrap();
        disk.sync_all(fd).unwrap();
        fd
    });
    for dir in ["/", "/a", "/b"] {
        disk.sync_dir(dir).unwrap();
    }
    (disk, fds)
}

/// What version `n` of a file has in it: no sector is like another.
fn content(path: &str, n: u8) -> Vec<u8> {
    (0..8u8).flat_map(|sector| [path.as_bytes()[1] ^ (sector << 3) ^ (n << 6); 512]).collect()
}

fn all(disk: &mut Disk, fd: Fd) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    assert_eq!(disk.read_at(fd, 0, &mut bytes).unwrap(), 4096);
    bytes
}

fn always(latent: Latent) -> DiskChange {
    DiskChange::Latent(latent, Probability::ALWAYS, Zone::WHOLE)
}

fn within(latent: Latent, zone: Zone) -> DiskChange {
    DiskChange::Latent(latent, Probability::ALWAYS, zone)
}

/// Numbers of the sectors in which two contents differ.
fn differ(a: &[u8], b: &[u8]) -> Vec<usize> {
    (0..8).filter(|n| a[n * 512..][..512] != b[n * 512..][..512]).collect()
}

fn bits(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

fn damage(disk: &Disk) -> Vec<(String, usize)> {
    disk.damage().into_iter().map(|d| (d.path, d.offset as usize / 512)).collect()
}

#[test]
fn bit_rot_changes_one_stored_bit_and_stays() {
    for seed in 0..50 {
        let (mut disk, [a, b]) = disk(seed);
        let sound = disk.apply(always(Latent::BitRot));
        let rotten = all(&mut disk, a);
        assert_eq!(bits(&rotten, &content(FILES[0], 0)), 1);
        assert_eq!(damage(&disk), [(FILES[0].to_owned(), differ(&rotten, &content(FILES[0], 0))[0])]);
        assert_eq!(disk.felt(&sound), 1);
        disk.apply(sound);
        assert_eq!(all(&mut disk, a), rotten, "it is found again");
        disk.power_loss();
        let a2 = disk.open(FILES[0], CREATE, NOW).unwrap();
        assert_eq!(all(&mut disk, a2), rotten, "and after a power loss");
        disk.write_at(a2, 0, &content(FILES[0], 1), NOW).unwrap();
        assert_eq!(all(&mut disk, a2), content(FILES[0], 1), "what is written anew is sound");
        assert!(damage(&disk).is_empty());
        assert!(disk.read_at(b, 0, &mut [0]).is_err());
    }
}

#[test]
fn a_flipped_bit_is_gone_at_the_next_read() {
    let (mut disk, [a, _]) = disk(1);
    let sound = disk.apply(always(Latent::BitFlip));
    let (first, second) = (all(&mut disk, a), all(&mut disk, a));
    assert_eq!((bits(&first, &content(FILES[0], 0)), bits(&second, &content(FILES[0], 0))), (1, 1));
    assert_ne!(first, second);
    assert_eq!(disk.felt(&sound), 2);
    disk.apply(sound);
    assert_eq!(all(&mut disk, a), content(FILES[0], 0));
    assert!(damage(&disk).is_empty(), "what is stored is right");
}

#[test]
fn a_misdirected_read_gives_one_sector_of_another_place() {
    let mut from = BTreeSet::new();
    for seed in 0..50 {
        let (mut disk, [a, _]) = disk(seed);
        let sound = disk.apply(always(Latent::MisdirectedRead));
        let read = all(&mut disk, a);
        let wrong = differ(&read, &content(FILES[0], 0));
        assert_eq!(wrong.len(), 1);
        let sector = &read[wrong[0] * 512..][..512];
        let of = FILES.iter().position(|path| content(path, 0).chunks(512).any(|other| other == sector));
        from.insert(of.expect("it is some sector of the disk"));
        disk.apply(sound);
        assert_eq!(all(&mut disk, a), content(FILES[0], 0), "what is stored is right");
        assert!(damage(&disk).is_empty());
    }
    assert_eq!(from.len(), 2, "of the same file, or of another");
}

#[test]
fn a_stale_read_gives_what_was_there_before_the_last_write() {
    let (mut disk, [a, b]) = disk(1);
    let sound = disk.apply(always(Latent::StaleRead));
    assert_eq!(all(&mut disk, a), content(FILES[0], 0), "nothing older is known");
    assert_eq!(disk.felt(&sound), 0);
    disk.write_at(a, 0, &content(FILES[0], 1), NOW).unwrap();
    disk.write_at(a, 0, &content(FILES[0], 2), NOW).unwrap();
    disk.sync_all(a).unwrap();
    let read = all(&mut disk, a);
    let stale = differ(&read, &content(FILES[0], 2));
    assert_eq!(stale.len(), 1);
    assert_eq!(read[stale[0] * 512..][..512], content(FILES[0], 1)[stale[0] * 512..][..512]);
    assert_eq!(all(&mut disk, b), content(FILES[1], 0));
    disk.apply(sound);
    assert_eq!(all(&mut disk, a), content(FILES[0], 2), "what is stored is right");
}

#[test]
fn a_lost_write_leaves_what_was_there_and_is_reported_as_done() {
    let (mut disk, [a, b]) = disk(1);
    let sound = disk.apply(always(Latent::LostWrite));
    assert_eq!(disk.write_at(a, 512, &content(FILES[0], 1)[512..1536], NOW), Ok(1024));
    assert_eq!(disk.write_at(a, 4096, &[9; 512], NOW), Ok(512));
    disk.sync_all(a).unwrap();
    assert_eq!(disk.felt(&sound), 2);
    disk.apply(sound);
    assert_eq!(all(&mut disk, a), content(FILES[0], 0));
    assert_eq!(disk.len(a), Ok(4608), "the length is the file system's");
    let mut end = [1; 512];
    disk.read_at(a, 4096, &mut end).unwrap();
    assert_eq!(end, [0; 512]);
    assert_eq!(damage(&disk), [1, 2, 8].map(|n| (FILES[0].to_owned(), n)));
    assert_eq!(all(&mut disk, b), content(FILES[1], 0));
}

#[test]
fn a_misdirected_write_hits_one_other_sector() {
    for seed in 0..50 {
        let (mut disk, [a, b]) = disk(seed);
        let sound = disk.apply(always(Latent::MisdirectedWrite));
        let new = content(FILES[0], 1);
        assert_eq!(disk.write_at(a, 0, &new, NOW), Ok(4096));
        disk.apply(sound);
        let (found, other) = (all(&mut disk, a), all(&mut disk, b));
        let missed = differ(&found, &new);
        let hit = differ(&other, &content(FILES[1], 0));
        assert!(missed.len() + hit.len() <= 2, "{missed:?} {hit:?}");
        let sector = damage(&disk);
        let expected: Vec<_> = missed.iter().map(|n| (FILES[0].to_owned(), *n)).collect();
        let hit: Vec<_> = hit.iter().map(|n| (FILES[1].to_owned(), *n)).collect();
        assert_eq!(sector, [expected, hit].concat(), "each is known");
        assert_eq!(disk.len(a), Ok(4096));
    }
}

#[test]
fn nothing_outside_the_zone_is_touched() {
    let part = Part { first: 1, count: 1, of: 4, block: Bytes(512) };
    let zones = [Zone { under: Some("/a".into()), part: None }, Zone { under: None, part: Some(part) }];
    for (zone, inside) in zones.into_iter().zip([[&[0, 1, 2, 3, 4, 5, 6, 7][..], &[]], [&[1, 5], &[1, 5]]]) {
        for latent in Latent::ALL {
            let mut felt = 0;
            for seed in 0..20 {
                let (mut disk, fds) = disk(seed);
                disk.apply(within(latent, zone.clone()));
                for n in [1, 2] {
                    for (fd, path) in fds.into_iter().zip(FILES) {
                        disk.write_at(fd, 0, &content(path, n), NOW).unwrap();
                    }
                }
                for ((fd, path), inside) in fds.into_iter().zip(FILES).zip(inside) {
                    let wrong = differ(&all(&mut disk, fd), &content(path, 2));
                    assert!(wrong.iter().all(|n| inside.contains(n)), "{latent} {zone:?} {path}: {wrong:?}");
                }
                assert!(disk.damage().iter().all(|d| zone.has_path(&d.path) && zone.has_offset(d.offset)));
                felt += disk.felt(&always(latent));
            }
            assert!(felt > 10, "{latent} was felt {felt} times");
        }
    }
}

#[test]
fn every_wrong_sector_that_is_stored_is_in_the_damage() {
    for seed in 0..300 {
        let (mut disk, fds) = disk(seed);
        let p = Probability::new(0.3).unwrap();
        for latent in [Latent::BitRot, Latent::LostWrite, Latent::MisdirectedWrite] {
            disk.apply(DiskChange::Latent(latent, p, Zone::WHOLE));
        }
        let mut expected = FILES.map(|path| content(path, 0));
        for step in 0..6u64 {
            for (n, fd) in fds.into_iter().enumerate() {
                let at = (seed + step * 700) as usize % 3000;
                expected[n][at..at + 1000].fill(step as u8);
                disk.write_at(fd, at as u64, &[step as u8; 1000], NOW).unwrap();
                disk.read_at(fd, 0, &mut [0; 4096]).unwrap();
            }
        }
        for latent in Latent::ALL {
            disk.apply(always(latent).sound());
        }
        let damaged = damage(&disk);
        for (n, fd) in fds.into_iter().enumerate() {
            for wrong in differ(&all(&mut disk, fd), &expected[n]) {
                assert!(damaged.contains(&(FILES[n].to_owned(), wrong)), "seed {seed}: {} {wrong}", FILES[n]);
            }
        }
    }
}

#[test]
fn one_kind_of_fault_moves_no_other_draw() {
    let rotten = |others: bool| {
        let (mut disk, [a, b]) = disk(1);
        disk.apply(DiskChange::Latent(Latent::BitRot, Probability::new(0.2).unwrap(), Zone::WHOLE));
        if others {
            disk.apply(DiskChange::ReadErrors(Probability::new(0.01).unwrap()));
            disk.apply(always(Latent::LostWrite));
        }
        let mut found = vec![];
        for n in 0..40 {
            if others {
                let _ = disk.read_at(b, 0, &mut [0; 512]);
                let _ = disk.write_at(b, 0, &[n; 512], NOW);
            }
            let before = disk.felt(&always(Latent::BitRot));
            let _ = disk.read_at(a, 0, &mut [0; 4096]);
            let _ = others.then(|| disk.damage());
            found.push(disk.felt(&always(Latent::BitRot)) - before);
        }
        found
    };
    let plain = rotten(false);
    assert!(plain.iter().sum::<u64>() > 2 && plain.iter().sum::<u64>() < 20);
    assert_eq!(plain.iter().sum::<u64>() as usize, plain.iter().filter(|n| **n == 1).count());
    let other = rotten(true);
    assert!(other.iter().zip(&plain).filter(|(o, p)| o != p).count() <= 1, "{plain:?} {other:?}");
}
