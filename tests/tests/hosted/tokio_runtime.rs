//! Stock tokio runtimes inside the simulation: time, tasks, channels, the blocking pool, several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::task::{JoinSet, spawn_blocking, yield_now};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tumult_sim::trace::TraceHash;
use tumult_sim::{Sim, SimConfig};

use super::threads::alone;

/// Runs `main` as the only process, on a current-thread runtime.
fn current_thread<T: Clone + 'static>(seed: u64, main: impl AsyncFn() -> T + 'static) -> (T, TraceHash) {
    let mut sim = Sim::with_config(SimConfig { seed: seed.into(), ..SimConfig::default() });
    let process = sim.primary("main", tumult_sim::body::tokio(main));
    let report = sim.run();
    (report.output::<T>(process).expect("it has finished").clone(), report.trace())
}

/// Runs `main` as the only process, on a runtime of three workers.
fn multi_thread<T, F>(seed: u64, main: impl Fn() -> F + 'static) -> (T, TraceHash)
where
    T: Clone + 'static,
    F: Future<Output = T> + 'static,
{
    alone(seed, move || Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap().block_on(main()))
}

#[test]
fn a_sleep_ends_at_its_millisecond() {
    let (slept, _) = current_thread(1, async || {
        let begun = Instant::now();
        sleep(Duration::from_micros(1500)).await;
        let first = begun.elapsed();
        sleep(Duration::from_secs(3600)).await;
        (first, begun.elapsed())
    });
    // tokio's wheel has milliseconds and rounds up.
    assert_eq!((slept.0.as_millis(), slept.1.as_secs()), (2, 3600), "{slept:?}");
}

#[test]
fn an_interval_ticks_by_virtual_time() {
    let (ticks, _) = current_thread(1, async || {
        let begun = Instant::now();
        let mut ticks = interval(Duration::from_millis(10));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = vec![];
        for _ in 0..5 {
            ticks.tick().await;
            seen.push(begun.elapsed().as_millis());
        }
        seen
    });
    assert!(ticks.windows(2).all(|two| two[1] - two[0] >= 10 && two[1] - two[0] <= 12), "{ticks:?}");
}

#[test]
fn what_is_late_is_timed_out_and_what_is_not_is_not() {
    let (all, _) = current_thread(1, async || {
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            sleep(Duration::from_millis(50)).await;
            sender.send(7).unwrap();
        });
        let mut receiver = receiver;
        let early = timeout(Duration::from_millis(20), &mut receiver).await;
        let late = timeout(Duration::from_millis(60), &mut receiver).await;
        (early.is_err(), late.unwrap().unwrap())
    });
    assert_eq!(all, (true, 7));
}

#[test]
fn select_takes_what_is_first() {
    let (order, _) = current_thread(1, async || {
        let (notify, mut order) = (Arc::new(Notify::new()), vec![]);
        let other = Arc::clone(&notify);
        tokio::spawn(async move {
            for _ in 0..3 {
                sleep(Duration::from_millis(25)).await;
                other.notify_one();
            }
        });
        let mut ticks = interval(Duration::from_millis(40));
        while order.len() < 6 {
            tokio::select! {
                () = notify.notified() => order.push('n'),
                _ = ticks.tick() => order.push('t'),
            }
        }
        order.into_iter().collect::<String>()
    });
    assert_eq!(order, "tntnnt");
}

#[test]
fn the_blocking_pool_works_beside_the_runtime() {
    let (sum, _) = current_thread(1, async || {
        let begun = Instant::now();
        let all: Vec<_> = (1..=4_u64)
            .map(|n| {
                spawn_blocking(move || {
                    std::thread::sleep(Duration::from_millis(10 * n));
                    n
                })
            })
            .collect();
        let mut sum = 0;
        for one in all {
            sum += one.await.unwrap();
        }
        (sum, begun.elapsed().as_millis())
    });
    assert_eq!(sum, (10, 40));
}

/// Tasks that hand numbers to one another, and the order in which they came.
async fn crowd() -> Vec<u32> {
    let (sender, mut receiver) = mpsc::channel(4);
    let total = Arc::new(Mutex::new(0));
    let mut set = JoinSet::new();
    for n in 0..8 {
        let (sender, total) = (sender.clone(), Arc::clone(&total));
        set.spawn(async move {
            for k in 0..5 {
                *total.lock().await += 1;
                sender.send(n * 10 + k).await.unwrap();
                yield_now().await;
            }
        });
    }
    drop(sender);
    let mut order = vec![];
    while let Some(n) = receiver.recv().await {
        order.push(n);
    }
    while let Some(ended) = set.join_next().await {
        ended.unwrap();
    }
    assert_eq!(*total.lock().await, 40);
    order
}

#[test]
fn workers_interleave_by_the_seed() {
    let (one, hash) = multi_thread(1, crowd);
    assert_eq!(one.len(), 40);
    assert_eq!(multi_thread(1, crowd), (one.clone(), hash));
    assert!((2..10).any(|seed| multi_thread(seed, crowd).0 != one));
}

#[test]
fn workers_sleep_block_and_wake_one_another() {
    let (all, _) = multi_thread(3, || async {
        let (begun, count) = (Instant::now(), Arc::new(AtomicU32::new(0)));
        let mut set = JoinSet::new();
        for n in 1..=20 {
            let count = Arc::clone(&count);
            set.spawn(async move {
                sleep(Duration::from_millis(n)).await;
                let other = Arc::clone(&count);
                spawn_blocking(move || {
                    std::thread::sleep(Duration::from_millis(30));
                    other.fetch_add(1, Ordering::Relaxed);
                })
                .await
                .unwrap();
            });
        }
        while set.join_next().await.is_some() {}
        (count.load(Ordering::Relaxed), begun.elapsed().as_millis())
    });
    assert_eq!(all.0, 20);
    assert!((50..=52).contains(&all.1), "{all:?}");
}

#[test]
fn each_process_has_a_runtime_of_its_own() {
    let run = |seed| {
        let mut sim = Sim::new(seed);
        let all: Vec<_> = (0..3)
            .map(|n| {
                let main = async move || {
                    for _ in 0..10 {
                        sleep(Duration::from_millis(n + 1)).await;
                    }
                    Instant::now()
                };
                sim.primary(["a", "b", "c"][n as usize], tumult_sim::body::tokio(main))
            })
            .collect();
        let report = sim.run();
        let times: Vec<Instant> = all.iter().map(|p| *report.output(*p).unwrap()).collect();
        (times[2] - times[0], report.trace())
    };
    let (apart, hash) = run(1);
    assert_eq!(apart.as_millis(), 20);
    assert_eq!(run(1).1, hash);
}
