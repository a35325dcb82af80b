//! libc's `syscall`, which getrandom 0.2, std's futexes and C libraries go through.

use std::ffi::{c_int, c_long, c_uint};

use libc::{clockid_t, timespec};

use super::super::hook::{self, Hooks};
use super::real::Real;
use super::{clock, device, entropy, errno, futex, sleep};

type Syscall = unsafe extern "C" fn(c_long, ...) -> c_long;
// SAFETY: the type is this function's.
static SYSCALL: Real<Syscall> = unsafe { Real::new(c"syscall") };

/// C declares it variadic, which Rust cannot define on stable. With six integers it has the same ABI where this module is
/// compiled: System V on x86-64 and Linux on ARM pass integers to variadic and to fixed parameters in the same registers
/// and stack slots, and no system call takes a floating-point number. What a caller did not pass is read as whatever the
/// register or slot holds (the slot is in the caller's frame), is handed on unused, and is ignored by the kernel: glibc's
/// own definition does the same.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn syscall(
    number: c_long,
    first: usize,
    second: usize,
    third: usize,
    fourth: usize,
    fifth: usize,
    sixth: usize,
) -> c_long {
    if let Some(hooks) = hook::current() {
        // SAFETY: the caller keeps the contract of the system call.
        if let Some(answer) = unsafe { answer(hooks, number, [first, second, third, fourth]) } {
            return answer;
        }
        if let Some(hosting) = hooks.hosting {
            return (hosting.syscall)(number, [first, second, third, fourth, fifth, sixth]);
        }
    }
    // SAFETY: the caller keeps the contract of the system call.
    unsafe { real_syscall(number, [first, second, third, fourth, fifth, sixth]) }
}

/// As libc's `syscall`, on this thread.
///
/// # Safety
/// As for the system call.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for what is trapped"))]
pub(crate) unsafe fn answered(number: c_long, [a, b, c, d, e, f]: [usize; 6]) -> c_long {
    // SAFETY: the caller's promise.
    unsafe { syscall(number, a, b, c, d, e, f) }
}

/// Where the real function is.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for what is trapped"))]
pub(crate) fn address() -> Option<usize> {
    SYSCALL.get().map(|real| real as *const () as usize)
}

/// The kernel's answer.
///
/// # Safety
/// As for the system call.
pub(crate) unsafe fn real_syscall(number: c_long, [a, b, c, d, e, f]: [usize; 6]) -> c_long {
    let Some(real) = SYSCALL.get() else { return -1 };
    // SAFETY: the caller's promise.
    unsafe { real(number, a, b, c, d, e, f) }
}

