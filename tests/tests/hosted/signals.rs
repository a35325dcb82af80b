//! Signals: handlers, masks and waits on both arms where a process sends them to itself; a graceful end by a fault.

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use libc::{SA_RESTART, SIG_BLOCK, SIG_SETMASK, SIGTERM, SIGUSR1, SIGUSR2, sigset_t};
use tokio::signal::unix::{SignalKind, signal};
use tumult_sim::body::{program, tokio as on_tokio};
use tumult_sim::fault::{Fault, Signal};
use tumult_sim::{Cause, Sim};

use super::os::{both, close, count, eventfd, pipe, read, result, write};
use super::threads::alone;

fn set_of(signals: &[c_int]) -> sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is made before it is used.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        signals.iter().for_each(|s| assert_eq!(libc::sigaddset(set.as_mut_ptr(), *s), 0));
        set.assume_init()
    }
}

fn holds(set: &sigset_t, signal: c_int) -> bool {
    // SAFETY: a set that was made.
    unsafe { libc::sigismember(set, signal) == 1 }
}

fn handle(signal: c_int, handler: extern "C" fn(c_int), flags: c_int) {
    let action = libc::sigaction {
        sa_sigaction: handler as *const () as usize,
        sa_mask: set_of(&[]),
        sa_flags: flags,
        sa_restorer: None,
    };
    // SAFETY: the handler does what a handler may.
    result(unsafe { libc::sigaction(signal, &raw const action, null_mut()) }).unwrap();
}

/// Changes the mask of the calling thread and gives the one before.
fn mask(how: c_int, signals: &[c_int]) -> sigset_t {
    let (set, mut before) = (set_of(signals), set_of(&[]));
    // SAFETY: sets can be read and written.
    assert_eq!(unsafe { libc::pthread_sigmask(how, &raw const set, &raw mut before) }, 0);
    before
}

/// Sends to the calling thread: on the real arm the whole test program is the process.
fn raise(signal: c_int) {
    // SAFETY: no precondition.
    assert_eq!(result(unsafe { libc::raise(signal) }), Ok(0));
}

static SEEN: AtomicU32 = AtomicU32::new(0);

extern "C" fn note(signal: c_int) {
    SEEN.fetch_add(if signal == SIGUSR1 { 1 } else { 100 }, Ordering::SeqCst);
}

/// How much was noted since.
fn seen() -> u32 {
    SEEN.swap(0, Ordering::SeqCst)
}

/// All that use the real arm's handlers of one signal, in turn: they are the program's.
#[test]
fn handlers_run_where_the_signal_is_not_blocked() {
    both(|| {
        handle(SIGUSR1, note, SA_RESTART);
        handle(SIGUSR2, note, 0);
        seen();
        raise(SIGUSR1);
        let mut all = vec![seen()];
        mask(SIG_BLOCK, &[SIGUSR1, SIGUSR2]);
        for signal in [SIGUSR1, SIGUSR2, SIGUSR1] {
            raise(signal);
        }
        let mut pending = set_of(&[]);
        // SAFETY: the set can be written.
        unsafe { libc::sigpending(&raw mut pending) };
        all.extend([seen(), holds(&pending, SIGUSR1).into(), holds(&pending, SIGTERM).into()]);
        let before = mask(SIG_SETMASK, &[]);
        all.extend([seen(), holds(&before, SIGUSR2).into()]);
        // A wait for events ends whatever the handler was set with; a read goes on, or not.
        // SAFETY: no precondition.
        let me = unsafe { libc::pthread_self() };
        let from_another = move |signal| {
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                // SAFETY: the thread waits for this one.
                unsafe { libc::pthread_kill(me, signal) }
            })
        };
        let mut waits = vec![];
        for signal in [SIGUSR1, SIGUSR2] {
            let other = from_another(signal);
            // SAFETY: there are no descriptors.
            waits.push(result(unsafe { libc::poll(null_mut(), 0, 5_000) }));
            assert_eq!(other.join().unwrap(), 0);
            let [reader, writer] = pipe(0);
            let other = from_another(signal);
            let late = thread::spawn(move || {
                thread::sleep(Duration::from_millis(60));
                write(writer, b"x")
            });
            waits.push(read(reader, 1).map(|b| b.len() as c_int));
            other.join().unwrap();
            late.join().unwrap().unwrap();
            close(reader);
            close(writer);
        }
        all.push(seen());
        (all, waits)
    });
}

