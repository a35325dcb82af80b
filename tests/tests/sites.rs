//! Sites, as users write them: what was never reached is known, what must not be reached fails the run, and what may
//! misbehave does so by name.
#![forbid(unsafe_code)]

use std::time::Duration;

use tumult_sim::invariant::{Catalogue, Coverage, Gap, SiteCount, SiteCounts};
use tumult_sim::time::sleep;
use tumult_sim::trace::TraceHash;
use tumult_sim::{Cause, Failure, Report, Sim, SimConfig, buggify, reachable, sometimes};

fn run(seed: u64, body: impl AsyncFn() + 'static) -> Report {
    let mut sim = Sim::new(seed);
    sim.primary("p", body);
    sim.run()
}

fn count(sites: &SiteCounts, name: &str) -> (u64, u64) {
    let SiteCount { reached, hits } = sites.of(name).expect("linked");
    (reached, hits)
}

fn generic<T: Default + PartialEq>(value: &T) {
    /// Has the name of the static that the macros make, which must not hide it.
    const SITE: bool = true;
    sometimes!("generic: a default", *value == T::default() && SITE);
}

#[expect(dead_code, reason = "that is the point")]
fn never_instantiated<T: std::fmt::Debug>(value: T) {
    reachable!("generic: never instantiated");
    println!("{value:?}");
}

#[expect(dead_code, reason = "that is the point")]
fn never_called() {
    reachable!("never called");
    tumult_sim::unreachable!("never called, and rightly so");
    let _ = buggify!("never called: misbehave");
}

fn election(empty: bool) {
    sometimes!("election: empty log", empty);
    sometimes!("election: full log", !empty,);
    if empty {
        reachable!("election: nothing to send",);
    }
}

#[test]
fn a_site_that_no_run_reached_is_reported() {
    let mut coverage = Coverage::default();
    for seed in 0..3 {
        coverage.add(
            run(seed, async || {
                election(false);
                generic(&0_u32);
                generic(&"x");
            })
            .sites(),
        );
    }
    assert_eq!(coverage.runs(), 3);
    let gaps = coverage.gaps(&Catalogue::linked().unwrap().of("sites"));
    let texts: Vec<_> = gaps.iter().map(Gap::to_string).collect();
    let has = |text: &str| texts.iter().any(|t| t.starts_with(text) && t.contains("tests/sites.rs:"));
    assert!(has("reached 3 times, never true: sometimes!(\"election: empty log\")"), "{texts:?}");
    assert!(has("never reached: reachable!(\"election: nothing to send\")"), "{texts:?}");
    assert!(has("never reached: reachable!(\"generic: never instantiated\")"), "{texts:?}");
    assert!(has("never reached: reachable!(\"never called\")"), "{texts:?}");
    assert!(has("never reached: buggify!(\"never called: misbehave\")"), "{texts:?}");
    for covered in ["election: full log", "generic: a default", "never called, and rightly so"] {
        assert!(!texts.iter().any(|t| t.contains(covered)), "{covered}: {texts:?}");
    }

    let mut other = Coverage::default();
    other.add(run(3, async || election(true)).sites());
    coverage.merge(&other);
    let gaps = coverage.gaps(&Catalogue::linked().unwrap().of("sites"));
    assert!(!gaps.iter().any(|g| g.site.name().starts_with("election")), "{gaps:?}");
    let row = *coverage.rows().iter().find(|r| r.site.name() == "election: full log").unwrap();
    assert_eq!((coverage.runs(), row.count.reached, row.count.hits, row.runs), (4, 4, 3, 3));
}

#[test]
fn a_site_in_a_generic_function_is_one_site() {
    let report = run(1, async || {
        generic(&0_u32);
        generic(&1_u64);
        generic(&"");
    });
    assert_eq!(count(report.sites(), "generic: a default"), (3, 2));
    assert_eq!(report.sites().of("no such site"), None);
    let linked = Catalogue::linked().unwrap();
    assert_eq!(linked.sites().iter().filter(|s| s.name() == "generic: a default").count(), 1);
}

#[test]
fn what_is_committed_is_what_is_linked() {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sites.txt");
    Catalogue::linked().unwrap().of("sites").compare(list).unwrap();
}

fn fails(body: impl AsyncFn() + 'static) -> Option<Failure> {
    let mut sim = Sim::new(1);
    sim.primary("p", body);
    sim.try_run().err()
}

