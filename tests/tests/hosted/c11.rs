//! C11's threads, and ends of threads by `pthread_exit`: on both arms.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::{pthread_cond_t, pthread_mutex_t, pthread_t, timespec};
use tumult_sim::body::program;
use tumult_sim::{Cause, Sim};

use super::os::both;
use super::threads::alone;

unsafe extern "C" {
    fn thrd_create(into: *mut pthread_t, start: extern "C-unwind" fn(*mut c_void) -> c_int, of: *mut c_void) -> c_int;
    fn thrd_join(thread: pthread_t, into: *mut c_int) -> c_int;
    fn thrd_sleep(span: *const timespec, left: *mut timespec) -> c_int;
    fn thrd_yield();
    fn mtx_init(mutex: *mut pthread_mutex_t, kind: c_int) -> c_int;
    fn mtx_lock(mutex: *mut pthread_mutex_t) -> c_int;
    fn mtx_trylock(mutex: *mut pthread_mutex_t) -> c_int;
    fn mtx_unlock(mutex: *mut pthread_mutex_t) -> c_int;
    fn cnd_init(condition: *mut pthread_cond_t) -> c_int;
    fn cnd_wait(condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t) -> c_int;
    fn cnd_signal(condition: *mut pthread_cond_t) -> c_int;
    fn cnd_destroy(condition: *mut pthread_cond_t);
}

unsafe extern "C-unwind" {
    fn pthread_exit(value: *mut c_void) -> !;
    fn thrd_exit(value: c_int) -> !;
}

/// What two threads of C share.
struct Shared {
    mutex: pthread_mutex_t,
    condition: pthread_cond_t,
    count: c_int,
}

fn nap(ms: i64) {
    let span = timespec { tv_sec: 0, tv_nsec: ms * 1_000_000 };
    // SAFETY: the time can be read.
    assert_eq!(unsafe { thrd_sleep(&raw const span, null_mut()) }, 0);
}

extern "C-unwind" fn counts(shared: *mut c_void) -> c_int {
    let shared = shared.cast::<Shared>();
    for _ in 0..3 {
        // SAFETY: the parent keeps it until this thread is joined, and the mutex guards it.
        unsafe {
            assert_eq!(mtx_lock(&raw mut (*shared).mutex), 0);
            let count = (*shared).count;
            thrd_yield();
            nap(1);
            (*shared).count = count + 1;
            cnd_signal(&raw mut (*shared).condition);
            assert_eq!(mtx_unlock(&raw mut (*shared).mutex), 0);
        }
    }
    // SAFETY: what unwinds has no destructors.
    unsafe { thrd_exit(7) }
}

#[test]
fn threads_locks_and_conditions_of_c11_are_those_of_posix() {
    both(|| {
        let mut shared = Box::new(std::mem::MaybeUninit::<Shared>::zeroed());
        let at = shared.as_mut_ptr();
        let mut threads = [0; 2];
        // SAFETY: all is made before it is used, and kept until both are joined.
        unsafe {
            assert_eq!((mtx_init(&raw mut (*at).mutex, 0), cnd_init(&raw mut (*at).condition)), (0, 0));
            for thread in &mut threads {
                assert_eq!(thrd_create(thread, counts, at.cast()), 0);
            }
            assert_eq!(mtx_lock(&raw mut (*at).mutex), 0);
            while (*at).count < 6 {
                assert_eq!(cnd_wait(&raw mut (*at).condition, &raw mut (*at).mutex), 0);
            }
            let busy = mtx_trylock(&raw mut (*at).mutex);
            mtx_unlock(&raw mut (*at).mutex);
            let results = threads.map(|thread| {
                let mut result = 0;
                (thrd_join(thread, &raw mut result), result)
            });
            cnd_destroy(&raw mut (*at).condition);
            (busy, results, (*at).count)
        }
    });
}

extern "C-unwind" fn goes(argument: *mut c_void) -> *mut c_void {
    // SAFETY: what unwinds has no destructors.
    unsafe { leaves(argument) }
}

#[inline(never)]
unsafe extern "C-unwind" fn leaves(argument: *mut c_void) -> ! {
    // SAFETY: as above.
    unsafe { pthread_exit(argument.wrapping_add(1)) }
}

type Start = extern "C" fn(*mut c_void) -> *mut c_void;

fn thread(start: extern "C-unwind" fn(*mut c_void) -> *mut c_void, argument: usize) -> pthread_t {
    let mut thread = 0;
    // SAFETY: the two kinds of functions are called alike.
    let created = unsafe {
        let start = std::mem::transmute::<extern "C-unwind" fn(*mut c_void) -> *mut c_void, Start>(start);
        libc::pthread_create(&raw mut thread, std::ptr::null(), start, argument as *mut c_void)
    };
    assert_eq!(created, 0);
    thread
}

#[test]
fn a_thread_ends_where_it_says_so() {
    both(|| {
        let mut result = null_mut();
        // SAFETY: the thread was made and not joined.
        assert_eq!(unsafe { libc::pthread_join(thread(goes, 41), &raw mut result) }, 0);
        result as usize
    });
}

static LATE: AtomicI32 = AtomicI32::new(0);

extern "C-unwind" fn stays(_: *mut c_void) -> *mut c_void {
    nap(500);
    LATE.store(1, Ordering::SeqCst);
    null_mut()
}

#[test]
fn a_main_thread_that_ends_so_leaves_the_process_to_the_others() {
    let mut sim = Sim::new(1);
    sim.primary(
        "main",
        program(|| {
            thread(stays, 0);
            // SAFETY: it never returns, and nothing is unwound.
            unsafe { pthread_exit(null_mut()) }
        }),
    );
    sim.run();
    assert_eq!(LATE.load(Ordering::SeqCst), 1, "the run waits for it");
}

#[test]
fn the_words_of_a_thread_that_panicked_are_those_of_the_failure() {
    let mut sim = Sim::new(1);
    sim.primary("main", program(|| std::thread::spawn(|| panic!("the planted words")).join().unwrap()));
    let Cause::Panic { message, .. } = sim.try_run().unwrap_err().cause else { panic!("another cause") };
    assert!(
        message.contains("of a thread that panicked: the planted words (") && message.contains("c11.rs"),
        "{message}"
    );
    // A panic that has words of its own has no others.
    let (caught, _) = alone(2, || {
        let before = std::thread::spawn(|| panic!("of before")).join().is_err();
        let own = std::panic::catch_unwind(|| panic!("its own")).unwrap_err();
        (before, own.downcast_ref::<&str>().copied())
    });
    assert_eq!(caught, (true, Some("its own")));
}
