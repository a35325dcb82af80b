//! Runs with processes of their own: what one leaves in statics no other finds, and what ends one ends no other. The
//! planted tests run in processes of their own.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

#[path = "common/child.rs"]
mod child;

use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use child::run;
use tumult_sim::body::program;
use tumult_sim::search::{Check, Found, Isolation, Search};
use tumult_sim::time::sleep;
use tumult_sim::{__isolation_test as isolation, Cause, Sim, fault::Fault};

/// A client that waits a random time and notes `what`.
fn notes(sim: &mut Sim, what: impl Fn() -> String + Clone + 'static) {
    sim.primary("client", move || {
        let what = what.clone();
        async move {
            sleep(Duration::from_micros(tumult_sim::process::random_below(1000))).await;
            tumult_sim::process::note(what());
        }
    });
    sim.run();
}

/// A search with a process for each run.
fn search(name: &str) -> Search {
    Search::new(name).isolation(Isolation::Process).check(Check::Off)
}

static RUNS: AtomicU64 = AtomicU64::new(0);

/// What a program does that keeps state in statics: an own counter, and a list that grows.
fn counts(sim: &mut Sim) {
    static LIST: Mutex<Vec<String>> = Mutex::new(vec![]);
    assert_eq!(RUNS.fetch_add(1, Ordering::Relaxed), 0, "another run was here");
    notes(sim, || {
        let mut list = LIST.lock().unwrap();
        list.push("x".into());
        format!("{} of {:p}", list.len(), &raw const *list)
    });
}

#[test]
fn statics_are_pristine_in_each_run() {
    for jobs in [1, 2] {
        let found = search("pristine").seeds(40).jobs(jobs).run(counts);
        found.assert_held();
        assert_eq!(found.runs(), 40);
    }
    assert_eq!(RUNS.load(Ordering::Relaxed), 0, "this process made none of the runs");
    // In one process the second run finds what the first one left.
    let shared = Search::new("pristine").jobs(1).check(Check::Off).run(counts);
    assert_eq!(shared.case(), Some(1));
}

#[test]
fn a_run_is_the_same_in_any_worker_and_alone() {
    // Even addresses are: checked against each other in this process, with other heaps, and in a new one.
    let clean =
        |sim: &mut Sim| notes(sim, || format!("{:p} {}", &raw const RUNS, RUNS.fetch_add(1, Ordering::Relaxed)));
    for jobs in [1, 2] {
        search("same").seeds(10).jobs(jobs).check(Check::All).run(clean).assert_held();
    }
}

#[test]
fn a_run_that_asks_for_a_process_gets_one() {
    let asks = |sim: &mut Sim| {
        isolation::declare(sim);
        assert!(isolation::isolated());
        counts(sim);
    };
    for jobs in [1, 2] {
        Search::new("asks").seeds(10).jobs(jobs).check(Check::All).run(asks).assert_held();
    }
    let here = |sim: &mut Sim| {
        isolation::declare(sim);
        assert!(!isolation::isolated());
        sim.run();
    };
    Search::new("here").seeds(10).jobs(2).isolation(Isolation::None).run(here).assert_held();
}

#[test]
fn unmodified_programs_get_one() {
    static PROGRAMS: AtomicU64 = AtomicU64::new(0);
    let hosted = |sim: &mut Sim| {
        sim.primary(
            "program",
            program(|| {
                assert_eq!(PROGRAMS.fetch_add(1, Ordering::Relaxed), 0, "another run was here");
                std::thread::spawn(|| std::thread::sleep(Duration::from_millis(3))).join().unwrap();
                assert!(isolation::isolated());
            }),
        );
        sim.run();
    };
    Search::new("hosted").seeds(10).jobs(2).check(Check::All).run(hosted).assert_held();
    assert_eq!(PROGRAMS.load(Ordering::Relaxed), 0, "this process made none of the runs");
}

