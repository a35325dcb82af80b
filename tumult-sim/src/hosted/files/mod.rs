//! Files and directories as hosted programs see them: the simulated disk of their process below `/`, a few devices, and
//! of the real file system what is on a list, read-only.
//!
//! | file | job |
//! |---|---|
//! | `place.rs` | where a path leads |
//! | `real.rs` | the list of what is real, and reading it |
//! | `device.rs` | `/dev/null`, `/dev/zero`, `/dev/urandom` and their like |
//! | `file.rs`, `position.rs` | an open file or directory of the disk |
//! | `stat.rs` | what `stat` and `statx` say |
//! | `maps.rs` | files that are mapped into memory |
//! | `lock.rs` | `flock` and the locks of `fcntl` |
//!
//! May: whatever the disk's faults do; every operation takes the disk's time.
//!
//! Must never: write to the real file system, or read of it what is not on the list.

mod device;
mod file;
mod lock;
mod maps;
mod place;
mod position;
mod real;
mod stat;

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::rc::Rc;

use crate::base::ProcessId;
use crate::context;
use crate::kernel::disk::Fd;

pub(super) use device::Device;
pub(super) use file::{Flags, OpenFile, disk, look};
pub(super) use lock::{Locks, Owner, Range};
pub(super) use maps::{Maps, PAGE, Region, map_real};
pub(super) use place::{Place, place, text};
pub(super) use real::{RealDirectory, RealFile};
pub(super) use stat::Seen;

/// What the threads of one life share about files.
#[derive(Debug)]
pub(super) struct Files {
    /// The current directory, open; the root if `None`.
    pub(super) current: Cell<Option<Fd>>,
    pub(super) umask: Cell<u32>,
    /// How many files were opened: a number for each.
    opened: Cell<u64>,
    pub(super) locks: Rc<RefCell<Locks>>,
    pub(super) maps: Rc<RefCell<Maps>>,
    /// The C library's streams, by address, and the descriptors that they are of.
    pub(super) streams: RefCell<Vec<(usize, c_int)>>,
}

impl Files {
    /// The first life on a disk on which nothing is finds a durable `/tmp`, as programs expect.
    pub(super) fn begin(process: ProcessId) -> Self {
        context::with(|w| {
            let now = w.now();
            let disk = w.disks.get_mut(process);
            if disk.read_dir("/").is_ok_and(|entries| entries.is_empty()) {
                // A disk that a fault has made read-only from the start has none.
                let _ = disk.create_dir("/tmp", now).and_then(|()| disk.sync_dir("/"));
            }
        });
        Self {
            current: Cell::new(None),
            umask: Cell::new(0o022),
            opened: Cell::new(0),
            locks: Rc::default(),
            maps: Rc::new(RefCell::new(Maps::new(process))),
            streams: RefCell::default(),
        }
    }

    /// The life has ended. What it stored in mapped files is the system's to keep.
    pub(super) fn leave(&self) {
        self.maps.borrow().take_all();
    }

    fn next(&self) -> u64 {
        self.opened.replace(self.opened.get() + 1)
    }
}
