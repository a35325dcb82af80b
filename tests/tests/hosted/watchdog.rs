//! A thread that keeps the turn is named, and in the end the program is aborted. The program is this test binary again.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use tumult_sim::Sim;
use tumult_sim::body::program;

#[test]
#[ignore = "it never ends: another test runs it in a process of its own"]
fn spins() {
    let mut sim = Sim::new(1);
    let spin = || {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(1));
            // SAFETY: it has no precondition.
            unsafe { libc::getppid() };
            loop {
                std::hint::spin_loop();
            }
        });
        thread::sleep(Duration::from_secs(5));
    };
    sim.primary("spinner", program(spin));
    sim.run();
}

#[test]
fn a_thread_that_keeps_the_turn_is_named_before_the_program_is_aborted() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "watchdog::spins", "--ignored", "--nocapture"]).env("TUMULT_WATCHDOG", "1,2");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let who = "tumult: thread 1 of the hosted process `spinner` (the last call of libc that it made: getppid) has kept";
    assert!(said.contains(&format!("{who} the turn for 1 s")), "{said}");
    assert!(said.contains(&format!("{who} the turn for 2 s: aborting")), "{said}");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
}
