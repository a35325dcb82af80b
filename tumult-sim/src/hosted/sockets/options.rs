//! What can be set on sockets.
//!
//! Three sorts: what counts (timeouts, keepalive, lingering, groups and the like); what is taken, given back and
//! ignored, since nothing in the simulation depends on it; and all else, which is refused as Linux refuses what it does
//! not know.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::time::Duration;

use libc::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET, SOL_UDP};

use crate::hosted::errno::Errno;

/// How an option is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Int,
    /// `timeval`: two words of 64 bits.
    Time,
    /// `linger`: two ints.
    Linger,
    /// Bytes up to a zero.
    Text,
}

/// An option that is kept.
struct Known {
    level: c_int,
    name: c_int,
    /// As the documentation has it.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the documentation"))]
    text: &'static str,
    shape: Shape,
    default: c_int,
    /// Whether anything depends on it.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the documentation"))]
    counts: bool,
}

macro_rules! known {
    ($($level:ident $name:ident $shape:ident $default:literal $counts:ident;)*) => {
        &[$(Known {
            level: $level,
            name: libc::$name,
            text: stringify!($name),
            shape: Shape::$shape,
            default: $default,
            counts: known!(@ $counts),
        }),*]
    };
    (@ counts) => { true };
    (@ ignored) => { false };
}

/// Every option that is taken and given back.
const KNOWN: &[Known] = known! {
    SOL_SOCKET SO_REUSEADDR Int 0 counts;
    SOL_SOCKET SO_KEEPALIVE Int 0 counts;
    SOL_SOCKET SO_BROADCAST Int 0 counts;
    SOL_SOCKET SO_LINGER Linger 0 counts;
    SOL_SOCKET SO_RCVTIMEO Time 0 counts;
    SOL_SOCKET SO_SNDTIMEO Time 0 counts;
    SOL_SOCKET SO_REUSEPORT Int 0 ignored;
    SOL_SOCKET SO_SNDBUF Int 212_992 ignored;
    SOL_SOCKET SO_RCVBUF Int 212_992 ignored;
    SOL_SOCKET SO_SNDLOWAT Int 1 ignored;
    SOL_SOCKET SO_RCVLOWAT Int 1 ignored;
    SOL_SOCKET SO_OOBINLINE Int 0 ignored;
    SOL_SOCKET SO_DONTROUTE Int 0 ignored;
    SOL_SOCKET SO_PRIORITY Int 0 ignored;
    SOL_SOCKET SO_MARK Int 0 ignored;
    SOL_SOCKET SO_INCOMING_CPU Int 0 ignored;
    SOL_SOCKET SO_BUSY_POLL Int 0 ignored;
    SOL_SOCKET SO_RXQ_OVFL Int 0 ignored;
    SOL_SOCKET SO_BINDTODEVICE Text 0 ignored;
    IPPROTO_TCP TCP_KEEPIDLE Int 7200 counts;
    IPPROTO_TCP TCP_KEEPINTVL Int 75 counts;
    IPPROTO_TCP TCP_KEEPCNT Int 9 counts;
    IPPROTO_TCP TCP_USER_TIMEOUT Int 0 counts;
    IPPROTO_TCP TCP_NODELAY Int 0 ignored;
    IPPROTO_TCP TCP_CORK Int 0 ignored;
    IPPROTO_TCP TCP_QUICKACK Int 1 ignored;
    IPPROTO_TCP TCP_MAXSEG Int 65_483 ignored;
    IPPROTO_TCP TCP_DEFER_ACCEPT Int 0 ignored;
    IPPROTO_TCP TCP_SYNCNT Int 6 ignored;
    IPPROTO_TCP TCP_LINGER2 Int 60 ignored;
    IPPROTO_TCP TCP_WINDOW_CLAMP Int 0 ignored;
    IPPROTO_TCP TCP_FASTOPEN Int 0 ignored;
    IPPROTO_TCP TCP_FASTOPEN_CONNECT Int 0 ignored;
    IPPROTO_TCP TCP_NOTSENT_LOWAT Int 0 ignored;
    IPPROTO_TCP TCP_THIN_LINEAR_TIMEOUTS Int 0 ignored;
    IPPROTO_TCP TCP_CONGESTION Text 0 ignored;
    IPPROTO_IP IP_PKTINFO Int 0 counts;
    IPPROTO_IP IP_RECVTOS Int 0 counts;
    IPPROTO_IP IP_RECVTTL Int 0 counts;
    IPPROTO_IP IP_TTL Int 64 ignored;
    IPPROTO_IP IP_TOS Int 0 ignored;
    IPPROTO_IP IP_MTU_DISCOVER Int 1 ignored;
    IPPROTO_IP IP_RECVERR Int 0 ignored;
    IPPROTO_IP IP_FREEBIND Int 0 ignored;
    IPPROTO_IP IP_BIND_ADDRESS_NO_PORT Int 0 ignored;
    IPPROTO_IP IP_MULTICAST_TTL Int 1 ignored;
    IPPROTO_IP IP_MULTICAST_LOOP Int 1 ignored;
    IPPROTO_IP IP_MULTICAST_IF Int 0 ignored;
    IPPROTO_IP IP_MULTICAST_ALL Int 1 ignored;
    IPPROTO_IPV6 IPV6_RECVPKTINFO Int 0 counts;
    IPPROTO_IPV6 IPV6_RECVTCLASS Int 0 counts;
    IPPROTO_IPV6 IPV6_V6ONLY Int 0 ignored;
    IPPROTO_IPV6 IPV6_UNICAST_HOPS Int 64 ignored;
    IPPROTO_IPV6 IPV6_TCLASS Int 0 ignored;
    IPPROTO_IPV6 IPV6_MTU_DISCOVER Int 1 ignored;
    IPPROTO_IPV6 IPV6_DONTFRAG Int 0 ignored;
    IPPROTO_IPV6 IPV6_RECVHOPLIMIT Int 0 ignored;
    IPPROTO_IPV6 IPV6_RECVERR Int 0 ignored;
    IPPROTO_IPV6 IPV6_MULTICAST_HOPS Int 1 ignored;
    IPPROTO_IPV6 IPV6_MULTICAST_LOOP Int 1 ignored;
    IPPROTO_IPV6 IPV6_MULTICAST_IF Int 0 ignored;
    SOL_UDP UDP_SEGMENT Int 0 counts;
};

