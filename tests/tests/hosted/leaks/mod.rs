//! What a program could see of the machine that runs it, each looked at by a hosted program whose run has to be the same
//! everywhere: twice in one worker, in several workers, in new processes, and in a process that finds everything else
//! otherwise (its environment, directory, user's mask, cores, limits, session, descriptors, signals, addresses).
//!
//! The table of leaks in `docs/HOSTING.md` names one of these tests a row.

mod elsewhere;
mod identity;
mod machine;
mod memory;
mod time;
mod traces;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Command;

use tumult_sim::Sim;
use tumult_sim::body::program;
use tumult_sim::search::{Check, Isolation, Search};

/// The file into which a child writes what its runs saw.
const ANSWERS: &str = "TUMULT_LEAKS_ANSWERS";
const SEEDS: u64 = 2;

/// What a program saw, a line each.
#[derive(Default)]
pub(crate) struct Seen(String);

impl Seen {
    pub(crate) fn note(&mut self, what: impl std::fmt::Display, value: impl Debug) {
        use std::fmt::Write as _;
        writeln!(self.0, "{what}: {value:?}").unwrap();
    }
}

/// Where a program sees the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// In every run.
    Anywhere,
    /// In runs with a process of their own: what they look at belongs to a process.
    Isolated,
}

/// Fails unless a program that looks sees the same in every run of the same seed, with the same trace.
#[track_caller]
fn same(place: Where, look: fn(&mut Seen)) {
    if let Some(file) = std::env::var_os(ANSWERS) {
        return answer(&file, look);
    }
    let here = ask(&mut child(None));
    assert_eq!(here.len(), SEEDS as usize, "runs of one seed differ:\n{}", here.join("\n"));
    let mut others = vec![("in a new process", ask(&mut child(None)))];
    others.push(("elsewhere", ask(elsewhere::prepare(&mut child(None)))));
    if place == Where::Anywhere {
        others.push(("without isolation", ask(&mut child(Some("none")))));
        others.push(("elsewhere, without isolation", ask(elsewhere::prepare(&mut child(Some("none"))))));
    }
    for (how, other) in others {
        assert!(other == here, "{how} it is\n{}\nand not\n{}", other.join("\n"), here.join("\n"));
    }
}

/// This test once more, as a child.
fn child(isolation: Option<&str>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // The harness gives each test a thread of its name.
    command.args(["--exact", std::thread::current().name().unwrap(), "--nocapture", "--test-threads=1"]);
    for name in ["TUMULT_SEED", "TUMULT_SEEDS", "TUMULT_REPLAY", "TUMULT_SHARD", "TUMULT_CHECK", "TUMULT_ISOLATION"] {
        command.env_remove(name);
    }
    command.envs(isolation.map(|value| ("TUMULT_ISOLATION", value)));
    command
}

/// What the runs of a child saw: each a line, those that are the same once.
fn ask(child: &mut Command) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = child.env(ANSWERS, file.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let answers = std::fs::read_to_string(file.path()).unwrap();
    assert!(output.status.success(), "{said}\n{answers}");
    let lines: BTreeSet<String> = answers.lines().map(str::to_owned).collect();
    lines.into_iter().collect()
}

/// In a child: the runs, each of which says what it saw.
fn answer(file: &std::ffi::OsStr, look: fn(&mut Seen)) {
    let run = |sim: &mut Sim| {
        let seed = sim.seed();
        let body = move || {
            let mut seen = Seen::default();
            look(&mut seen);
            // What is printed is in the trace.
            print!("{}", seen.0);
            seen.0
        };
        let main = sim.primary("main", program(body));
        sim.survives_panic(main);
        let report = sim.run();
        let seen = report.output::<String>(main);
        let line = format!("seed {seed} trace {} {seen:?}\n", report.trace());
        let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    };
    let none = std::env::var("TUMULT_ISOLATION").is_ok_and(|value| value == "none");
    let isolation = if none { Isolation::None } else { Isolation::Process };
    Search::new("leaks").seeds(SEEDS).jobs(2).check(Check::All).isolation(isolation).run(run).assert_held();
}

