//! What a hosted process is told about itself and its machine.

use std::ffi::CStr;
use std::num::NonZero;
use std::thread::{self, available_parallelism};

use tumult_sim::Sim;
use tumult_sim::body::program;

use super::threads::alone;

#[test]
fn numbers_of_processes_and_threads_are_each_ones_own() {
    let numbers = || {
        // SAFETY: none of these has a precondition.
        let of_thread = thread::spawn(|| unsafe { libc::gettid() }).join().unwrap();
        // SAFETY: as above.
        unsafe { (libc::getpid(), libc::getppid(), libc::gettid(), of_thread, libc::getuid()) }
    };
    let mut sim = Sim::new(1);
    let (one, two) = (sim.primary("one", program(numbers)), sim.primary("two", program(numbers)));
    let report = sim.run();
    let of = |p| *report.output::<(i32, i32, i32, i32, u32)>(p).unwrap();
    let (one, two) = (of(one), of(two));
    assert!(one.0 != two.0 && one.0 == one.2 && one.0 != one.3, "{one:?} {two:?}");
    assert_eq!((one.1, one.4), (1, 1000));
    assert_eq!(numbers().0.cast_unsigned(), std::process::id(), "outside, the real ones");
}

#[test]
fn cores_are_declared() {
    let cores = || {
        // SAFETY: it has no precondition.
        let online = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
        (available_parallelism().unwrap(), online)
    };
    assert_eq!(alone(1, cores).0, (NonZero::new(4).unwrap(), 4));
    let mut sim = Sim::new(1);
    let main = sim.primary("main", program(cores));
    sim.machine([main]).cores(70);
    assert_eq!(sim.run().output(main), Some(&(NonZero::new(70_usize).unwrap(), 70_i64)));
}

/// A thread that asks for the first core.
fn pinned() -> (i32, i32, bool, i32) {
    // SAFETY: zeros are a value of it; the calls are given its size.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(0, &mut set);
        let accepted = libc::sched_setaffinity(0, size_of_val(&set), &raw const set);
        set = std::mem::zeroed();
        let got = libc::sched_getaffinity(0, size_of_val(&set), &raw mut set);
        (accepted, got, libc::CPU_ISSET(0, &set), libc::CPU_COUNT(&set))
    }
}

#[test]
fn an_affinity_is_kept_inside_and_outside() {
    assert_eq!(alone(1, pinned).0, (0, 0, true, 1));
    assert_eq!(thread::spawn(pinned).join().unwrap(), (0, 0, true, 1));
}

#[test]
fn the_environment_is_each_processs_own() {
    let look = || {
        let before = (std::env::var("GREETING").ok(), std::env::var("HOME").ok(), std::env::var("PATH").is_ok());
        // SAFETY: no other thread of this process reads it.
        unsafe { std::env::set_var("GREETING", "changed") };
        (before, std::env::var("GREETING").ok())
    };
    let mut sim = Sim::new(1);
    let one = sim.primary("one", program(look).env("GREETING", "hello"));
    let two = sim.primary("two", program(look));
    let report = sim.run();
    let of = |p| report.output::<((Option<String>, Option<String>, bool), Option<String>)>(p).unwrap().clone();
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(of(one), ((text("hello"), text("/root"), true), text("changed")));
    assert_eq!(of(two), ((None, text("/root"), true), text("changed")));
    assert_eq!(std::env::var("GREETING").ok(), None, "outside, nothing was set");
}

#[test]
fn the_machine_has_the_processs_name() {
    let (named, _) = alone(1, || {
        // SAFETY: zeros are a value of it, and it can be written.
        let names = unsafe {
            let mut names: libc::utsname = std::mem::zeroed();
            assert_eq!(libc::uname(&raw mut names), 0);
            names
        };
        let text = |field: &[libc::c_char]| {
            // SAFETY: the fields end with a zero.
            unsafe { CStr::from_ptr(field.as_ptr()) }.to_str().unwrap().to_owned()
        };
        (text(&names.sysname), text(&names.nodename))
    });
    assert_eq!(named, ("Linux".to_owned(), "main".to_owned()));
}

fn cpu_time(clock: libc::clockid_t) -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it can be written.
    assert_eq!(unsafe { libc::clock_gettime(clock, &raw mut now) }, 0);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

#[test]
fn cpu_time_goes_by_turns_and_is_the_same_each_time() {
    let used = || {
        let before = cpu_time(libc::CLOCK_PROCESS_CPUTIME_ID);
        let of_thread = thread::spawn(|| {
            (0..10).for_each(|_| thread::sleep(std::time::Duration::from_secs(1)));
            cpu_time(libc::CLOCK_THREAD_CPUTIME_ID)
        });
        let of_thread = of_thread.join().unwrap();
        // SAFETY: zeros are a value of it, and it can be written.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &raw mut usage), 0);
            usage
        };
        (cpu_time(libc::CLOCK_PROCESS_CPUTIME_ID) - before, of_thread, usage.ru_utime.tv_usec)
    };
    let (first, hash) = alone(1, used);
    assert!(first.0 >= first.1 && first.1 >= 10_000 && first.0 < 1_000_000, "{first:?}");
    assert_eq!(alone(1, used), (first, hash));
}

#[test]
fn a_loop_that_waits_for_cpu_time_ends() {
    alone(1, || while cpu_time(libc::CLOCK_THREAD_CPUTIME_ID) < 50_000 {});
}

fn descriptors(set: Option<libc::rlim_t>) -> libc::rlimit {
    // SAFETY: the limits can be read and written.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        if let Some(soft) = set {
            limit.rlim_cur = soft;
            assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
            assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        }
        limit
    }
}

#[test]
fn limits_are_the_processs_own() {
    let real = descriptors(None).rlim_cur;
    assert_eq!(alone(1, || (descriptors(None).rlim_cur, descriptors(Some(7)).rlim_cur)).0, (1024, 7));
    assert_eq!(descriptors(None).rlim_cur, real, "outside, nothing was set");
}

#[test]
fn priorities_are_kept_and_never_more_urgent() {
    // SAFETY: none of these has a precondition.
    let got = alone(1, || unsafe {
        let up = libc::nice(5);
        let down = libc::setpriority(libc::PRIO_PROCESS, 0, 0);
        let now = libc::getpriority(libc::PRIO_PROCESS, 0);
        (up, down, now, libc::sched_getscheduler(0))
    });
    assert_eq!(got.0, (5, -1, 5, libc::SCHED_OTHER));
}
