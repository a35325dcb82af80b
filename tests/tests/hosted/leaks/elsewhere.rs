//! A process that finds everything else otherwise than this one does.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// The same command in other surroundings.
pub(super) fn prepare(command: &mut Command) -> &mut Command {
    command.current_dir("/").stdin(Stdio::null());
    for name in ["PATH", "HOME", "USER", "PWD", "CARGO", "CARGO_MANIFEST_DIR", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.envs([
        ("LANG", "de_DE.UTF-8"),
        ("LC_ALL", "de_DE.UTF-8"),
        ("TZ", "Asia/Tokyo"),
        ("HOME", "/nowhere"),
        ("USER", "somebody"),
        ("PATH", "/bin"),
        ("HOSTNAME", "elsewhere"),
        ("TERM", "elsewhere"),
        ("RUST_BACKTRACE", "full"),
        ("GREETING", "hello"),
        // Folders that are there and that have no library of the program.
        (
            "LD_LIBRARY_PATH",
            "/bin:/boot:/dev:/etc:/home:/opt:/proc:/root:/run:/sbin:/srv:/sys:/tmp:/usr/share:/var/log",
        ),
    ]);
    // So much that the stack begins elsewhere.
    command.envs((0..200).map(|n| (format!("MORE_{n}"), "x".repeat(n * 3))));
    // SAFETY: between fork and exec it makes system calls alone; nothing is allocated, no lock is taken.
    unsafe { command.pre_exec(surroundings) }
}

/// Whatever the system lets it change; the rest stays as it is.
#[expect(clippy::unnecessary_wraps, reason = "what runs between fork and exec has this signature")]
fn surroundings() -> std::io::Result<()> {
    // SAFETY: system calls on values that live as long as the call.
    unsafe {
        libc::setsid();
        libc::umask(0o077);
        libc::nice(3);
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(0, &mut one);
        libc::sched_setaffinity(0, size_of_val(&one), &raw const one);
        for (resource, soft) in [(libc::RLIMIT_NOFILE, 500), (libc::RLIMIT_STACK, 300 << 20), (libc::RLIMIT_CORE, 0)] {
            let mut limit: libc::rlimit = std::mem::zeroed();
            libc::getrlimit(resource, &raw mut limit);
            limit.rlim_cur = limit.rlim_max.min(soft);
            libc::setrlimit(resource, &raw const limit);
        }
        for _ in 0..5 {
            libc::dup(0);
        }
        libc::signal(libc::SIGUSR1, libc::SIG_IGN);
        libc::signal(libc::SIGHUP, libc::SIG_IGN);
        let mut blocked: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&raw mut blocked, libc::SIGUSR2);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const blocked, std::ptr::null_mut());
        if libc::unshare(libc::CLONE_NEWUTS) == 0 {
            libc::sethostname(c"elsewhere".as_ptr(), 9);
        }
    }
    Ok(())
}
