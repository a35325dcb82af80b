//! The rest of what a process sees of its disk: more of std's functions, limits, and the disk as a value.

use super::*;
use crate::base::{Latent, Zone};
use crate::fault::Fault;

/// Runs a body that asserts.
fn check(body: impl crate::body::Body<io::Result<()>>) {
    let report = run(1, body, |_| vec![]);
    report.output::<io::Result<()>>(ProcessId(0)).unwrap().as_ref().unwrap();
}

#[test]
fn links_copies_and_trees_work_as_in_std() {
    check(|| async {
        disk::create_dir_all("/a/b/c").await?;
        disk::write("/a/f", b"data").await?;
        disk::hard_link("/a/f", "/a/b/g").await?;
        let (f, g) = (disk::metadata("/a/f").await?, disk::metadata("/a/b/g").await?);
        assert_eq!((f, f.nlink(), f.ino() == g.ino()), (g, 2, true));
        assert_eq!(disk::copy("/a/f", "/a/b/h").await?, 4);
        let h = disk::metadata("/a/b/h").await?;
        assert!(h.nlink() == 1 && h.ino() != f.ino() && h.created() > f.created() && h.modified() >= h.created());
        assert_eq!(disk::canonicalize("a/./b/../b//h").await?, std::path::Path::new("/a/b/h"));
        let kind = |result: io::Result<()>| result.unwrap_err().kind();
        assert_eq!(kind(disk::hard_link("/a", "/x").await), io::ErrorKind::PermissionDenied);
        assert_eq!(kind(disk::hard_link("/a/f", "/a/b/g").await), io::ErrorKind::AlreadyExists);
        assert_eq!(kind(disk::hard_link("/none", "/x").await), io::ErrorKind::NotFound);
        assert_eq!(kind(disk::canonicalize("/a/none").await.map(drop)), io::ErrorKind::NotFound);
        disk::remove_dir_all("/a/b").await?;
        assert_eq!(kind(disk::remove_dir_all("/a/b").await), io::ErrorKind::NotFound);
        assert_eq!(disk::read_dir("/a").await?.len(), 1);
        assert_eq!((disk::metadata("/a/f").await?.nlink(), disk::read("/a/f").await?), (1, b"data".to_vec()));
        Ok(())
    });
}

#[test]
fn files_are_opened_as_std_opens_them() {
    check(|| async {
        let kind = |result: io::Result<File>| result.unwrap_err().kind();
        let options = OpenOptions::new;
        assert_eq!(kind(options().create(true).open("/f").await), io::ErrorKind::InvalidInput);
        assert_eq!(kind(options().append(true).truncate(true).open("/f").await), io::ErrorKind::InvalidInput);
        assert_eq!(kind(options().write(true).open("/f").await), io::ErrorKind::NotFound);
        options().write(true).create_new(true).open("/f").await?.write_all(b"12345").await?;
        assert_eq!(kind(options().write(true).create_new(true).open("/f").await), io::ErrorKind::AlreadyExists);
        options().append(true).open("/f").await?.write_at(b"67", 0).await?;
        assert_eq!(disk::read("/f").await?, b"1234567", "appended, whatever the offset");
        let mut reader = options().read(true).open("/f").await?;
        assert_eq!(reader.write(b"x").await.unwrap_err().raw_os_error(), Some(9));
        disk::write("/new", b"other").await?;
        disk::rename("/new", "/f").await?;
        let mut old = vec![];
        reader.read_to_end(&mut old).await?;
        assert_eq!((old, reader.metadata().await?.nlink()), (b"1234567".to_vec(), 0));
        options().write(true).truncate(true).open("/f").await?;
        assert!(disk::read("/f").await?.is_empty());
        assert_eq!(kind(options().write(true).open("/").await), io::ErrorKind::IsADirectory);
        Ok(())
    });
}

/// How many files were open, and the error of one more.
type Opened = (usize, Option<i32>);

/// Opens as many files as it may; then says which error came, and how many were open.
async fn open_all() -> Opened {
    let mut open = vec![];
    loop {
        match File::options().write(true).create(true).open(format!("/{}", open.len())).await {
            Ok(file) => open.push(file),
            Err(e) => return (open.len(), e.raw_os_error()),
        }
    }
}

#[test]
fn over_its_limit_a_process_opens_nothing() {
    let mut sim = Sim::new(1);
    let store = sim.primary("store", || async {
        let first = open_all().await;
        let second = open_all().await;
        let kept = File::create("/kept").await.unwrap();
        (first, second, open_all().await, kept.metadata().await.is_ok(), disk::metadata("/7").await.is_ok())
    });
    sim.descriptor_limit(store, 3);
    let emfile = Some(24);
    let expected: (Opened, Opened, Opened, bool, bool) = ((3, emfile), (3, emfile), (2, emfile), true, false);
    assert_eq!(sim.run().output(store), Some(&expected), "what is closed makes room, and what is open goes on");
}

#[test]
fn what_a_dead_process_had_open_is_closed() {
    let body = || async {
        let open = open_all().await;
        if crate::process::incarnation().0 < 2 {
            sleep(Duration::from_secs(3600)).await;
        }
        open
    };
    let kill = |p| {
        let mut effects = vec![(0, Effect::Descriptors(p, 50))];
        effects.extend([(100, Effect::Kill(p)), (101, Effect::Restart(p))]);
        effects.extend([(200, Effect::PowerLoss(p)), (201, Effect::Restart(p))]);
        effects
    };
    assert_eq!(
        run(1, body, kill).output::<Opened>(ProcessId(0)),
        Some(&(50, Some(24))),
        "the limit stays, the files do not"
    );
}

