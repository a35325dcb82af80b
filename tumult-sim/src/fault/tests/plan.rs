//! Plans as text and as JSON: what is printed parses back equal, and what is malformed is named.

use std::time::Duration;

use proptest::prelude::*;

use crate::base::{Bandwidth, Bytes, Latent, NameFailure, Part, Probability, Signal, Time, Zone};
use crate::fault::{Between, Condition, Plan, PlannedFault, What, When};

#[test]
fn a_plan_reads_as_a_table() {
    let text = "\
f1 at 410.900s partition {n1} | {n2,n3} for 2s
f2 on point worker.leased by A #1 pause A for 2s
f3 at 0.000s loss everyone 0.1
f4 at 1.000s shutdown \"the store\" grace 1.5s for 10s
f5 at 1.000s cut n1 -> n2
f6 at 1.000s delay n1 <-> n2 250us for 1s
f7 at 411.350s clock n1 -800ms
f8 at 2.000s drift n1 +200ppm
f9 at 3.000s disk-full n1 4096B for 1s
f10 at 3.000s disk-sync-errors n1 0.25
f11 at 4.000s bridge n2 {n1} | {n3,n4} for 1s
f12 at 4.000s swizzle {n1,n2} back {n2,n1} every 250ms
f13 at 4.000s flap n1 <-> n2 down 200ms up 300ms
f14 at 4.000s corrupt everyone 0.01
f15 at 4.000s corrupt-header n1 <-> n2 0.01
f16 at 4.000s throttle n1 <-> n2 10240B/s for 1s
f17 at 4.000s burst-loss everyone enter 0.05 leave 0.3
f18 at 4.000s rule \"drop third ack\" for 1s
f19 at 3.000s disk-bit-rot n1 0.01 under /wal part 1+2/5 by 4096B for 1s
f20 at 3.000s disk-lost-writes n1 0.01 under \"a b\"
f21 at 3.000s disk-bandwidth n1 4096B
f22 at 3.000s descriptor-limit n1 64 for 1s
f23 at 4.000s name-failure db.internal timeout for 1s
f24 at 4.000s stale-name \"the db\"
f25 at 4.000s name-change db.internal {n1,n2}
f26 at 4.000s signal n1 SIGUSR1 for 1s
";
    let plan: Plan = text.parse().unwrap();
    assert_eq!(plan.len(), 26);
    assert_eq!(plan.to_string(), text);
    let loose = "# two faults\n\n  f1  at 1s  cut n1->n2  \n\tf2 on point x kill \"n1\" for 0.5s\n";
    let strict = "f1 at 1.000s cut n1 -> n2\nf2 on point x #1 kill n1 for 500ms\n";
    assert_eq!(loose.parse::<Plan>().unwrap().to_string(), strict);
    assert_eq!(
        "f9 at 3s disk-full n1 4KiB".parse::<PlannedFault>().unwrap().what,
        What::DiskFull("n1".into(), Bytes(4096))
    );
}

