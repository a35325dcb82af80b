//! Bandwidth, queues, jitter, bursts, damage: what each does, and what it leaves alone.

use super::*;
use crate::base::{Bandwidth, BurstLoss, Bytes};

/// Sends packets of 1,000 bytes on the wire, all at once.
fn thousands(wire: &mut Wire, packets: u64) {
    for _ in 0..packets {
        wire.send(A, B, &[0; 972]);
    }
}

fn arrivals(fates: &[Came]) -> Vec<u128> {
    let at = |f: &Came| match f {
        Came::At(at, _) => Some(at.as_millis()),
        Came::Not(_) => None,
    };
    fates.iter().filter_map(at).collect()
}

#[test]
fn a_packet_takes_its_bytes_over_the_bandwidth() {
    let mut wire = Wire::new(|c| c.bandwidth = Some(Bandwidth::bytes_per_second(1_000_000)));
    thousands(&mut wire, 3);
    wire.run_to(MS * 10);
    thousands(&mut wire, 1);
    assert_eq!(arrivals(&wire.fates(4)), [2, 3, 4, 12], "1 ms each to send, in turn, and 1 ms on the way");
}

#[test]
fn a_full_queue_drops_what_comes_last_and_no_other() {
    let slow = |c: &mut LinkConfig| {
        c.bandwidth = Some(Bandwidth::bytes_per_second(1_000_000));
        c.queue = Bytes(3_000);
    };
    let mut wire = Wire::new(slow);
    thousands(&mut wire, 5);
    wire.run_to(MS);
    thousands(&mut wire, 2);
    let fates = wire.fates(7);
    let full: Vec<usize> = (0..7).filter(|n| fates[*n] == Came::Not(Drop::QueueFull)).collect();
    assert_eq!(full, [3, 4, 6], "there is room for one more after each millisecond");
    let mut wire = Wire::new(slow);
    wire.send(A, B, &[0; 10_000]);
    assert_eq!(arrivals(&wire.fates(1)).len(), 1, "a packet larger than the queue passes when it finds nothing");
}

#[test]
fn each_link_has_a_queue_of_its_own() {
    let mut wire = Wire::new(|c| c.bandwidth = Some(Bandwidth::bytes_per_second(1_000_000)));
    wire.send(C, B, &[0; 9_972]);
    wire.send(B, A, &[0; 9_972]);
    thousands(&mut wire, 1);
    assert_eq!(arrivals(&wire.fates(1)), [2]);
}

#[test]
fn jitter_adds_up_to_its_bound_and_keeps_the_order() {
    let fates = Wire::new(|c| c.jitter = MS / 2).stream(1_000);
    let late: Vec<Duration> = (0..)
        .zip(&fates)
        .map(|(n, f)| match f {
            Came::At(at, _) => at.saturating_sub(MS * (n + 1)),
            Came::Not(why) => panic!("{why:?}"),
        })
        .collect();
    assert!(late.iter().all(|d| *d < MS / 2));
    assert!(late.iter().any(|d| *d < MS / 20) && late.iter().any(|d| *d > MS * 45 / 100));
    let mut at_once = Wire::new(|c| c.jitter = MS * 50);
    thousands(&mut at_once, 100);
    let all = arrivals(&at_once.fates(100));
    assert!(all.is_sorted() && all[99] > all[0]);
}

#[test]
fn losses_come_in_bursts() {
    let burst = BurstLoss::new(p(0.02), p(0.2));
    let fates = Wire::new(|c| c.burst_loss = Some(burst)).stream(20_000);
    let lost: Vec<bool> = fates.iter().map(is_lost).collect();
    let all = lost.iter().filter(|l| **l).count();
    let bursts = lost.windows(2).filter(|w| !w[0] && w[1]).count();
    let (share, length) = (all as f64 / 20_000.0, all as f64 / bursts as f64);
    assert!((share - burst.mean()).abs() < 0.015, "{share}");
    assert!((length - 5.0).abs() < 0.7, "{length}");
}

