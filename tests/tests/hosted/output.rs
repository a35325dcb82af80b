//! What hosted programs print is in the trace, with its time and process, and in the report of a failure.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use tumult_sim::body::program;
use tumult_sim::trace::Kind;
use tumult_sim::{Sim, SimConfig};

/// Each line that `main` prints: when (in ms), on which stream, what.
pub(crate) fn printed(main: impl Fn() + 'static) -> Vec<(u64, u64, String)> {
    let mut sim = Sim::with_config(SimConfig { record: true, ..SimConfig::default() });
    sim.primary("main", program(main));
    let _ = sim.try_run();
    output_of(&mut sim)
}

/// Each line that a run's programs printed, likewise.
pub(crate) fn output_of(sim: &mut Sim) -> Vec<(u64, u64, String)> {
    let recording = sim.recording().unwrap();
    let lines = recording.iter().filter(|r| r.kind == Kind::Output);
    lines.map(|r| (r.at.as_nanos() / 1_000_000, r.b, String::from_utf8(r.bytes.to_vec()).unwrap())).collect()
}

#[test]
fn lines_are_captured_with_their_times() {
    let lines = printed(|| {
        println!("begins");
        thread::sleep(Duration::from_millis(5));
        eprintln!("{} and {}", 1, 2);
        thread::spawn(|| println!("of a thread")).join().unwrap();
        // SAFETY: eleven bytes can be read.
        unsafe { libc::write(1, c"two\nthree\n!".as_ptr().cast(), 11) };
    });
    let expected =
        [(0, 1, "begins"), (5, 2, "1 and 2"), (5, 1, "of a thread"), (5, 1, "two"), (5, 1, "three"), (5, 1, "!")];
    assert_eq!(lines, expected.map(|(at, stream, line)| (at, stream, line.to_owned())));
}

#[test]
fn what_was_begun_is_written_when_the_process_exits() {
    let lines = printed(|| {
        let mut error = std::io::stderr();
        error.write_all(b"no end").unwrap();
        std::process::exit(1);
    });
    assert_eq!(lines, [(0, 2, "no end".to_owned())]);
}

#[test]
fn standard_input_is_at_its_end() {
    let mut sim = Sim::new(1);
    let main = sim.primary(
        "main",
        program(|| {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            text
        }),
    );
    assert_eq!(sim.run().output::<String>(main).unwrap(), "");
}

#[test]
fn output_is_part_of_the_hash() {
    let hash = |text: &'static str| {
        let mut sim = Sim::new(1);
        sim.primary("main", program(move || println!("{text}")));
        sim.run().trace()
    };
    assert_eq!(hash("one"), hash("one"));
    assert_ne!(hash("one"), hash("two"));
}