#[test]
fn what_is_malformed_is_named_with_its_line_and_the_fix() {
    // Each stands behind a sound line, so that the number of the line is 2.
    for (line, token, says) in [
        ("f2", "end of line", "here should be `at` and a time, or `on` and a condition"),
        ("f2 tomorrow kill a", "tomorrow", "here should be `at` and a time"),
        ("f2 at 1s", "end of line", "here should be what goes wrong"),
        ("f2 at 1s explode a", "explode", "no fault is called that; write one of kill, power-loss, restart"),
        ("f2 at 1 kill a", "1", "it has no unit; write one of ns, us, ms, s, min, h, d"),
        ("f2 at -1s kill a", "-1s", "it is negative; write a time from 0 on"),
        ("f2 at 1s kill a for -2s", "-2s", "it is negative"),
        ("f2 at 1s kill a for", "end of line", "how long, such as 2s"),
        ("f2 at 1s kill a b", "b", "the line should end here, or with `for`"),
        ("f2 at 1s kill", "end of line", "the name of a process"),
        ("f2 at 1s kill {a}", "{", "the name of a process"),
        ("f2 at 1s loss a <-> b 1.2", "1.2", "it is not within 0..=1 (1 % is 0.01)"),
        ("f2 at 1s loss a <-> b NaN", "NaN", "it is not within 0..=1"),
        ("f2 at 1s loss a <-> b much", "much", "write a number within 0..=1, such as 0.01"),
        ("f2 at 1s loss a -> b 0.1", "->", "here should be `<->`"),
        ("f2 at 1s loss a", "end of line", "here should be `<->`"),
        ("f2 at 1s cut a b", "b", "here should be `->`"),
        ("f2 at 1s cut a -> a", "f2 at 1s cut a -> a", "a process is named twice"),
        ("f2 at 1s partition {a,b}", "f2 at 1s partition {a,b}", "two or more groups"),
        ("f2 at 1s partition {a} | {}", "f2 at 1s partition {a} | {}", "none of them empty"),
        ("f2 at 1s partition a | b", "a", "here should be `{`"),
        ("f2 at 1s shutdown a 5s", "5s", "`grace` and a time"),
        ("f2 at 1s shutdown a grace 5s for 1s", "f2 at 1s shutdown a grace 5s for 1s", "at least as long"),
        ("f2 at 1s signal a TERM", "TERM", "write one of SIGHUP, SIGINT, SIGQUIT"),
        ("f2 at 1s restart a for 1s", "f2 at 1s restart a for 1s", "leave `for` away"),
        ("f2 at 1s clock a 800", "800", "it has no unit"),
        ("f2 at 1s bridge a {b}", "f2 at 1s bridge a {b}", "two or more groups"),
        ("f2 at 1s bridge b {a} | {b}", "f2 at 1s bridge b {a} | {b}", "named twice"),
        ("f2 at 1s swizzle {a} every 1s", "every", "here should be `back` and the same processes"),
        ("f2 at 1s swizzle {a} back {b} every 1s", "f2 at 1s swizzle {a} back {b} every 1s", "must come back"),
        ("f2 at 1s swizzle {a,a} back {a,a} every 1s", "f2 at 1s swizzle {a,a} back {a,a} every 1s", "named twice"),
        ("f2 at 1s swizzle {} back {} every 1s", "f2 at 1s swizzle {} back {} every 1s", "needs processes"),
        ("f2 at 1s flap a <-> b down 1s", "end of line", "`up` and a time"),
        ("f2 at 1s flap a <-> b down 0s up 1s", "f2 at 1s flap a <-> b down 0s up 1s", "more than 0 s"),
        ("f2 at 1s throttle a <-> b 10KiB", "10KiB", "write a size and `/s`, such as 10KiB/s"),
        ("f2 at 1s throttle a <-> b 0B/s", "f2 at 1s throttle a <-> b 0B/s", "above 0B/s"),
        ("f2 at 1s burst-loss a <-> b 0.1", "0.1", "here should be `enter` and a probability"),
        ("f2 at 1s burst-loss a <-> b enter 1 leave 0", "f2 at 1s burst-loss a <-> b enter 1 leave 0", "never be over"),
        ("f2 at 1s rule \"\"", "f2 at 1s rule \"\"", "the rule has no name"),
        ("f2 at 1s name-failure db never", "never", "write one of not-found, temporary, timeout"),
        ("f2 at 1s name-change db {}", "f2 at 1s name-change db {}", "stand for nobody"),
        ("f2 at 1s name-change db {a,a}", "f2 at 1s name-change db {a,a}", "named twice"),
        ("f2 at 1s stale-name \"\"", "f2 at 1s stale-name \"\"", "it says no name"),
        ("f2 at 1s drift a 200", "200", "write parts in a million, such as +200ppm"),
        ("f2 at 1s drift a 1000000ppm", "f2 at 1s drift a 1000000ppm", "less than 1000000"),
        ("f2 at 1s leap-smear a 1s", "f2 at 1s leap-smear a 1s", "write a longer time, such as 24h"),
        ("f2 at 1s cpu-theft a 95", "95", "it is not within 0..=1"),
        ("f2 at 1s disk-full a 4096", "4096", "it has no unit; write one of B, KiB"),
        ("f2 at 1s disk-full a -1B", "-1B", "write a whole number and a unit"),
        ("f2 at 1s disk-iops a 0", "f2 at 1s disk-iops a 0", "write `disk-stall`"),
        ("f2 at 1s disk-iops a some", "some", "write such as 64"),
        ("f2 at 1s disk-bit-rot a 0.1 part 1/3", "1/3", "such as 1+2/5"),
        ("f2 at 1s disk-bit-rot a 0.1 part 1+1/3 for 1s", "for", "`by` and a size"),
        (
            "f2 at 1s disk-bit-rot a 0.1 part 3+1/3 by 1KiB",
            "f2 at 1s disk-bit-rot a 0.1 part 3+1/3 by 1KiB",
            "of how many",
        ),
        ("f2 at 1s disk-bit-rot a 0.1 under", "end of line", "a path, such as /wal"),
        ("f2 on time 1s kill a", "time", "`point` and its name"),
        ("f2 on point x #two kill a", "two", "write which time counts, such as #1"),
        ("f2 on point x #0 kill a", "f2 on point x #0 kill a", "the first time is #1"),
        ("f2 at 1s kill a;", ";", "must stand in double quotes"),
        ("f2 at 1s kill \"a", "\"a", "the closing quote is missing"),
        ("f1 at 1s kill a", "f1", "another fault has this name"),
    ] {
        let error = format!("f1 at 0s kill a\n{line}\n").parse::<Plan>().expect_err(line);
        assert!(error.is_plan(), "{line}");
        let message = error.to_string();
        assert!(message.starts_with(&format!("failed to parse the plan, line 2, `{token}`: ")), "{line}: {message}");
        assert!(message.contains(says), "{line}: {message}");
    }
}

