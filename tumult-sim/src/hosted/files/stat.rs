//! What `stat` and `statx` say of a file.

use std::ffi::c_uint;

use super::device::Device;
use super::real::{self, RealDirectory, RealFile};
use super::{OpenFile, Place, look};
use crate::context;
use crate::hosted::descriptors::Open;
use crate::hosted::errno::Errno;
use crate::hosted::thread::{Thread, me};
use crate::kernel::disk::{Action, Metadata};

/// Bytes that programs are advised to read and write at once.
const BLOCK: i64 = 4096;

/// The device number of the disk of the calling process, in this life. Programs tell by it and by the number of a file
/// which files are the same, and C libraries keep that in statics, which processes and their lives share here: `SQLite`
/// would find the locks of a life that was killed. No real disk has one of these.
fn disk_number() -> libc::dev_t {
    let life = me().map_or((0, 0), |me| (me.life.process.0, me.life.incarnation.0));
    libc::makedev(0x1000 + life.0, 1 + life.1)
}

/// What is known of a file.
#[derive(Clone, Copy)]
pub(in crate::hosted) enum Seen {
    Disk(Metadata),
    Device(Device),
    /// A symbolic link of `/proc`.
    Link(usize),
    Real(libc::stat64),
    /// Something else that is open: a socket, a pipe.
    Other,
}

impl Seen {
    /// # Errors
    /// ENOENT, ENOTDIR; what the disk says.
    pub(in crate::hosted) fn at(me: &Thread, place: Place, follow: bool) -> Result<Self, Errno> {
        let place = if follow { place.followed() } else { place };
        Ok(match place {
            Place::Disk(path) => Self::Disk(look(me, &path, Action::Metadata, |d, _| d.metadata(&path))?),
            Place::Device(device) => Self::Device(device),
            Place::Real(path) => Self::Real(real::stat(&path, follow)?),
            Place::Link(to) => Self::Link(to.len()),
            Place::Descriptor(fd) => Self::of(&*me.life.open_at(fd).map_err(|_| Errno(libc::ENOENT))?)?,
            Place::Nothing => return Err(Errno(libc::ENOENT)),
        })
    }

    /// # Errors
    /// What the disk says.
    pub(in crate::hosted) fn of(open: &Open) -> Result<Self, Errno> {
        if let Ok(file) = open.is::<OpenFile>(0) {
            return Ok(Self::Disk(file.metadata()?));
        }
        if let Ok(device) = open.is::<Device>(0) {
            return Ok(Self::Device(*device));
        }
        if let Ok(file) = open.is::<RealFile>(0) {
            return Ok(Self::Real(real::stat_of(file.descriptor())?));
        }
        match open.is::<RealDirectory>(0) {
            Ok(directory) => Ok(Self::Real(real::stat(directory.path(), true)?)),
            Err(_) => Ok(Self::Other),
        }
    }

    /// As `stat` has it. The times of a disk are those of the simulation, by a clock that is right.
    pub(in crate::hosted) fn stat(self) -> libc::stat64 {
        // SAFETY: all zeros is a value of the type.
        let mut stat: libc::stat64 = unsafe { std::mem::zeroed() };
        stat.st_blksize = BLOCK as _;
        stat.st_nlink = 1;
        match self {
            Self::Real(stat) => return stat,
            Self::Disk(metadata) => {
                let times = Times::of(&metadata);
                stat.st_dev = disk_number();
                stat.st_ino = metadata.ino;
                stat.st_nlink = metadata.nlink.into();
                stat.st_mode = mode(&metadata);
                stat.st_size = size(&metadata);
                stat.st_blocks = (stat.st_size + 511) / 512;
                (stat.st_atime, stat.st_atime_nsec) = split(times.accessed);
                (stat.st_mtime, stat.st_mtime_nsec) = split(times.modified);
                (stat.st_ctime, stat.st_ctime_nsec) = split(times.changed);
            }
            Self::Device(device) => {
                stat.st_dev = disk_number();
                stat.st_rdev = device.number();
                stat.st_mode = libc::S_IFCHR | 0o666;
            }
            Self::Link(length) => {
                stat.st_mode = libc::S_IFLNK | 0o777;
                stat.st_size = length as i64;
            }
            Self::Other => stat.st_mode = libc::S_IFSOCK | 0o777,
        }
        stat
    }

    /// As `statx` has it; all that there is, whatever was asked for.
    pub(in crate::hosted) fn statx(self) -> libc::statx {
        // SAFETY: all zeros is a value of the type.
        let mut statx: libc::statx = unsafe { std::mem::zeroed() };
        let stat = self.stat();
        statx.stx_mask = libc::STATX_BASIC_STATS;
        statx.stx_blksize = stat.st_blksize as u32;
        statx.stx_nlink = stat.st_nlink as u32;
        (statx.stx_uid, statx.stx_gid) = (stat.st_uid, stat.st_gid);
        statx.stx_mode = stat.st_mode as u16;
        statx.stx_ino = stat.st_ino;
        statx.stx_size = stat.st_size.cast_unsigned();
        statx.stx_blocks = stat.st_blocks.cast_unsigned();
        (statx.stx_dev_major, statx.stx_dev_minor) =
            (libc::major(stat.st_dev) as c_uint, libc::minor(stat.st_dev) as c_uint);
        (statx.stx_rdev_major, statx.stx_rdev_minor) =
            (libc::major(stat.st_rdev) as c_uint, libc::minor(stat.st_rdev) as c_uint);
        for (into, seconds, ns) in [
            (&mut statx.stx_atime, stat.st_atime, stat.st_atime_nsec),
            (&mut statx.stx_mtime, stat.st_mtime, stat.st_mtime_nsec),
            (&mut statx.stx_ctime, stat.st_ctime, stat.st_ctime_nsec),
        ] {
            (into.tv_sec, into.tv_nsec) = (seconds, ns as u32);
        }
        if let Self::Disk(metadata) = self {
            let (seconds, ns) = split(Times::of(&metadata).created);
            (statx.stx_btime.tv_sec, statx.stx_btime.tv_nsec) = (seconds, ns as u32);
            statx.stx_mask |= libc::STATX_BTIME;
        }
        statx
    }

    /// Whether everybody may do what `access` asks: the program is `root`, who may all but run what nobody may.
    pub(in crate::hosted) fn may(self, mode: i32) -> bool {
        let stat = self.stat();
        mode & libc::X_OK == 0 || stat.st_mode & libc::S_IFMT == libc::S_IFDIR || stat.st_mode & 0o111 != 0
    }
}

/// The times of a file, in nanoseconds since 1970.
struct Times {
    accessed: i64,
    modified: i64,
    changed: i64,
    created: i64,
}

impl Times {
    fn of(metadata: &Metadata) -> Self {
        let epoch = context::with(|w| w.config().epoch_ns);
        let at = |time: crate::base::Time| epoch.saturating_add_unsigned(time.as_nanos());
        let changed = at(metadata.modified);
        let (accessed, modified) = metadata.told.unwrap_or((changed, changed));
        Self { accessed, modified, changed, created: at(metadata.created) }
    }
}

fn split(ns: i64) -> (i64, i64) {
    (ns.div_euclid(1_000_000_000), ns.rem_euclid(1_000_000_000))
}

fn mode(metadata: &Metadata) -> u32 {
    u32::from(metadata.mode) | if metadata.is_dir { libc::S_IFDIR } else { libc::S_IFREG }
}

fn size(metadata: &Metadata) -> i64 {
    if metadata.is_dir { BLOCK } else { metadata.len.cast_signed() }
}