#[test]
fn a_burst_depends_on_the_number_alone() {
    let with = |c: &mut LinkConfig| c.burst_loss = Some(BurstLoss::new(p(0.1), p(0.3)));
    let alone: Vec<bool> = Wire::new(with).stream(300).iter().map(is_lost).collect();
    // Others are lost to a rule and to a cut meanwhile, and another link is busy.
    let mut wire = Wire::new(with);
    for n in 0..300_u64 {
        match n {
            50..100 => wire.launch(A, B, b"rule", Fate { dropped: true, ..Fate::OPEN }),
            _ => wire.send(A, B, b"free"),
        }
        wire.send(C, B, b"other");
        if n == 149 {
            wire.lay(1, &[A], &[B], LinkChange::Cut);
        }
        if n == 179 {
            wire.net.lift(&mut wire.core, OverlayId(1));
        }
        wire.run_to(MS * (n as u32 * 3 + 3));
    }
    let fates = wire.fates(300);
    let free = (0..50).chain(100..149).chain(180..300);
    assert!(free.clone().any(|n| alone[n]));
    assert!(free.clone().all(|n| is_lost(&fates[n]) == alone[n]), "the same are lost");
}

#[test]
fn a_damaged_payload_differs_in_a_few_bits() {
    let fates = Wire::new(|c| c.corrupt = p(0.3)).stream(2_000);
    let mut damaged = 0;
    for (n, fate) in (0_u64..).zip(&fates) {
        let Came::At(_, bytes) = fate else { panic!("none is lost: {fate:?}") };
        let bits = (u64::from_le_bytes(bytes[..].try_into().unwrap()) ^ n).count_ones();
        assert!(bits <= 3, "{bits} bits");
        damaged += u32::from(bits > 0);
    }
    assert!((500..700).contains(&damaged), "{damaged}");
    let mut wire = Wire::new(|c| c.corrupt = Probability::ALWAYS);
    wire.send(A, B, &[]);
    assert_eq!(wire.fates(1), [Came::At(MS, vec![])], "there is nothing in it to damage");
}

#[test]
fn a_damaged_header_is_noticed_or_leads_elsewhere_and_the_payload_is_whole() {
    let fates = Wire::new(|c| c.corrupt_header = Probability::ALWAYS).stream(1_000);
    let count = |why| fates.iter().filter(|f| **f == Came::Not(why)).count();
    assert_eq!(count(Drop::Checksum) + count(Drop::NoListener), 1_000, "nobody listens at the ports next to 9");
    assert!((200..300).contains(&count(Drop::NoListener)));
    let mut wire = Wire::new(|c| c.corrupt_header = Probability::ALWAYS);
    for port in (0..16).map(|bit| 9 ^ (1 << bit)) {
        wire.net.stacks.bind(B, port).unwrap();
    }
    let fates = wire.stream(1_000);
    let misled: Vec<(u64, &Came)> = (0..).zip(&fates).filter(|f| *f.1 != Came::Not(Drop::Checksum)).collect();
    assert!(misled.len() > 200);
    assert!(misled.iter().all(|(n, f)| matches!(f, Came::At(_, bytes) if *bytes == n.to_le_bytes())));
}

#[test]
fn what_is_rare_moves_no_draw_of_what_is_not() {
    let lossy = |c: &mut LinkConfig| (c.loss, c.reorder, c.duplicate) = (p(0.2), p(0.2), p(0.2));
    let plain = Wire::new(lossy).stream(500);
    let rough = Wire::new(|c| {
        lossy(c);
        (c.corrupt, c.bandwidth) = (p(0.5), Some(Bandwidth::gbit(u64::MAX)));
    });
    let rough = rough.stream(500);
    let mut damaged = 0;
    for (a, b) in plain.iter().zip(&rough) {
        match (a, b) {
            (Came::At(a, x), Came::At(b, y)) => {
                assert_eq!(a, b);
                damaged += u32::from(x != y);
            }
            _ => assert_eq!(a, b),
        }
    }
    assert!(damaged > 100 && plain.iter().any(is_lost));
}
