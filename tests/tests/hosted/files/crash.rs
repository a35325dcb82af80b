//! What a kill and a power loss leave of a hosted program's files.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tumult_sim::body::program;
use tumult_sim::disk::DiskConfig;
use tumult_sim::fault::Fault;
use tumult_sim::{Process, Sim};

use super::maps::{map, open};

/// What the second life finds after the first has done `first` and met the fault. Nothing survives a power loss that was
/// not synced.
fn second_life<T: Clone + 'static>(
    fault: impl Fn(Process) -> Fault,
    survival: f64,
    first: impl Fn() + 'static,
    then: impl Fn() -> T + 'static,
) -> T {
    let lives = Arc::new(AtomicU32::new(0));
    let mut sim = Sim::new(1);
    let process = sim.primary("main", {
        program(move || {
            if lives.fetch_add(1, Ordering::Relaxed) == 0 {
                first();
                thread::sleep(Duration::from_secs(1000));
            }
            then()
        })
    });
    sim.disk(process, DiskConfig::default().survival(survival));
    sim.at(Duration::from_secs(1), fault(process).lasting(Duration::from_millis(100)));
    sim.run().output::<T>(process).expect("it has finished").clone()
}

fn after_power_loss<T: Clone + 'static>(first: impl Fn() + 'static, then: impl Fn() -> T + 'static) -> T {
    second_life(Fault::power_loss, 0.0, first, then)
}

fn after_kill<T: Clone + 'static>(first: impl Fn() + 'static, then: impl Fn() -> T + 'static) -> T {
    second_life(Fault::kill, 0.0, first, then)
}

fn content() -> Option<String> {
    fs::read_to_string("/data/file").ok()
}

/// A file whose name is durable, and its content too.
fn durable(text: &str) -> File {
    fs::create_dir("/data").unwrap();
    File::open("/").unwrap().sync_all().unwrap();
    let mut file = open(Path::new("/data/file"));
    file.write_all(text.as_bytes()).unwrap();
    file.sync_all().unwrap();
    File::open("/data").unwrap().sync_all().unwrap();
    file
}

#[test]
fn a_kill_keeps_what_was_written_and_not_synced() {
    let found = after_kill(
        || {
            fs::create_dir("/data").unwrap();
            fs::write("/data/file", "hello").unwrap();
        },
        content,
    );
    assert_eq!(found.as_deref(), Some("hello"));
}

#[test]
fn a_power_loss_takes_what_was_not_synced_and_keeps_what_was() {
    let write = |sync: bool| {
        after_power_loss(
            move || {
                let file = durable("old");
                file.write_at(b"new", 0).unwrap();
                if sync {
                    file.sync_data().unwrap();
                }
            },
            content,
        )
    };
    assert_eq!(write(false).as_deref(), Some("old"));
    assert_eq!(write(true).as_deref(), Some("new"));
}

#[test]
fn a_name_whose_directory_was_not_synced_is_lost() {
    let make = |sync: bool| {
        after_power_loss(
            move || {
                durable("x");
                let mut file = File::create("/data/other").unwrap();
                file.write_all(b"y").unwrap();
                file.sync_all().unwrap();
                if sync {
                    File::open("/data").unwrap().sync_all().unwrap();
                }
            },
            || fs::read_to_string("/data/other").ok(),
        )
    };
    assert_eq!(make(false), None);
    assert_eq!(make(true).as_deref(), Some("y"));
}

#[test]
fn a_rename_without_a_sync_of_the_directory_leaves_the_old_file() {
    let replace = |sync: bool| {
        after_power_loss(
            move || {
                durable("old");
                let mut file = File::create("/data/new").unwrap();
                file.write_all(b"new").unwrap();
                file.sync_all().unwrap();
                fs::rename("/data/new", "/data/file").unwrap();
                if sync {
                    File::open("/data").unwrap().sync_all().unwrap();
                }
            },
            content,
        )
    };
    assert_eq!(replace(false).as_deref(), Some("old"));
    assert_eq!(replace(true).as_deref(), Some("new"));
}

#[test]
fn a_long_write_is_torn_by_sectors() {
    let found = second_life(
        Fault::power_loss,
        0.5,
        || {
            durable(&"a".repeat(100 * 512)).write_at(&vec![b'b'; 100 * 512], 0).unwrap();
        },
        content,
    );
    let found = found.unwrap().into_bytes();
    let sectors: Vec<_> = found.chunks(512).map(|sector| sector[0]).collect();
    assert!(found.chunks(512).all(|sector| sector.iter().all(|byte| *byte == sector[0])));
    assert!(sectors.contains(&b'a') || sectors.contains(&b'b'));
}

#[test]
fn files_that_sync_each_write_lose_none() {
    use std::os::unix::fs::OpenOptionsExt;
    let found = after_power_loss(
        || {
            durable("old");
            let options = fs::OpenOptions::new().write(true).custom_flags(libc::O_DSYNC).open("/data/file");
            options.unwrap().write_all(b"new").unwrap();
        },
        content,
    );
    assert_eq!(found.as_deref(), Some("new"));
}

#[test]
fn a_sync_of_everything_keeps_everything() {
    let found = after_power_loss(
        || {
            fs::create_dir("/data").unwrap();
            fs::write("/data/file", "hello").unwrap();
            // SAFETY: no precondition.
            unsafe { libc::sync() };
        },
        content,
    );
    assert_eq!(found.as_deref(), Some("hello"));
}

#[test]
fn a_kill_keeps_stores_to_a_mapped_file() {
    let found = after_kill(
        || {
            let file = durable("hello");
            let memory = map(&file, 5, libc::MAP_SHARED, 0);
            memory[0] = b'j';
        },
        content,
    );
    assert_eq!(found.as_deref(), Some("jello"));
}

#[test]
fn the_end_of_a_program_keeps_stores_to_a_mapped_file() {
    let mut sim = Sim::new(1);
    let process = sim.primary(
        "main",
        program(|| {
            if let Some(found) = content() {
                return found;
            }
            let memory = map(&durable("hello"), 5, libc::MAP_SHARED, 0);
            memory[0] = b'j';
            String::new()
        }),
    );
    sim.at(Duration::from_secs(1), Fault::restart(process));
    let other = sim.primary("other", program(|| thread::sleep(Duration::from_secs(3))));
    let report = sim.run();
    assert_eq!(report.output::<String>(process).map(String::as_str), Some("jello"));
    assert!(report.output::<()>(other).is_some());
}

#[test]
fn a_power_loss_takes_stores_that_were_not_synced_and_keeps_those_that_were() {
    let store = |sync: bool| {
        after_power_loss(
            move || {
                let file = durable("hello");
                let memory = map(&file, 5, libc::MAP_SHARED, 0);
                memory[0] = b'j';
                if sync {
                    // SAFETY: it is mapped.
                    assert_eq!(unsafe { libc::msync(memory.as_mut_ptr().cast(), 5, libc::MS_SYNC) }, 0);
                }
            },
            content,
        )
    };
    assert_eq!(store(false).as_deref(), Some("hello"));
    assert_eq!(store(true).as_deref(), Some("jello"));
}

#[test]
fn locks_and_the_current_directory_end_with_the_process() {
    let free = after_kill(
        || {
            let file = durable("x");
            std::env::set_current_dir("/data").unwrap();
            file.lock().unwrap();
            // It is open until the kill.
            std::mem::forget(file);
        },
        || (std::env::current_dir().unwrap(), open(Path::new("/data/file")).try_lock().is_ok()),
    );
    assert_eq!(free, ("/".into(), true));
}
