//! Faults of the network: what each does to those it is meant for, and to nobody else.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::lab::{Lab, Log, MS};
use crate::net::{UdpSocket, packets};
use crate::time::{now, sleep};

/// A packet that came whole: who sent it to whom, and when, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Came {
    from: char,
    to: char,
    sent: u64,
    at: u64,
}

/// Everything that came in three seconds in which a, b and c send each other a packet every other millisecond.
struct Traffic {
    came: Vec<Came>,
    /// How many came with other bytes than were sent.
    damaged: usize,
    met: bool,
}

/// Between any two, this many are sent each second.
const A_SECOND: usize = 500;

async fn talk(me: &'static str, log: Log) {
    let socket = Rc::new(UdpSocket::bind("0.0.0.0:9").await.unwrap());
    let inbox = Rc::clone(&socket);
    crate::task::spawn(async move {
        loop {
            let (bytes, _) = inbox.recv_datagram().await.unwrap();
            let came = now().as_nanos() / 1_000_000;
            log.borrow_mut().push(format!("{} {me} {came}", String::from_utf8_lossy(&bytes)));
        }
    });
    for sent in (0..).step_by(2) {
        for other in ["a", "b", "c"].into_iter().filter(|other| *other != me) {
            let _ = socket.send_to(format!("{me} {sent:04} {me} {sent:04}").as_bytes(), format!("{other}:9")).await;
        }
        sleep(MS * 2).await;
    }
}

/// The traffic while this goes wrong from the first second to the second one.
fn traffic(fault: &str) -> Traffic {
    let lab = Lab::new().process("a", |log| talk("a", log)).process("b", |log| talk("b", log));
    let lab = lab.process("c", |log| talk("c", log)).arm(&format!("f1 at 1s {fault} for 1s"));
    let met = lab.outcomes(3_000)[0].is_met();
    let read = |line: &String| {
        // It is said twice, so that damage shows.
        let [from, sent, again, too, to, at] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
        let char = |word: &str| word.chars().next();
        let came = Came { from: char(from)?, to: char(to)?, sent: sent.parse().ok()?, at: at.parse().ok()? };
        ((from, sent) == (again, too)).then_some(came)
    };
    let came: Vec<Came> = lab.log.borrow().iter().filter_map(read).collect();
    let damaged = lab.log.borrow().len() - came.len();
    Traffic { came, damaged, met }
}

impl Traffic {
    /// What was sent from one to the other in this second.
    fn of(&self, from: char, to: char, second: u64) -> Vec<Came> {
        let all = self.came.iter().filter(|c| (c.from, c.to) == (from, to));
        all.filter(|c| c.sent / 1000 == second).copied().collect()
    }

    /// What was sent while the fault was in force.
    fn during(&self, from: char, to: char) -> Vec<Came> {
        self.of(from, to, 1)
    }
}

/// Each a fault of the packets between a and b.
const BETWEEN_A_AND_B: [&str; 13] = [
    "partition {a} | {b}",
    "cut a -> b",
    "hold a <-> b",
    "loss a <-> b 0.5",
    "duplicate a <-> b 0.5",
    "reorder a <-> b 0.5",
    "delay a <-> b 50ms",
    "bridge c {a} | {b}",
    "flap a <-> b down 100ms up 100ms",
    "corrupt a <-> b 0.5",
    "corrupt-header a <-> b 0.5",
    "throttle a <-> b 18000B/s",
    "burst-loss a <-> b enter 0.1 leave 0.1",
];

#[test]
fn the_packets_of_others_come_as_if_nothing_were_wrong() {
    let calm = traffic("loss a <-> b 0");
    assert_eq!([0, 1].map(|second| calm.of('a', 'b', second).len()), [A_SECOND; 2]);
    for fault in BETWEEN_A_AND_B {
        let felt = traffic(fault);
        assert!(felt.met, "{fault}");
        for (from, to) in [('a', 'c'), ('c', 'a'), ('b', 'c'), ('c', 'b')] {
            for second in 0..3 {
                assert!(felt.of(from, to, second) == calm.of(from, to, second), "{fault}: {from} to {to}");
            }
        }
        if fault.starts_with("cut") {
            assert!(felt.during('b', 'a') == calm.during('b', 'a'), "the way back is open");
        }
        assert!(felt.during('a', 'b') != calm.during('a', 'b'), "{fault} does something");
    }
}

#[test]
fn after_it_is_healed_all_is_as_before() {
    let calm = traffic("loss a <-> b 0");
    // What waited in a queue, or was late, is through by then.
    let late = |t: &Traffic| t.of('a', 'b', 2).into_iter().filter(|c| c.sent > 2_400).collect::<Vec<_>>();
    for fault in BETWEEN_A_AND_B.into_iter().chain(["isolate a", "swizzle {a,b} back {a,b} every 200ms"]) {
        assert!(late(&traffic(fault)) == late(&calm), "{fault}");
    }
}

#[test]
fn what_waits_is_late_or_out_of_order_is_not_lost() {
    for fault in [
        "hold everyone",
        "duplicate everyone 0.5",
        "reorder everyone 0.5",
        "delay everyone 50ms",
        "swizzle {a,b,c} back {b,c,a} every 150ms",
        "throttle everyone 18000B/s",
    ] {
        let felt = traffic(fault);
        let sent: BTreeSet<u64> = felt.during('a', 'b').iter().map(|c| c.sent).collect();
        assert_eq!(sent.len(), A_SECOND, "{fault}");
        let orders = felt.during('a', 'b').windows(2).all(|w| w[0].sent <= w[1].sent);
        assert!(orders || fault.starts_with("reorder") || fault.starts_with("duplicate"), "{fault} keeps the order");
        assert!(felt.during('a', 'b').len() == A_SECOND || fault.starts_with("duplicate"), "{fault} doubles none");
        assert_eq!(felt.damaged, 0, "{fault}");
    }
}

