//! Random operations, kills and power losses against the oracle; and the oracle against disks that are wrong.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::base::{Bytes, Time};

use super::super::{DiskConfig, OpenOptions};
use super::CREATE;
use super::script::{Defect, Rig, Step, steps, walk};

/// Runs the same cases every time; a report is not worth the time that shrinking takes in every planted defect.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// The first case that the oracle refuses, if there is one.
fn search(cases: u32, config: DiskConfig, defect: Defect) -> Result<(), String> {
    let steps = (any::<u64>(), steps(60, false));
    let result = runner(cases).run(&steps, |(seed, mut steps)| {
        steps.push(Step::PowerLoss);
        Rig::new(seed, config, defect).run(&steps).map_err(TestCaseError::fail)
    });
    result.map_err(|e| e.to_string())
}

#[test]
fn crashes_leave_what_they_may() {
    search(600, DiskConfig::default(), Defect::None).unwrap();
}

#[test]
fn crashes_leave_what_they_may_when_the_cache_is_small() {
    search(100, DiskConfig::default().write_back(Bytes(2000)), Defect::None).unwrap();
}

#[test]
fn crashes_leave_a_consistent_tree() {
    let cases = (any::<u64>(), steps(30, true));
    let result = runner(3000).run(&cases, |(seed, mut steps)| {
        steps.push(Step::PowerLoss);
        Rig::furnished(seed, DiskConfig::default()).run(&steps).map_err(TestCaseError::fail)
    });
    result.unwrap();
}

#[test]
fn every_wrong_disk_is_caught() {
    for (defect, says) in [
        (Defect::SyncDoesNothing, "was never"),
        (Defect::SyncDirDoesNothing, "allowed"),
        (Defect::KillIsPowerLoss, "Kill"),
        (Defect::RenameIsRemoveAndRename, "allowed"),
        (Defect::SectorsTear, "was never so"),
        (Defect::TruncateForgetsNothing, "not as it was left"),
    ] {
        let report = search(600, DiskConfig::default(), defect).expect_err(&format!("{defect:?} was not caught"));
        assert!(report.contains(says), "{defect:?}: {report}");
    }
}

#[test]
fn at_the_ends_everything_survives_or_nothing() {
    let mut runner = runner(100);
    runner
        .run(&(any::<u64>(), steps(40, false)), |(seed, mut steps)| {
            steps.retain(|step| !matches!(step, Step::PowerLoss));
            let mut rig = Rig::new(seed, DiskConfig::default().survival(1.0), Defect::None);
            rig.run(&steps).map_err(TestCaseError::fail)?;
            let before = walk(&mut rig.disk);
            rig.disk.power_loss();
            prop_assert_eq!(before, walk(&mut rig.disk));

            steps.retain(|step| !matches!(step, Step::Sync { .. } | Step::SyncDir { .. }));
            let mut rig = Rig::new(seed, DiskConfig::default().survival(0.0), Defect::None);
            rig.run(&steps).map_err(TestCaseError::fail)?;
            rig.disk.power_loss();
            prop_assert_eq!(walk(&mut rig.disk).len(), 1, "only the root is left");
            Ok(())
        })
        .unwrap();
}

/// What is left of `steps` when they are interleaved with `extra` writes to a file that they do not touch, and
/// followed by `later` operations.
fn left(seed: u64, steps: &[Step], extra: usize, later: bool) -> Vec<(String, Vec<u8>)> {
    let mut rig = Rig::new(seed, DiskConfig::default(), Defect::None);
    rig.disk.open("other", CREATE, Time::ZERO).unwrap();
    rig.disk.sync_dir("/").unwrap();
    for (i, step) in steps.iter().enumerate() {
        if i < extra {
            let other = rig.disk.open("other", CREATE, Time::ZERO).unwrap();
            rig.disk.append(other, &[7; 700], Time::ZERO).unwrap();
        }
        rig.disk_step(step);
    }
    if later {
        let options = OpenOptions { create_new: true, ..CREATE };
        rig.disk.open("later", options, Time::ZERO).unwrap();
        rig.disk.create_dir("later too", Time::ZERO).unwrap();
    }
    rig.disk.power_loss();
    files(&mut rig, "/").into_iter().filter(|(path, _)| !path.contains("other") && !path.contains("later")).collect()
}

fn files(rig: &mut Rig, path: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in rig.disk.read_dir(path).unwrap() {
        let path = format!("{path}/{}", entry.name);
        if entry.metadata.is_dir {
            found.extend(files(rig, &path));
            found.push((path, Vec::new()));
        } else {
            let fd = rig.disk.open(&path, super::READ, Time::ZERO).unwrap();
            let mut bytes = vec![0; entry.metadata.len as usize];
            rig.disk.read_at(fd, 0, &mut bytes).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

#[test]
fn a_fate_does_not_depend_on_unrelated_operations() {
    let mut runner = runner(200);
    let mut differ = 0;
    runner
        .run(&(any::<u64>(), steps(40, false), 0..40usize), |(seed, steps, extra)| {
            let plain = left(seed, &steps, 0, false);
            prop_assert_eq!(&plain, &left(seed, &steps, 0, false), "the same key");
            prop_assert_eq!(&plain, &left(seed, &steps, extra, false), "writes to another file");
            prop_assert_eq!(&plain, &left(seed, &steps, extra, true), "later operations");
            Ok(())
        })
        .unwrap();
    // And it does depend on the key: else the above would prove nothing.
    let write = [Step::Write { path: 0, offset: 0, len: 3000 }, Step::SyncDir { path: None }];
    for seed in 0..50 {
        differ += u32::from(left(seed, &write, 0, false) != left(seed + 1, &write, 0, false));
    }
    assert!(differ > 20, "{differ}");
}
