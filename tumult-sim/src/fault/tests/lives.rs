//! Faults that end processes or let them stand still: what each does, and what it must not.

use std::time::Duration;

use super::lab::MS;
use crate::base::Time;
use crate::disk::{self, File, sync_dir};
use crate::fault::{Fault, Signal};
use crate::net::UdpSocket;
use crate::process::{incarnation, note, shutdown_requested, signal};
use crate::sim::{Process, Sim, SimConfig};
use crate::time::{Instant, now, sleep};
use crate::trace::{Kind, Recording};

fn sim() -> Sim {
    Sim::with_config(SimConfig { record: true, ..SimConfig::default() })
}

/// A process that says in which life it is each 100 ms, but for the first time at once.
fn ticker(sim: &mut Sim, name: &str) -> Process {
    sim.process(name, || async {
        loop {
            note(format!("life {}", incarnation().0));
            sleep(100 * MS).await;
        }
    })
}

/// When a process said something, in milliseconds, and what: after so long.
fn said(sim: &mut Sim, p: Process, until: Duration) -> Vec<(u64, String)> {
    assert!(sim.advance_to(Time::ZERO + until));
    of(&sim.recording().unwrap(), p)
}

/// As [`said`], from a recording.
fn of(recording: &Recording, p: Process) -> Vec<(u64, String)> {
    let its = recording.iter().filter(|r| r.kind == Kind::Note && r.a_high() == p.0);
    its.map(|r| (r.at.as_nanos() / 1_000_000, String::from_utf8(r.bytes.to_vec()).unwrap())).collect()
}

fn lives(sim: &mut Sim, p: Process) -> Vec<(u64, String)> {
    said(sim, p, 1000 * MS)
}

/// Whether the process spoke at these hundreds of milliseconds and at no others: the life in which it did.
fn spoke(lives: &[(u64, String)], expected: &[(u64, u32)]) {
    let expected: Vec<_> = expected.iter().map(|(at, life)| (*at, format!("life {life}"))).collect();
    assert_eq!(lives, expected);
}

#[test]
fn a_kill_ends_the_process_and_its_healing_starts_the_next_life() {
    let mut sim = sim();
    let p = ticker(&mut sim, "p");
    sim.at(250 * MS, Fault::kill(p).lasting(550 * MS));
    spoke(&lives(&mut sim, p), &[(0, 0), (100, 0), (200, 0), (800, 1), (900, 1), (1000, 1)]);
}

