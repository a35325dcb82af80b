//! Faults of clocks and disks: what was before comes back, whatever overlaps.

use super::lab::{Lab, Log, MS};
use crate::base::{Bytes, DiskChange, ProcessId, Time};
use crate::disk::{DiskConfig, File};
use crate::time::{SystemTime, sleep};
use crate::{cpu, mem};

#[test]
fn a_clock_comes_back_to_what_it_was() {
    let lab = Lab::new().process("a", |log| async move {
        loop {
            sleep(1000 * MS).await;
            log.borrow_mut().push((SystemTime::now().unix_nanos() / 1_000_000).to_string());
        }
    });
    let lab = lab.arm("f1 at 1.5s clock a +10s for 2s");
    assert_eq!(lab.said(5000), ["injected at 1.500s, met, healed at 3.500s"]);
    assert_eq!(*lab.log.borrow(), ["1000", "12000", "13000", "4000", "5000"]);
    let unread = Lab::new().idle("a").arm("f1 at 1s clock a +10s\nf2 at 1s drift a +500ppm");
    assert_eq!(unread.outcomes(5000).iter().filter(|o| o.is_met()).count(), 0, "nothing reads it");
}

/// Writes a record each 100 ms and logs how that went.
async fn write_records(log: Log) {
    for n in 0..u32::MAX {
        let went = async {
            let mut file = File::create(format!("/{n}")).await?;
            file.write_all(&[1 + n as u8; 100]).await?;
            file.sync_all().await?;
            drop(file);
            crate::disk::read(format!("/{n}")).await
        };
        let ended = went.await.map_or_else(|e| e.kind().to_string(), |bytes| format!("{} bytes", bytes.len()));
        log.borrow_mut().push(format!("{} {ended}", crate::time::now().as_nanos() / 1_000_000_000));
        sleep(100 * MS).await;
    }
}

#[test]
fn faults_of_a_disk_are_met_when_an_operation_felt_them() {
    let faults = [
        ("disk-read-errors a 1", "uncategorized error"),
        ("disk-write-errors a 1", "uncategorized error"),
        ("disk-sync-errors a 1", "uncategorized error"),
        ("disk-full a 50B", "no storage space"),
        ("disk-slow a 900ms", "100 bytes"),
        ("disk-stall a", "100 bytes"),
        ("disk-sync-drops a 1", "uncategorized error"),
        ("disk-sync-reverts a 1", "uncategorized error"),
        ("disk-read-only a", "read-only filesystem"),
        ("disk-iops a 5", "100 bytes"),
        ("disk-bandwidth a 1KiB", "100 bytes"),
        ("disk-bit-rot a 1", "100 bytes"),
        ("disk-bit-flips a 1", "100 bytes"),
        ("disk-misdirected-reads a 1", "100 bytes"),
        ("disk-stale-reads a 1", "100 bytes"),
        ("disk-lost-writes a 1", "100 bytes"),
        ("disk-misdirected-writes a 1", "100 bytes"),
        ("descriptor-limit a 0", "uncategorized error"),
    ];
    for (fault, went) in faults {
        let plan = format!("f1 at 1s {fault} for 1s");
        let lab = Lab::new().process("a", write_records).arm(&plan);
        assert_eq!(lab.said(20_000), ["injected at 1.000s, met, healed at 2.000s"], "{fault}");
        let log = lab.log.borrow();
        let after = log.iter().filter(|line| !line.starts_with("0 ") && !line.starts_with("1 "));
        assert!(after.clone().skip(3).all(|line| line.ends_with("100 bytes")), "{fault} is healed: {log:?}");
        assert!(after.count() > 100, "{fault}: {log:?}");
        assert!(log.iter().any(|line| line.starts_with("1 ") && line.contains(went)) || went == "100 bytes", "{log:?}");
        let unused = Lab::new().idle("a").arm(&plan);
        assert_eq!(unused.said(5000), ["injected at 1.000s, not met, healed at 2.000s"], "{fault}");
    }
}

#[test]
fn a_disk_comes_back_to_the_size_that_was_declared() {
    let lab = Lab::new().idle("a");
    let declared = DiskConfig::default().capacity(Bytes(5000));
    lab.run.world.borrow_mut().disks.configure(ProcessId(0), declared);
    let lab = lab.arm("f1 at 1s disk-full a 10B for 2s\nf2 at 2s disk-full a 10B for 3s");
    assert_eq!(lab.outcomes(4000)[1].skipped, None, "two faults may want the same");
    let capacity = |lab: &Lab| {
        let change = DiskChange::Capacity(Some(Bytes(1)));
        let disk = &mut lab.run.world.borrow_mut();
        let disk = disk.disks.get_mut(ProcessId(0));
        let before = disk.apply(change);
        disk.apply(before.clone());
        before
    };
    assert_eq!(capacity(&lab), DiskChange::Capacity(Some(Bytes(10))), "f2 still holds it");
    lab.run_to(6000);
    assert_eq!(capacity(&lab), DiskChange::Capacity(Some(Bytes(5000))));
}

#[test]
fn overlapping_drifts_leave_no_trace() {
    let lab = Lab::new().idle("a");
    let drift = |lab: &Lab| lab.run.world.borrow().processes.get(ProcessId(0)).clock.drift();
    lab.run.world.borrow_mut().processes.get_mut(ProcessId(0)).clock.set_drift(Time::ZERO, 5);
    let lab = lab.arm("f1 at 1s drift a +100ppm for 2s\nf2 at 2s drift a -200ppm for 2s");
    let seen = [500, 1500, 2500, 3500, 4500].map(|ms| {
        lab.run_to(ms);
        drift(&lab)
    });
    assert_eq!(seen, [5, 100_000, -200_000, -200_000, 5]);
}

#[test]
fn a_timer_set_by_a_drifting_clock_counts() {
    let lab = Lab::new().process("a", |_| async {
        loop {
            sleep(100 * MS).await;
        }
    });
    assert!(lab.arm("f1 at 1s drift a +500ppm").outcomes(2000)[0].is_met());
}

#[test]
fn faults_of_a_machine_are_met_when_a_process_felt_them() {
    for fault in ["cpu-theft a 0.5", "memory-pressure a 0.5"] {
        let plan = format!("f1 at 1s {fault} for 1s");
        let busy = Lab::new().process("a", |_| async {
            loop {
                cpu::work(100 * MS).await;
                let _ = mem::try_reserve(Bytes(3 << 30));
            }
        });
        assert_eq!(busy.arm(&plan).said(5000), ["injected at 1.000s, met, healed at 2.000s"], "{fault}");
        let unused = Lab::new().process("a", |_| async { sleep(3000 * MS).await });
        assert_eq!(unused.arm(&plan).said(5000), ["injected at 1.000s, not met, healed at 2.000s"], "{fault}");
    }
}

#[test]
fn overlapping_thefts_give_back_what_was_before() {
    let lab = Lab::new().process("a", |log| async move {
        loop {
            let begun = crate::time::now();
            cpu::work(10 * MS).await;
            log.borrow_mut().push(((crate::time::now() - begun).as_millis()).to_string());
            sleep(1000 * MS).await;
        }
    });
    let lab = lab
        .arm("f1 at 0.5s cpu-theft a 0.9 for 3s\nf2 at 1.5s cpu-theft a 0.5 for 1s\nf3 at 1.6s cpu-theft a 0 for 1ms");
    lab.run_to(5000);
    assert_eq!(*lab.log.borrow(), ["10", "100", "20", "100", "10"], "the youngest in force decides");
}
