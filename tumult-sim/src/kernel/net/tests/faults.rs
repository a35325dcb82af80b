//! What faults lay over links: what each does, and what it leaves alone.

use super::*;
use crate::base::{Bandwidth, BurstLoss};

fn came(fates: &[Came]) -> Vec<usize> {
    (0..fates.len()).filter(|n| matches!(fates[*n], Came::At(..))).collect()
}

#[test]
fn a_flapping_link_is_cut_and_whole_in_turn() {
    let mut wire = Wire::new(|_| {});
    wire.run_to(MS * 10);
    wire.lay(1, &[A], &[B], LinkChange::Flap(MS * 3, MS * 5));
    for _ in 10..26 {
        wire.send(A, B, b"x");
        wire.send(A, C, b"x");
        let now = wire.core.now.since_start();
        wire.run_to(now + MS);
    }
    assert_eq!(wire.hits(1), 8, "four in each period: three sent and one under way when it is cut");
    let fates = wire.fates(16);
    assert_eq!(came(&fates), [3, 4, 5, 6, 11, 12, 13, 14]);
    assert!(fates.iter().all(|f| matches!(f, Came::At(..) | Came::Not(Drop::Cut))));
}

#[test]
fn a_throttle_limits_a_fast_link_and_leaves_a_slow_one() {
    let arrival = |own: Option<Bandwidth>| {
        let mut wire = Wire::new(|c| c.bandwidth = own);
        wire.lay(1, &[A], &[B], LinkChange::Throttle(Bandwidth::bytes_per_second(100_000)));
        wire.send(A, B, &[0; 972]);
        wire.send(A, C, &[0; 972]);
        let hits = wire.hits(1);
        (wire.fates(1).remove(0), hits)
    };
    let after = |ms: u32| Came::At(MS * ms, vec![0; 972]);
    assert_eq!(arrival(None), (after(11), 1));
    assert_eq!(arrival(Some(Bandwidth::mbit(100))), (after(11), 1));
    assert_eq!(arrival(Some(Bandwidth::bytes_per_second(10_000))), (after(101), 0), "it is slower by itself");
}

#[test]
fn bursts_damage_and_loss_of_faults_are_counted_where_they_made_a_difference() {
    let changes = [
        LinkChange::BurstLoss(BurstLoss::new(p(0.1), p(0.3))),
        LinkChange::Corrupt(p(0.3)),
        LinkChange::CorruptHeader(p(0.3)),
    ];
    for change in changes {
        let with = |change: Option<&LinkChange>, ends: (ProcessId, ProcessId)| {
            let mut wire = Wire::new(|c| c.loss = p(0.1));
            if let Some(change) = change {
                wire.lay(1, &[ends.0], &[ends.1], change.clone());
            }
            for n in 0..500_u64 {
                wire.send(A, B, &n.to_le_bytes());
            }
            let hits = change.map_or(0, |_| wire.hits(1));
            (wire.fates(500), hits)
        };
        let (calm, _) = with(None, (A, B));
        let (felt, hits) = with(Some(&change), (A, B));
        let differ = calm.iter().zip(&felt).filter(|(a, b)| a != b).count() as u64;
        assert!(differ > 50, "{change:?}");
        assert_eq!(hits, differ, "{change:?}");
        assert!(calm.iter().zip(&felt).all(|(a, b)| !is_lost(a) || is_lost(b)), "{change:?} saves none");
        assert_eq!(with(Some(&change), (A, C)), (calm, 0), "{change:?} leaves other links alone");
    }
}
