//! The native face: what a process sees of its disk over kills, power losses and faults.

mod machine;

use std::io;
use std::time::Duration;

use super::{DiskConfig, File, OpenOptions};
use crate::base::{Bytes, DiskChange, Effect, Probability, ProcessId, Time};
use crate::context::with;
use crate::time::{now, sleep};
use crate::trace::TraceHash;
use crate::{Report, Sim, disk};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A run of `store` alone, to whose process the effects are done at their times, in milliseconds.
fn run<T: 'static>(
    seed: u64,
    store: impl crate::body::Body<T>,
    effects: fn(ProcessId) -> Vec<(u64, Effect)>,
) -> Report {
    let mut sim = Sim::new(seed);
    let store = sim.primary("store", store);
    sim.process("operator", move || async move {
        for (at, effect) in effects(store) {
            sleep((Time::ZERO + ms(at)).saturating_since(now())).await;
            with(|w| w.apply(&effect));
        }
    });
    sim.run()
}

/// Appends numbered records, syncing every second one, until it is killed; then gives what it finds.
async fn log() -> Vec<u8> {
    if disk::try_exists("log").await.unwrap() {
        return disk::read("log").await.unwrap();
    }
    let mut log = File::options().append(true).create(true).open("log").await.unwrap();
    disk::sync_dir("/").await.unwrap();
    for n in 1.. {
        log.write_all(&[n; 512]).await.unwrap();
        if n % 2 == 0 {
            log.sync_data().await.unwrap();
            sleep(ms(10)).await;
        }
        if n == 9 {
            break;
        }
    }
    sleep(Duration::from_secs(3600)).await;
    unreachable!("killed by then")
}

fn last(report: &Report) -> Vec<u8> {
    report.output::<Vec<u8>>(ProcessId(0)).unwrap().chunks(512).map(|record| record[0]).collect()
}

