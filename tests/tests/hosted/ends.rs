//! A process ends by its own hand: that process, no other, and not the test.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use tumult_sim::body::program;
use tumult_sim::fault::Fault;
use tumult_sim::{Cause, Failure, Sim};

/// Runs `main` as the only primary, beside a process that would go on for a second.
fn ended(main: impl Fn() + 'static) -> Result<(), Failure> {
    let mut sim = Sim::new(1);
    sim.primary("main", program(main));
    let other = sim.primary("other", program(|| thread::sleep(Duration::from_secs(1))));
    let report = sim.try_run()?;
    assert!(report.output::<()>(other).is_some(), "the other process has finished");
    assert_eq!(report.ended_at().as_secs_f64().floor() as u64, 1);
    Ok(())
}

fn by(main: impl Fn() + 'static) -> String {
    let failure = ended(main).unwrap_err();
    assert_eq!(failure.process.as_deref(), Some("main"));
    match failure.cause {
        Cause::Ended { how } => how,
        other => panic!("another cause: {other:?}"),
    }
}

#[test]
fn an_exit_with_0_finishes_a_primary_from_any_thread() {
    ended(|| std::process::exit(0)).unwrap();
    ended(|| {
        thread::spawn(|| std::process::exit(0));
        thread::sleep(Duration::from_secs(100));
        unreachable!("the process has ended");
    })
    .unwrap();
    // SAFETY: none of these has a precondition.
    ended(|| unsafe { libc::_exit(0) }).unwrap();
    ended(|| {
        // SAFETY: as above.
        unsafe { libc::syscall(libc::SYS_exit_group, 0) };
    })
    .unwrap();
}

#[test]
fn an_exit_with_another_status_fails_the_run_of_a_primary() {
    assert_eq!(by(|| std::process::exit(3)), "exit(3)");
    // SAFETY: it has no precondition.
    assert_eq!(by(|| unsafe { libc::_exit(4) }), "_exit(4)");
    let text = ended(|| std::process::exit(3)).unwrap_err().to_string();
    assert_eq!(text, "main ended by exit(3)");
}

#[test]
fn an_abort_ends_its_process_and_fails_the_run_of_a_primary() {
    assert_eq!(by(|| std::process::abort()), "abort()");
    // SAFETY: it has no precondition.
    assert_eq!(by(|| _ = unsafe { libc::raise(libc::SIGABRT) }), "raise(SIGABRT)");
}

#[test]
fn what_a_process_beside_the_primaries_does_to_itself_is_its_own_business() {
    let lives = Rc::new(RefCell::new(0));
    let counted = Rc::clone(&lives);
    let mut sim = Sim::new(1);
    let server = sim.process(
        "server",
        program(move || {
            *counted.borrow_mut() += 1;
            if *counted.borrow() == 1 { std::process::exit(3) } else { std::process::abort() }
        }),
    );
    sim.primary("main", program(|| thread::sleep(Duration::from_secs(1))));
    sim.at(Duration::from_millis(10), Fault::restart(server));
    sim.run();
    assert_eq!(*lives.borrow(), 2);
}

#[test]
fn a_pause_waits_for_a_signal_that_does_not_come() {
    ended(|| {
        // SAFETY: it has no precondition.
        let waiting = thread::spawn(|| unsafe { libc::pause() });
        thread::sleep(Duration::from_millis(100));
        assert!(!waiting.is_finished());
    })
    .unwrap();
}

#[test]
fn threads_of_an_ended_process_are_never_resumed() {
    ended(|| {
        for _ in 0..3 {
            thread::spawn(|| {
                thread::sleep(Duration::from_millis(500));
                std::process::abort();
            });
        }
        thread::sleep(Duration::from_millis(100));
        std::process::exit(0);
    })
    .unwrap();
}
