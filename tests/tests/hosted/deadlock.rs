//! When nothing will happen any more, the report says of each thread what it waits for, who holds that, and where it is.

use std::cell::UnsafeCell;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tumult_sim::body::program;
use tumult_sim::{Cause, Sim, ThreadRow};

/// A mutex of a C library.
struct Raw(UnsafeCell<libc::pthread_mutex_t>);
// SAFETY: it is used by C functions that threads may call at once.
unsafe impl Send for Raw {}
// SAFETY: as above.
unsafe impl Sync for Raw {}

impl Raw {
    fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER)))
    }
    fn lock(&self) {
        // SAFETY: it is initialised.
        unsafe { libc::pthread_mutex_lock(self.0.get()) };
    }
    fn unlock(&self) {
        // SAFETY: as above.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) };
    }
}

#[inline(never)]
fn transfer(from: &Raw, to: &Raw) {
    from.lock();
    to.lock();
    to.unlock();
    from.unlock();
}

/// Two threads that transfer between two accounts, in opposite directions or in one.
fn transfers(opposite: bool) {
    let (a, b) = (Raw::new(), Raw::new());
    let (c, d) = (Arc::clone(&a), Arc::clone(&b));
    let one = thread::Builder::new().name("one".into()).spawn(move || transfer(&a, &b));
    let two = thread::Builder::new().name("two".into());
    let two = two.spawn(move || if opposite { transfer(&d, &c) } else { transfer(&c, &d) });
    one.unwrap().join().unwrap();
    two.unwrap().join().unwrap();
}

/// The threads that a deadlock is made of, and the whole report, if the seed has one.
fn deadlock(seed: u64, main: impl Fn() + 'static) -> Option<(Vec<ThreadRow>, String)> {
    let mut sim = Sim::new(seed);
    sim.primary("bank", program(main));
    let failure = sim.try_run().err()?;
    let text = failure.to_string();
    match failure.cause {
        Cause::Deadlock { tasks } => Some((tasks.into_iter().filter_map(|t| t.thread).collect(), text)),
        other => panic!("another cause: {other:?}"),
    }
}

#[test]
fn locks_in_opposite_orders_are_reported_with_threads_and_holders() {
    let (threads, text) = (0..100).find_map(|seed| deadlock(seed, || transfers(true))).expect("a seed finds it");
    let named = |name: &str| threads.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("{threads:?}"));
    let (main, one, two) = (named("main thread"), named("thread 1 `one`"), named("thread 2 `two`"));
    assert_eq!(main.waits_for, "the end of a thread (pthread_join)");
    assert!(one.waits_for.starts_with("a mutex (pthread_mutex_lock), number "), "{}", one.waits_for);
    assert!(one.waits_for.ends_with(", held by thread 2 `two`"), "{}", one.waits_for);
    assert!(two.waits_for.ends_with(", held by thread 1 `one`"), "{}", two.waits_for);
    for thread in [one, two] {
        let inner = &thread.backtrace[..2];
        assert!(inner.iter().any(|frame| frame.contains("transfer")), "{thread:?}");
        assert!(thread.backtrace.iter().all(|frame| frame.contains("deadlock.rs")), "{thread:?}");
    }
    assert!(text.starts_with("deadlock: nothing will happen any more"), "{text}");
    assert!(text.contains("bank             thread 1 `one`       waits for a mutex"), "{text}");
}

#[test]
fn locks_in_one_order_pass() {
    for seed in 0..100 {
        assert!(deadlock(seed, || transfers(false)).is_none(), "seed {seed}");
    }
}

#[test]
fn locks_of_std_are_reported_with_where_they_are_waited_for() {
    let (threads, _) = deadlock(1, || {
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock().unwrap();
        let other = Arc::clone(&lock);
        let t = thread::spawn(move || drop(other.lock()));
        t.join().unwrap();
        drop(held);
    })
    .expect("it never ends");
    assert_eq!(threads[1].waits_for, "a futex (a lock, a channel, a parked thread), number 1");
    assert!(threads[1].backtrace[0].contains("deadlock.rs"), "{threads:?}");
}

#[test]
fn threads_are_reported_at_the_time_limit_too() {
    let mut sim = Sim::new(1);
    sim.time_limit(Duration::from_secs(10));
    let forever = || loop {
        thread::sleep(Duration::from_secs(1));
    };
    sim.primary("main", program(forever));
    let text = sim.try_run().unwrap_err().to_string();
    assert!(text.contains("main thread          waits for clock_nanosleep\n"), "{text}");
}
