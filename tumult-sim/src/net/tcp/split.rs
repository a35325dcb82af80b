//! The halves of a stream.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::TcpStream;
use crate::net::bytes::{reads, writes};

/// The half of a borrowed stream that reads.
#[derive(Debug)]
pub struct ReadHalf<'a>(pub(super) &'a TcpStream);

/// The half of a borrowed stream that writes.
#[derive(Debug)]
pub struct WriteHalf<'a>(pub(super) &'a TcpStream);

/// The half of a stream that reads. The stream is closed when both halves are dropped.
#[derive(Debug)]
pub struct OwnedReadHalf(pub(super) Arc<TcpStream>);

/// The half of a stream that writes. Dropping it ends writing: the peer reads the end of the stream.
#[derive(Debug)]
pub struct OwnedWriteHalf {
    pub(super) stream: Arc<TcpStream>,
    shuts: bool,
}

/// Both halves back: they were not of the same stream.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to reunite two halves: they are of different streams")
    }
}

impl std::error::Error for ReuniteError {}

impl OwnedWriteHalf {
    pub(super) fn new(stream: Arc<TcpStream>) -> Self {
        Self { stream, shuts: true }
    }

    /// The drop leaves the stream open.
    pub fn forget(mut self) {
        self.shuts = false;
    }
}

impl OwnedReadHalf {
    /// The stream again.
    ///
    /// # Errors
    /// When the two are halves of different streams.
    ///
    /// # Panics
    /// Never: no other half exists.
    pub fn reunite(self, mut other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        if !Arc::ptr_eq(&self.0, &other.stream) {
            return Err(ReuniteError(self, other));
        }
        other.shuts = false;
        drop(other);
        Ok(Arc::into_inner(self.0).expect("the other half is gone"))
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if self.shuts && crate::context::try_current().is_some() {
            // It may have failed already; then there is nothing to end.
            let _ = self.end_writing();
        }
    }
}

/// What halves have of their stream.
macro_rules! half {
    ($half:ty, $this:ident => $stream:expr) => {
        impl $half {
            /// As [`TcpStream::peer_addr`].
            ///
            /// # Errors
            /// As there.
            pub fn peer_addr(&self) -> io::Result<SocketAddr> {
                let $this = self;
                $stream.peer_addr()
            }
        }
    };
}

/// What halves that read have of it.
macro_rules! read_half {
    ($half:ty, $this:ident => $stream:expr) => {
        half!($half, $this => $stream);
        reads!($half, "As [`TcpStream::read`].");

        impl $half {
            /// As [`TcpStream::peek`].
            ///
            /// # Errors
            /// As there.
            pub async fn peek(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let $this = &*self;
                $stream.peek(buffer).await
            }

            #[inline]
            fn poll_read_into(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
                let $this = self;
                $stream.poll_read_into(cx, buffer)
            }
        }
    };
}

/// What halves that write have of it.
macro_rules! write_half {
    ($half:ty, $this:ident => $stream:expr) => {
        half!($half, $this => $stream);
        writes!($half, "As [`TcpStream::write`].");

        impl $half {
            #[inline]
            fn poll_write_from(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
                let $this = self;
                $stream.poll_write_from(cx, data)
            }

            fn end_writing(&self) -> io::Result<()> {
                let $this = self;
                $stream.end_writing()
            }
        }
    };
}

read_half!(ReadHalf<'_>, half => half.0);
read_half!(OwnedReadHalf, half => half.0);
write_half!(WriteHalf<'_>, half => half.0);
write_half!(OwnedWriteHalf, half => half.stream);