#[test]
fn what_is_unreachable_fails_the_run_that_reaches_it() {
    let lost = |stored: u32| tumult_sim::unreachable!("store: acknowledged and lost", stored < 3);
    assert_eq!(fails(async move || lost(3)), None);
    let failure = fails(async move || {
        sleep(Duration::from_secs(1)).await;
        lost(2);
        sleep(Duration::from_secs(1)).await;
        panic!("the run ends before");
    })
    .unwrap();
    let Cause::Unreachable { name: "store: acknowledged and lost", site } = &failure.cause else { panic!("{failure}") };
    assert!(site.contains("sites.rs:"), "{site}");
    assert_eq!(failure.at.as_nanos(), 1_000_000_000);
    assert!(failure.to_string().starts_with("unreachable!(\"store: acknowledged and lost\") was reached by p"));
    assert_eq!(failure.signature(), "unreachable store: acknowledged and lost");
    assert_eq!(failure.invariant(), None);

    let always = fails(async || tumult_sim::unreachable!("store: never here")).unwrap();
    assert!(matches!(always.cause, Cause::Unreachable { name: "store: never here", .. }));
}

#[test]
fn a_glob_import_leaves_the_choice_by_path() {
    #[expect(unused_imports, reason = "what the test is about")]
    use tumult_sim::*;
    let value: u32 = if std::hint::black_box(true) { 5 } else { std::unreachable!("std's, of type !") };
    tumult_sim::unreachable!("glob: ours", value == 6);
}

#[test]
fn outside_a_simulation_sites_do_nothing() {
    sometimes!("outside: sometimes");
    reachable!("outside: reachable");
    tumult_sim::unreachable!("outside: unreachable");
    assert!(!(0..100).any(|_| buggify!("outside: buggify", 1.0)));
}

#[test]
fn hits_are_in_the_trace_and_what_does_not_hold_is_not() {
    let trace =
        |hits: u32| run(1, async move || (0..3).for_each(|n| sometimes!("trace: n is small", n < hits))).trace();
    let without = run(1, async || ()).trace();
    assert_eq!(trace(0), without);
    assert_eq!(trace(2), trace(2));
    assert_ne!(trace(1), without);
    assert_ne!(trace(1), trace(2));
}

struct Inert;
impl Drop for Inert {
    fn drop(&mut self) {
        reachable!("a destructor of the dead");
        tumult_sim::unreachable!("a destructor of the dead, too");
    }
}

#[test]
fn destructors_of_a_dead_process_reach_nothing() {
    let mut sim = Sim::new(1);
    sim.process("dead", async || {
        // Ends with its process, whose body returns first.
        tumult_sim::task::spawn(async {
            let _inert = Inert;
            sleep(Duration::MAX).await;
        });
        sleep(Duration::from_millis(1)).await;
    });
    sim.primary("p", async || sleep(Duration::from_secs(1)).await);
    let report = sim.run();
    assert_eq!(count(report.sites(), "a destructor of the dead"), (0, 0));
}

// ---- buggify

fn buggy(seed: u64, on: bool, other: bool) -> (Vec<bool>, TraceHash, SiteCounts) {
    let mut sim = Sim::with_config(SimConfig { seed: seed.into(), buggify: on, ..SimConfig::default() });
    let p = sim.primary("p", async move || {
        let mut decisions = vec![];
        for _ in 0..50 {
            if other {
                let _ = buggify!("buggify: the other", 0.9);
            }
            decisions.push(buggify!("buggify: the one", 0.5));
            sleep(Duration::from_millis(1)).await;
        }
        decisions
    });
    let report = sim.run();
    (report.output::<Vec<bool>>(p).unwrap().clone(), report.trace(), report.sites().clone())
}

#[test]
fn a_site_removed_leaves_the_decisions_of_another() {
    let mut fired = [0; 2];
    for seed in 0..40 {
        let (with, _, sites) = buggy(seed, true, true);
        let (without, ..) = buggy(seed, true, false);
        assert_eq!(with, without, "seed {seed}");
        let hits = with.iter().filter(|d| **d).count() as u64;
        assert_eq!(count(&sites, "buggify: the one"), (50, hits));
        fired[0] += u32::from(hits > 0);
        fired[1] += u32::from(count(&sites, "buggify: the other").1 > 0);
    }
    assert!(fired.iter().all(|n| (4..20).contains(n)), "a quarter of 40 seeds each: {fired:?}");
}

#[test]
fn buggify_is_off_unless_asked_for_and_repeats_and_is_in_the_trace() {
    let seed = (0..40).find(|s| buggy(*s, true, false).0.contains(&true)).unwrap();
    let (on, off) = (buggy(seed, true, false), buggy(seed, false, false));
    assert!(!off.0.contains(&true));
    assert_eq!(count(&off.2, "buggify: the one"), (50, 0), "reached all the same");
    assert_eq!(on, buggy(seed, true, false));
    assert_ne!(on.1, off.1, "what fired is in the trace");
    assert_eq!(off.1, buggy(seed, false, true).1, "what did not is not");
}

#[test]
#[should_panic(expected = "1.2")]
fn a_probability_out_of_range_is_named() {
    run(1, async || assert!(!buggify!("buggify: too likely", 1.2)));
}