#[test]
fn a_process_that_a_fault_meets_before_its_start_begins_each_life_once() {
    type Case = (fn(Process) -> Fault, &'static [(u64, u32)]);
    let faults: [Case; 3] = [
        (Fault::restart, &[(0, 1), (100, 1), (200, 1), (300, 1)]),
        (|p| Fault::kill(p).lasting(550 * MS), &[(550, 1), (650, 1)]),
        (|p| Fault::pause(p).lasting(550 * MS), &[(550, 0), (650, 0)]),
    ];
    for (fault, expected) in faults {
        let mut sim = sim();
        let p = ticker(&mut sim, "p");
        sim.at(Duration::ZERO, fault(p));
        let lives = lives(&mut sim, p);
        spoke(&lives[..expected.len()], expected);
        assert!(lives.is_sorted() && lives.windows(2).all(|w| w[0].0 < w[1].0), "{lives:?}");
    }
}

/// A process that writes a file, with or without syncing it, and reads what is left of it in its second life.
fn writer(sim: &mut Sim, synced: bool) -> Process {
    sim.primary("writer", move || async move {
        if incarnation().0 == 1 {
            return disk::read("/log").await.ok();
        }
        let mut file = File::create("/log").await.unwrap();
        file.write_all(&[7; 4096]).await.unwrap();
        if synced {
            file.sync_all().await.unwrap();
            sync_dir("/").await.unwrap();
        }
        std::future::pending().await
    })
}

/// How many of so many seeds find all that was written after such an end.
fn intact(synced: bool, end: fn(Process) -> Fault) -> usize {
    let whole = |seed: u64| {
        let mut sim = Sim::new(seed);
        let p = writer(&mut sim, synced);
        sim.at(1000 * MS, end(p).lasting(100 * MS));
        sim.run().output::<Option<Vec<u8>>>(p).unwrap().as_deref() == Some(&[7; 4096])
    };
    (0..20).filter(|seed| whole(*seed)).count()
}

#[test]
fn a_kill_never_takes_what_was_written() {
    assert_eq!(intact(false, Fault::kill), 20);
}

#[test]
fn a_power_loss_takes_what_was_not_synced() {
    assert!(intact(false, Fault::power_loss) < 20);
}

#[test]
fn a_power_loss_never_takes_what_was_synced() {
    assert_eq!(intact(true, Fault::power_loss), 20);
}

#[test]
fn a_restart_begins_the_next_life_at_once() {
    let mut sim = sim();
    let p = ticker(&mut sim, "p");
    sim.at(750 * MS, Fault::restart(p));
    let after: Vec<_> = lives(&mut sim, p).split_off(8);
    spoke(&after, &[(750, 1), (850, 1), (950, 1)]);
}

#[test]
fn a_restart_never_touches_a_neighbour_or_the_clock() {
    let mut sim = sim();
    let (p, neighbour) = (ticker(&mut sim, "p"), ticker(&mut sim, "neighbour"));
    let clock = sim.process("clock", || async {
        sleep(10 * MS * incarnation().0).await;
        note(format!("{:?}", Instant::now()));
        std::future::pending::<()>().await;
    });
    sim.machine([p, neighbour]);
    sim.at(750 * MS, Fault::restart(p));
    sim.at(750 * MS, Fault::restart(clock));
    let of_neighbour = lives(&mut sim, neighbour);
    assert!(of_neighbour.len() == 11 && of_neighbour.iter().all(|s| s.1 == "life 0"), "{of_neighbour:?}");
    let instant = |sim: &mut Sim| {
        sim.inner().world.borrow_mut().processes.get_mut(clock).clock.read_monotonic(Time::ZERO + 1000 * MS)
    };
    assert_eq!(instant(&mut sim), 1_000_000_000, "the monotonic clock went on");
}

#[test]
fn a_shutdown_asks_and_kills_when_the_grace_is_over() {
    let mut sim = sim();
    let p = sim.process("deaf", || async {
        shutdown_requested().await;
        loop {
            note("asked");
            sleep(100 * MS).await;
        }
    });
    sim.at(300 * MS, Fault::shutdown(p, 250 * MS));
    let asked: Vec<u64> = lives(&mut sim, p).into_iter().map(|s| s.0).collect();
    assert_eq!(asked, [300, 400, 500]);
}

#[test]
fn a_shutdown_never_ends_who_ends_in_time_another_way() {
    let mut sim = Sim::new(1);
    let p = sim.primary("polite", || async {
        shutdown_requested().await;
        sleep(200 * MS).await;
        now().as_nanos() / 1_000_000
    });
    sim.at(300 * MS, Fault::shutdown(p, 200 * MS + Duration::from_nanos(1)));
    assert_eq!(sim.run().output(p), Some(&500_u64), "it had its grace to the end");
}

#[test]
fn a_signal_comes_to_who_waits_for_it_and_ends_who_does_not() {
    let mut sim = sim();
    let deaf = ticker(&mut sim, "deaf");
    let hears = sim.process("hears", || async {
        let mut n = 0;
        loop {
            signal(Signal::Hangup).await;
            n += 1;
            note(format!("heard {n}"));
        }
    });
    let asked = sim.process("asked", || async {
        shutdown_requested().await;
        note("asked");
    });
    for at in [150 * MS, 350 * MS] {
        sim.at(at, Fault::signal(deaf, Signal::Hangup).lasting(100 * MS));
        sim.at(at, Fault::signal(hears, Signal::Hangup));
    }
    sim.at(500 * MS, Fault::signal(asked, Signal::Terminate));
    sim.at(700 * MS, Fault::signal(hears, Signal::User1));
    sim.at(800 * MS, Fault::signal(hears, Signal::Hangup));
    assert!(sim.advance_to(Time::ZERO + 1000 * MS));
    let all = sim.recording().unwrap();
    spoke(&of(&all, deaf)[..6], &[(0, 0), (100, 0), (250, 1), (450, 2), (550, 2), (650, 2)]);
    let heard = [(150, "heard 1".to_owned()), (350, "heard 2".to_owned())];
    assert_eq!(of(&all, hears), heard, "the other signal ended it");
    assert_eq!(of(&all, asked), [(500, "asked".to_owned())]);
}

#[test]
fn a_signal_never_ends_a_neighbour_or_who_stands_still_or_cuts_a_grace_short() {
    let mut sim = sim();
    let (paused, neighbour) = (ticker(&mut sim, "paused"), ticker(&mut sim, "neighbour"));
    sim.machine([paused, neighbour]);
    let polite = sim.process("polite", || async {
        shutdown_requested().await;
        signal(Signal::User2).await;
        note("went on");
    });
    sim.at(150 * MS, Fault::pause(paused).lasting(500 * MS));
    sim.at(250 * MS, Fault::signal(paused, Signal::Interrupt));
    sim.at(300 * MS, Fault::shutdown(polite, 400 * MS));
    sim.at(500 * MS, Fault::signal(polite, Signal::User2));
    assert!(sim.advance_to(Time::ZERO + 1000 * MS));
    let all = sim.recording().unwrap();
    spoke(&of(&all, paused), &[(0, 0), (100, 0)]);
    assert_eq!(of(&all, neighbour).len(), 11);
    assert_eq!(of(&all, polite), [(500, "went on".to_owned())]);
    let at = all.iter().find(|r| r.kind == Kind::Process && r.a_high() == paused.0 && r.b == 2).unwrap().at;
    assert_eq!(at, Time::ZERO + 650 * MS, "the signal waited until it went on");
}

#[test]
fn a_pause_lets_a_process_stand_still() {
    let mut sim = sim();
    let p = ticker(&mut sim, "p");
    sim.at(250 * MS, Fault::pause(p).lasting(500 * MS));
    let spoken: Vec<u64> = lives(&mut sim, p).into_iter().map(|s| s.0).collect();
    assert_eq!(spoken, [0, 100, 200, 750, 850, 950], "what was due meanwhile comes when it goes on");
}

#[test]
fn a_pause_never_loses_what_arrives_meanwhile() {
    let mut sim = Sim::new(1);
    let reader = sim.primary("reader", || async {
        let socket = UdpSocket::bind("0.0.0.0:9").await.unwrap();
        let mut read = vec![];
        while read.len() < 5 {
            read.push(socket.recv_datagram().await.unwrap().0[0]);
        }
        (read, now() >= Time::ZERO + 900 * MS)
    });
    sim.process("writer", || async {
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        for n in 0..5 {
            sleep(100 * MS).await;
            socket.send_to(&[n], "reader:9").await.unwrap();
        }
    });
    sim.at(150 * MS, Fault::pause(reader).lasting(750 * MS));
    assert_eq!(sim.run().output(reader), Some(&(vec![0_u8, 1, 2, 3, 4], true)));
}
