//! What no hosted program gets: other programs, memory shared with them, and ways of the kernel that nothing simulates.
//! Each is refused by its name.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libc::{FILE, key_t, mode_t, pid_t, pthread_attr_t, size_t};

use super::libc_calls;

/// A list of functions and the names that they are refused by.
macro_rules! refused {
    ($($name:ident($($argument:ident: $type:ty),*) -> $ret:ty;)*) => {
        libc_calls! {
            $(
                /// Refused.
                fn $name($($argument: $type),*) -> $ret = |me| {
                    $(let _ = $argument;)*
                    super::refuse(me, concat!("`", stringify!($name), "`"))
                };
            )*
        }
    };
}

refused! {
    fork() -> pid_t;
    vfork() -> pid_t;
    execv(path: *const c_char, arguments: *const *const c_char) -> c_int;
    execve(path: *const c_char, arguments: *const *const c_char, environment: *const *const c_char) -> c_int;
    execvp(file: *const c_char, arguments: *const *const c_char) -> c_int;
    execvpe(file: *const c_char, arguments: *const *const c_char, environment: *const *const c_char) -> c_int;
    fexecve(fd: c_int, arguments: *const *const c_char, environment: *const *const c_char) -> c_int;
    posix_spawn(
        pid: *mut pid_t, path: *const c_char, actions: *const c_void, attributes: *const c_void,
        arguments: *const *mut c_char, environment: *const *mut c_char
    ) -> c_int;
    posix_spawnp(
        pid: *mut pid_t, file: *const c_char, actions: *const c_void, attributes: *const c_void,
        arguments: *const *mut c_char, environment: *const *mut c_char
    ) -> c_int;
    system(command: *const c_char) -> c_int;
    popen(command: *const c_char, mode: *const c_char) -> *mut FILE;
    daemon(nochdir: c_int, noclose: c_int) -> c_int;
    unshare(flags: c_int) -> c_int;
    setns(fd: c_int, kind: c_int) -> c_int;
    chroot(path: *const c_char) -> c_int;
    ptrace(request: c_uint, pid: pid_t, address: *mut c_void, data: *mut c_void) -> i64;
    shm_open(name: *const c_char, flags: c_int, mode: mode_t) -> c_int;
    shmget(key: key_t, size: size_t, flags: c_int) -> c_int;
    semget(key: key_t, count: c_int, flags: c_int) -> c_int;
    msgget(key: key_t, flags: c_int) -> c_int;
    sem_open(name: *const c_char, flags: c_int, mode: c_uint, value: c_uint) -> *mut libc::sem_t;
    mq_open(name: *const c_char, flags: c_int, mode: mode_t, attributes: *mut c_void) -> c_int;
    inotify_init() -> c_int;
    inotify_init1(flags: c_int) -> c_int;
    fanotify_init(flags: c_uint, events: c_uint) -> c_int;
    memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    timer_create(clock: c_int, event: *mut c_void, into: *mut c_void) -> c_int;
    setitimer(which: c_int, new: *const c_void, old: *mut c_void) -> c_int;
    alarm(seconds: c_uint) -> c_uint;
    tmpnam(into: *mut c_char) -> *mut c_char;
    tempnam(dir: *const c_char, prefix: *const c_char) -> *mut c_char;
    mktemp(pattern: *mut c_char) -> *mut c_char;
    scandir(path: *const c_char, into: *mut c_void, which: *const c_void, order: *const c_void) -> c_int;
    scandir64(path: *const c_char, into: *mut c_void, which: *const c_void, order: *const c_void) -> c_int;
    glob(pattern: *const c_char, flags: c_int, error: *const c_void, into: *mut c_void) -> c_int;
    glob64(pattern: *const c_char, flags: c_int, error: *const c_void, into: *mut c_void) -> c_int;
    ftw(path: *const c_char, each: *const c_void, fds: c_int) -> c_int;
    ftw64(path: *const c_char, each: *const c_void, fds: c_int) -> c_int;
    nftw(path: *const c_char, each: *const c_void, fds: c_int, flags: c_int) -> c_int;
    nftw64(path: *const c_char, each: *const c_void, fds: c_int, flags: c_int) -> c_int;
    pthread_sigqueue(thread: libc::pthread_t, signal: c_int, value: *mut c_void) -> c_int;
    pthread_tryjoin_np(thread: libc::pthread_t, into: *mut *mut c_void) -> c_int;
    pthread_timedjoin_np(thread: libc::pthread_t, into: *mut *mut c_void, until: *const libc::timespec) -> c_int;
    pthread_clockjoin_np(
        thread: libc::pthread_t, into: *mut *mut c_void, clock: c_int, until: *const libc::timespec
    ) -> c_int;
    clock_settime(clock: c_int, to: *const libc::timespec) -> c_int;
    clock_adjtime(clock: c_int, change: *mut c_void) -> c_int;
    settimeofday(to: *const libc::timeval, zone: *const c_void) -> c_int;
    adjtime(by: *const libc::timeval, left: *mut libc::timeval) -> c_int;
    adjtimex(change: *mut c_void) -> c_int;
    ntp_adjtime(change: *mut c_void) -> c_int;
    ntp_gettimex(into: *mut c_void) -> c_int;
    sethostname(name: *const c_char, len: size_t) -> c_int;
    setdomainname(name: *const c_char, len: size_t) -> c_int;
    personality(persona: libc::c_ulong) -> c_int;
    setresuid(real: c_uint, effective: c_uint, saved: c_uint) -> c_int;
    setresgid(real: c_uint, effective: c_uint, saved: c_uint) -> c_int;
    setreuid(real: c_uint, effective: c_uint) -> c_int;
    setregid(real: c_uint, effective: c_uint) -> c_int;
    seteuid(user: c_uint) -> c_int;
    setegid(group: c_uint) -> c_int;
    setgroups(count: size_t, groups: *const c_uint) -> c_int;
    getlogin() -> *mut c_char;
    getpwuid(user: c_uint) -> *mut libc::passwd;
    getpwnam(name: *const c_char) -> *mut libc::passwd;
    getgrgid(group: c_uint) -> *mut libc::group;
    getgrnam(name: *const c_char) -> *mut libc::group;
    getservbyname(name: *const c_char, protocol: *const c_char) -> *mut libc::servent;
    gethostbyname(name: *const c_char) -> *mut libc::hostent;
    gethostbyaddr(address: *const c_void, len: libc::socklen_t, family: c_int) -> *mut libc::hostent;
    pthread_setattr_default_np(attributes: *const pthread_attr_t) -> c_int;
}
