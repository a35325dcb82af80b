//! What the simulation does not answer is refused by its name, and nothing of it is done.

use std::process::Command;

use tumult_sim::body::program;
use tumult_sim::{Cause, Sim};

/// The message with which the run of `main` fails.
fn refused(main: impl Fn() + 'static) -> String {
    let mut sim = Sim::new(1);
    sim.primary("main", program(main));
    let failure = sim.try_run().unwrap_err();
    assert_eq!(failure.process.as_deref(), Some("main"));
    match failure.cause {
        Cause::Error { message } => message,
        other => panic!("another cause: {other:?}"),
    }
}

#[test]
fn other_programs_are_refused_by_name() {
    let message = refused(|| drop(Command::new("true").spawn()));
    assert!(message.contains("`posix_spawnp`") || message.contains("`fork`"), "{message}");
    // SAFETY: nothing comes of it.
    let fork = refused(|| _ = unsafe { libc::fork() });
    // SAFETY: as above.
    let watch = refused(|| _ = unsafe { libc::inotify_init() });
    // SAFETY: as above.
    let cancel = refused(|| _ = unsafe { libc::pthread_cancel(libc::pthread_self()) });
    assert!(fork.contains("`fork`") && watch.contains("`inotify_init`") && cancel.contains("`pthread_cancel`"));
}

#[test]
fn outside_they_are_real() {
    assert!(Command::new("true").status().unwrap().success());
}