#[test]
fn a_kill_keeps_all_and_a_power_loss_what_was_synced() {
    let kill = |p| vec![(1000, Effect::Kill(p)), (1001, Effect::Restart(p))];
    let power = |p| vec![(1000, Effect::PowerLoss(p)), (1001, Effect::Restart(p))];
    // A machine whose process was killed before loses its power all the same.
    let both = |p| vec![(1000, Effect::Kill(p)), (1001, Effect::PowerLoss(p)), (1002, Effect::Restart(p))];
    assert_eq!(last(&run(1, log, kill)), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for effects in [power, both] {
        let found: Vec<_> = (0..40).map(|seed| last(&run(seed, log, effects))).collect();
        assert!(found.iter().all(|f| f[..8] == [1, 2, 3, 4, 5, 6, 7, 8]), "{found:?}");
        assert!(found.iter().any(|f| f.len() == 8) && found.iter().any(|f| f.len() == 9), "lost and kept");
    }
}

#[test]
fn the_same_seed_gives_the_same_hash_and_what_is_read_is_in_it() {
    let power = |p| vec![(1000, Effect::PowerLoss(p)), (1001, Effect::Restart(p))];
    let hash = |seed: u64| -> TraceHash { run(seed, log, power).trace() };
    assert_eq!(hash(1), hash(1));
    let hashes: std::collections::BTreeSet<_> = (0..10).map(|seed| format!("{:?}", hash(seed))).collect();
    assert_eq!(hashes.len(), 10);
}

#[test]
fn operations_take_time_and_a_stall_holds_them() {
    let body = || async {
        let start = now();
        let mut file = File::create("f").await?;
        file.write_all(b"x").await?;
        file.sync_all().await?;
        let plain = now() - start;
        sleep(ms(100)).await;
        file.sync_all().await?;
        io::Result::Ok((plain, now()))
    };
    let stall = |p| {
        let change = |on| Effect::Disk(p, DiskChange::Stall(on));
        vec![(50, change(true)), (500, change(false))]
    };
    let report = run(1, body, stall);
    let (plain, end) = report.output::<io::Result<(Duration, Time)>>(ProcessId(0)).unwrap().as_ref().unwrap();
    assert!(*plain > ms(1) && *plain < ms(2), "{plain:?}");
    assert_eq!(*end, Time::ZERO + ms(500));
}

#[test]
fn an_operation_cut_off_by_a_kill_never_happened() {
    let body = || async {
        if crate::process::incarnation().0 == 0 {
            let file = File::create("f").await.unwrap();
            with(|w| w.apply(&Effect::Disk(ProcessId(0), DiskChange::Slow(ms(100)))));
            file.write_at(b"late", 0).await.unwrap();
        }
        with(|w| w.apply(&Effect::Disk(ProcessId(0), DiskChange::Slow(ms(0)))));
        disk::metadata("f").await.unwrap().len()
    };
    let kill = |p| vec![(50, Effect::Kill(p)), (51, Effect::Restart(p))];
    assert_eq!(run(1, body, kill).output::<u64>(ProcessId(0)), Some(&0));
    let later = |p| vec![(150, Effect::Kill(p)), (151, Effect::Restart(p))];
    let done = run(1, body, later);
    assert_eq!(done.output::<u64>(ProcessId(0)), Some(&4));
}

#[test]
fn files_and_names_work_as_in_std() {
    let body = || async {
        disk::create_dir_all("/a/b").await?;
        disk::write("/a/b/f", b"hello world").await?;
        let mut file = OpenOptions::new().read(true).write(true).open("/a/b/f").await?;
        let mut word = [0; 5];
        file.read(&mut word).await?;
        assert_eq!(&word, b"hello");
        file.write_all(b", all ").await?;
        file.seek(io::SeekFrom::End(-4)).await?;
        let mut rest = vec![];
        file.read_to_end(&mut rest).await?;
        assert_eq!(rest, b"all ");
        file.read_exact_at(&mut word, 0).await?;
        let short = file.read_exact_at(&mut word, 9).await.unwrap_err();
        assert_eq!(short.kind(), io::ErrorKind::UnexpectedEof);
        file.set_len(5).await?;
        disk::rename("/a/b/f", "/a/g").await?;
        assert_eq!(disk::read_to_string("/a/g").await?, "hello");
        let names: Vec<_> = disk::read_dir("/a").await?.iter().map(|e| e.file_name().to_owned()).collect();
        assert_eq!(names, ["b", "g"]);
        disk::remove_dir("/a/b").await?;
        disk::remove_file("/a/g").await?;
        assert!(!disk::try_exists("/a/g").await?);
        File::open("/a").await?.sync_all().await?;
        let missing = File::open("/a/none").await.unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert!(missing.to_string().contains("/a/none"), "{missing}");
        io::Result::Ok(())
    };
    assert!(run(1, body, |_| vec![]).output::<io::Result<()>>(ProcessId(0)).unwrap().is_ok());
}

#[test]
fn faults_come_as_the_errors_that_programs_look_for() {
    let mut sim = Sim::new(1);
    let store = sim.primary("store", || async {
        let mut file = File::create("f").await.unwrap();
        let full = file.write_all(&[1; 2000]).await.unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert_eq!(file.metadata().await.unwrap().len(), 1000);
        let always = DiskChange::SyncErrors(Probability::ALWAYS);
        with(|w| w.apply(&Effect::Disk(ProcessId(0), always)));
        assert_eq!(file.sync_all().await.unwrap_err().raw_os_error(), Some(5));
    });
    sim.disk(store, DiskConfig::default().capacity(Bytes(1000)));
    sim.run();
}

#[test]
fn each_process_has_a_disk_of_its_own() {
    let mut sim = Sim::new(1);
    sim.primary("a", || async { disk::write("f", b"a").await });
    let b = sim.primary("b", || async {
        sleep(ms(10)).await;
        disk::try_exists("f").await.unwrap()
    });
    assert_eq!(sim.run().output::<bool>(b), Some(&false));
}
