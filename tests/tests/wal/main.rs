//! A write-ahead log against every fault of a disk: one that forgets something is caught, the right one never returns
//! wrong data, and loses an acknowledged record only where its last copy was destroyed, and then says so.

mod log;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use tumult_sim::fault::{FaultKind, Profile};
use tumult_sim::time::{now, sleep};
use tumult_sim::{Sim, Time, process};

use log::{COPIES, Forgets, Found, Log, Record, SLOT};

const MS: fn(u64) -> Duration = Duration::from_millis;
const HORIZON: Duration = Duration::from_secs(2);
const RECORDS: u32 = 16;

/// What the test knows of a run, whatever happens to the process.
#[derive(Debug, Default)]
struct Known {
    attempts: u32,
    tried: BTreeSet<Record>,
    acknowledged: BTreeMap<u32, Record>,
    said_lost: BTreeSet<u32>,
    wrong: Vec<String>,
}

type Shared = Rc<RefCell<Known>>;

impl Known {
    fn look(&mut self, found: &Found) {
        for (record, body) in &found.records {
            if !self.tried.contains(record) || !record.has_body(body) {
                self.wrong.push(format!("{record:?} was never written so"));
            } else if self.acknowledged.get(&record.number).is_some_and(|acknowledged| acknowledged != record) {
                self.wrong.push(format!("{record:?} is not what was acknowledged"));
            }
        }
        self.said_lost.extend(&found.lost);
    }

    /// The acknowledged records that are not there.
    fn missing(&self, found: &Found) -> Vec<u32> {
        let there: BTreeSet<u32> = found.records.iter().map(|(record, _)| record.number).collect();
        self.acknowledged.keys().copied().filter(|number| !there.contains(number)).collect()
    }
}

/// Appends until the faults are over, whatever happens; then opens the log once more.
async fn store(known: Shared, forgets: Forgets) -> Found {
    let (mut log, found) = Log::open(forgets).await;
    known.borrow_mut().look(&found);
    while now() < Time::ZERO + HORIZON {
        if known.borrow().acknowledged.len() < RECORDS as usize {
            let attempt = {
                let mut known = known.borrow_mut();
                known.attempts += 1;
                let record = Record { number: log.next, attempt: known.attempts };
                known.tried.insert(record);
                known.attempts
            };
            let record = log.append(attempt).await;
            known.borrow_mut().acknowledged.insert(record.number, record);
        }
        sleep(process::random_duration(Duration::ZERO, MS(10))).await;
    }
    drop(log);
    Log::open(forgets).await.1
}

/// What a run was like.
#[derive(Debug, Default)]
struct Outcome {
    wrong: Vec<String>,
    /// Acknowledged and gone, and for each whether both its copies were destroyed, and whether the log says so.
    lost: Vec<(u32, bool, bool)>,
    acknowledged: usize,
    lives: u32,
}

impl Outcome {
    fn holds(&self) -> bool {
        self.wrong.is_empty() && self.lost.iter().all(|(_, destroyed, said)| *destroyed && *said)
    }
}

fn run(seed: u64, forgets: Forgets, profile: &Profile) -> Outcome {
    let known = Shared::default();
    let mut sim = Sim::new(seed);
    let shared = Rc::clone(&known);
    let lives = Rc::new(RefCell::new(0));
    let count = Rc::clone(&lives);
    let process = sim.primary("store", move || {
        *count.borrow_mut() += 1;
        store(Rc::clone(&shared), forgets)
    });
    sim.draw_faults(profile.clone(), HORIZON);
    let report = sim.run();
    let found = report.output::<Found>(process).expect("it is alive when the faults are over");
    let mut known = known.borrow_mut();
    known.look(found);
    let damaged: BTreeSet<(String, u32)> =
        sim.disk_damage(process).into_iter().map(|d| (d.path, (d.offset / SLOT as u64) as u32)).collect();
    let destroyed = |number: u32| COPIES.iter().all(|copy| damaged.contains(&((*copy).to_owned(), number)));
    let lost = known.missing(found).into_iter().map(|n| (n, destroyed(n), known.said_lost.contains(&n))).collect();
    let lives = *lives.borrow();
    Outcome { wrong: known.wrong.clone(), lost, acknowledged: known.acknowledged.len(), lives }
}

/// Power losses, and syncs that fail.
fn crashes() -> Profile {
    let profile = Profile::none().weight(FaultKind::PowerLoss, 2).weight(FaultKind::DiskSyncDrops, 1);
    profile.every(MS(150)).lasting(MS(10), MS(200))
}

/// Every fault of a disk, and every end of a process.
fn everything() -> Profile {
    let kinds = FaultKind::ALL.into_iter().filter(|kind| kind.verb().starts_with("disk-"));
    let ends =
        [FaultKind::Kill, FaultKind::PowerLoss, FaultKind::Restart, FaultKind::Pause, FaultKind::DescriptorLimit];
    let profile = kinds.chain(ends).fold(Profile::none(), |profile, kind| profile.weight(kind, 1));
    profile.weight(FaultKind::PowerLoss, 5).every(MS(100)).lasting(MS(10), MS(300)).max_active(4)
}

#[test]
fn a_log_that_forgets_something_is_caught() {
    for forgets in [Forgets::TheDirectories, Forgets::TheFailedSync, Forgets::TheChecksum] {
        let caught = (0..200).find(|seed| !run(*seed, forgets, &crashes()).holds());
        assert!(caught.is_some(), "{forgets:?} was not caught within 200 seeds");
    }
}

#[test]
fn the_right_log_loses_nothing_to_crashes() {
    let mut lives = 0;
    for seed in 0..200 {
        let outcome = run(seed, Forgets::Nothing, &crashes());
        assert!(outcome.holds() && outcome.lost.is_empty(), "seed {seed}: {outcome:?}");
        lives += outcome.lives;
    }
    assert!(lives > 1000, "{lives}");
}

#[test]
fn over_all_faults_of_a_disk_the_right_log_never_lies() {
    let (mut acknowledged, mut lost, mut lossy) = (0, 0, 0);
    for seed in 0..5000 {
        let outcome = run(seed, Forgets::Nothing, &everything());
        assert!(outcome.holds(), "seed {seed}: {outcome:?}");
        acknowledged += outcome.acknowledged;
        lost += outcome.lost.len();
        lossy += u32::from(!outcome.lost.is_empty());
    }
    assert!(acknowledged > 50_000, "{acknowledged}");
    assert!(lost > 0, "the faults are strong enough to destroy both copies somewhere");
    println!("{lost} of {acknowledged} acknowledged records were lost, in {lossy} of 5000 runs");
}
