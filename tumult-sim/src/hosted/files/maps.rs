//! Files that are mapped into memory, shared: the same real pages for the same part of a file, however often it is mapped.
//!
//! The pages are those of a real anonymous file in memory, filled from the simulated one. A store is the page cache's at
//! once, as Linux has it, since nobody can tell when it is taken to the simulated file: that happens before a read of the
//! file by a call, at `msync` and the syncs, at `munmap`, and when the process ends other than by a power loss. So a kill
//! keeps all stores, and a power loss those that were synced; of the others it takes what was not taken to the file whole,
//! and tears the rest as writes. What calls write is in the pages at once.
//!
//! May: lose at a power loss any store since the last sync.
//!
//! Must never: change the file's length, or take a store to the file of a mapping that cannot be stored to.
//!
//! Not modelled: SIGBUS past the end of the file, where the pages read as zeros and stores are lost.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_void;
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::FileExt;

use crate::base::ProcessId;
use crate::context;
use crate::hosted::errno::Errno;
use crate::kernel::disk::{Action, Fd};
use crate::kernel::world::World;

pub(in crate::hosted) const PAGE: u64 = 4096;

/// A part of memory onto which a part of a file is mapped.
#[derive(Clone, Copy, Debug)]
pub(in crate::hosted) struct Region {
    pub(in crate::hosted) address: usize,
    pub(in crate::hosted) len: usize,
    pub(in crate::hosted) ino: u64,
    pub(in crate::hosted) offset: u64,
}

impl Region {
    fn overlaps(&self, address: usize, len: usize) -> bool {
        self.address < address.saturating_add(len) && address < self.address + self.len
    }
}

/// The real pages of a file.
#[derive(Debug)]
struct Pages {
    /// Keeps the simulated file, removed or not.
    kept: Fd,
    real: File,
    /// Pages that were filled.
    filled: BTreeSet<u64>,
    writable: bool,
}

/// The shared mappings of one life.
#[derive(Debug)]
pub(in crate::hosted) struct Maps {
    process: ProcessId,
    regions: Vec<Region>,
    pages: BTreeMap<u64, Pages>,
}

impl Maps {
    pub(super) fn new(process: ProcessId) -> Self {
        Self { process, regions: vec![], pages: BTreeMap::new() }
    }

    /// Whether a file is mapped: what is not costs this look-up.
    fn has(&self, ino: u64) -> bool {
        !self.pages.is_empty() && self.pages.contains_key(&ino)
    }

    /// The real file that has this part of the simulated one, to be mapped.
    ///
    /// # Errors
    /// When the system gives no memory.
    pub(in crate::hosted) fn prepare(
        &mut self,
        (ino, fd): (u64, Fd),
        offset: u64,
        len: u64,
        writable: bool,
    ) -> Result<RawFd, Errno> {
        if !self.has(ino) {
            let real = memory()?;
            let kept = context::with(|w| w.disks.get_mut(self.process).keep(fd)).map_err(std::io::Error::from)?;
            self.pages.insert(ino, Pages { kept, real, filled: BTreeSet::new(), writable: false });
        }
        let pages = self.pages.get_mut(&ino).expect("it was just made, if it was not there");
        pages.writable |= writable;
        let end = offset.checked_add(len).ok_or(Errno(libc::EOVERFLOW))?;
        let before = pages.real.metadata()?.len();
        pages.real.set_len(before.max(end.next_multiple_of(PAGE)))?;
        let mut page = [0; PAGE as usize];
        for number in offset / PAGE..end.div_ceil(PAGE) {
            if pages.filled.insert(number) {
                context::with(|w| w.disks.get_mut(self.process).load(ino, number * PAGE, &mut page));
                pages.real.write_all_at(&page, number * PAGE)?;
            }
        }
        Ok(pages.real.as_raw_fd())
    }

    /// A part of memory is mapped so from now on.
    pub(in crate::hosted) fn add(&mut self, region: Region) {
        self.remove(region.address, region.len);
        self.regions.push(region);
    }

    /// The parts of mappings that lie there.
    pub(in crate::hosted) fn within(&self, address: usize, len: usize) -> Vec<Region> {
        self.regions.iter().filter(|region| region.overlaps(address, len)).copied().collect()
    }

