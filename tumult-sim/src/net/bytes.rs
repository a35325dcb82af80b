//! What all ends of byte streams can do, those of TCP, of pipes and of pairs: written once, with the I/O traits of
//! tokio and futures-io behind their features.

use std::io;
use std::task::{Context, Poll, Waker};

/// Reading, for a type with `poll_read_into(&self, cx, buffer)`; `$errors` are those of its reads.
macro_rules! reads {
    ($end:ty, $errors:literal) => {
        impl $end {
            /// Waits for bytes and copies them; 0 at the end of the stream. Cancel-safe.
            ///
            /// # Errors
            #[doc = $errors]
            pub async fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                std::future::poll_fn(|cx| self.poll_read_into(cx, buffer)).await
            }

            /// Fills the buffer and gives its length.
            ///
            /// # Errors
            /// `UnexpectedEof` when the stream ends before, and as [`read`](Self::read).
            pub async fn read_exact(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let mut done = 0;
                while done < buffer.len() {
                    match self.read(&mut buffer[done..]).await? {
                        0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                        n => done += n,
                    }
                }
                Ok(done)
            }

            /// Reads to the end of the stream.
            ///
            /// # Errors
            /// As [`read`](Self::read); what was read before is in `into`.
            pub async fn read_to_end(&mut self, into: &mut Vec<u8>) -> std::io::Result<usize> {
                let before = into.len();
                let mut buffer = [0; 4096];
                loop {
                    match self.read(&mut buffer).await? {
                        0 => return Ok(into.len() - before),
                        n => into.extend_from_slice(&buffer[..n]),
                    }
                }
            }

            /// What is there now.
            ///
            /// # Errors
            /// `WouldBlock` when there is nothing; else as [`read`](Self::read).
            pub fn try_read(&self, buffer: &mut [u8]) -> std::io::Result<usize> {
                $crate::net::bytes::now_or_never(|cx| self.poll_read_into(cx, buffer))
            }
        }

        #[cfg(feature = "tokio")]
        impl ::tokio::io::AsyncRead for $end {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut ::tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let n = std::task::ready!(self.poll_read_into(cx, buf.initialize_unfilled()))?;
                buf.advance(n);
                std::task::Poll::Ready(Ok(()))
            }
        }

        #[cfg(feature = "futures-io")]
        impl ::futures_io::AsyncRead for $end {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buffer: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.poll_read_into(cx, buffer)
            }
        }
    };
}

/// Writing, for a type with `poll_write_from(&self, cx, data)` and `end_writing(&self)`; `$errors` are those of its
/// writes.
macro_rules! writes {
    ($end:ty, $errors:literal) => {
        impl $end {
            /// Waits for room and writes as much as there is; gives how much. Cancel-safe.
            ///
            /// # Errors
            #[doc = $errors]
            pub async fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
                std::future::poll_fn(|cx| self.poll_write_from(cx, data)).await
            }

            /// Writes all of it.
            ///
            /// # Errors
            /// As [`write`](Self::write); a part may have been written.
            pub async fn write_all(&mut self, mut data: &[u8]) -> std::io::Result<()> {
                while !data.is_empty() {
                    let n = self.write(data).await?;
                    data = &data[n..];
                }
                Ok(())
            }

            /// Writes what there is room for now.
            ///
            /// # Errors
            /// `WouldBlock` when there is none; else as [`write`](Self::write).
            pub fn try_write(&self, data: &[u8]) -> std::io::Result<usize> {
                $crate::net::bytes::now_or_never(|cx| self.poll_write_from(cx, data))
            }

            /// Ends writing: what was written is still read at the other end, then the end of the stream. What has
            /// failed is at its end already: that is no error, as tokio has it.
            ///
            /// # Errors
            /// Never: the signature is tokio's.
            pub async fn shutdown(&mut self) -> std::io::Result<()> {
                self.end_writing()
            }
        }

        #[cfg(feature = "tokio")]
        $crate::net::bytes::async_write!($end, ::tokio::io::AsyncWrite, poll_shutdown);
        #[cfg(feature = "futures-io")]
        $crate::net::bytes::async_write!($end, ::futures_io::AsyncWrite, poll_close);
    };
}

/// The trait of tokio or of futures-io, which differ in the name of the last method.
#[cfg(any(feature = "tokio", feature = "futures-io"))]
macro_rules! async_write {
    ($end:ty, $trait:path, $close:ident) => {
        impl $trait for $end {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                data: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.poll_write_from(cx, data)
            }

            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Ok(()))
            }

            fn $close(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(self.end_writing())
            }
        }
    };
}

#[cfg(any(feature = "tokio", feature = "futures-io"))]
pub(super) use async_write;
pub(super) use {reads, writes};

/// What the kernel says, as a poll: `None` is that it has kept the waiter.
#[inline]
pub(super) fn ready<T>(result: io::Result<Option<T>>) -> Poll<io::Result<T>> {
    match result {
        Ok(Some(value)) => Poll::Ready(Ok(value)),
        Ok(None) => Poll::Pending,
        Err(e) => Poll::Ready(Err(e)),
    }
}

/// What a poll gives at once, or `WouldBlock`.
pub(super) fn now_or_never<T>(f: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>) -> io::Result<T> {
    match f(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
