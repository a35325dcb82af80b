//! Who the process is: its numbers, its environment, names, users, limits.

use std::ffi::CStr;
use std::mem::zeroed;
use std::thread;

use super::Seen;

fn text(field: &[libc::c_char]) -> String {
    // SAFETY: the field ends with a zero.
    unsafe { CStr::from_ptr(field.as_ptr()) }.to_string_lossy().into_owned()
}

pub(super) fn numbers_of_processes(seen: &mut Seen) {
    // SAFETY: none of these has a precondition.
    let numbers = || unsafe {
        let of_thread = (libc::gettid(), libc::syscall(libc::SYS_gettid));
        let of_process = (libc::getpid(), libc::getppid(), libc::syscall(libc::SYS_getpid));
        (of_thread, of_process, libc::getpgrp(), libc::getpgid(0), libc::getsid(0))
    };
    seen.note("main thread", numbers());
    seen.note("a thread", thread::spawn(numbers).join().unwrap());
    seen.note("std", (std::process::id(), std::os::unix::process::parent_id()));
    seen.note("link", std::fs::read_link("/proc/self").map_err(|error| error.kind()));
}

pub(super) fn environment(seen: &mut Seen) {
    for name in ["HOME", "USER", "PATH", "LANG", "TZ", "TERM", "PWD", "HOSTNAME", "GREETING", "RUST_BACKTRACE"] {
        seen.note(name, std::env::var(name));
    }
    seen.note("temporary", std::env::temp_dir());
    // SAFETY: no other thread of the process reads it.
    unsafe { std::env::set_var("SET", "by itself") };
    seen.note("set", std::env::var("SET"));
}

/// All variables, which std reads from a variable of the whole program.
pub(super) fn whole_environment(seen: &mut Seen) {
    // SAFETY: no other thread of the process reads it.
    unsafe { std::env::set_var("SET", "by itself") };
    seen.note("all", std::env::vars_os().collect::<Vec<_>>());
    // SAFETY: as above.
    unsafe { std::env::remove_var("HOME") };
    seen.note("without one", std::env::vars_os().collect::<Vec<_>>());
}

pub(super) fn names_of_the_machine(seen: &mut Seen) {
    // SAFETY: zeros are a value of it; what is written to has so much room.
    unsafe {
        let mut names: libc::utsname = zeroed();
        assert_eq!(libc::uname(&raw mut names), 0);
        seen.note("system", [text(&names.sysname), text(&names.release), text(&names.version), text(&names.machine)]);
        seen.note("names", [text(&names.nodename), text(&names.domainname)]);
        let mut name = [0; 64];
        seen.note("host", (libc::gethostname(name.as_mut_ptr(), 64), text(&name)));
        seen.note("domain", (libc::getdomainname(name.as_mut_ptr(), 64), text(&name)));
        seen.note("number", libc::gethostid());
    }
}

pub(super) fn users(seen: &mut Seen) {
    // SAFETY: zeros are values of these; what is written to has so much room.
    unsafe {
        seen.note("user and group", (libc::getuid(), libc::geteuid(), libc::getgid(), libc::getegid()));
        let mut ids = [0; 6];
        let [ruid, euid, suid, rgid, egid, sgid] = &mut ids;
        let got = (libc::getresuid(ruid, euid, suid), libc::getresgid(rgid, egid, sgid));
        seen.note("all three", (got, ids));
        seen.note("groups", libc::getgroups(0, std::ptr::null_mut()));
        for user in [libc::getuid(), 0] {
            let mut entry: libc::passwd = zeroed();
            let (mut room, mut found) = ([0; 1024], std::ptr::null_mut());
            let got = libc::getpwuid_r(user, &raw mut entry, room.as_mut_ptr(), room.len(), &raw mut found);
            let words =
                found.as_ref().map(|e| [e.pw_name, e.pw_dir, e.pw_shell].map(|at| CStr::from_ptr(at).to_owned()));
            seen.note(format_args!("user {user}"), (got, words));
            let mut entry: libc::group = zeroed();
            let mut found = std::ptr::null_mut();
            let got = libc::getgrgid_r(user, &raw mut entry, room.as_mut_ptr(), room.len(), &raw mut found);
            seen.note(
                format_args!("group {user}"),
                (got, found.as_ref().map(|e| CStr::from_ptr(e.gr_name).to_owned())),
            );
        }
    }
    seen.note("home", std::env::home_dir());
}

pub(super) fn limits_and_priorities(seen: &mut Seen) {
    // SAFETY: zeros are values of these; what is written to lives as long as the call.
    unsafe {
        for resource in 0..16 {
            let mut limit: libc::rlimit = zeroed();
            seen.note(format_args!("limit {resource}"), libc::getrlimit(resource, &raw mut limit));
            seen.note("is", (limit.rlim_cur, limit.rlim_max));
        }
        for name in
            [libc::_SC_OPEN_MAX, libc::_SC_CHILD_MAX, libc::_SC_ARG_MAX, libc::_SC_NGROUPS_MAX, libc::_SC_CLK_TCK]
        {
            seen.note(format_args!("sysconf {name}"), libc::sysconf(name));
        }
        seen.note("priority", (libc::getpriority(libc::PRIO_PROCESS, 0), libc::sched_getscheduler(0)));
        let mut attributes: libc::pthread_attr_t = zeroed();
        let mut size = 0;
        libc::pthread_attr_init(&raw mut attributes);
        libc::pthread_attr_getstacksize(&raw const attributes, &raw mut size);
        seen.note("stack of new threads", size);
        libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes);
        libc::pthread_attr_getstacksize(&raw const attributes, &raw mut size);
        seen.note("stack of this thread", size);
        seen.note("dumpable", libc::prctl(libc::PR_GET_DUMPABLE));
    }
}

pub(super) fn names_of_threads(seen: &mut Seen) {
    let names = || {
        let mut name = [0; 16];
        // SAFETY: sixteen bytes can be written.
        unsafe { libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr(), 16) };
        (thread::current().name().map(str::to_owned), text(&name))
    };
    seen.note("main thread", names());
    seen.note("a thread", thread::spawn(names).join().unwrap());
    seen.note("a named one", thread::Builder::new().name("named".into()).spawn(names).unwrap().join().unwrap());
}