#[test]
fn a_limit_of_descriptors_is_a_fault_like_others() {
    let mut sim = Sim::new(1);
    let store = sim.primary("store", || async {
        let mut seen = vec![];
        for _ in 0..3 {
            seen.push(open_all_once().await);
            sleep(ms(1000)).await;
        }
        seen
    });
    let other = sim.primary("other", || async {
        sleep(ms(1000)).await;
        File::create("/f").await.is_ok()
    });
    sim.at(ms(500), Fault::descriptor_limit(store, 0).lasting(ms(1000)));
    let report = sim.run();
    assert_eq!(report.output(store), Some(&vec![true, false, true]));
    assert_eq!(report.output(other), Some(&true), "it is one process's");
}

async fn open_all_once() -> bool {
    File::create("/f").await.is_ok()
}

#[test]
fn a_read_only_disk_says_so_and_can_be_read() {
    let mut sim = Sim::new(1);
    let store = sim.primary("store", || async {
        let mut file = File::create("/f").await?;
        file.write_all(b"data").await?;
        sleep(ms(1000)).await;
        let kinds = [file.write_all(b"more").await, file.sync_all().await, disk::remove_file("/f").await];
        assert!(kinds.iter().all(|r| r.as_ref().unwrap_err().kind() == io::ErrorKind::ReadOnlyFilesystem), "{kinds:?}");
        assert_eq!(disk::read("/f").await?, b"data");
        sleep(ms(1000)).await;
        file.sync_all().await
    });
    sim.at(ms(500), Fault::disk_read_only(store).lasting(ms(1000)));
    assert!(sim.run().output::<io::Result<()>>(store).unwrap().is_ok());
}

#[test]
fn operations_over_the_budget_wait_their_turn() {
    let took = |config: DiskConfig| {
        let mut sim = Sim::new(1);
        let store = sim.primary("store", || async {
            let file = File::create("/f").await.unwrap();
            let writes = (0..10).map(|n| {
                let data = [n; 1000];
                crate::task::spawn(async move { disk::write(format!("/{n}"), data).await })
            });
            for write in writes.collect::<Vec<_>>() {
                write.await.unwrap().unwrap();
            }
            file.metadata().await.unwrap();
        });
        sim.disk(store, config);
        sim.run().ended_at().since_start()
    };
    assert!(took(DiskConfig::default()) < ms(1));
    let iops = took(DiskConfig::default().iops(100));
    assert!((ms(100)..ms(101)).contains(&iops), "{iops:?}");
    let bandwidth = took(DiskConfig::default().bandwidth(Bytes(10_000)));
    assert!((ms(1000)..ms(1001)).contains(&bandwidth), "{bandwidth:?}");
}

#[test]
fn a_backup_is_restored_by_the_process_or_to_another() {
    let mut sim = Sim::new(1);
    let store = sim.primary("store", || async {
        disk::create_dir("/d").await?;
        disk::write("/d/f", b"good").await?;
        let backup = disk::snapshot().await?;
        let open = File::options().write(true).open("/d/f").await?;
        open.write_at(b"bad!", 0).await?;
        disk::restore(&backup).await?;
        assert_eq!(open.write_at(b"late", 0).await.unwrap_err().raw_os_error(), Some(9));
        assert_eq!(disk::read("/d/f").await?, b"good");
        io::Result::Ok(())
    });
    assert!(sim.run().output::<io::Result<()>>(store).unwrap().is_ok());
    let backup = sim.snapshot_disk(store);
    assert_eq!(backup.files().collect::<Vec<_>>(), ["/d/f"]);
    let mut sim = Sim::new(2);
    let other = sim.primary("other", || async { disk::read("/d/f").await });
    sim.restore_disk(other, &backup);
    assert_eq!(sim.run().output::<io::Result<Vec<u8>>>(other).unwrap().as_ref().unwrap(), b"good");
}

#[test]
fn what_was_corrupted_is_known_to_the_test() {
    let mut sim = Sim::new(1);
    let store = sim.primary("store", || async {
        disk::write("/sound", [1; 600]).await?;
        disk::write("/rotten", [1; 600]).await?;
        disk::read("/sound").await?;
        disk::read("/rotten").await
    });
    let zone = Zone { under: Some("/rotten".into()), part: None };
    sim.fault(Fault::disk_bit_rot(store, 1.0).within(zone));
    let report = sim.run();
    let read = report.output::<io::Result<Vec<u8>>>(store).unwrap().as_ref().unwrap();
    assert_eq!(read.iter().map(|byte| (byte ^ 1).count_ones()).sum::<u32>(), 1);
    let damage = sim.disk_damage(store);
    assert_eq!(damage.len(), 1);
    let sector = damage[0].offset as usize;
    assert!(damage[0].path == "/rotten" && read[sector..].iter().take(512).any(|byte| *byte != 1), "{damage:?}");
}

#[test]
fn a_zone_is_refused_where_it_has_no_meaning() {
    let message = |make: fn() -> Fault| *std::panic::catch_unwind(make).unwrap_err().downcast::<String>().unwrap();
    let refused = message(|| Fault::disk_stall(ProcessId(0)).within(Zone::WHOLE));
    assert!(refused.contains("a fault of `disk-stall` within a zone: only what corrupts a disk has one"), "{refused}");
    assert!(Latent::ALL.iter().all(|latent| !latent.to_string().is_empty()));
}
