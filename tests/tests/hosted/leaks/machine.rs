//! The machine: what `/proc` and `/sys` say, cores, memory, entropy, interfaces, files.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::mem::zeroed;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirEntryExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::Seen;

/// What a file says.
fn says(path: &str) -> Result<Vec<u8>, ErrorKind> {
    fs::read(path).map_err(|error| error.kind())
}

fn names(path: impl AsRef<Path>) -> Result<Vec<String>, ErrorKind> {
    let entries = fs::read_dir(path).map_err(|error| error.kind())?;
    Ok(entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
}

pub(super) fn proc_and_sys(seen: &mut Seen) {
    let of_process =
        "stat status statm environ cmdline cgroup mountinfo limits auxv io sched smaps comm wchan oom_score";
    for name in of_process.split(' ') {
        let path = format!("/proc/self/{name}");
        seen.note(&path, says(&path));
        seen.note(name, says(&format!("/proc/{}/{name}", std::process::id())));
    }
    for path in [
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/uptime",
        "/proc/loadavg",
        "/proc/stat",
        "/proc/version",
        "/proc/sys/kernel/random/uuid",
        "/proc/sys/kernel/random/boot_id",
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/pid_max",
        "/proc/sys/vm/overcommit_memory",
        "/proc/net/tcp",
        "/proc/1/stat",
        "/sys/devices/system/cpu/online",
        "/sys/fs/cgroup/cpu.max",
        "/sys/fs/cgroup/memory.max",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/sys/class/net/eth0/address",
        "/etc/machine-id",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/etc/passwd",
    ] {
        seen.note(path, says(path));
    }
    for path in ["/", "/proc", "/proc/self", "/proc/self/task", "/sys", "/dev", "/etc", "/home", "/tmp"] {
        seen.note(path, names(path));
    }
}

pub(super) fn cores_and_memory(seen: &mut Seen) {
    seen.note("std", std::thread::available_parallelism());
    // SAFETY: zeros are values of these; what is written to lives as long as the call.
    unsafe {
        for name in [
            libc::_SC_NPROCESSORS_CONF,
            libc::_SC_NPROCESSORS_ONLN,
            libc::_SC_PHYS_PAGES,
            libc::_SC_AVPHYS_PAGES,
            libc::_SC_PAGESIZE,
            libc::_SC_LEVEL1_DCACHE_SIZE,
            libc::_SC_LEVEL3_CACHE_SIZE,
        ] {
            seen.note(format_args!("sysconf {name}"), libc::sysconf(name));
        }
        let mut set: libc::cpu_set_t = zeroed();
        seen.note("affinity", libc::sched_getaffinity(0, size_of_val(&set), &raw mut set));
        seen.note("of them", libc::CPU_COUNT(&set));
        let by_number = libc::syscall(libc::SYS_sched_getaffinity, 0, size_of_val(&set), &raw mut set);
        seen.note("by number", (by_number, libc::CPU_COUNT(&set)));
        let (mut core, mut node) = (0_u32, 0_u32);
        seen.note("core", (libc::sched_getcpu(), getcpu(&raw mut core, &raw mut node), core, node));
        let mut info: libc::sysinfo = zeroed();
        let got = libc::sysinfo(&raw mut info);
        seen.note("sysinfo", (got, info.uptime, info.loads, info.totalram, info.freeram, info.procs, info.mem_unit));
        let mut load = [0.0; 3];
        seen.note("load", (libc::getloadavg(load.as_mut_ptr(), 3), load));
        seen.note("pages", (get_phys_pages(), get_avphys_pages()));
    }
}

unsafe extern "C" {
    fn getcpu(core: *mut u32, node: *mut u32) -> i32;
    fn get_phys_pages() -> i64;
    fn get_avphys_pages() -> i64;
}

pub(super) fn entropy(seen: &mut Seen) {
    let mut bytes = [0_u8; 16];
    // SAFETY: sixteen bytes can be written; `arc4random` is called by its type.
    unsafe {
        libc::getrandom(bytes.as_mut_ptr().cast(), 16, 0);
        seen.note("getrandom", bytes);
        libc::getentropy(bytes.as_mut_ptr().cast(), 16);
        seen.note("getentropy", bytes);
        libc::syscall(libc::SYS_getrandom, bytes.as_mut_ptr(), 16, 0);
        seen.note("by number", bytes);
        // Since glibc 2.36.
        let arc4random = libc::dlsym(libc::RTLD_DEFAULT, c"arc4random".as_ptr());
        if !arc4random.is_null() {
            let arc4random: extern "C" fn() -> u32 = std::mem::transmute(arc4random);
            seen.note("arc4random", (arc4random(), arc4random()));
            let fill = libc::dlsym(libc::RTLD_DEFAULT, c"arc4random_buf".as_ptr());
            let fill: extern "C" fn(*mut u8, usize) = std::mem::transmute(fill);
            fill(bytes.as_mut_ptr(), 16);
            let below = libc::dlsym(libc::RTLD_DEFAULT, c"arc4random_uniform".as_ptr());
            let below: extern "C" fn(u32) -> u32 = std::mem::transmute(below);
            seen.note("its kin", (bytes, below(1_000_000)));
        }
    }
    for device in ["/dev/urandom", "/dev/random"] {
        fs::File::open(device).unwrap().read_exact(&mut bytes).unwrap();
        seen.note(device, bytes);
    }
    seen.note("crates", (rand09::random::<u64>(), rand010::random::<u64>(), uuid::Uuid::new_v4()));
    let mut name = *b"/tmp/XXXXXX\0";
    // SAFETY: the text ends with a zero and can be written.
    seen.note("a name of libc's", unsafe { (libc::mkdtemp(name.as_mut_ptr().cast()).is_null(), name) });
}

/// `tempfile` draws them from the number of the thread and the time.
pub(super) fn names_of_temporary_files(seen: &mut Seen) {
    seen.note("names", (0..2).map(|_| tempfile::tempdir().unwrap().keep()).collect::<Vec<_>>());
}

pub(super) fn order_of_directories(seen: &mut Seen) {
    fs::create_dir("/many").unwrap();
    for n in [7, 3, 19, 1, 12, 5, 11] {
        fs::write(format!("/many/{n}"), "x").unwrap();
    }
    fs::remove_file("/many/3").unwrap();
    seen.note("of the disk", names("/many"));
    // Of the real file system, whose order is that of its own tables.
    let real = names("/usr/share/zoneinfo");
    seen.note("real ones are sorted", real.map(|names| names.is_sorted()));
}

pub(super) fn numbers_and_times_of_files(seen: &mut Seen) {
    for n in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(n));
        fs::write(format!("/file{n}"), "x".repeat(n as usize * 5000)).unwrap();
    }
    fs::create_dir("/folder").unwrap();
    fs::hard_link("/file1", "/folder/link").unwrap();
    for path in ["/", "/file0", "/file1", "/file2", "/folder", "/folder/link", "/tmp", "/dev/null"] {
        let m = fs::metadata(path).unwrap();
        seen.note(path, (m.ino(), m.dev(), m.nlink(), m.uid(), m.gid(), m.mode(), m.size(), m.blocks(), m.blksize()));
        seen.note("times", (m.mtime(), m.mtime_nsec(), m.atime(), m.ctime(), m.ctime_nsec(), m.created().ok()));
    }
    for entry in fs::read_dir("/").unwrap() {
        let entry = entry.unwrap();
        seen.note(entry.path().display(), entry.ino());
    }
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    // SAFETY: zeros are a value of it, and it can be written.
    let (got, of) = unsafe {
        let mut of: libc::stat = zeroed();
        (libc::fstat(socket.as_raw_fd(), &raw mut of), of)
    };
    seen.note("a socket", (got, of.st_ino, of.st_dev, of.st_mtime));
}

