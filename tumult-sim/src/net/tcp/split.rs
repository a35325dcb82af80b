//! The halves of a stream.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::TcpStream;

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
            let _ = self.stream.end_writing();
        }
    }
}

/// What halves that read can do.
macro_rules! reads {
    ($half:ty, $stream:ident => $get:expr) => {
        impl $half {
            /// As [`TcpStream::read`].
            ///
            /// # Errors
            /// As there.
            pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                std::future::poll_fn(|cx| self.poll_read_into(cx, buffer)).await
            }

            /// As [`TcpStream::read_exact`].
            ///
            /// # Errors
            /// As there.
            pub async fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let mut done = 0;
                while done < buffer.len() {
                    match self.read(&mut buffer[done..]).await? {
                        0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                        n => done += n,
                    }
                }
                Ok(done)
            }

            /// As [`TcpStream::peek`].
            ///
            /// # Errors
            /// As there.
            pub async fn peek(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let $stream = &*self;
                $get.peek(buffer).await
            }

            /// As [`TcpStream::peer_addr`].
            ///
            /// # Errors
            /// Never.
            pub fn peer_addr(&self) -> io::Result<SocketAddr> {
                let $stream = self;
                $get.peer_addr()
            }

            #[inline]
            pub(super) fn poll_read_into(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
                let $stream = self;
                $get.poll_read_into(cx, buffer)
            }
        }
    };
}

/// What halves that write can do.
macro_rules! writes {
    ($half:ty, $stream:ident => $get:expr) => {
        impl $half {
            /// As [`TcpStream::write`].
            ///
            /// # Errors
            /// As there.
            pub async fn write(&mut self, data: &[u8]) -> io::Result<usize> {
                std::future::poll_fn(|cx| self.poll_write_from(cx, data)).await
            }

            /// As [`TcpStream::write_all`].
            ///
            /// # Errors
            /// As there.
            pub async fn write_all(&mut self, mut data: &[u8]) -> io::Result<()> {
                while !data.is_empty() {
                    let n = self.write(data).await?;
                    data = &data[n..];
                }
                Ok(())
            }

            /// As [`TcpStream::shutdown`].
            ///
            /// # Errors
            /// As there.
            pub async fn shutdown(&mut self) -> io::Result<()> {
                let $stream = &*self;
                $get.end_writing()
            }

            /// As [`TcpStream::peer_addr`].
            ///
            /// # Errors
            /// Never.
            pub fn peer_addr(&self) -> io::Result<SocketAddr> {
                let $stream = self;
                $get.peer_addr()
            }

            #[inline]
            pub(super) fn poll_write_from(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
                let $stream = self;
                $get.poll_write_from(cx, data)
            }
        }
    };
}

reads!(ReadHalf<'_>, half => half.0);
reads!(OwnedReadHalf, half => half.0);
writes!(WriteHalf<'_>, half => half.0);
writes!(OwnedWriteHalf, half => half.stream);
