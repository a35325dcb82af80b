//! How runs end, and what processes and tasks may do: each kind of failure is told with its tasks and spawn sites, each
//! policy is shown both ways.

use std::time::Duration;

use tumult_sim::fault::Fault;
use tumult_sim::task::{JoinError, spawn, yield_now};
use tumult_sim::time::{Instant, interval, now, sleep, timeout};
use tumult_sim::{Cause, Failure, Schedule, Seed, Sim, SimConfig, process, select};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn fails(declare: impl FnOnce(&mut Sim)) -> Failure {
    let mut sim = Sim::new(1);
    declare(&mut sim);
    sim.try_run().expect_err("it held")
}

/// What the primary gives.
fn gives<T: Clone + 'static>(body: impl AsyncFn() -> T + 'static) -> T {
    let mut sim = Sim::new(1);
    let p = sim.primary("p", body);
    sim.run().output::<T>(p).expect("it finished").clone()
}

#[test]
fn a_deadlock_names_its_tasks_and_where_they_were_spawned() {
    let failure = fails(|sim| {
        sim.primary("p", || async { spawn(std::future::pending::<()>()).await });
    });
    let Cause::Deadlock { tasks } = &failure.cause else { panic!("{failure}") };
    assert_eq!(tasks.iter().map(|t| t.name).collect::<Vec<_>>(), ["main", "task"]);
    assert!(tasks.iter().all(|t| t.process == "p" && t.site.starts_with("tests/tests/runs.rs:")), "{failure}");
    assert!(failure.to_string().contains("nothing will happen any more"), "{failure}");
}

#[test]
fn a_stall_is_stopped_and_named() {
    let failure = fails(|sim| {
        sim.primary("p", || async {
            sleep(MS(5)).await;
            loop {
                yield_now().await;
            }
        });
    });
    assert!(matches!(failure.cause, Cause::Stall { polls: 100_000, .. }), "{failure}");
    assert_eq!(failure.at.since_start(), MS(5));
}

#[test]
fn a_primary_that_never_ends_meets_the_limit() {
    let failure = fails(|sim| {
        sim.time_limit(Duration::from_secs(3));
        sim.primary("p", || async {
            loop {
                sleep(MS(100)).await;
            }
        });
    });
    assert!(matches!(failure.cause, Cause::TimeLimit { .. }), "{failure}");
}

#[test]
fn a_panic_fails_the_run_unless_the_process_survives_it() {
    let dies = || async {
        sleep(MS(1)).await;
        panic!("lost {} entries", 3);
    };
    let failure = fails(|sim| {
        sim.process("server", dies);
        sim.primary("p", || sleep(MS(10)));
    });
    let Cause::Panic { message, site } = &failure.cause else { panic!("{failure}") };
    assert_eq!((message.as_str(), failure.process.as_deref()), ("lost 3 entries", Some("server")));
    assert!(site.starts_with("tests/tests/runs.rs:"), "{site}");

    let mut sim = Sim::new(1);
    let server = sim.process("server", dies);
    sim.survives_panic(server);
    sim.primary("p", || sleep(MS(10)));
    sim.run();
}

#[test]
fn a_panic_that_the_code_under_test_caught_is_not_taken_for_a_later_one() {
    let failure = fails(|sim| {
        sim.primary("p", || async {
            let _ = std::panic::catch_unwind(|| panic!("caught"));
            sleep(MS(1)).await;
            panic!("not caught");
        });
    });
    assert!(matches!(&failure.cause, Cause::Panic { message, .. } if message == "not caught"), "{failure}");
}

#[test]
fn an_error_that_a_body_returns_fails_the_run() {
    let failure = fails(|sim| {
        sim.primary("p", || async { Err::<(), _>(std::io::Error::other("disk on fire")) });
    });
    assert!(failure.to_string().contains("p returned an error") && failure.to_string().contains("disk on fire"));
}

#[test]
fn tasks_give_their_output_or_say_why_not() {
    let (output, aborted) = gives(|| async {
        let task = spawn(async { 7 });
        let endless = spawn(std::future::pending::<()>());
        endless.abort();
        (task.await, endless.await)
    });
    assert_eq!((output, aborted), (Ok(7), Err(JoinError::Aborted)));

    let mut sim = Sim::new(1);
    let p = sim.primary("p", || async { spawn(async { assert!(process::id().index() > 0, "in a task") }).await.err() });
    sim.survives_panic(p);
    let joined = sim.run();
    assert_eq!(joined.output::<Option<JoinError>>(p), Some(&Some(JoinError::Panicked("in a task".into()))));
}

#[test]
fn timers_keep_their_times() {
    let times = gives(|| async {
        let begun = Instant::now();
        let late = timeout(MS(20), sleep(MS(30))).await;
        let mut every = interval(MS(50));
        for _ in 0..3 {
            every.tick().await;
        }
        (late.is_err(), begun.elapsed(), now().since_start())
    });
    assert_eq!(times, (true, MS(120), MS(120)));
}