/// What was set on a socket, by level and name, in the bytes of C.
#[derive(Clone, Debug, Default)]
pub(in crate::hosted) struct Settings(RefCell<BTreeMap<(c_int, c_int), Vec<u8>>>);

impl Settings {
    /// Sets an option of a socket of this family and type.
    ///
    /// # Errors
    /// ENOPROTOOPT when there is no such one, EINVAL when it is too short or makes no sense, EDOM for a time that is
    /// none.
    pub(in crate::hosted) fn set(&self, kind: (c_int, c_int), of: (c_int, c_int), value: &[u8]) -> Result<(), Errno> {
        let known = find(kind, of).ok_or(Errno(libc::ENOPROTOOPT))?;
        let value = match known.shape {
            Shape::Text => value.iter().copied().take_while(|b| *b != 0).collect(),
            Shape::Int => {
                let n = int(value).ok_or(Errno(libc::EINVAL))?;
                checked(of, n)?.to_ne_bytes().to_vec()
            }
            Shape::Time => {
                let whole = value.get(..16).ok_or(Errno(libc::EINVAL))?;
                if !(0..1_000_000).contains(&long(whole, 8)) {
                    return Err(Errno(libc::EDOM));
                }
                whole.to_vec()
            }
            Shape::Linger => value.get(..8).ok_or(Errno(libc::EINVAL))?.to_vec(),
        };
        self.0.borrow_mut().insert(of, value);
        Ok(())
    }

