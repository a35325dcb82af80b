//! The devices that programs know by name.

use crate::hosted::calls::ANSWERS;
use crate::hosted::errno::Errno;
use crate::hosted::object::{How, Object};
use crate::hosted::thread::Thread;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hosted) enum Device {
    Null,
    Zero,
    Full,
    Random,
    Urandom,
}

impl Device {
    pub(super) fn at(path: &str) -> Option<Self> {
        Some(match path {
            "/dev/null" => Self::Null,
            "/dev/zero" => Self::Zero,
            "/dev/full" => Self::Full,
            "/dev/random" => Self::Random,
            "/dev/urandom" => Self::Urandom,
            _ => return None,
        })
    }

    /// The numbers that Linux gives it.
    pub(super) const fn number(self) -> libc::dev_t {
        let minor = match self {
            Self::Null => 3,
            Self::Zero => 5,
            Self::Full => 7,
            Self::Random => 8,
            Self::Urandom => 9,
        };
        libc::makedev(1, minor)
    }

    pub(in crate::hosted) fn fill(self, into: &mut [u8]) -> usize {
        match self {
            Self::Null => return 0,
            Self::Zero | Self::Full => into.fill(0),
            Self::Random | Self::Urandom if into.is_empty() => {}
            Self::Random | Self::Urandom => (ANSWERS.fill)(into),
        }
        into.len()
    }
}

impl Object for Device {
    fn what(&self) -> &'static str {
        "a device"
    }
    fn read(&self, _me: &Thread, into: &mut [u8], _how: How) -> Result<usize, Errno> {
        Ok(self.fill(into))
    }
    fn write(&self, _me: &Thread, from: &[u8], _how: How) -> Result<usize, Errno> {
        if *self == Self::Full { Err(Errno(libc::ENOSPC)) } else { Ok(from.len()) }
    }
}