#[test]
fn select_is_seeded_and_biased_when_asked() {
    let first = |seed: u64, biased: bool| {
        let mut sim = Sim::new(seed);
        let p = sim.primary("p", move || async move {
            let ready = std::future::ready::<()>;
            if biased {
                select! { biased; () = ready(()) => 0, () = ready(()) => 1, () = ready(()) => 2 }
            } else {
                select! { () = ready(()) => 0, () = ready(()) => 1, () = ready(()) => 2 }
            }
        });
        *sim.run().output::<i32>(p).unwrap()
    };
    let seen: std::collections::BTreeSet<i32> = (0..50).map(|seed| first(seed, false)).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
    assert!((0..50).all(|seed| first(seed, true) == 0));
    assert!((0..50).all(|seed| first(seed, false) == first(seed, false)));
}

/// Two tasks that lose an update when each yields between its read and its write.
fn updates_lost(schedule: Schedule, seeds: u64) -> usize {
    let lost = |seed| {
        let mut sim = Sim::with_config(SimConfig { seed: Seed(seed), schedule, ..SimConfig::default() });
        let p = sim.primary("p", || async {
            let n = std::rc::Rc::new(std::cell::Cell::new(0));
            let adds = |n: std::rc::Rc<std::cell::Cell<u32>>| async move {
                let read = n.get();
                yield_now().await;
                n.set(read + 1);
            };
            let tasks = [spawn(adds(n.clone())), spawn(adds(n.clone()))];
            for task in tasks {
                task.await.unwrap();
            }
            n.get()
        });
        sim.run().output::<u32>(p) != Some(&2)
    };
    (0..seeds).filter(|seed| lost(*seed)).count()
}

#[test]
fn each_schedule_explores_in_its_own_way() {
    assert_eq!(updates_lost(Schedule::Fifo, 50), 50, "first in, first out: always the same order");
    let random = updates_lost(Schedule::Random, 50);
    assert!((10..50).contains(&random), "{random}");
    assert_eq!(updates_lost(Schedule::Pct(1), 50), 0, "without a change point each task runs to its end");
}

#[test]
fn a_process_that_is_asked_to_end_has_its_grace() {
    let lives = |tidy: bool| {
        let mut sim = Sim::new(1);
        let ended = sim.observe("ended", None);
        let seen = ended.clone();
        let server = sim.process("server", move || {
            let seen = seen.clone();
            async move {
                process::shutdown_requested().await;
                if !tidy {
                    std::future::pending::<()>().await;
                }
                seen.update(|at| *at = Some(now().since_start()));
            }
        });
        sim.at(MS(10), Fault::shutdown(server, MS(5)));
        sim.primary("p", || sleep(MS(100)));
        sim.run();
        ended.get()
    };
    assert_eq!((lives(true), lives(false)), (Some(MS(10)), None));
}

#[test]
fn each_life_draws_anew_and_the_monotonic_clock_survives_a_kill_only() {
    let lives = |fault: fn(tumult_sim::Process) -> Fault| {
        let mut sim = Sim::new(1);
        let seen = sim.observe("lives", vec![]);
        let log = seen.clone();
        let server = sim.process("server", move || {
            let log = log.clone();
            async move {
                let life = (process::incarnation().0, process::random_u64(), Instant::now());
                log.update(|all| all.push(life));
                std::future::pending::<()>().await;
            }
        });
        sim.at(MS(50), fault(server).lasting(MS(50)));
        sim.primary("p", || sleep(MS(200)));
        sim.run();
        let lives = seen.get();
        assert_eq!(lives.iter().map(|l| l.0).collect::<Vec<_>>(), [0, 1]);
        assert_ne!(lives[0].1, lives[1].1);
        lives[1].2 - lives[0].2
    };
    assert_eq!((lives(Fault::kill), lives(Fault::power_loss)), (MS(100), Duration::ZERO));
}

#[test]
fn what_a_dead_process_drops_reaches_nobody() {
    struct Loud(tumult_sim::Observed<u32>);
    impl Drop for Loud {
        fn drop(&mut self) {
            self.0.update(|n| *n += 1);
            panic!("and its panic is caught");
        }
    }
    let drops = |killed: bool| {
        let mut sim = Sim::new(1);
        let drops = sim.observe("drops", 0);
        let seen = drops.clone();
        let server = sim.process("server", move || {
            let seen = seen.clone();
            async move {
                let _loud = Loud(seen);
                sleep(MS(50)).await;
            }
        });
        sim.survives_panic(server);
        if killed {
            sim.at(MS(10), Fault::kill(server));
        }
        sim.primary("p", || sleep(MS(100)));
        sim.run();
        drops.get()
    };
    assert_eq!((drops(true), drops(false)), (0, 1));
}