    /// The bytes of an option.
    ///
    /// # Errors
    /// ENOPROTOOPT when there is no such one.
    pub(in crate::hosted) fn get(&self, kind: (c_int, c_int), of: (c_int, c_int)) -> Result<Vec<u8>, Errno> {
        let known = find(kind, of).ok_or(Errno(libc::ENOPROTOOPT))?;
        let set = self.0.borrow().get(&of).cloned();
        Ok(set.unwrap_or_else(|| match known.shape {
            Shape::Int => known.default.to_ne_bytes().to_vec(),
            Shape::Time => vec![0; 16],
            Shape::Linger => vec![0; 8],
            Shape::Text if of == (IPPROTO_TCP, libc::TCP_CONGESTION) => b"reno\0".to_vec(),
            Shape::Text => vec![],
        }))
    }

    /// An option that is a number.
    pub(in crate::hosted) fn int(&self, level: c_int, name: c_int) -> c_int {
        let set = self.0.borrow().get(&(level, name)).and_then(|v| int(v));
        set.unwrap_or_else(|| KNOWN.iter().find(|k| (k.level, k.name) == (level, name)).map_or(0, |k| k.default))
    }

    pub(in crate::hosted) fn is_on(&self, level: c_int, name: c_int) -> bool {
        self.int(level, name) != 0
    }

    /// How long calls wait: `None` without end.
    pub(in crate::hosted) fn patience(&self, name: c_int) -> Option<Duration> {
        let all = self.0.borrow();
        let value = all.get(&(SOL_SOCKET, name))?;
        let (seconds, micros) = (long(value, 0), long(value, 8));
        let time = Duration::from_micros(u64::try_from(seconds).ok()?.saturating_mul(1_000_000) + micros as u64);
        (!time.is_zero()).then_some(time)
    }

    /// What `SO_LINGER` says: `None` when it is off.
    pub(in crate::hosted) fn linger(&self) -> Option<c_int> {
        let all = self.0.borrow();
        let value = all.get(&(SOL_SOCKET, libc::SO_LINGER))?;
        (int(value)? != 0).then(|| int(&value[4..]).unwrap_or(0))
    }
}

/// The option of that name that a socket of this family and type has.
fn find((family, sort): (c_int, c_int), of: (c_int, c_int)) -> Option<&'static Known> {
    let known = KNOWN.iter().find(|k| (k.level, k.name) == of)?;
    let has = match known.level {
        IPPROTO_TCP => family != libc::AF_UNIX && sort == libc::SOCK_STREAM,
        SOL_UDP => family != libc::AF_UNIX && sort == libc::SOCK_DGRAM,
        IPPROTO_IP => family != libc::AF_UNIX,
        IPPROTO_IPV6 => family == libc::AF_INET6,
        _ => true,
    };
    has.then_some(known)
}

/// A number as Linux takes it, and as it gives it back.
fn checked(of: (c_int, c_int), n: c_int) -> Result<c_int, Errno> {
    let positive = |n: c_int| if n > 0 { Ok(n) } else { Err(Errno(libc::EINVAL)) };
    match of {
        // Twice what was asked for, for what each packet takes besides.
        (SOL_SOCKET, libc::SO_SNDBUF | libc::SO_RCVBUF) => Ok(n.max(1152).saturating_mul(2)),
        (IPPROTO_TCP, libc::TCP_KEEPIDLE | libc::TCP_KEEPINTVL) if n > 32_767 => Err(Errno(libc::EINVAL)),
        (IPPROTO_TCP, libc::TCP_KEEPCNT) if n > 127 => Err(Errno(libc::EINVAL)),
        (IPPROTO_IP, libc::IP_TTL) if n == -1 => Ok(64),
        (IPPROTO_IP, libc::IP_TTL) if n > 255 => Err(Errno(libc::EINVAL)),
        (IPPROTO_TCP, libc::TCP_KEEPIDLE | libc::TCP_KEEPINTVL | libc::TCP_KEEPCNT) | (IPPROTO_IP, libc::IP_TTL) => {
            positive(n)
        }
        (IPPROTO_TCP, libc::TCP_USER_TIMEOUT) | (SOL_UDP, libc::UDP_SEGMENT) if n < 0 => Err(Errno(libc::EINVAL)),
        _ => Ok(n),
    }
}

