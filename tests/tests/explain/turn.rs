//! When a run is lost: known for systems in which one draw decides.

use std::time::Duration;

use tumult_sim::process::random_below;
use tumult_sim::time::sleep;
use tumult_sim::{Verdict, invariant, violated};

use super::{explained, part};

/// Nobody goes the wrong way.
#[invariant(id = "INV_974", tags = ["data"])]
fn right_way(wrong: &bool) -> Verdict {
    if *wrong { violated!("it went the wrong way") } else { Verdict::Holds }
}

/// The number before ` of 64` in the part of a line that begins with a word.
fn of_64(line: &str, after: &str) -> u32 {
    let rest = line.split(after).nth(1).unwrap_or_else(|| panic!("`{after}` in {line}"));
    rest.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("a number in {rest}"))
}

#[test]
fn a_run_is_lost_where_the_draw_was_made_that_decides() {
    let found = explained("one draw of four decides", |sim| {
        let wrong = sim.observe("wrong", false);
        sim.always(INV_974, &wrong);
        sim.primary("walker", move || {
            let wrong = wrong.clone();
            async move {
                for _ in 0..20 {
                    sleep(Duration::from_millis(10)).await;
                }
                let left = random_below(4) == 0;
                for _ in 0..20 {
                    sleep(Duration::from_millis(10)).await;
                }
                wrong.update(|wrong| *wrong = left);
            }
        });
        sim.run();
    });
    let report = found.report().unwrap();
    let turn = part(report, "TURN").concat();
    let (before, after) = (of_64(&turn, "before it"), of_64(&turn, "after it"));
    // A quarter of all other futures fail before the draw, and all of them after it.
    assert!((4..=32).contains(&before) && after == 64, "{report}");
    // The draw is made in the poll that the 20th timer began: at 200 ms, 40 events and a few before the end.
    let event: usize =
        turn.split("lost at event ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap();
    assert!((40..50).contains(&event), "{report}");
}

#[test]
fn a_run_that_its_faults_alone_decide_is_lost_from_the_start() {
    let found = explained("a kill decides", |sim| {
        let wrong = sim.observe("wrong", false);
        sim.always(INV_974, &wrong);
        let victim = sim.process("victim", || async { sleep(Duration::from_secs(9)).await });
        sim.primary("watch", move || {
            let wrong = wrong.clone();
            async move {
                sleep(Duration::from_secs(1)).await;
                wrong.update(|wrong| *wrong = true);
            }
        });
        sim.at(Duration::from_millis(100), tumult_sim::fault::Fault::kill(victim));
        sim.run();
    });
    let report = found.report().unwrap();
    assert!(part(report, "TURN").concat().starts_with("lost from the start: 64 of 64"), "{report}");
    assert!(part(report, "WHY")[0].starts_with("no fault needed"), "it fails without the kill: {report}");
}
