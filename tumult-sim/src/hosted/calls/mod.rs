//! The definitions of libc's functions for hosted threads, one group a file.
//!
//! On a hosted thread they are answered by the simulation, or refused by name; on every other thread the real function
//! is called. A body says what it gives, or an error number; the macro makes of it what libc's function does.

mod by_number;
mod c11;
mod descriptors;
mod entropy;
mod environment;
mod epoll;
mod eventfd;
mod exits;
mod files;
pub(super) mod futex;
mod identity;
mod interfaces;
mod limits;
pub(super) mod locks;
mod messages;
mod names;
mod parts;
mod pipe;
mod poll;
mod processors;
mod refused;
mod regions;
mod signals;
mod socket_options;
mod sockets;
mod sockets_by_number;
pub(super) mod stdio;
mod threads;
mod timerfd;
mod usage;
mod users;

use std::ffi::{CStr, c_int, c_long, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::ends;
use super::errno::Errno;
use super::thread::{Thread, me};
use super::wait;
use crate::context::{self, Cause, take_panic};
use crate::host::{self, Hooks, Hosting, errno};

/// What libc's functions answer on a hosted thread, as far as native bodies are answered too.
pub(super) static ANSWERS: Hooks =
    Hooks { blocking_sleep: wait::sleep_ns, hosting: Some(&HOSTING), ..context::ANSWERS };

/// What is only hosted threads' business, of the functions that `host` defines.
static HOSTING: Hosting = Hosting {
    read: |fd, into, len| answer(|me| descriptors::read_at_fd(me, fd, into, len)),
    readv: |fd, parts, count| answer(|me| descriptors::readv_at_fd(me, fd, parts, count)),
    monotonic_ns: || {
        // A recorded run notes who has read it.
        let mut world = context::try_current()?.world.try_borrow_mut().ok().filter(|w| !w.core.trace.records())?;
        let now = world.now();
        Some(world.clock().read_monotonic(now))
    },
    cpu_ns: |clock| host::outside(|| usage::clock_ns(me()?, clock)),
    syscall: |number, arguments| system_call(number, arguments),
};

/// What says that a call failed.
pub(super) trait Failing: Copy {
    const FAILED: Self;
}
macro_rules! failing {
    ($($type:ty),*) => { $(impl Failing for $type { const FAILED: Self = -1; })* };
}
failing!(i32, i64, isize);
impl<T> Failing for *mut T {
    const FAILED: Self = std::ptr::null_mut();
}
impl<T> Failing for *const T {
    const FAILED: Self = std::ptr::null();
}
impl Failing for u32 {
    const FAILED: Self = u32::MAX;
}
impl Failing for usize {
    const FAILED: Self = usize::MAX;
}
impl Failing for u64 {
    const FAILED: Self = 0;
}
impl Failing for () {
    const FAILED: Self = ();
}

/// Answers a call of the hosted thread that runs: outside the simulated world, with `errno` kept or set. A panic of
/// ours, which cannot unwind through C, fails the run, and the thread is not continued.
pub(super) fn answer<R: Failing>(body: impl FnOnce(&'static Thread) -> Result<R, Errno>) -> R {
    let me = me().expect("only hosted threads are answered");
    let errno = errno::Place::here();
    let before = errno.get();
    let result = host::outside(|| catch_unwind(AssertUnwindSafe(|| body(me))));
    match result {
        Ok(Ok(value)) => {
            errno.set(before);
            value
        }
        Ok(Err(Errno(number))) => {
            errno.set(number);
            R::FAILED
        }
        Err(_) => {
            let caught = take_panic();
            let cause = Cause::Panic { message: caught.message, site: caught.site };
            context::current().fail(cause, Some(me.life.process));
            me.stop()
        }
    }
}

/// Refuses a call that the simulation does not answer: the run fails, and the thread is not continued.
pub(super) fn refuse(me: &Thread, call: &str) -> ! {
    let message = format!(
        "the program called libc's {call}, which the simulation does not answer (docs/HOSTING.md lists what it does)"
    );
    context::current().fail(Cause::Error { message }, Some(me.life.process));
    me.stop()
}

/// Defines libc's functions. Each body is a closure of the calling thread.
macro_rules! libc_calls {
    ($(
        $(#[$attribute:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $ret:ty)? = $body:expr;
    )*) => {
        $(
            $(#[$attribute])*
            ///
            /// # Safety
            /// As libc's.
            #[unsafe(no_mangle)]
            pub(in crate::hosted) unsafe extern "C" fn $name($($argument: $type),*) $(-> $ret)? {
                const NAME: &std::ffi::CStr = $crate::hosted::calls::name(concat!(stringify!($name), "\0"));
                static REAL: $crate::host::Real<unsafe extern "C" fn($($type),*) $(-> $ret)?> =
                    // SAFETY: the type is this function's.
                    unsafe { $crate::host::Real::new(NAME) };
                if let Some(me) = $crate::hosted::thread::simulated() {
                    me.calls(NAME);
                    #[allow(unused_unsafe, reason = "not every body has pointers to follow")]
                    return $crate::hosted::calls::answer($body);
                }
                match REAL.get() {
                    // SAFETY: the caller keeps libc's contract.
                    Some(real) => unsafe { real($($argument),*) },
                    None => $crate::hosted::calls::Failing::FAILED,
                }
            }
        )*

        /// The functions of this group, by name.
        pub(super) fn defined() -> Vec<(&'static std::ffi::CStr, *const std::ffi::c_void)> {
            vec![$(($crate::hosted::calls::name(concat!(stringify!($name), "\0")), $name as *const std::ffi::c_void)),*]
        }
    };
}
use libc_calls;

/// A name of a function, which ends with a zero.
const fn name(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(name) => name,
        Err(_) => panic!("a name has one zero, at its end"),
    }
}

/// All functions that are defined here.
fn defined() -> Vec<(&'static CStr, *const c_void)> {
    let groups = [
        c11::defined(),
        descriptors::defined(),
        entropy::defined(),
        environment::defined(),
        epoll::defined(),
        eventfd::defined(),
        exits::defined(),
        files::defined(),
        identity::defined(),
        interfaces::defined(),
        limits::defined(),
        locks::defined(),
        messages::defined(),
        names::defined(),
        pipe::defined(),
        poll::defined(),
        processors::defined(),
        refused::defined(),
        regions::defined(),
        signals::defined(),
        parts::defined(),
        socket_options::defined(),
        sockets::defined(),
        stdio::all(),
        threads::all(),
        timerfd::defined(),
        usage::defined(),
        users::defined(),
    ];
    groups.concat()
}

/// Fails unless each function is the one that the whole program gets.
///
/// # Errors
/// Names one that is not.
pub(crate) fn check() -> Result<(), crate::base::Error> {
    use std::sync::atomic::{AtomicBool, Ordering};
    static CHECKED: AtomicBool = AtomicBool::new(false);
    if !CHECKED.load(Ordering::Relaxed) {
        host::check_each(&defined())?;
        CHECKED.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// libc's `syscall` on a hosted thread, for what `host` does not answer itself.
fn system_call(number: c_long, arguments: [usize; 6]) -> c_long {
    let [a, b, c, d, e, f] = arguments;
    match number {
        libc::SYS_futex => {
            let arguments = futex::Arguments {
                word: a,
                operation: b as c_int,
                value: c as u32,
                timeout: d,
                other: e,
                more: f as u32,
            };
            // SAFETY: the caller keeps the contract of the system call.
            answer(|me| unsafe { futex::call(me, arguments) })
        }
        libc::SYS_gettid => answer(|me| Ok(c_long::from(me.life.tid(me.number)))),
        libc::SYS_getpid => answer(|me| Ok(c_long::from(me.life.pid()))),
        libc::SYS_exit_group => answer(|me| ends::exit(me, "exit_group", a as c_int)),
        libc::SYS_sched_getaffinity => answer(|me| {
            let thread = processors::thread_of(me, a as c_int)?;
            processors::get(me, thread, b, c as *mut libc::cpu_set_t).map(|bytes| bytes as c_long)
        }),
        libc::SYS_sched_yield => answer(|me| {
            wait::yield_to_others(me);
            Ok(0)
        }),
        // SAFETY: the caller keeps the contract of the system call.
        _ => unsafe {
            by_number::answer(number, arguments)
                .or_else(|| sockets_by_number::answer(number, arguments))
                .or_else(|| files::system_call(number, arguments))
                .unwrap_or_else(|| answer(|me| refuse(me, &format!("`syscall` number {number}"))))
        },
    }
}