#[test]
fn sigwait_takes_what_is_blocked() {
    let (all, _) = alone(1, || {
        mask(SIG_BLOCK, &[SIGUSR1, SIGTERM]);
        let set = set_of(&[SIGUSR1, SIGTERM]);
        let waits = thread::spawn(move || {
            (0..2)
                .map(|_| {
                    let mut signal = 0;
                    // SAFETY: the set can be read, the number written.
                    assert_eq!(unsafe { libc::sigwait(&raw const set, &raw mut signal) }, 0);
                    signal
                })
                .collect::<Vec<_>>()
        });
        for signal in [SIGTERM, SIGUSR1] {
            thread::sleep(Duration::from_millis(10));
            // SAFETY: no precondition.
            assert_eq!(unsafe { libc::kill(libc::getpid(), signal) }, 0);
        }
        let got = waits.join().unwrap();
        let none = libc::timespec { tv_sec: 0, tv_nsec: 5_000_000 };
        // SAFETY: both can be read.
        (got, result(unsafe { libc::sigtimedwait(&raw const set, null_mut(), &raw const none) }))
    });
    assert_eq!(all, (vec![SIGTERM, SIGUSR1], Err(libc::EAGAIN)));
}

#[test]
fn mistakes_have_their_numbers() {
    both(|| {
        let (ignore, none) = (libc::SIG_IGN, set_of(&[]));
        // SAFETY: nothing is changed.
        unsafe {
            [
                result(libc::sigaction(0, std::ptr::null(), null_mut())),
                result(libc::sigaction(65, std::ptr::null(), null_mut())),
                result(if libc::signal(libc::SIGKILL, ignore) == libc::SIG_ERR { -1 } else { 0 }),
                result(libc::raise(-1)),
                result(libc::kill(libc::getpid(), 0)),
                Ok(libc::pthread_sigmask(77, &raw const none, null_mut())),
            ]
        }
    });
}

#[test]
fn without_a_handler_a_signal_ends_its_process() {
    let mut sim = Sim::new(1);
    sim.primary("main", program(|| raise(SIGTERM)));
    let Cause::Ended { how } = sim.try_run().unwrap_err().cause else { panic!("another cause") };
    assert_eq!(how, "raise(SIGTERM)");
    // What is ignored, or of no interest by default, ends nothing.
    let (value, _) = alone(1, || {
        [libc::SIGPIPE, libc::SIGCHLD, libc::SIGWINCH].map(raise);
        // SAFETY: no handler is set.
        unsafe { libc::signal(SIGTERM, libc::SIG_IGN) };
        raise(SIGTERM);
        7
    });
    assert_eq!(value, 7);
}

