//! std's threads, locks, channels and sleeps inside the simulation.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tumult_sim::body::program;
use tumult_sim::trace::TraceHash;
use tumult_sim::{Sim, SimConfig};

/// Runs `main` as the only process, and gives what it returned and the trace hash.
pub(crate) fn alone<T: Clone + 'static>(seed: u64, main: impl Fn() -> T + 'static) -> (T, TraceHash) {
    let mut sim = Sim::with_config(SimConfig { seed: seed.into(), ..SimConfig::default() });
    let process = sim.primary("main", program(main));
    let report = sim.run();
    (report.output::<T>(process).expect("it has finished").clone(), report.trace())
}

#[test]
fn a_program_of_one_thread_returns_its_value() {
    assert_eq!(alone(1, || 40 + 2).0, 42);
}

#[test]
fn a_sleep_takes_virtual_time_and_no_other() {
    let real = Instant::now();
    let slept = alone(1, || {
        let begun = Instant::now();
        thread::sleep(Duration::from_secs(86_400));
        begun.elapsed()
    });
    assert!(slept.0 >= Duration::from_secs(86_400) && slept.0 < Duration::from_secs(86_401), "{:?}", slept.0);
    assert!(real.elapsed() < Duration::from_secs(60));
}

/// Ten threads that count under a lock and write down their order.
pub(crate) fn order() -> Vec<u32> {
    let order = Arc::new(Mutex::new(vec![]));
    let threads: Vec<_> = (0..10)
        .map(|n| {
            let order = Arc::clone(&order);
            thread::spawn(move || {
                for _ in 0..5 {
                    order.lock().unwrap().push(n);
                    thread::yield_now();
                }
                n
            })
        })
        .collect();
    let sum: u32 = threads.into_iter().map(|t| t.join().unwrap()).sum();
    assert_eq!(sum, 45);
    Arc::try_unwrap(order).unwrap().into_inner().unwrap()
}

#[test]
fn threads_interleave_by_the_seed() {
    let (one, hash) = alone(1, order);
    assert_eq!(one.len(), 50);
    assert_eq!(alone(1, order), (one.clone(), hash));
    assert!((2..10).any(|seed| alone(seed, order).0 != one));
}

/// How many turns the process's threads have in a thousand calls that need not wait, while another thread runs `other`.
fn turns_of_calls(other: impl Fn() + Clone + Send + 'static) -> i64 {
    // A turn is a microsecond of CPU time.
    let turns = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the time can be written.
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
        time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
    };
    let run = move || {
        let (begun, begins) = channel();
        let other = other.clone();
        let handle = thread::spawn(move || {
            begun.send(()).unwrap();
            other();
        });
        begins.recv().unwrap();
        let before = turns();
        (0..1_000).for_each(|_| call());
        let taken = turns() - before;
        // What still runs ends with the process.
        drop(handle);
        taken
    };
    alone(1, run).0
}

/// A call at which others may go first.
fn call() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket.recv(&mut [0]).unwrap_err();
}

#[test]
fn a_call_gives_the_turn_away_where_another_thread_can_have_it() {
    assert!(
        turns_of_calls(|| loop {
            call();
        }) > 100
    );
    let others_wait = turns_of_calls(|| {
        loop {
            thread::park();
        }
    });
    assert!((1..20).contains(&others_wait), "a few, so that a program that calls without end is found: {others_wait}");
    // Gone, although it can still be joined.
    assert!(turns_of_calls(|| ()) < 5);
}

/// Kernel threads of this program.
fn kernel_threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn no_kernel_thread_outlives_its_run() {
    for seed in 0..300 {
        alone(seed, || {
            thread::spawn(|| thread::sleep(Duration::from_secs(1_000_000)));
            thread::spawn(thread::park);
            thread::spawn(|| ()).join().unwrap();
        });
    }
    // Those of other tests are a few dozen.
    assert!(kernel_threads() < 300, "{}", kernel_threads());
}

#[test]
fn a_thread_that_spins_with_yields_lets_time_pass() {
    let (spun, _) = alone(1, || {
        let done = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&done);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(2));
            other.store(1, Ordering::Release);
        });
        let begun = Instant::now();
        while done.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        begun.elapsed().as_millis()
    });
    assert_eq!(spun, 2);
}

#[test]
fn channels_and_conditions_wait_and_time_out() {
    let (got, _) = alone(1, || {
        let (sender, receiver) = channel();
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        let t = thread::spawn(move || {
            thread::sleep(Duration::from_millis(30));
            sender.send(7).unwrap();
            thread::sleep(Duration::from_millis(30));
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let begun = Instant::now();
        assert!(receiver.recv_timeout(Duration::from_millis(20)).is_err());
        assert_eq!(begun.elapsed().as_millis(), 20);
        assert_eq!(receiver.recv(), Ok(7));
        let mut done = pair.0.lock().unwrap();
        while !*done {
            done = pair.1.wait(done).unwrap();
        }
        drop(done);
        t.join().unwrap();
        begun.elapsed().as_millis()
    });
    assert_eq!(got, 60);
}

thread_local!(static LOCAL: Noted = const { Noted(std::cell::Cell::new(0)) });

struct Noted(std::cell::Cell<u32>);

static DROPPED: AtomicU32 = AtomicU32::new(0);

impl Drop for Noted {
    fn drop(&mut self) {
        // It may wait, as any code of the thread may.
        thread::sleep(Duration::from_millis(1));
        DROPPED.fetch_add(self.0.get(), Ordering::Relaxed);
    }
}

#[test]
fn thread_locals_are_each_threads_own_and_dropped_when_it_ends() {
    let (sum, _) = alone(1, || {
        let threads: Vec<_> = (1..=4).map(|n| thread::spawn(move || LOCAL.with(|l| l.0.set(n)))).collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        LOCAL.with(|l| l.0.get()) + DROPPED.load(Ordering::Relaxed)
    });
    assert_eq!(sum, 10);
}

#[test]
fn a_panic_of_another_thread_is_its_joiners() {
    let (said, _) = alone(1, || {
        let t = thread::spawn(|| panic!("planted"));
        t.join().unwrap_err().downcast_ref::<&str>().map(ToString::to_string)
    });
    assert_eq!(said.as_deref(), Some("planted"));
}

#[test]
fn a_panic_of_the_main_thread_fails_the_run() {
    let mut sim = Sim::new(1);
    sim.primary("main", program(|| -> u32 { panic!("planted") }));
    let failure = sim.try_run().unwrap_err();
    assert_eq!(failure.process.as_deref(), Some("main"));
    assert!(format!("{failure:?}").contains("planted"), "{failure:?}");
}