/// The failure of the first run that is cut short by `end`, in one seed of a few.
fn cut_short(name: &str, end: fn()) -> Found {
    let found = search(name).seeds(60).run(move |sim| {
        notes(sim, move || {
            if tumult_sim::process::random_below(8) == 0 {
                eprintln!("last words");
                tumult_sim::process::note("about to end");
                end();
            }
            "goes on".to_owned()
        });
    });
    let report = found.report().expect("no run was cut short");
    println!("{report}");
    assert_eq!(Some(found.runs()), found.case().map(|case| case + 1), "the others ran");
    for word in [
        &*format!("seed {}", found.seed().unwrap()),
        "client",
        "notes \"about to end\"",
        "last words",
        "replayed 3 times",
    ] {
        assert!(report.contains(word), "`{word}` is missing in\n{report}");
    }
    found
}

fn assert_crashed(found: &Found, how: &str) {
    let failure = found.failure().unwrap();
    assert!(matches!(&failure.cause, Cause::Crashed { how: h, .. } if h == how), "{failure}");
    assert!(failure.at > tumult_sim::Time::ZERO, "{failure}");
}

#[test]
fn an_abort_is_reported() {
    assert_crashed(&cut_short("abort", || std::process::abort()), "was killed by signal 6 (abort)");
}

#[test]
fn a_segmentation_fault_is_reported() {
    // SAFETY: none; it is what crashes.
    let found = cut_short("segv", || unsafe { ptr::write_volatile(ptr::without_provenance_mut::<u8>(8), 1) });
    assert_crashed(&found, "was killed by signal 11 (segmentation fault)");
}

#[test]
fn a_stack_overflow_is_reported() {
    fn deeper(n: u64) -> u64 {
        let here = std::hint::black_box([n; 64]);
        if n == 0 { 0 } else { deeper(n - 1) + here[n as usize % 64] }
    }
    let found = cut_short("stack", || {
        std::hint::black_box(deeper(u64::MAX));
    });
    assert_crashed(&found, "was killed by signal 6 (abort)");
    assert!(found.report().unwrap().contains("overflowed its stack"), "{}", found.report().unwrap());
}

#[test]
fn an_exit_is_reported() {
    let found = cut_short("exit", || std::process::exit(3));
    assert_crashed(&found, "exited with code 3 before the end of the run");
    assert_crashed(&cut_short("exit 0", || std::process::exit(0)), "exited with code 0 before the end of the run");
}

#[test]
fn want_of_memory_is_reported() {
    let found = cut_short("memory", || {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(1 << 60)));
    });
    assert_crashed(&found, "was killed by signal 6 (abort)");
    assert!(found.report().unwrap().contains("memory allocation of"), "{}", found.report().unwrap());
}

#[test]
fn a_run_that_hangs_is_ended_and_reported() {
    let found = search("hangs").seeds(60).patience(Duration::from_millis(1500)).run(|sim| {
        notes(sim, || {
            if tumult_sim::process::random_below(8) == 0 {
                tumult_sim::process::note("about to hang");
                eprintln!("last words");
                loop {
                    std::hint::spin_loop();
                }
            }
            "goes on".to_owned()
        });
    });
    let failure = found.failure().unwrap();
    assert!(matches!(&failure.cause, Cause::Hung { said, .. } if said == "last words\n"), "{failure}");
    let report = found.report().unwrap();
    println!("{report}");
    for word in ["did not end within 1 s of real time", "notes \"about to hang\"", "not replayed"] {
        assert!(report.contains(word), "`{word}` is missing in\n{report}");
    }
}

#[test]
fn what_a_run_says_is_what_it_says_without_isolation() {
    let test = |sim: &mut Sim| {
        let server = sim.process("server", || sleep(Duration::from_secs(60)));
        let client = sim.primary("client", || async {
            for _ in 0..20 {
                sleep(Duration::from_millis(30)).await;
                tumult_sim::sometimes!("isolation: a step", tumult_sim::process::random_below(2) == 0);
            }
            assert_ne!(tumult_sim::process::random_below(20), 0, "a zero");
        });
        sim.link(server, client).loss(0.1);
        sim.fault(Fault::pause(client).lasting(Duration::from_millis(100)));
        sim.run();
    };
    let said = |isolation| {
        let found = Search::new("says").seeds(200).isolation(isolation).check(Check::Off).run(test);
        let report = found.report().expect("200 dice without a zero");
        let report: Vec<String> = report.lines().skip(1).map(str::to_owned).collect();
        println!("{}", report.join("\n"));
        let covered = found.coverage().rows().iter().map(|r| (r.site.name(), r.count, r.runs)).collect::<Vec<_>>();
        (
            found.case(),
            found.failure().cloned(),
            found.token().map(str::to_owned),
            report,
            covered,
            found.virtual_time(),
        )
    };
    assert_eq!(said(Isolation::Process), said(Isolation::None));
}

