//! Clocks and timers as processes see them.

use std::time::Duration;

use super::{ClockConfig, Instant, SystemTime, now, sleep, sleep_until, timeout};
use crate::base::Time;
use crate::fault::{Fault, ahead, behind};
use crate::process::incarnation;
use crate::sim::{Process, Sim};

const S: Duration = Duration::from_secs(1);

/// What the monotonic clock shows: the time since its machine was switched on.
fn uptime() -> Duration {
    crate::context::with(|w| {
        let now = w.now();
        Duration::from_nanos(w.clock().read_monotonic(now))
    })
}

/// A process that sleeps for ten seconds: how long that was by its own clock, and when it was over.
fn sleeper(sim: &mut Sim) -> Process {
    sim.primary("sleeper", || async {
        let begun = Instant::now();
        sleep(10 * S).await;
        (begun.elapsed().as_millis() as u64, now().as_nanos() / 1_000_000)
    })
}

fn slept(drift_ppm: i64, lasts: Option<Duration>) -> (u64, u64) {
    let mut sim = Sim::new(1);
    let p = sleeper(&mut sim);
    let drift = Fault::clock_drift(p, drift_ppm).at(5 * S);
    sim.fault(lasts.map_or(drift.clone(), |d| drift.lasting(d)));
    *sim.run().output(p).unwrap()
}

#[test]
fn a_clock_that_becomes_slower_makes_a_timer_later() {
    assert_eq!(slept(-500_000, None), (10_000, 15_000), "5 s, and 10 s for the other five");
    assert_eq!(slept(-500_000, Some(2 * S)), (10_000, 11_000), "one second was lost");
}

#[test]
fn a_clock_that_becomes_faster_leaves_a_timer_where_it_was() {
    assert_eq!(slept(1_000, None), (10_005, 10_000), "late by its own clock, never early");
}

#[test]
fn drift_bends_both_clocks_without_a_jump_and_nobody_elses() {
    let mut sim = Sim::new(1);
    let body = || async {
        let mut seen = vec![];
        for _ in 0..4 {
            crate::time::Sleep::at(now() + S).await;
            seen.push((uptime(), SystemTime::now().unix_nanos()));
        }
        seen
    };
    let (a, b) = (sim.primary("a", body), sim.primary("b", body));
    sim.at(S, Fault::clock_drift(a, 100_000).lasting(2 * S));
    let report = sim.run();
    let seen = |p| report.output::<Vec<(Duration, i64)>>(p).unwrap();
    let mono = |p| seen(p).iter().map(|s| s.0.as_millis()).collect::<Vec<_>>();
    let wall = |p| seen(p).windows(2).map(|w| (w[1].1 - w[0].1) / 1_000_000).collect::<Vec<_>>();
    assert_eq!((mono(a), wall(a)), (vec![1000, 2100, 3200, 4200], vec![1100, 1100, 1000]));
    assert_eq!((mono(b), wall(b)), (vec![1000, 2000, 3000, 4000], vec![1000; 3]));
}

#[test]
fn a_step_sets_the_wall_clock_and_never_the_monotonic_one_or_a_timer() {
    for by in [ahead(3600 * S), behind(3600 * S)] {
        let mut sim = Sim::new(1);
        let p = sim.primary("p", || async {
            let (begun, wall) = (Instant::now(), SystemTime::now());
            let timed_out = timeout(10 * S, sleep(60 * S)).await.is_err();
            (begun.elapsed(), SystemTime::now().unix_nanos() - wall.unix_nanos(), timed_out)
        });
        sim.at(5 * S, Fault::clock_step(p, by));
        let report = sim.run();
        assert_eq!(report.output(p), Some(&(10 * S, 10_000_000_000 + by, true)));
        assert_eq!(report.ended_at(), Time::ZERO + 10 * S);
    }
}

/// A process that is ended after 10 s and starts again 5 s later: what its clocks showed then.
fn after(end: fn(Process) -> Fault) -> (Duration, Duration) {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let read = (uptime(), SystemTime::now());
        if incarnation().0 == 0 {
            std::future::pending::<()>().await;
        }
        read
    });
    sim.at(10 * S, end(p).lasting(5 * S));
    let read = *sim.run().output::<(Duration, SystemTime)>(p).unwrap();
    let epoch = SystemTime::from_unix_nanos(crate::sim::SimConfig::default().epoch_ns);
    (read.0, read.1.duration_since(epoch).unwrap())
}

#[test]
fn clocks_go_on_across_a_kill() {
    assert_eq!(after(Fault::kill), (15 * S, 15 * S));
}

#[test]
fn a_power_loss_restarts_the_monotonic_clock_only() {
    assert_eq!(after(Fault::power_loss), (Duration::ZERO, 15 * S));
}

#[test]
fn a_leap_smear_takes_a_second_over_its_window() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let (begun, wall) = (Instant::now(), SystemTime::now());
        sleep(43_200 * S).await;
        let half = (begun.elapsed(), wall.elapsed().unwrap());
        sleep(43_200 * S).await;
        [half, (begun.elapsed(), wall.elapsed().unwrap())]
    });
    sim.time_limit(100_000 * S);
    sim.fault(Fault::leap_smear(p, 86_400 * S));
    let report = sim.run();
    assert_eq!(
        report.output::<[(Duration, Duration); 2]>(p),
        Some(&[(43_200 * S, S * 43_199 + S / 2), (86_400 * S, 86_399 * S)])
    );
    assert!(sim.fault_outcomes()[0].is_met());
}

#[test]
fn a_leap_smear_never_turns_a_clock_back() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let (mut wall, mut mono) = (SystemTime::now(), Instant::now());
        for _ in 0..1000 {
            sleep(Duration::from_millis(3)).await;
            let (later_wall, later_mono) = (SystemTime::now(), Instant::now());
            assert!(later_wall > wall);
            assert_eq!(later_mono - mono, Duration::from_millis(3));
            (wall, mono) = (later_wall, later_mono);
        }
    });
    sim.at(S, Fault::leap_smear(p, S + S / 100).lasting(S));
    sim.run();
}

#[test]
fn a_clock_runs_as_it_was_declared_and_a_fault_gives_it_back() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let wall = SystemTime::now();
        crate::time::Sleep::at(Time::ZERO + 10 * S).await;
        let first = wall.elapsed().unwrap();
        crate::time::Sleep::at(Time::ZERO + 30 * S).await;
        let wall_then = SystemTime::now();
        crate::time::Sleep::at(Time::ZERO + 40 * S).await;
        (wall.unix_nanos() - crate::sim::SimConfig::default().epoch_ns, first, wall_then.elapsed().unwrap())
    });
    sim.clock(p, ClockConfig::default().behind(30 * S).drift_ppm(1_000));
    sim.at(10 * S, Fault::clock_drift(p, -500_000).lasting(20 * S));
    let ten = Duration::from_millis(10_010);
    assert_eq!(sim.run().output(p), Some(&(-30_000_000_000_i64, ten, ten)));
}

#[test]
fn a_deadline_is_kept_by_the_clock_that_it_was_read_from() {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async {
        let deadline = Instant::now() + 10 * S;
        sleep_until(deadline).await;
        Instant::now() >= deadline
    });
    sim.clock(p, ClockConfig::default().drift_ppm(-123_457));
    sim.at(3 * S, Fault::clock_drift(p, -7).lasting(S));
    assert_eq!(sim.run().output(p), Some(&true));
}
