//! The report of a failing run as a page, in Chromium: it opens, an arrow is clicked and its cause is shown, a filter
//! filters, in light and in dark, and nothing is written to the console.
//!
//! Needs Chromium, as Debian's package `chromium` installs it. How long it takes to open and to answer is printed and
//! never asserted: it says more of the machine than of the page. `TUMULT_SHOTS=folder` leaves pictures to look at.

mod browser;
mod planted;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use browser::Opened;

/// Where the planted tests leave their artifacts: emptied before the first.
fn out() -> &'static Path {
    static OUT: OnceLock<PathBuf> = OnceLock::new();
    OUT.get_or_init(|| {
        let out = env::temp_dir().join(format!("tumult-browser-{}", std::process::id()));
        let _ = fs::remove_dir_all(&out);
        out
    })
}

/// Runs a planted test in a process of its own, which fails; gives the page that the last line of its report names.
fn page_of(test: &str, explain: &str) -> PathBuf {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored", "--nocapture"]);
    for name in ["TUMULT_SEED", "TUMULT_SEEDS", "TUMULT_REPLAY", "TUMULT_SHARD", "TUMULT_TIME_BUDGET"] {
        command.env_remove(name);
    }
    let output =
        command.env("TUMULT_OUT", out()).env("TUMULT_CHECK", "off").env("TUMULT_EXPLAIN", explain).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{test} passed:\n{text}");
    let report = text.lines().skip_while(|line| !line.starts_with(" FOUND ")).take_while(|l| l.starts_with(' '));
    let last = report.last().unwrap_or_else(|| panic!("{test} has no report:\n{text}"));
    let path = last.strip_prefix(" OPEN    ").unwrap_or_else(|| panic!("no OPEN line at the end:\n{text}"));
    let page = fs::canonicalize(path).unwrap_or_else(|e| panic!("`{path}`: {e}"));
    assert!(page.starts_with(fs::canonicalize(out()).unwrap()) && page.ends_with("report.html"), "{path}");
    page
}

/// How many events the page shows, by its own words: `84 of 100 events are shown`.
fn shown(page: &Opened<'_>) -> u64 {
    let text = page.text("#shown");
    let digits: String = text.split("of").next().unwrap().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("`{text}` begins with no number"))
}

#[test]
fn a_run_of_100_000_events_opens_and_answers() {
    let path = page_of("planted::chatter", "off");
    let browser = browser::start();
    let page = browser::open(&browser, &path);
    let events = page.number("tumult.state.runs[0].n");
    let size = fs::metadata(&path).unwrap().len() / 1024;
    println!("opened after {} ms: {events} events, {size} KiB", page.number("tumult.opened"));
    assert!(events > 100_000.0, "{events}");
    page.shot("big-light");

    // An arrow between two lanes, where it is alone enough to be hit.
    page.run("tumult.look(tumult.state.to * 0.34, tumult.state.to * 0.3402)");
    page.settle();
    page.shot("big-zoomed");
    let arrow = "tumult.arrows().find((a) => !a.lost && a.apart > 30)";
    let (x, y) = (page.number(&format!("{arrow}.x")), page.number(&format!("{arrow}.y")));
    let (from, to) = (page.number(&format!("{arrow}.from")), page.number(&format!("{arrow}.to")));
    page.click(x, y);
    println!("answered a click after {} ms", page.number("tumult.answered"));
    assert_eq!(page.text("#panel h2"), "deliver");
    assert!(to > from && (page.number("tumult.state.selected.event") - to).abs() < 0.5, "the arrow's own message");
    let causes = format!("[...document.querySelectorAll('#causes button')].some((b) => b.dataset.event == {from})");
    assert!(page.holds(&causes), "what was sent is shown as the cause of what arrived");
    page.shot("big-clicked");
    page.run(&format!("document.querySelector('#causes button[data-event=\"{from}\"]').click()"));
    page.settle();
    assert_eq!(page.text("#panel h2"), "send", "the link leads to it");

    let before = shown(&page);
    page.run("document.querySelector('#kinds button[data-name=send]').click()");
    page.settle();
    assert!(shown(&page) < before, "the filter filters");
    assert!(
        page.holds("tumult.state.runs[0].shown.every((on, i) => !on || tumult.state.runs[0].kindName(i) !== 'send')")
    );
    page.run("document.querySelector('#processes button[data-name=node-3]').click()");
    page.settle();
    page.shot("big-filtered");
    assert!(page.holds("tumult.state.runs[0].shown.every((on, i) => !on || tumult.state.runs[0].name(tumult.state.runs[0].process[i]) !== 'node-3')"));
    assert_eq!(page.console(), [""; 0]);
}

#[test]
fn keys_and_a_search_lead_through_a_run() {
    let browser = browser::start();
    let page = browser::open(&browser, &page_of("planted::tiny", "off"));
    page.shot("tiny");
    page.key("f");
    assert_eq!(page.text("#panel h2"), "panic");
    page.key("c");
    assert_ne!(page.text("#panel h2"), "panic", "its cause");
    let wide = page.number("tumult.state.to - tumult.state.from");
    page.key("0");
    page.key("+");
    assert!(page.number("tumult.state.to - tumult.state.from") < wide.max(1.0) * 1e9);
    page.key("/");
    page.type_text("hello");
    assert_eq!(page.text("#found"), "2 matches");
    page.key("Enter");
    assert!(page.text("#panel p.said").contains("hello"));
    page.shot("tiny-search");
    assert_eq!(page.console(), [""; 0]);
}

#[test]
fn an_experiment_shows_its_curves_in_light_and_in_dark() {
    let browser = browser::start();
    let page = browser::open(&browser, &page_of("planted::slow_queue", "off"));
    assert!(page.holds("document.querySelectorAll('.curve canvas').length === 2"), "one for each probe");
    let caption = page.text(".curve figcaption");
    assert!(caption.contains("latency") && caption.contains("onset") && caption.contains("peak"), "{caption}");
    let background = "getComputedStyle(document.body).backgroundColor";
    let light = page.string(background);
    page.shot("experiment-light");
    page.dark();
    let dark = page.string(background);
    assert_ne!(light, dark, "it follows the machine");
    page.shot("experiment-dark");
    page.run("document.getElementById('theme').click()");
    page.settle();
    assert_eq!(page.string(background), light, "and whoever says otherwise");
    assert_eq!(page.console(), [""; 0]);
}

#[test]
fn what_is_left_of_a_run_stands_above_what_was_found() {
    let browser = browser::start();
    let page = browser::open(&browser, &page_of("planted::needless_faults", "20s"));
    page.shot("both");
    assert!(page.holds("tumult.state.runs.length === 2"), "two runs");
    assert!(page.holds("tumult.state.runs[0].bands.length < tumult.state.runs[1].bands.length"), "of fewer faults");
    assert!(page.text("#runs .run h3").starts_with("shrunk"));
    page.run("tumult.look(0, 5e8)");
    page.settle();
    page.shot("both-zoomed");
    assert_eq!(page.console(), [""; 0]);
}

#[test]
fn a_page_says_nothing_to_the_network() {
    let path = page_of("planted::tiny", "off");
    let text = fs::read_to_string(path).unwrap();
    assert!(!text.contains("http://") && !text.contains("https://"));
}
