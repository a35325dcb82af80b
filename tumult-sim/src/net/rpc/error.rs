//! Why a call gave nothing.

use std::fmt;
use std::io;
use std::time::Duration;

/// Why a call gave no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RpcError {
    /// None came in time: the request was lost, or not served yet, or served and the reply was lost.
    Timeout {
        /// The deadline.
        after: Duration,
    },
    /// The client's socket is closed, as its process has ended: nothing was sent.
    Closed,
    /// A reply came, and is not of the expected type.
    Decode,
    /// The request could not be encoded: nothing was sent.
    Encode(String),
    /// There is no way to the server's address: nothing was sent.
    Unreachable,
}

impl RpcError {
    /// No reply in time: whether the request was served is unknown.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }
    /// The client's socket is closed.
    pub fn is_closed(&self) -> bool {
        *self == Self::Closed
    }
    /// The reply is not of the expected type: the request was served.
    pub fn is_decode(&self) -> bool {
        *self == Self::Decode
    }
    /// Nothing was sent, so the request was certainly not served.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Closed | Self::Encode(_) | Self::Unreachable)
    }

    pub(super) fn of_send(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidInput => Self::Encode(error.to_string()),
            io::ErrorKind::NotConnected => Self::Closed,
            _ => Self::Unreachable,
        }
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout { after } => write!(f, "failed to get a reply within {after:?}"),
            Self::Closed => f.write_str("failed to call: the client's process has ended"),
            Self::Decode => f.write_str("failed to decode the reply: it is not of the expected type"),
            Self::Encode(why) => f.write_str(why),
            Self::Unreachable => f.write_str("failed to call: the server's address is not in the simulation"),
        }
    }
}

impl std::error::Error for RpcError {}

impl From<RpcError> for io::Error {
    fn from(error: RpcError) -> Self {
        let kind = match error {
            RpcError::Timeout { .. } => io::ErrorKind::TimedOut,
            RpcError::Closed => io::ErrorKind::NotConnected,
            RpcError::Decode => io::ErrorKind::InvalidData,
            RpcError::Encode(_) => io::ErrorKind::InvalidInput,
            RpcError::Unreachable => io::ErrorKind::NetworkUnreachable,
        };
        Self::new(kind, error)
    }
}
