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
fn another_time_zone_is_refused() {
    static EPOCH: libc::time_t = 0;
    let hour = || {
        // SAFETY: zeros are a value of it; both live as long as the call.
        unsafe {
            let mut fields: libc::tm = std::mem::zeroed();
            libc::localtime_r(&raw const EPOCH, &raw mut fields);
            fields.tm_hour
        }
    };
    let mut sim = Sim::new(1);
    sim.primary("main", program(hour).env("TZ", "Europe/Berlin"));
    let failure = sim.try_run().unwrap_err();
    assert!(format!("{failure:?}").contains("`localtime_r` in another time zone than UTC"), "{failure:?}");
    let mut sim = Sim::new(1);
    let main = sim.primary("main", program(hour));
    assert_eq!(sim.run().output::<i32>(main), Some(&0));
}

#[test]
fn the_machine_is_not_changed() {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: nothing comes of it.
    let clock = refused(move || _ = unsafe { libc::clock_settime(libc::CLOCK_REALTIME, &raw const now) });
    // SAFETY: as above.
    let user = refused(|| _ = unsafe { libc::setresuid(1, 1, 1) });
    assert!(clock.contains("`clock_settime`") && user.contains("`setresuid`"), "{clock} {user}");
}

#[test]
fn sockets_that_are_not_simulated_are_refused_by_name() {
    let pair = || {
        let mut room = [0; 2];
        // SAFETY: two numbers can be written.
        unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0, room.as_mut_ptr()) };
    };
    // SAFETY: no precondition.
    let one = || _ = unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0) };
    for message in [refused(one), refused(pair)] {
        assert!(message.contains("SOCK_SEQPACKET"), "{message}");
    }
    let passed = refused(|| {
        let (a, _b) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut room = [0_u64; 4];
        // SAFETY: the message can be read, and has room for one descriptor.
        unsafe {
            let mut message: libc::msghdr = std::mem::zeroed();
            message.msg_control = room.as_mut_ptr().cast();
            message.msg_controllen = libc::CMSG_SPACE(4) as usize;
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(4) as usize;
            libc::sendmsg(std::os::fd::AsRawFd::as_raw_fd(&a), &raw const message, 0);
        }
    });
    assert!(passed.contains("SCM_RIGHTS"), "{passed}");
}

#[test]
fn outside_they_are_real() {
    assert!(Command::new("true").status().unwrap().success());
}
