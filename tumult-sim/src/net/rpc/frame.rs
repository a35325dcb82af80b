//! What is on the wire.

use serde::{Deserialize, Serialize};

/// A datagram of an rpc, for rules that look at what it says.
///
/// ```
/// use tumult_sim::net::{PacketView, Verdict, decode, rpc};
///
/// /// Loses the replies to `Put`s, not the requests.
/// fn lose_acks(packet: &PacketView<'_>) -> Verdict {
///     match decode::<rpc::Frame<String, bool>>(packet.bytes) {
///         Some(rpc::Frame::Reply { body: true, .. }) => Verdict::Drop,
///         _ => Verdict::Pass,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frame<Req, Resp> {
    /// From a client to a server.
    Request {
        /// Which call.
        call: CallId,
        /// What is asked.
        body: Req,
    },
    /// From a server to a client.
    Reply {
        /// The call that it answers.
        call: CallId,
        /// The answer.
        body: Resp,
    },
}

/// Which call a datagram belongs to. Unique for the socket it came from: a process's life, the virtual time at which
/// the client was made (a port is not bound twice at one instant: free ones are given out in turn), the call's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId {
    pub(super) life: u32,
    pub(super) connected_ns: u64,
    pub(super) number: u64,
}

/// [`Frame`]'s variants, as postcard numbers them.
pub(super) const REQUEST: u32 = 0;
pub(super) const REPLY: u32 = 1;

/// The kind of a frame, its call, and its body's bytes: so that a body is decoded where its type is known.
pub(super) fn split(bytes: &[u8]) -> Option<(u32, CallId, &[u8])> {
    let ((kind, call), body) = postcard::take_from_bytes(bytes).ok()?;
    Some((kind, call, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{decode, encode};

    #[test]
    fn a_split_frame_is_the_frame() {
        let call = CallId { life: 1, connected_ns: 300, number: 5 };
        let request = Frame::<u64, String>::Request { call, body: 77 };
        let bytes = encode(&request).unwrap();
        assert_eq!(split(&bytes), Some((REQUEST, call, &encode(&77_u64).unwrap()[..])));
        assert_eq!(decode(&bytes), Some(request));
        let reply = Frame::<u64, String>::Reply { call, body: "x".into() };
        assert_eq!(split(&encode(&reply).unwrap()), Some((REPLY, call, &encode("x").unwrap()[..])));
        assert_eq!(split(&bytes[..1]), None);
    }
}
