//! How streams behave: sizes, patience, segmentation.

use std::time::Duration;

use crate::base::{Bytes, Probability};

/// How TCP behaves on all machines of a run. The defaults are Linux's.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, net::TcpConfig};
/// let mut sim = Sim::new(1);
/// // Gives up on a silent peer after three retransmissions, and every segment arrives in two pieces.
/// sim.tcp(TcpConfig::default().retries(3).split(1.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcpConfig {
    pub(crate) segment: u32,
    pub(crate) send_buffer: u64,
    pub(crate) receive_buffer: u64,
    pub(crate) split: Probability,
    pub(crate) retries: u32,
    pub(crate) syn_retries: u32,
    pub(crate) rto_min: Duration,
    pub(crate) rto_max: Duration,
    pub(crate) delayed_ack: Duration,
    pub(crate) time_wait: Duration,
}

/// The retransmission timeout before anything was measured (RFC 6298, 2.1).
pub(super) const RTO_FIRST: Duration = Duration::from_secs(1);
/// As the first, when the handshake took several tries and so measured nothing (RFC 6298, 5.7).
pub(super) const RTO_UNMEASURED: Duration = Duration::from_secs(3);
/// More than any program needs, and positions stay far from where numbers end.
const LARGEST_BUFFER: u64 = 1 << 40;
/// An end that nobody owns any more gives up after so many retransmissions (Linux: `tcp_orphan_retries`).
pub(super) const ORPHAN_RETRIES: u32 = 8;
/// A listener answers so many times (Linux: `tcp_synack_retries`).
pub(super) const SYN_ACK_RETRIES: u32 = 5;
/// How many segments may be under way before anything was acknowledged (RFC 6928).
pub(super) const FIRST_WINDOW_SEGMENTS: u64 = 10;
/// How long an end that was closed waits for its peer to close, too (Linux: `tcp_fin_timeout`).
pub(super) const FIN_WAIT: Duration = Duration::from_secs(60);

impl Default for TcpConfig {
    /// Segments of 65,483 bytes, buffers of 128 KiB each way, one segment in ten arrives in two pieces; retransmission
    /// after 200 ms to 2 min, 15 times (about 15 min), 6 times for a SYN (about 2 min); acknowledgements delayed by
    /// 40 ms; a closed port is held for 60 s.
    fn default() -> Self {
        Self {
            segment: 65_483,
            send_buffer: 128 << 10,
            receive_buffer: 128 << 10,
            split: Probability::new(0.1).expect("a tenth is a probability"),
            retries: 15,
            syn_retries: 6,
            rto_min: Duration::from_millis(200),
            rto_max: Duration::from_secs(120),
            delayed_ack: Duration::from_millis(40),
            time_wait: Duration::from_secs(60),
        }
    }
}

impl TcpConfig {
    /// The longest segment, in bytes: what one packet carries.
    ///
    /// # Panics
    /// When it is zero or more than 65,535 bytes.
    #[track_caller]
    pub fn segment(self, bytes: Bytes) -> Self {
        assert!(
            (1..=65_535).contains(&bytes.0),
            "failed to take {} bytes as the longest segment: a packet carries 1 to 65535",
            bytes.0
        );
        Self { segment: bytes.0 as u32, ..self }
    }

    /// How much a program may write that has not been acknowledged.
    ///
    /// # Panics
    /// When it is zero.
    #[track_caller]
    pub fn send_buffer(self, bytes: Bytes) -> Self {
        assert!(bytes.0 > 0, "failed to take a send buffer of 0 bytes: nothing could be written");
        Self { send_buffer: bytes.0.min(LARGEST_BUFFER), ..self }
    }

    /// How much a machine takes in that its program has not read.
    ///
    /// # Panics
    /// When it is zero.
    #[track_caller]
    pub fn receive_buffer(self, bytes: Bytes) -> Self {
        assert!(bytes.0 > 0, "failed to take a receive buffer of 0 bytes: nothing could arrive");
        Self { receive_buffer: bytes.0.min(LARGEST_BUFFER), ..self }
    }

    /// How likely a segment arrives in two pieces, a little apart: a program must not take a read for a message.
    ///
    /// # Panics
    /// When it is not within 0..=1.
    #[track_caller]
    pub fn split(self, p: impl TryInto<Probability, Error: std::fmt::Display>) -> Self {
        Self { split: crate::base::OrPanic::or_panic(p.try_into()), ..self }
    }

    /// How often a segment is sent again before the connection fails with `TimedOut`.
    pub fn retries(self, n: u32) -> Self {
        Self { retries: n, ..self }
    }

    /// How often a SYN is sent again before connecting fails with `TimedOut`.
    pub fn syn_retries(self, n: u32) -> Self {
        Self { syn_retries: n, ..self }
    }

    /// The shortest and the longest time to a retransmission.
    ///
    /// # Panics
    /// When the first is zero or longer than the second.
    #[track_caller]
    pub fn retransmit_after(self, shortest: Duration, longest: Duration) -> Self {
        assert!(
            !shortest.is_zero() && shortest <= longest,
            "failed to retransmit after {shortest:?} to {longest:?}: write the shortest time first, more than zero"
        );
        Self { rto_min: shortest, rto_max: longest, ..self }
    }

    /// How long an acknowledgement waits for data to go with.
    pub fn delayed_ack(self, by: Duration) -> Self {
        Self { delayed_ack: by, ..self }
    }

    /// How long the port of the side that closed first is held; matters to listeners that do not reuse addresses.
    pub fn time_wait(self, d: Duration) -> Self {
        Self { time_wait: d, ..self }
    }
}
