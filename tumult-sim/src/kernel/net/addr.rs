//! Addresses: process n lives at 10.0.0.0/8, host n + 1. Arithmetic, so that no table is asked for each message.

use std::net::{IpAddr, Ipv4Addr};

use crate::base::ProcessId;

/// How many processes have an address.
pub(crate) const HOSTS: u32 = (1 << 24) - 2;

/// The address of a process.
#[inline]
pub(crate) fn address_of(process: ProcessId) -> Ipv4Addr {
    Ipv4Addr::from((10 << 24) + process.0 + 1)
}

/// The process at an address, if there may be one.
#[inline]
pub(crate) fn process_at(ip: Ipv4Addr) -> Option<ProcessId> {
    let host = u32::from(ip).wrapping_sub((10 << 24) + 1);
    (host < HOSTS).then_some(ProcessId(host))
}

/// Which of its machine's addresses a socket has. The loopback is each process's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    #[default]
    Any,
    /// The loopback only.
    Loopback,
    /// The one that others know.
    Outside,
}

impl Scope {
    /// What an address of the process's own means.
    pub(crate) const fn of(ip: IpAddr) -> Self {
        match ip {
            _ if ip.is_unspecified() => Self::Any,
            _ if ip.is_loopback() => Self::Loopback,
            _ => Self::Outside,
        }
    }

    /// Whether what was sent to this address of the machine is for the socket.
    #[inline]
    pub(crate) const fn takes(self, loopback: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback => loopback,
            Self::Outside => !loopback,
        }
    }

    /// Whether two sockets cannot have the same port.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self == Self::Any || other == Self::Any || self == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_back() {
        for n in [0, 1, 254, 255, 256, 70_000, HOSTS - 1] {
            assert_eq!(process_at(address_of(ProcessId(n))), Some(ProcessId(n)));
        }
        assert_eq!(address_of(ProcessId(0)), Ipv4Addr::new(10, 0, 0, 1));
        for ip in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED, Ipv4Addr::new(10, 255, 255, 255)] {
            assert_eq!(process_at(ip), None);
        }
    }
}
