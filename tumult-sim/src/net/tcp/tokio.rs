//! tokio's traits for streams.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpStream, WriteHalf};

macro_rules! reads {
    ($half:ty, $poll:ident) => {
        impl AsyncRead for $half {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
                let n = ready!(self.$poll(cx, buf.initialize_unfilled()))?;
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
        }
    };
}

macro_rules! writes {
    ($half:ty, $poll:ident, $half_name:ident => $stream:expr) => {
        impl AsyncWrite for $half {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
                self.$poll(cx, data)
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $half_name = &*self;
                Poll::Ready($stream.end_writing())
            }
        }
    };
}

reads!(TcpStream, poll_read_into);
reads!(ReadHalf<'_>, poll_read_into);
reads!(OwnedReadHalf, poll_read_into);
writes!(TcpStream, poll_write_from, stream => stream);
writes!(WriteHalf<'_>, poll_write_from, half => half.0);
writes!(OwnedWriteHalf, poll_write_from, half => half.stream);