#[test]
fn a_partition_and_a_cut_let_nothing_through() {
    let came = |fault, from, to| traffic(fault).during(from, to).len();
    for (from, to) in [('a', 'b'), ('b', 'a')] {
        assert_eq!(came("partition {a} | {b}", from, to), 0);
        assert_eq!(came("partition {a,c} | {b}", from, to), 0);
    }
    assert_eq!(came("cut a -> b", 'a', 'b'), 0);
}

#[test]
fn one_that_is_isolated_reaches_nobody_and_the_others_each_other() {
    let felt = traffic("isolate b");
    for (from, to) in [('a', 'b'), ('b', 'a'), ('b', 'c'), ('c', 'b')] {
        assert_eq!(felt.during(from, to), []);
    }
    assert_eq!((felt.during('a', 'c').len(), felt.during('c', 'a').len()), (A_SECOND, A_SECOND));
}

#[test]
fn a_bridge_sees_both_sides_that_do_not_see_each_other() {
    let felt = traffic("bridge b {a} | {c}");
    assert_eq!((felt.during('a', 'c').len(), felt.during('c', 'a').len()), (0, 0));
    for (from, to) in [('a', 'b'), ('b', 'a'), ('b', 'c'), ('c', 'b')] {
        assert_eq!(felt.during(from, to).len(), A_SECOND);
    }
}

#[test]
fn what_is_held_comes_when_the_hold_ends() {
    let felt = traffic("hold a <-> b");
    assert!(felt.during('a', 'b').iter().all(|c| c.at >= 2_000));
    assert!(felt.during('a', 'b').iter().filter(|c| c.sent < 1_990).all(|c| c.at == 2_000));
}

#[test]
fn swizzled_processes_come_back_in_the_other_order() {
    let felt = traffic("swizzle {a,b} back {b,a} every 200ms");
    let from_c = |to, sent| felt.during('c', to).iter().find(|c| c.sent == sent).map(|c| c.at);
    assert_eq!(from_c('a', 1_100), Some(1_600), "a waits from 1.0 s to 1.6 s");
    assert_eq!(from_c('b', 1_250), Some(1_400), "b waits from 1.2 s to 1.4 s");
    assert!(from_c('b', 1_100).is_some_and(|came| came < 1_103), "b is not cut off yet");
    let last = felt.during('a', 'b').iter().find(|c| c.sent == 1_300).map(|c| c.at);
    assert_eq!(last, Some(1_600), "both ends must be back");
}

#[test]
fn chances_are_as_likely_as_they_say() {
    let near = |n: usize, expected: usize| n.abs_diff(expected) < 60;
    let felt = |fault| traffic(fault).during('a', 'b');
    assert!(near(felt("loss a <-> b 0.3").len(), 350));
    assert!(near(felt("duplicate a <-> b 0.3").len(), 650));
    assert!(near(felt("corrupt-header a <-> b 0.3").len(), 350));
    let overtaken = felt("reorder a <-> b 0.5").windows(2).filter(|w| w[0].sent > w[1].sent).count();
    assert!(overtaken > 40, "{overtaken}");
    // One in 50 begins a burst of 5.
    let burst = felt("burst-loss a <-> b enter 0.02 leave 0.2").len();
    assert!((380..495).contains(&burst), "{burst}");
}

#[test]
fn what_is_late_is_late_by_as_much() {
    assert!(traffic("delay a <-> b 50ms").during('a', 'b').iter().all(|c| (50..53).contains(&(c.at - c.sent))));
    let felt = traffic("throttle a <-> b 18000B/s").during('a', 'b');
    // 41 bytes each, headers included: 439 a second, and the others wait.
    assert!((130..150).contains(&(felt[499].at - felt[499].sent)), "{:?}", felt[499]);
}

#[test]
fn damage_shows() {
    let felt = traffic("corrupt a <-> b 0.5");
    assert!(felt.damaged > 200, "{}", felt.damaged);
    assert_eq!(traffic("corrupt a <-> b 0").damaged, 0);
}

#[test]
fn a_rule_decides_only_while_a_fault_wants_it() {
    let seen = Rc::new(RefCell::new(vec![]));
    let lab = Lab::new().chatty("a", "b:9").process("b", |log| async move {
        let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
        loop {
            socket.recv_datagram().await.unwrap();
            log.borrow_mut().push(format!("{}", now().as_nanos() / 100_000_000));
        }
    });
    let id = lab.run.world.borrow_mut().net.rules.declare("drop the third").unwrap();
    let asked = Rc::clone(&seen);
    let third = packets().matching(move |p| {
        asked.borrow_mut().push(p.at.as_nanos() / 100_000_000);
        true
    });
    crate::net::make_rule(&lab.run, Some(id), Rc::new(third.nth(3).drop()));
    let plan = "f1 at 1s rule \"drop the third\" for 500ms\nf2 at 1.3s rule \"drop the third\" for 1s\n\
        f3 at 5s rule \"drop the third\" for 10ms";
    let lab = lab.arm(plan);
    assert_eq!(
        lab.said(6_000),
        [
            "injected at 1.000s, met, healed at 1.500s",
            "injected at 1.300s, not met, healed at 2.300s",
            "injected at 5.000s, not met, healed at 5.010s",
        ],
        "it was met once, in the time of the first alone"
    );
    let all: Vec<String> = (0..60).filter(|n| *n != 12).map(|n: u32| n.to_string()).collect();
    assert_eq!(*lab.log.borrow(), all, "the third since it is asked, and no other");
    assert_eq!(*seen.borrow(), (10..23).collect::<Vec<u64>>(), "it is asked while one of them is in force");
}
