//! The words of an operation: descriptors, options, metadata, and what its randomness is drawn by.

use crate::base::Time;

use super::error::Cause;

/// An open file or directory. One that outlives its incarnation, or is closed twice, names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fd {
    pub(super) slot: u32,
    pub(super) serial: u32,
}

/// How a file is opened, as in [`std::fs::OpenOptions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "these are the six flags that std has")]
pub(crate) struct OpenOptions {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) append: bool,
    pub(crate) truncate: bool,
    pub(crate) create: bool,
    pub(crate) create_new: bool,
}

impl OpenOptions {
    pub(super) const fn writes(self) -> bool {
        self.write || self.append
    }

    pub(super) const fn creates(self) -> bool {
        self.create || self.create_new
    }

    /// The combinations that std refuses.
    pub(super) const fn check(self) -> Result<(), Cause> {
        let nothing = !self.read && !self.writes();
        let useless = (self.truncate || self.creates()) && !self.writes();
        let torn = self.append && self.truncate && !self.create_new;
        if nothing || useless || torn { Err(Cause::Invalid) } else { Ok(()) }
    }
}

/// What is known about a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// Unique on its disk, never given again: an inode number.
    pub(crate) ino: u64,
    pub(crate) is_dir: bool,
    pub(crate) len: u64,
    pub(crate) modified: Time,
    pub(crate) created: Time,
    /// How many names it has; 0 once it is removed and only open.
    pub(crate) nlink: u32,
    /// Permissions as programs set them; nothing is refused because of them.
    pub(crate) mode: u16,
    /// When it was last read and written as a program has said, in nanoseconds since 1970, until it is written to.
    pub(crate) told: Option<(i64, i64)>,
}

/// Kinds of operation. Each kind is numbered on its own in each file, so that one more read leaves the fates of
/// writes alone, and what happens to one file those of all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Read,
    Write,
    Sync,
    Look,
}

/// What an operation is on: it gives the key that its randomness is drawn by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At<'a> {
    /// An open file.
    File(Fd),
    /// A directory.
    Dir(&'a str),
    /// An entry of a directory, by its path.
    Entry(&'a str),
}

/// What an operation is, as the trace numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Action {
    Open = 0,
    Read = 1,
    Write = 2,
    SetLen = 3,
    Sync = 4,
    Metadata = 5,
    CreateDir = 6,
    ReadDir = 7,
    SyncDir = 8,
    Rename = 9,
    RemoveFile = 10,
    RemoveDir = 11,
    /// A fault was injected or taken back.
    Change = 12,
    HardLink = 13,
    Snapshot = 14,
    Restore = 15,
    SetAttributes = 16,
    Allocate = 17,
}

impl Action {
    pub(super) const fn class(self) -> Class {
        match self {
            Self::Read => Class::Read,
            Self::Write
            | Self::SetLen
            | Self::CreateDir
            | Self::Rename
            | Self::HardLink
            | Self::RemoveFile
            | Self::RemoveDir
            | Self::SetAttributes
            | Self::Allocate => Class::Write,
            Self::Sync | Self::SyncDir => Class::Sync,
            Self::Open | Self::Metadata | Self::ReadDir | Self::Change | Self::Snapshot | Self::Restore => Class::Look,
        }
    }
}