pub(super) fn masks_of_files(seen: &mut Seen) {
    fs::write("/file", "x").unwrap();
    fs::create_dir("/folder").unwrap();
    for path in ["/file", "/folder"] {
        seen.note(path, fs::metadata(path).unwrap().permissions().mode());
    }
    // SAFETY: it has no precondition.
    seen.note("mask", unsafe { libc::umask(0) });
}

pub(super) fn current_directory(seen: &mut Seen) {
    seen.note("at first", std::env::current_dir());
    seen.note("absolute", fs::canonicalize("."));
    fs::write("by-name", "x").unwrap();
    seen.note("a file of it", fs::canonicalize("by-name"));
    seen.note("PWD", std::env::var("PWD"));
    seen.note("link", fs::read_link("/proc/self/cwd"));
}

pub(super) fn interfaces_and_ports(seen: &mut Seen) {
    // SAFETY: what was given is given back, and read before.
    unsafe {
        let mut first = std::ptr::null_mut();
        assert_eq!(libc::getifaddrs(&raw mut first), 0);
        let mut at = first;
        while let Some(interface) = at.as_ref() {
            let name = std::ffi::CStr::from_ptr(interface.ifa_name).to_owned();
            let family = interface.ifa_addr.as_ref().map(|address| (address.sa_family, address.sa_data));
            seen.note("interface", (name, interface.ifa_flags, family));
            at = interface.ifa_next;
        }
        libc::freeifaddrs(first);
        seen.note("number", libc::if_nametoindex(c"eth0".as_ptr()));
    }
    for _ in 0..2 {
        seen.note("udp", std::net::UdpSocket::bind("0.0.0.0:0").unwrap().local_addr());
        seen.note("tcp", std::net::TcpListener::bind("0.0.0.0:0").unwrap().local_addr());
    }
}
