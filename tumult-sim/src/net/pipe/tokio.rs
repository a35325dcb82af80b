//! tokio's traits for pipes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{PipeEnd, PipeReader, PipeWriter, UnixStream, close};

macro_rules! reads {
    ($end:ty) => {
        impl AsyncRead for $end {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
                let n = ready!(self.poll_read_into(cx, buf.initialize_unfilled()))?;
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
        }
    };
}

macro_rules! writes {
    ($end:ty, $this:ident => $ends:expr) => {
        impl AsyncWrite for $end {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
                self.poll_write_from(cx, data)
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $this = &*self;
                $ends;
                Poll::Ready(Ok(()))
            }
        }
    };
}

reads!(PipeReader);
reads!(UnixStream);
writes!(PipeWriter, this => close(this.id, PipeEnd::Writer));
writes!(UnixStream, this => this.end_writing());
