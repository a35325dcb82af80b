//! The prevent and recover tests of the failure modes, each as a column.

use tumult_models::job_queue::JobQueue;
use tumult_sim::Experiment;
use tumult_sim::lab::{Once, Part, once};

use super::{Column, Kind};
use crate::{
    fm_001_retry_duplication as fm_001, fm_002_partial_write as fm_002, fm_003_stuck_queue as fm_003,
    fm_004_partial_partition as fm_004, fm_005_retry_amplification as fm_005, fm_006_state_divergence as fm_006,
    fm_007_control_starvation as fm_007, fm_008_effect_outside as fm_008, fm_009_backpressure_collapse as fm_009,
    fm_010_clock_trap as fm_010, fm_011_zombie_worker as fm_011,
};

type Scenario = fn(&mut Experiment<'_>, JobQueue);

/// All of them; a seed costs more in the metastable ones.
pub(super) fn all() -> Vec<Column> {
    vec![
        prevent("FM_001 prevent", 8, fm_001::queue(true), fm_001::scenario),
        recover("FM_001 recover", 8, fm_001::queue(false), fm_001::scenario),
        prevent("FM_002 prevent", 40, fm_002::queue(true), fm_002::scenario),
        prevent("FM_003 prevent", 8, fm_003::guarded_queue(true), fm_003::scenario),
        prevent("FM_004 prevent", 8, fm_004::queue(true), fm_004::scenario),
        prevent("FM_005 prevent", 2, fm_005::guarded_queue(true), fm_005::scenario),
        prevent("FM_006 prevent", 16, fm_006::queue(true), fm_006::scenario),
        prevent("FM_007 prevent", 8, fm_007::guarded_queue(true), fm_007::scenario),
        prevent("FM_008 prevent", 8, fm_008::queue(true), fm_008::scenario),
        prevent("FM_009 prevent", 3, fm_009::guarded_queue(true), fm_009::scenario),
        prevent("FM_010 prevent", 8, fm_010::queue(true), fm_010::scenario),
        prevent("FM_011 prevent", 8, fm_011::queue(true), fm_011::scenario),
    ]
}

/// As the prevent test: what counts are violations in seeds that met the trigger.
fn prevent(name: &'static str, seeds: u64, queue: JobQueue, scenario: Scenario) -> Column {
    let runs = move |seed, queue: &JobQueue, _| verdict(&once(seed, Part::Prevent, |x| scenario(x, queue.clone())));
    Column { name, kind: Kind::Test, seeds, queue, acts: false, runs: Box::new(runs) }
}

/// As the recover test: what counts are new violations since the recovery.
fn recover(name: &'static str, seeds: u64, queue: JobQueue, scenario: Scenario) -> Column {
    let runs =
        move |seed, queue: &JobQueue, act| verdict(&once(seed, Part::Recover { act }, |x| scenario(x, queue.clone())));
    Column { name, kind: Kind::Test, seeds, queue, acts: true, runs: Box::new(runs) }
}

fn verdict(once: &Once) -> Option<bool> {
    once.met.then_some(!once.violated.is_empty())
}