/// `None`: the kernel's business. Narrower arguments are cut to their width, since what a register holds above it is
/// anything.
///
/// # Safety
/// As for the system call.
unsafe fn answer(hooks: &Hooks, number: c_long, [a, b, c, d]: [usize; 4]) -> Option<c_long> {
    // SAFETY: the caller's promise, with the arguments in the order that the kernel documents.
    Some(unsafe {
        match number {
            libc::SYS_getrandom => entropy::getrandom(a as _, b, c as c_uint) as c_long,
            libc::SYS_clock_gettime => clock::clock_gettime(a as clockid_t, b as _).into(),
            libc::SYS_gettimeofday => clock::gettimeofday(a as _, b as _).into(),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_time => clock::time(a as _),
            libc::SYS_read => device::read(a as c_int, b as _, c) as c_long,
            libc::SYS_readv => device::readv(a as c_int, b as _, c as c_int) as c_long,
            libc::SYS_nanosleep => sleep::nanosleep(a as _, b as _).into(),
            libc::SYS_clock_nanosleep => match sleep::clock_nanosleep(a as clockid_t, b as c_int, c as _, d as _) {
                0 => 0,
                error => errno::fail(error),
            },
            libc::SYS_futex if hooks.hosting.is_none() => {
                return futex::wait(hooks, a as _, b as c_int, c as u32, d as *const timespec);
            }
            _ => return None,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use libc::{c_long, timespec, timeval};

    use super::super::super::testing::{set_entropy, set_monotonic, set_realtime, simulated, take_sleeps};
    use crate::host::linux::errno;

    fn getrandom() -> (c_long, [u8; 4]) {
        let mut bytes = [0_u8; 4];
        // SAFETY: four bytes can be written.
        (unsafe { libc::syscall(libc::SYS_getrandom, bytes.as_mut_ptr(), 4_usize, 0_u32) }, bytes)
    }

    fn monotonic() -> (c_long, i64, i64) {
        let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the time can be written.
        let got = unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, &raw mut now) };
        (got, now.tv_sec, now.tv_nsec)
    }

    #[test]
    fn entropy_and_clocks_are_answered_inside_and_real_outside() {
        set_entropy(5);
        set_monotonic(3_000_000_007);
        assert_eq!(simulated(getrandom), (4, [5, 6, 7, 8]));
        assert_eq!(simulated(monotonic), (0, 3, 7));
        let drawn: Vec<_> = (0..4).map(|_| getrandom().1).collect();
        assert!(drawn.windows(2).any(|two| two[0] != two[1]));
        assert_ne!(monotonic(), (0, 3, 7));
    }

    #[test]
    fn calendar_time_and_the_device_are_answered_inside() {
        set_realtime(9_000_001_000);
        set_entropy(5);
        let (mut now, mut bytes) = (timeval { tv_sec: 0, tv_usec: 0 }, [0_u8; 2]);
        let device = std::fs::File::open("/dev/urandom").unwrap();
        let fd = std::os::fd::AsRawFd::as_raw_fd(&device);
        // SAFETY: time and bytes can be written.
        simulated(|| unsafe {
            assert_eq!(libc::syscall(libc::SYS_gettimeofday, &raw mut now, ptr::null_mut::<u8>()), 0);
            assert_eq!(libc::syscall(libc::SYS_read, fd, bytes.as_mut_ptr(), 2_usize), 2);
            #[cfg(target_arch = "x86_64")]
            assert_eq!(libc::syscall(libc::SYS_time, ptr::null_mut::<i64>()), 9);
        });
        assert_eq!((now.tv_sec, now.tv_usec, bytes), (9, 1, [5, 6]));
    }

    #[test]
    fn sleeps_are_told_and_errors_are_in_errno() {
        let hour = timespec { tv_sec: 3_600, tv_nsec: 0 };
        let sleep = |clock: libc::clockid_t| {
            let rest = ptr::null_mut::<timespec>();
            // SAFETY: the time can be read.
            unsafe { libc::syscall(libc::SYS_clock_nanosleep, clock, 0, &raw const hour, rest) }
        };
        simulated(|| {
            assert_eq!(sleep(libc::CLOCK_MONOTONIC), 0);
            assert_eq!(take_sleeps(), [(3_600_000_000_000, "clock_nanosleep")]);
            // SAFETY: the time can be read.
            assert_eq!(unsafe { libc::syscall(libc::SYS_nanosleep, &raw const hour, ptr::null_mut::<timespec>()) }, 0);
            assert_eq!(take_sleeps(), [(3_600_000_000_000, "nanosleep")]);
            assert_eq!((sleep(libc::CLOCK_THREAD_CPUTIME_ID), errno::get()), (-1, libc::ENOTSUP));
        });
    }

    #[test]
    fn every_other_call_is_the_kernels_inside_and_outside() {
        // SAFETY: neither has a precondition; the second is no descriptor.
        let calls = || unsafe { (libc::syscall(libc::SYS_getpid), libc::syscall(libc::SYS_close, -1), errno::get()) };
        let expected = (c_long::from(std::process::id()), -1, libc::EBADF);
        assert_eq!((simulated(calls), calls()), (expected, expected));
    }

    /// Six arguments, the last of them on the stack in x86-64's `syscall`: the offset at which a file is mapped
    /// (64 KiB, a multiple of every page size).
    #[test]
    fn all_six_arguments_arrive() {
        let path = std::env::temp_dir().join(format!("tumult-syscall-{}", std::process::id()));
        std::fs::write(&path, [vec![1; 65_536], vec![2; 65_536]].concat()).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
        let first = || {
            let none = ptr::null_mut::<u8>();
            // SAFETY: a fresh mapping of a file that is long enough, read once and removed.
            unsafe {
                let page =
                    libc::syscall(libc::SYS_mmap, none, 4096_usize, libc::PROT_READ, libc::MAP_PRIVATE, fd, 65_536_i64);
                assert_ne!(page, -1);
                let byte = *(page as *const u8);
                libc::munmap(page as *mut _, 4096);
                byte
            }
        };
        assert_eq!((simulated(first), first()), (2, 2));
    }
}
