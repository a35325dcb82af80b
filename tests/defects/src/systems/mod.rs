//! The systems, each with its defect.

mod aba_free_list;
mod blocked_commit;
mod cache_fill;
mod clock_lease;
mod double_vote;
mod dueling_proposers;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod half_quorum;
mod joint_change;
mod late_version;
mod lock_order;
mod lost_update;
mod lost_wakeup;
mod paused_leader;
mod reordered_updates;
mod resurrected_delete;
mod retried_debit;
mod retry_storm;
mod reused_ids;
mod short_dedup;
mod snapshot_over_log;
mod stale_failover;
mod torn_record;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod unfenced_lease;
mod unsynced_rename;
mod unsynced_rotation;
mod wal_applied_twice;
mod wall_clock_session;

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
    lock_order::DEFECT,
    dueling_proposers::DEFECT,
    blocked_commit::DEFECT,
    retry_storm::DEFECT,
    short_dedup::DEFECT,
    reordered_updates::DEFECT,
    half_quorum::DEFECT,
    joint_change::DEFECT,
    resurrected_delete::DEFECT,
    cache_fill::DEFECT,
    snapshot_over_log::DEFECT,
    paused_leader::DEFECT,
    wall_clock_session::DEFECT,
    reused_ids::DEFECT,
    wal_applied_twice::DEFECT,
    late_version::DEFECT,
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unfenced_lease::DEFECT,
];