/// A number of one or four bytes: options of IP may be one.
pub(in crate::hosted) fn int(value: &[u8]) -> Option<c_int> {
    match value {
        [one] => Some((*one).into()),
        _ => value.first_chunk().map(|four| c_int::from_ne_bytes(*four)),
    }
}

fn long(value: &[u8], at: usize) -> i64 {
    value[at..].first_chunk().map_or(0, |eight| i64::from_ne_bytes(*eight))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: (c_int, c_int) = (libc::AF_INET, libc::SOCK_STREAM);
    const UDP: (c_int, c_int) = (libc::AF_INET, libc::SOCK_DGRAM);

    #[test]
    fn what_was_set_is_given_back_and_what_is_unknown_refused() {
        let settings = Settings::default();
        let nodelay = (IPPROTO_TCP, libc::TCP_NODELAY);
        assert_eq!(settings.get(TCP, nodelay), Ok(vec![0; 4]));
        settings.set(TCP, nodelay, &1_i32.to_ne_bytes()).unwrap();
        assert!(settings.is_on(nodelay.0, nodelay.1));
        assert_eq!(settings.set(TCP, nodelay, &[1, 2]), Err(Errno(libc::EINVAL)));
        assert_eq!(settings.set(UDP, nodelay, &[1; 4]), Err(Errno(libc::ENOPROTOOPT)));
        assert_eq!(settings.set(TCP, (SOL_SOCKET, 999), &[1; 4]), Err(Errno(libc::ENOPROTOOPT)));
        assert_eq!(settings.get(UDP, (SOL_UDP, libc::UDP_GRO)), Err(Errno(libc::ENOPROTOOPT)));
    }

    #[test]
    fn times_and_numbers_are_checked_as_linux_does() {
        let settings = Settings::default();
        let time = |s: i64, us: i64| [s.to_ne_bytes(), us.to_ne_bytes()].concat();
        let timeout = (SOL_SOCKET, libc::SO_RCVTIMEO);
        assert_eq!(settings.patience(libc::SO_RCVTIMEO), None);
        settings.set(TCP, timeout, &time(2, 500_000)).unwrap();
        assert_eq!(settings.patience(libc::SO_RCVTIMEO), Some(Duration::from_millis(2500)));
        assert_eq!(settings.set(TCP, timeout, &time(0, 1_000_000)), Err(Errno(libc::EDOM)));
        settings.set(TCP, timeout, &time(0, 0)).unwrap();
        assert_eq!(settings.patience(libc::SO_RCVTIMEO), None);
        settings.set(TCP, (SOL_SOCKET, libc::SO_LINGER), &[1, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!(settings.linger(), Some(0));
        settings.set(TCP, (SOL_SOCKET, libc::SO_RCVBUF), &5000_i32.to_ne_bytes()).unwrap();
        assert_eq!(settings.int(SOL_SOCKET, libc::SO_RCVBUF), 10_000);
        settings.set(UDP, (IPPROTO_IP, libc::IP_TTL), &[9]).unwrap();
        assert_eq!(settings.int(IPPROTO_IP, libc::IP_TTL), 9);
        assert_eq!(settings.set(UDP, (IPPROTO_IP, libc::IP_TTL), &[0]), Err(Errno(libc::EINVAL)));
    }

    /// The documentation lists what is taken and ignored, and nothing else.
    #[test]
    fn the_documentation_lists_what_is_ignored() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/HOSTING.md")).unwrap();
        let paragraph = |start: &str| text.lines().find(|l| l.starts_with(start)).unwrap_or_default().to_string();
        let (ignored, counts) = (paragraph("Taken and ignored:"), paragraph("Options that count:"));
        for known in KNOWN {
            let name = format!("`{}`", known.text);
            assert_eq!(ignored.contains(&name), !known.counts, "{name}");
            assert_eq!(counts.contains(&name), known.counts, "{name}");
        }
    }
}
