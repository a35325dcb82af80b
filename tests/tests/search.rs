//! A search as its users meet it: variables, tokens, reports, what it leaves behind. The planted tests run in processes
//! of their own.

#[path = "common/child.rs"]
mod child;

use std::path::Path;
use std::time::Duration;

use child::run;
use tumult_sim::{
    Sim,
    search::{Search, Status, Summary},
    time::sleep,
};

#[tumult_sim::test(seeds = 20)]
fn holds(sim: &mut Sim) {
    sim.primary("sleeper", || sleep(Duration::from_millis(3)));
    sim.run();
}

#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 6)]
fn planted_failure(sim: &mut Sim) {
    sim.primary("loser", || async {
        sleep(Duration::from_millis(7)).await;
        panic!("lost {}", 7);
    });
    sim.run();
}

#[test]
fn the_token_of_a_search_replays_it() {
    let dice = |sim: &mut Sim| {
        let process = sim.primary("dice", || async { tumult_sim::process::random_below(8) });
        assert_ne!(sim.run().output::<u64>(process), Some(&0), "a zero");
    };
    let found = Search::new("dice").seeds(200).run(dice);
    let again = Search::new("dice").replay(found.token().unwrap()).unwrap().run(dice);
    assert_eq!((again.runs(), again.seed(), again.failure()), (1, found.seed(), found.failure()));
    for jobs in [1, 2, 5] {
        let other = Search::new("dice").seeds(200).jobs(jobs).run(dice);
        assert_eq!((other.case(), other.runs()), (found.case(), found.case().unwrap() + 1), "the first failing case");
    }
    let message = Search::new("cards").replay(found.token().unwrap()).unwrap_err().to_string();
    assert!(message.contains("the token is for the test dice, and this is cards"), "{message}");
}

#[test]
fn a_failing_seed_replays_in_a_new_process() {
    let (passed, found) = run("planted_failure", &[("CI", "true")]);
    assert!(!passed);
    assert_eq!(found.matches("loser panicked: lost 7").count(), 1, "the report is printed once");
    assert!(found.contains("replayed 3 times, one of them in a new process, trace "), "{found}");
    let line = found.lines().find_map(|l| l.strip_prefix(" REPLAY  TUMULT_REPLAY=")).expect("a REPLAY line");
    let (token, command) = line.split_once(' ').unwrap();
    assert_eq!(command, "cargo test -p tumult-tests --test search -- --exact planted_failure");

    let (passed, again) = run("planted_failure", &[("TUMULT_REPLAY", token)]);
    assert!(!passed);
    let what = |text: &str| {
        let lines = text.lines().skip_while(|l| !l.starts_with(" WHAT")).take_while(|l| !l.starts_with(" SOUND"));
        // What was explained is not explained again.
        let explained = |l: &&str| [" WHY", " TURN", " SCOPE"].iter().any(|label| l.starts_with(label));
        lines.filter(|l| !explained(l)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(what(&found).len() >= 3, "{found}");
    assert_eq!(what(&found), what(&again));
}

#[test]
fn what_cannot_be_read_fails_the_test() {
    let (_, found) = run("planted_failure", &[]);
    let token = found.split_once(" REPLAY  TUMULT_REPLAY=").and_then(|(_, rest)| rest.split(' ').next()).unwrap();
    let (passed, other) = run("holds", &[("TUMULT_REPLAY", token)]);
    assert!(!passed);
    assert!(other.contains("the token is for the test tumult-tests::search::planted_failure, and this is "), "{other}");
    let (passed, damaged) = run("planted_failure", &[("TUMULT_REPLAY", &token[..token.len() - 9])]);
    assert!(!passed && damaged.contains("cut off"), "{damaged}");
    let (passed, seeds) = run("holds", &[("TUMULT_SEEDS", "many")]);
    assert!(!passed && seeds.contains("failed to read the variable TUMULT_SEEDS=`many`"), "{seeds}");
    let (passed, shard) = run("holds", &[("TUMULT_SHARD", "5/4")]);
    assert!(!passed && shard.contains("failed to read the variable TUMULT_SHARD=`5/4`"), "{shard}");
}

#[test]
fn a_test_leaves_its_summary() {
    let out = std::env::temp_dir().join(format!("tumult-search-{}", std::process::id()));
    let summary = |test: &str| -> Summary {
        let path = out.join("tumult-tests").join(test).join("summary.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let vars = [("TUMULT_OUT", out.to_str().unwrap()), ("TUMULT_SHARD", "2/4"), ("CI", "true")];
    assert!(run("holds", &vars).0);
    let held = summary("holds");
    assert_eq!((held.status, held.seeds, held.failures, held.token), (Status::Passed, 5, 0, None));
    assert_eq!(held.virtual_ns, 5 * 3_000_000);
    assert!(!run("planted_failure", &vars).0);
    let failed = summary("planted_failure");
    assert_eq!((failed.status, failed.seeds, failed.failures), (Status::Failed, 1, 1));
    assert!(failed.token.is_some_and(|t| t.starts_with("tm1:")));
    std::fs::remove_dir_all(&out).unwrap();

    // A folder that was asked for and cannot be had.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let (passed, text) = run("holds", &[("TUMULT_OUT", file.to_str().unwrap())]);
    assert!(!passed && text.contains("set TUMULT_OUT to a folder that can be written"), "{text}");
}

#[ignore = "planted: what another test runs"]
#[tumult_sim::test(seeds = 6)]
fn planted_speaker(sim: &mut Sim) {
    sim.primary("n1", || async {
        tracing::debug!("asleep");
        sleep(Duration::from_millis(1203)).await;
        tracing::info!(target: "raft", term = 8, "became leader");
    });
    sim.run();
}

#[test]
fn one_run_is_printed_with_what_it_says_and_a_search_that_holds_says_nothing() {
    let line = "      1.203s seed 0x5eed n1/main   INFO raft: became leader term=8\n";
    let one = [("TUMULT_SEED", "0x5eed"), ("TUMULT_LOG", "info")];
    let (passed, text) = run("planted_speaker", &one);
    assert!(passed && text.contains(line) && !text.contains("asleep"), "{text}");
    let (passed, text) = run("planted_speaker", &[("TUMULT_LOG", "debug")]);
    assert!(passed && !text.contains("became leader"), "{text}");
    let (passed, text) = run("planted_speaker", &[("TUMULT_SEED", "0x5eed"), ("TUMULT_TRACE", "1")]);
    assert!(passed && text.contains("n1  starts") && text.contains("n1   INFO raft: became leader term=8"), "{text}");
    let (passed, text) = run("planted_speaker", &[("TUMULT_LOG", "raft=loud")]);
    assert!(!passed && text.contains("TUMULT_LOG=`raft=loud`: `raft=loud` is no directive"), "{text}");
}