#[test]
fn thread_locals() {
    same(Where::Isolated, memory::thread_locals);
}

#[test]
fn statics() {
    same(Where::Isolated, memory::statics);
}

#[test]
fn order_of_maps() {
    same(Where::Anywhere, memory::order_of_maps);
}

#[test]
fn addresses() {
    same(Where::Isolated, memory::addresses);
}

#[test]
fn auxiliary_vector() {
    same(Where::Anywhere, memory::auxiliary_vector);
}

#[test]
fn order_of_threads() {
    same(Where::Anywhere, memory::order_of_threads);
}

#[test]
fn clocks() {
    same(Where::Anywhere, time::clocks);
}

#[test]
fn clocks_of_cpu_time() {
    same(Where::Anywhere, time::clocks_of_cpu_time);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn counter_of_the_processor() {
    same(Where::Anywhere, time::counter_of_the_processor);
}

#[test]
fn time_zone() {
    same(Where::Anywhere, time::time_zone);
}

#[test]
fn locale() {
    same(Where::Anywhere, time::locale);
}

#[test]
fn proc_and_sys() {
    same(Where::Anywhere, machine::proc_and_sys);
}

#[test]
fn cores_and_memory() {
    same(Where::Anywhere, machine::cores_and_memory);
}

#[test]
fn entropy() {
    same(Where::Anywhere, machine::entropy);
}

#[test]
fn names_of_temporary_files() {
    same(Where::Isolated, machine::names_of_temporary_files);
}

#[test]
fn order_of_directories() {
    same(Where::Anywhere, machine::order_of_directories);
}

#[test]
fn numbers_and_times_of_files() {
    same(Where::Anywhere, machine::numbers_and_times_of_files);
}

#[test]
fn masks_of_files() {
    same(Where::Anywhere, machine::masks_of_files);
}

#[test]
fn current_directory() {
    same(Where::Anywhere, machine::current_directory);
}

#[test]
fn interfaces_and_ports() {
    same(Where::Anywhere, machine::interfaces_and_ports);
}

#[test]
fn numbers_of_processes() {
    same(Where::Anywhere, identity::numbers_of_processes);
}

#[test]
fn environment() {
    same(Where::Anywhere, identity::environment);
}

#[test]
fn whole_environment() {
    same(Where::Isolated, identity::whole_environment);
}

#[test]
fn names_of_the_machine() {
    same(Where::Anywhere, identity::names_of_the_machine);
}

#[test]
fn users() {
    same(Where::Anywhere, identity::users);
}

#[test]
fn limits_and_priorities() {
    same(Where::Isolated, identity::limits_and_priorities);
}

#[test]
fn names_of_threads() {
    same(Where::Anywhere, identity::names_of_threads);
}

#[test]
fn descriptors() {
    same(Where::Anywhere, traces::descriptors);
}

#[test]
fn signals() {
    same(Where::Anywhere, traces::signals);
}

#[test]
fn panic_hook() {
    same(Where::Isolated, traces::panic_hook);
}

#[test]
fn standard_streams() {
    same(Where::Anywhere, traces::standard_streams);
}

/// Shown the other way: what does go through to the real machine is found.
mod planted {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{ANSWERS, Seen, Where, same};

    /// How `look` is found to differ.
    fn found(look: fn(&mut Seen)) {
        if std::env::var_os(ANSWERS).is_some() {
            return same(Where::Anywhere, look);
        }
        assert!(catch_unwind(AssertUnwindSafe(|| same(Where::Anywhere, look))).is_err(), "nobody noticed");
    }

    #[test]
    fn an_address_is_found() {
        found(|seen| seen.note("the heap", std::ptr::from_ref(&*Box::new(7_u8)).addr()));
    }

    #[test]
    fn a_number_of_a_thread_that_counts_on_is_found() {
        found(|seen| seen.note("thread", std::thread::current().id()));
    }
}