#[test]
fn json_is_readable_and_refuses_what_text_refuses() {
    let plan: Plan =
        "f1 at 1.5s partition {a} | {b,c} for 2s\nf2 on point x by a #2 delay a <-> b 5ms".parse().unwrap();
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(
        json,
        r#"[{"id":"f1","when":{"at":"1.5s"},"what":{"partition":[["a"],["b","c"]]},"lasts":"2s"},"#.to_owned()
            + r#"{"id":"f2","when":{"on":{"point":"x","by":"a","nth":2}},"what":{"delay":[{"two":["a","b"]},"5ms"]},"lasts":null}]"#
    );
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    for (json, says) in [
        (r#"[{"id":"f1","when":{"at":"1s"},"what":{"explode":"a"}}]"#, "explode"),
        (r#"[{"id":"f1","when":{"at":"-1s"},"what":{"kill":"a"}}]"#, "`-1s`: it is negative"),
        (r#"[{"id":"f1","when":{"at":"1s"},"what":{"loss":["everyone",1.2]}}]"#, "not within 0..=1"),
        (r#"[{"id":"f1","when":{"at":"1s"},"what":{"cut":["a","a"]}}]"#, "named twice"),
        (r#"[{"id":"f1","when":{"at":"1s"},"what":{"kill":"a"},"until":"2s"}]"#, "until"),
    ] {
        let error = serde_json::from_str::<Plan>(json).expect_err(json).to_string();
        assert!(error.contains(says), "{json}: {error}");
    }
    let one = r#"{"id":"f1","when":{"at":"1s"},"what":{"kill":"a"}}"#;
    let error = serde_json::from_str::<Plan>(&format!("[{one},{one}]")).unwrap_err().to_string();
    assert!(error.contains("another fault has this name"), "{error}");
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9.-]{0,6}",
        1 => "\\PC{0,6}",
        1 => proptest::sample::select(vec!["for", "at", "by", "everyone", "kill", "a\nb", "a\r", " ", "#", "-", "->"])
            .prop_map(str::to_owned),
    ]
}

/// A name that is no other's: `n` makes it so.
fn named(n: u8) -> impl Strategy<Value = String> {
    name().prop_map(move |name| format!("{name}{n}"))
}

fn between() -> impl Strategy<Value = Between> {
    prop_oneof![3 => (named(1), named(2)).prop_map(|(a, b)| Between::Two(a, b)), 1 => Just(Between::Everyone)]
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![any::<u64>(), 0..10_000_000_000u64, (0..1000u64).prop_map(|ms| ms * 1_000_000)]
        .prop_map(Duration::from_nanos)
}

fn some_span() -> impl Strategy<Value = Duration> {
    span().prop_filter("more than 0 s", |d| !d.is_zero())
}

fn probability() -> impl Strategy<Value = Probability> {
    (0.0..=1.0).prop_map(|p| Probability::new(p).unwrap())
}

fn what() -> impl Strategy<Value = What> {
    let process = prop_oneof![
        name().prop_map(What::Kill),
        name().prop_map(What::PowerLoss),
        name().prop_map(What::Restart),
        name().prop_map(What::Pause),
        name().prop_map(What::Isolate),
        name().prop_map(What::DiskStall),
        (name(), span()).prop_map(|(p, d)| What::Shutdown(p, d)),
        (name(), proptest::sample::select(Signal::ALL.to_vec())).prop_map(|(p, signal)| What::Signal(p, signal)),
        (name(), any::<i64>()).prop_map(|(p, ns)| What::Clock(p, ns)),
        (name(), 1_000_000_001..u64::MAX).prop_map(|(p, ns)| What::LeapSmear(p, Duration::from_nanos(ns))),
        (name(), -999_999..=999_999i64).prop_map(|(p, ppm)| What::Drift(p, ppm)),
    ];
    let network = prop_oneof![
        (named(1), named(2), named(3)).prop_map(|(a, b, c)| What::Partition(vec![vec![a], vec![b, c]])),
        (named(1), named(2)).prop_map(|(a, b)| What::Cut(a, b)),
        between().prop_map(What::Hold),
        (between(), probability()).prop_map(|(b, p)| What::Loss(b, p)),
        (between(), probability()).prop_map(|(b, p)| What::Duplicate(b, p)),
        (between(), probability()).prop_map(|(b, p)| What::Reorder(b, p)),
        (between(), span()).prop_map(|(b, d)| What::Delay(b, d)),
        (named(1), named(2), named(3)).prop_map(|(a, b, c)| What::Bridge(a, vec![vec![b], vec![c]])),
        (named(1), named(2), some_span()).prop_map(|(a, b, d)| What::Swizzle(
            vec![a.clone(), b.clone()],
            vec![b, a],
            d
        )),
        (between(), some_span(), some_span()).prop_map(|(b, down, up)| What::Flap(b, down, up)),
        (between(), probability()).prop_map(|(b, p)| What::Corrupt(b, p)),
        (between(), probability()).prop_map(|(b, p)| What::CorruptHeader(b, p)),
        (between(), 1..u64::MAX).prop_map(|(b, n)| What::Throttle(b, Bandwidth::bytes_per_second(n))),
        (between(), probability()).prop_map(|(b, p)| What::BurstLoss(b, p, Probability::ALWAYS)),
        named(1).prop_map(What::Rule),
        named(1).prop_map(What::StaleName),
        (named(1), proptest::sample::select(NameFailure::ALL.to_vec())).prop_map(|(n, how)| What::NameFailure(n, how)),
        (named(1), named(2), named(3)).prop_map(|(n, a, b)| What::NameChange(n, vec![a, b])),
    ];
    let disk = prop_oneof![
        (name(), probability()).prop_map(|(p, x)| What::DiskReadErrors(p, x)),
        (name(), probability()).prop_map(|(p, x)| What::DiskWriteErrors(p, x)),
        (name(), probability()).prop_map(|(p, x)| What::DiskSyncErrors(p, x)),
        (name(), any::<u64>()).prop_map(|(p, n)| What::DiskFull(p, Bytes(n))),
        (name(), span()).prop_map(|(p, d)| What::DiskSlow(p, d)),
        (name(), probability()).prop_map(|(p, x)| What::CpuTheft(p, x)),
        (name(), probability()).prop_map(|(p, x)| What::MemoryPressure(p, x)),
        (name(), probability()).prop_map(|(p, x)| What::DiskSyncDrops(p, x)),
        (name(), probability()).prop_map(|(p, x)| What::DiskSyncReverts(p, x)),
        name().prop_map(What::DiskReadOnly),
        (name(), 1..u64::MAX).prop_map(|(p, n)| What::DiskIops(p, n)),
        (name(), 1..u64::MAX).prop_map(|(p, n)| What::DiskBandwidth(p, Bytes(n))),
        (name(), proptest::sample::select(Latent::ALL.to_vec()), probability(), zone())
            .prop_map(|(p, latent, x, zone)| What::DiskLatent(p, latent, x, zone)),
        (name(), any::<u32>()).prop_map(|(p, n)| What::DescriptorLimit(p, n)),
    ];
    prop_oneof![process, network, disk]
}

fn zone() -> impl Strategy<Value = Zone> {
    let part = (1..100u32, any::<u32>(), any::<u32>(), 1..1000u64).prop_map(|(of, first, count, sectors)| Part {
        first: first % of,
        count: 1 + count % of,
        of,
        block: Bytes(sectors * 512),
    });
    (proptest::option::of(name()), proptest::option::of(part)).prop_map(|(under, part)| Zone { under, part })
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        span().prop_map(|d| When::At(Time::ZERO + d)),
        (named(0), proptest::option::of(name()), 1..u64::MAX).prop_map(|(point, by, nth)| When::On(Condition {
            point,
            by,
            nth
        })),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let fault = (named(0), when(), what(), proptest::option::of(span()));
    proptest::collection::vec(fault, 0..6).prop_map(|faults| {
        let mut plan = Plan::new();
        for (n, (id, when, what, lasts)) in faults.into_iter().enumerate() {
            let lasts = lasts.filter(|d| what.flaw(Some(*d)).is_none());
            plan.push(PlannedFault { id: format!("{id}{n}"), when, what, lasts }).unwrap();
        }
        plan
    })
}

proptest! {
    #[test]
    fn text_parses_back_equal(plan in plan()) {
        let text = plan.to_string();
        let again: Plan = text.parse().map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(again, plan);
    }

    #[test]
    fn serde_gives_back_equal(plan in plan()) {
        let json = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Plan>(&json).unwrap(), &plan);
        let bytes = postcard::to_allocvec(&plan).unwrap();
        prop_assert_eq!(&postcard::from_bytes::<Plan>(&bytes).unwrap(), &plan);
    }

    #[test]
    fn no_text_is_too_odd_to_be_refused(text in "\\PC{0,80}") {
        let _ = format!("f1 at 1s {text}").parse::<Plan>();
    }
}
