//! The traits of `futures-io` for pipes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::{PipeEnd, PipeReader, PipeWriter, UnixStream, close};

macro_rules! reads {
    ($end:ty) => {
        impl AsyncRead for $end {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
                self.poll_read_into(cx, buffer)
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

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
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
