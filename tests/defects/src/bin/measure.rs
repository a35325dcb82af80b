//! Prints how many seeds each way to search takes on each defect, as a table in Markdown.
//!
//! `cargo run -p tumult-defects --release --bin measure -- [--searches 30] [--limit 20000] [--jobs 2] [--policy random]…
//! [NAME]…`; `--known` prints failing seeds of each instead, as `known.txt` has them; `--shrunk` what is left of failing
//! runs when they are made smaller; `--report` prints the report of the first failing run of a portfolio.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tumult_defects::measure::{Policy, seed};
use tumult_defects::statistics::{Quantile, quantile};
use tumult_defects::{ALL, Defect, Draw};
use tumult_sim::{Schedule, Seed};

/// How many failing seeds are kept of each.
const KNOWN: usize = 3;

struct Wanted {
    searches: u32,
    limit: u64,
    jobs: usize,
    policies: Vec<Policy>,
    defects: Vec<&'static Defect>,
    known: bool,
    shrunk: bool,
    report: bool,
}

fn main() -> ExitCode {
    match wanted(std::env::args().skip(1)) {
        Ok(wanted) if wanted.known => known(&wanted),
        Ok(wanted) if wanted.report => report(&wanted),
        Ok(wanted) if wanted.shrunk => shrunk(&wanted),
        Ok(wanted) => measure(&wanted),
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn wanted(mut args: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let (policies, defects) = (vec![], vec![]);
    let (known, shrunk, report) = (false, false, false);
    let mut wanted = Wanted { searches: 30, limit: 20_000, jobs: 2, policies, defects, known, shrunk, report };
    while let Some(arg) = args.next() {
        let number = |value: Option<String>| {
            let value = value.unwrap_or_default();
            value
                .parse::<u32>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or(format!("failed to read `{arg} {value}`: write a number"))
        };
        match arg.as_str() {
            "--searches" => wanted.searches = number(args.next())?,
            "--limit" => wanted.limit = number(args.next())?.into(),
            "--jobs" => wanted.jobs = number(args.next())? as usize,
            "--policy" => wanted.policies.push(args.next().unwrap_or_default().parse()?),
            "--known" => wanted.known = true,
            "--shrunk" => wanted.shrunk = true,
            "--report" => wanted.report = true,
            name => {
                let names: Vec<&str> = ALL.iter().map(|defect| defect.name).collect();
                let found = ALL.iter().find(|defect| defect.name == name);
                let unknown = || format!("failed to find the defect `{name}`: write one of {}", names.join(", "));
                wanted.defects.push(found.ok_or_else(unknown)?);
            }
        }
    }
    if wanted.policies.is_empty() {
        wanted.policies.extend(Policy::ALL);
    }
    if wanted.defects.is_empty() {
        wanted.defects.extend(ALL);
    }
    Ok(wanted)
}

/// Does `work` for each of so many numbers, on some threads; gives the results in their order.
fn spread<T: Send>(jobs: usize, many: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = vec![];
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= many {
                return done;
            }
            done.push((n, work(n)));
        }
    };
    let mut all: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|w| w.join().expect("a worker panics when a system has another mistake")).collect()
    });
    all.sort_unstable_by_key(|done| done.0);
    all.into_iter().map(|done| done.1).collect()
}

fn measure(wanted: &Wanted) {
    println!("| defect | faults |{}", cells(&wanted.policies, |p| format!(" {p}: median | 90 % |")));
    println!("|---|---:|{}", cells(&wanted.policies, |_| "---:|---:|".to_owned()));
    for defect in &wanted.defects {
        let cells = cells(&wanted.policies, |policy| {
            let taken = spread(wanted.jobs, wanted.searches as usize, |search| {
                policy.seeds_to_failure(defect, search as u32, wanted.limit)
            });
            format!(" {} | {} |", told(quantile(&taken, 0.5)), told(quantile(&taken, 0.9)))
        });
        println!("| `{}` | {} |{cells}", defect.name, defect.cause.faults().len());
    }
}

fn cells(policies: &[Policy], cell: impl FnMut(Policy) -> String) -> String {
    policies.iter().copied().map(cell).collect()
}

fn told(q: Quantile) -> String {
    let word = |value: Option<u64>| value.map_or_else(|| "∞".to_owned(), |value| value.to_string());
    format!("{} ({}–{})", word(q.value), word(q.low), word(q.high))
}

/// How many faults are left of failing runs, against the known minimum, and how long that took.
fn shrunk(wanted: &Wanted) {
    println!("| defect | known faults | left: median | most | replays: median | seconds: most |");
    println!("|---|---:|---:|---:|---:|---:|");
    for defect in &wanted.defects {
        let mut all = spread(wanted.jobs, wanted.searches as usize, |search| {
            let begun = std::time::Instant::now();
            let found = Policy::Portfolio.search(defect, search as u32, wanted.limit, Duration::from_secs(60));
            let report = found.report()?;
            let head = report.lines().find_map(|line| line.strip_prefix(" WHY"))?.trim();
            let first = |text: &str| text.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
            let replays = head.split_once('(').map_or(0, |(_, rest)| first(rest));
            Some((first(head), replays, begun.elapsed().as_secs_f64()))
        });
        all.retain(Option::is_some);
        let column = |of: fn(&(u64, u64, f64)) -> f64| {
            let mut values: Vec<f64> = all.iter().flatten().map(of).collect();
            values.sort_by(f64::total_cmp);
            (values[values.len() / 2], values[values.len() - 1])
        };
        let (faults, replays, seconds) = (column(|a| a.0 as f64), column(|a| a.1 as f64), column(|a| a.2));
        let known = defect.cause.faults().len();
        println!("| `{}` | {known} | {} | {} | {} | {:.1} |", defect.name, faults.0, faults.1, replays.0, seconds.1);
    }
}

/// What people read of a failing run.
fn report(wanted: &Wanted) {
    for defect in &wanted.defects {
        let found = Policy::Portfolio.search(defect, 0, wanted.limit, Duration::from_secs(60));
        println!("{}: {}\n{}", defect.name, defect.what, found.report().unwrap_or("not found"));
    }
}

/// The first seeds that fail, of search number 0.
fn known(wanted: &Wanted) {
    let known = spread(wanted.jobs, wanted.defects.len(), |n| {
        let fails = |seed: &Seed| wanted.defects[n].try_seed(*seed, false, Draw::Swarm, Schedule::Random).0.is_some();
        (0..wanted.limit).map(|case| seed(0, case)).filter(fails).take(KNOWN).map(|seed| seed.to_string()).collect()
    });
    for (defect, seeds) in wanted.defects.iter().zip::<Vec<Vec<String>>>(known) {
        println!("{} {}", defect.name, seeds.join(" "));
    }
}