/// What a process has done that is asked to end after 5.5 seconds, with ten more of grace.
fn asked_to_end(main: impl Fn(Rc<Cell<u32>>) + 'static) -> u32 {
    let (mut sim, done) = (Sim::new(3), Rc::new(Cell::new(0)));
    let noted = Rc::clone(&done);
    let server = sim.process("server", program(move || main(Rc::clone(&noted))));
    sim.at(Duration::from_millis(5_500), Fault::shutdown(server, Duration::from_secs(10)));
    sim.primary("watch", async || tumult_sim::time::sleep(Duration::from_secs(30)).await);
    sim.run();
    done.get()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_shutdown_is_a_sigterm_which_ends_who_does_not_handle_it() {
    let done = asked_to_end(|done| {
        for _ in 0..60 {
            done.set(done.get() + 1);
            thread::sleep(Duration::from_secs(1));
        }
    });
    assert_eq!(done, 6, "at once, and not when its grace was over");
}

extern "C" fn wake(_: c_int) {
    // A pipe's writer would do as well; the number is the process's own.
    let n = 1_u64.to_ne_bytes();
    // SAFETY: the bytes can be read.
    unsafe { libc::write(WAKE.load(Ordering::Relaxed) as c_int, n.as_ptr().cast(), n.len()) };
}

static WAKE: AtomicU32 = AtomicU32::new(0);

#[test]
fn a_handler_of_sigterm_ends_a_process_gracefully() {
    let done = asked_to_end(|done| {
        let fd = eventfd(0, 0);
        WAKE.store(fd as u32, Ordering::Relaxed);
        handle(SIGTERM, wake, SA_RESTART);
        assert_eq!(count(fd), Ok(1));
        thread::sleep(Duration::from_secs(3));
        done.set(9);
    });
    assert_eq!(done, 9);
}

#[test]
fn tokio_is_told_of_a_sigterm_and_ends_gracefully() {
    for _ in 0..2 {
        let done = asked_to_end(|done| {
            runtime().block_on(async {
                let mut term = signal(SignalKind::terminate()).unwrap();
                let mut ticks = tokio::time::interval(Duration::from_secs(1));
                loop {
                    tokio::select! {
                        got = term.recv() => break assert_eq!(got, Some(())),
                        _ = ticks.tick() => done.set(done.get() + 1),
                    }
                }
            });
            done.set(done.get() + 100);
        });
        assert_eq!(done, 106);
    }
}

#[test]
fn runtimes_with_signals_live_side_by_side_and_again_after_a_kill() {
    let mut sim = Sim::new(5);
    let lives = Rc::new(Cell::new(0));
    let counted = Rc::clone(&lives);
    let again = sim.process(
        "again",
        on_tokio(async move || {
            counted.set(counted.get() + 1);
            let mut hang_up = signal(SignalKind::hangup()).unwrap();
            hang_up.recv().await;
        }),
    );
    sim.at(Duration::from_secs(2), Fault::restart(again));
    let beside = sim.primary(
        "beside",
        on_tokio(async || {
            tokio::time::sleep(Duration::from_secs(5)).await;
            tokio::spawn(async { 4 }).await.unwrap()
        }),
    );
    let report = sim.run();
    assert_eq!((report.output::<i32>(beside), lives.get()), (Some(&4), 2));
}

/// What a tokio process heard of two signals that it was sent, and how often one beside it heard any.
fn heard_of_two(threads: bool, also_beside: bool) -> Result<(String, u32), Cause> {
    let (mut sim, beside) = (Sim::new(9), Rc::new(Cell::new(0)));
    let build = move || {
        let mut builder = if threads {
            tokio::runtime::Builder::new_multi_thread()
        } else {
            tokio::runtime::Builder::new_current_thread()
        };
        builder.worker_threads(2).enable_all().build().unwrap()
    };
    let server = sim.primary(
        "server",
        program(move || {
            build().block_on(async {
                let (mut hang_up, mut one) =
                    (signal(SignalKind::hangup()).unwrap(), signal(SignalKind::user_defined1()).unwrap());
                let mut heard = String::new();
                for _ in 0..2 {
                    tokio::select! {
                        _ = hang_up.recv() => heard.push('h'),
                        _ = one.recv() => heard.push('1'),
                    }
                }
                heard
            })
        }),
    );
    let counted = Rc::clone(&beside);
    sim.process(
        "beside",
        program(move || {
            build().block_on(async {
                let mut hang_up = if also_beside { Some(signal(SignalKind::hangup()).unwrap()) } else { None };
                loop {
                    match &mut hang_up {
                        Some(hang_up) => hang_up.recv().await.unwrap(),
                        None => tokio::time::sleep(Duration::from_secs(1)).await,
                    }
                    counted.set(counted.get() + u32::from(hang_up.is_some()));
                }
            });
        }),
    );
    sim.at(Duration::from_secs(1), Fault::signal(server, Signal::User1));
    sim.at(Duration::from_secs(2), Fault::signal(server, Signal::Hangup));
    let report = sim.try_run().map_err(|failure| failure.cause)?;
    Ok((report.output::<String>(server).unwrap().clone(), beside.get()))
}

#[test]
fn signals_of_faults_are_heard_through_tokio_and_by_nobody_else() {
    for threads in [false, true] {
        assert_eq!(heard_of_two(threads, false).unwrap(), ("1h".to_owned(), 0));
    }
    // Who else listens for the same one through tokio's static would hear it: a wrong answer, which is refused. A runtime
    // with worker threads hears it where one of them is awake just then: `docs/HOSTING.md` says so.
    let both = heard_of_two(false, true);
    let Err(Cause::Error { message }) = &both else { panic!("{both:?}") };
    assert!(message.contains("process `server`") && message.contains("process `beside`"), "{message}");
    assert!(message.contains("let only one process of the run use it"), "{message}");
}

#[test]
fn signals_of_faults_run_handlers_and_end_who_has_none() {
    let (mut sim, seen) = (Sim::new(2), Rc::new(Cell::new(0)));
    let noted = Rc::clone(&seen);
    let handles = sim.process(
        "handles",
        program(move || {
            handle(SIGUSR1, note_fault, 0);
            loop {
                thread::sleep(Duration::from_secs(1));
                noted.set(FAULTS.load(Ordering::SeqCst));
            }
        }),
    );
    sim.at(Duration::from_millis(2_500), Fault::signal(handles, Signal::User1));
    sim.at(Duration::from_millis(4_500), Fault::signal(handles, Signal::User1));
    sim.at(Duration::from_millis(7_500), Fault::signal(handles, Signal::Quit));
    sim.primary("watch", async || tumult_sim::time::sleep(Duration::from_secs(30)).await);
    sim.run();
    assert_eq!(seen.get(), 2);
}

static FAULTS: AtomicU32 = AtomicU32::new(0);

extern "C" fn note_fault(_: c_int) {
    FAULTS.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn ctrl_c_is_heard() {
    let (heard, _) = alone(1, || {
        runtime().block_on(async {
            let other = tokio::spawn(tokio::signal::ctrl_c());
            tokio::time::sleep(Duration::from_millis(10)).await;
            raise(libc::SIGINT);
            other.await.unwrap().is_ok()
        })
    });
    assert!(heard);
}

extern "C" fn nothing(_: c_int) {}

#[test]
fn pause_and_sigsuspend_end_with_a_handler() {
    let (got, _) = alone(1, || {
        handle(SIGUSR1, nothing, SA_RESTART);
        mask(SIG_BLOCK, &[SIGUSR1]);
        // SAFETY: no precondition.
        let me = unsafe { libc::pthread_self() };
        let other = thread::spawn(move || {
            for _ in 0..2 {
                thread::sleep(Duration::from_millis(10));
                // SAFETY: the thread waits for this one.
                unsafe { libc::pthread_kill(me, SIGUSR1) };
            }
        });
        let none = set_of(&[]);
        // SAFETY: the set can be read.
        let first = result(unsafe { libc::sigsuspend(&raw const none) });
        let blocked = holds(&mask(SIG_SETMASK, &[]), SIGUSR1);
        // SAFETY: no precondition.
        let second = result(unsafe { libc::pause() });
        other.join().unwrap();
        (first, blocked, second)
    });
    assert_eq!(got, (Err(libc::EINTR), true, Err(libc::EINTR)));
}

#[test]
fn a_stack_for_handlers_is_kept_and_told() {
    let (told, _) = alone(1, || {
        let mut space = vec![0_u8; 1 << 16];
        let new = libc::stack_t { ss_sp: space.as_mut_ptr().cast(), ss_flags: 0, ss_size: space.len() };
        let (mut before, mut after) = (new, new);
        // SAFETY: stacks can be read and written, and the space outlives its use.
        unsafe {
            assert_eq!(libc::sigaltstack(&raw const new, &raw mut before), 0);
            assert_eq!(libc::sigaltstack(&raw const before, &raw mut after), 0);
        }
        (after.ss_sp == new.ss_sp, after.ss_size)
    });
    assert_eq!(told, (true, 1 << 16));
}