    /// Nothing is mapped there any more. Stores are taken to the files.
    pub(in crate::hosted) fn remove(&mut self, address: usize, len: usize) {
        let gone: Vec<_> = self.regions.extract_if(.., |region| region.overlaps(address, len)).collect();
        for region in gone {
            self.take(region.ino);
            let end = address.saturating_add(len);
            if region.address < address {
                self.regions.push(Region { len: address - region.address, ..region });
            }
            if end < region.address + region.len {
                let cut = end - region.address;
                let (offset, len) = (region.offset + cut as u64, region.len - cut);
                self.regions.push(Region { address: end, len, offset, ..region });
            }
            if !self.regions.iter().any(|other| other.ino == region.ino)
                && let Some(pages) = self.pages.remove(&region.ino)
            {
                // Closed with its process already, if that has ended.
                let _ = context::with(|w| w.disks.get_mut(self.process).close(pages.kept));
            }
        }
    }

    /// What was mapped there is mapped so now.
    pub(in crate::hosted) fn replace(&mut self, address: usize, len: usize, region: Region) {
        self.regions.retain(|other| !other.overlaps(address, len));
        self.add(region);
    }

    /// Takes what was stored to the simulated file.
    pub(in crate::hosted) fn take(&self, ino: u64) {
        if !self.has(ino) {
            return;
        }
        let pages = &self.pages[&ino];
        if !pages.writable {
            return;
        }
        let (mut now, mut before) = ([0; PAGE as usize], [0; PAGE as usize]);
        for number in &pages.filled {
            let at = number * PAGE;
            pages.real.read_exact_at(&mut now, at).expect("as much was allocated");
            context::with(|w| {
                let n = w.disks.get_mut(self.process).load(ino, at, &mut before);
                let differs = |(a, b): (&u8, &u8)| a != b;
                let Some(first) = now[..n].iter().zip(&before).position(differs) else { return };
                let last = now[..n].iter().zip(&before).rposition(differs).expect("there is a first");
                let stored = &now[first..=last];
                let World { core, disks, .. } = w;
                let store = disks.perform(core, self.process, (Action::Write, stored), |d, time| {
                    d.store(ino, at + first as u64, stored, time);
                    Ok(())
                });
                store.expect("a store does not fail");
            });
        }
    }

    /// Takes all that was stored, of all files.
    pub(in crate::hosted) fn take_all(&self) {
        self.pages.keys().for_each(|ino| self.take(*ino));
    }

    /// A call has changed this part of a file: the pages have it too.
    pub(in crate::hosted) fn renew(&self, ino: u64, from: u64, to: u64) {
        if !self.has(ino) {
            return;
        }
        let pages = &self.pages[&ino];
        let mut page = [0; PAGE as usize];
        for number in pages.filled.range(from / PAGE..=to / PAGE) {
            let start = number * PAGE;
            let (a, b) = (from.max(start), to.min(start + PAGE));
            if a < b {
                let part = &mut page[..(b - a) as usize];
                context::with(|w| w.disks.get_mut(self.process).load(ino, a, part));
                pages.real.write_all_at(part, a).expect("as much was allocated");
            }
        }
    }

    /// What keeps a mapped file.
    pub(in crate::hosted) fn kept(&self, ino: u64) -> Option<Fd> {
        self.pages.get(&ino).map(|pages| pages.kept)
    }
}

/// A real file without a name, in memory.
fn memory() -> Result<File, Errno> {
    // SAFETY: the name ends with a zero.
    let fd = unsafe { libc::memfd_create(c"tumult".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    // SAFETY: it was just opened, and is nobody else's.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// Real pages that are mapped where a hosted program wants them.
///
/// # Errors
/// What the system says.
///
/// # Safety
/// As for `mmap`.
pub(in crate::hosted) unsafe fn map_real(
    address: *mut c_void,
    len: usize,
    protection: i32,
    flags: i32,
    fd: RawFd,
    offset: u64,
) -> Result<*mut c_void, Errno> {
    // SAFETY: the caller's promise.
    let found = unsafe { libc::mmap(address, len, protection, flags, fd, offset.cast_signed()) };
    if found == libc::MAP_FAILED { Err(std::io::Error::last_os_error().into()) } else { Ok(found) }
}