#[test]
fn a_later_search_goes_by_what_an_earlier_one_found() {
    let dice = |sim: &mut Sim| {
        isolation::declare(sim);
        let process = sim.primary("dice", || async { tumult_sim::process::random_below(8) });
        assert_ne!(sim.run().output::<u64>(process), Some(&0), "a zero");
    };
    let native = Search::new("native").seeds(3).run(|sim| drop(sim.run()));
    assert_eq!(native.runs(), 3);
    let found = Search::new("dice").seeds(200).run(dice);
    let again = Search::new("dice").replay(found.token().unwrap()).unwrap().run(dice);
    assert_eq!((again.runs(), again.seed(), again.failure()), (1, found.seed(), found.failure()));
}

#[test]
fn what_differs_between_processes_is_still_caught() {
    let found =
        search("pid").seeds(6).check(Check::Light).seeds(20).run(|sim| notes(sim, || std::process::id().to_string()));
    let failure = found.failure().expect("nobody noticed");
    assert!(matches!(failure.cause, Cause::Nondeterminism { .. }), "{failure}");
    assert!(found.report().unwrap().contains("notes \""), "{}", found.report().unwrap());
}

#[test]
fn a_thread_that_no_test_has_is_refused() {
    let found = std::thread::spawn(|| search("lost").seeds(2).run(counts)).join().unwrap();
    let failure = found.failure().unwrap().to_string();
    assert!(failure.contains("on a thread that no test has") && failure.contains("TUMULT_ISOLATION=none"), "{failure}");
}

// ---- by the environment

#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 12)]
fn planted_state(sim: &mut Sim) {
    counts(sim);
}

#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 12)]
fn planted_abort(sim: &mut Sim) {
    notes(sim, || if tumult_sim::process::random_below(4) == 0 { std::process::abort() } else { "goes on".to_owned() });
}

#[tumult_sim::test(seeds = 12, isolated)]
fn a_test_can_ask_for_it(sim: &mut Sim) {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    assert_eq!(CALLS.fetch_add(1, Ordering::Relaxed), 0, "another run was here");
    assert!(isolation::isolated());
    sim.run();
}

#[test]
fn the_environment_decides() {
    assert!(!run("a_test_can_ask_for_it", &[("TUMULT_ISOLATION", "none")]).0);
    for (jobs, check) in [("1", "all"), ("2", "sample")] {
        let vars = [("TUMULT_ISOLATION", "process"), ("TUMULT_JOBS", jobs), ("TUMULT_CHECK", check)];
        assert!(run("planted_state", &vars).0);
    }
    assert!(!run("planted_state", &[("TUMULT_ISOLATION", "none"), ("TUMULT_JOBS", "1")]).0);
    let (passed, text) = run("planted_state", &[("TUMULT_ISOLATION", "some")]);
    assert!(!passed && text.contains("TUMULT_ISOLATION=`some`: write process or none"), "{text}");
}

#[test]
fn a_crash_replays_from_its_token() {
    let (passed, text) = run("planted_abort", &[("TUMULT_ISOLATION", "process"), ("CI", "true")]);
    assert!(!passed);
    assert!(text.contains("replayed 3 times, one of them in a new process, trace "), "{text}");
    let token = text.split_once(" REPLAY  TUMULT_REPLAY=").and_then(|(_, rest)| rest.split(' ').next()).unwrap();
    let (passed, again) = run("planted_abort", &[("TUMULT_ISOLATION", "process"), ("TUMULT_REPLAY", token)]);
    assert!(!passed && again.contains("was killed by signal 6 (abort)"), "{again}");
}
