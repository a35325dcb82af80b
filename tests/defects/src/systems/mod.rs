//! The systems, each with its defect.

mod aba_free_list;
mod clock_lease;
mod double_vote;
mod lost_update;
mod lost_wakeup;
mod retried_debit;
mod stale_failover;
mod torn_record;
mod unsynced_rename;
mod unsynced_rotation;

use crate::Defect;

/// All of them, by the number of what they violate.
pub const ALL: &[Defect] = &[
    lost_update::DEFECT,
    stale_failover::DEFECT,
    double_vote::DEFECT,
    clock_lease::DEFECT,
    lost_wakeup::DEFECT,
    aba_free_list::DEFECT,
    retried_debit::DEFECT,
    torn_record::DEFECT,
    unsynced_rotation::DEFECT,
    unsynced_rename::DEFECT,
];
