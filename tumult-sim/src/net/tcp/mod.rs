//! Streams: [`TcpListener`], [`TcpStream`] and its halves, [`TcpSocket`] for options.
//!
//! They behave as tokio's on Linux. With the feature `tokio` they have tokio's traits `AsyncRead` and `AsyncWrite`,
//! with `futures-io` those of `futures-io`: what is generic over one of these runs on them.

mod listener;
mod socket;
mod split;
mod stream;
#[cfg(test)]
mod tests;

pub use listener::TcpListener;
pub use socket::TcpSocket;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
pub use stream::TcpStream;

use crate::base::Time;
use crate::context::{current, try_current};
use crate::kernel::net::tcp::Tcp;

/// Calls the streams of the run, and does what they have left to do.
#[inline]
fn call<R>(f: impl FnOnce(&mut Tcp, Time) -> R) -> R {
    let world = &mut *current().world.borrow_mut();
    let result = f(&mut world.net.tcp, world.core.now);
    world.net.flush(&mut world.core);
    result
}

/// As [`call`], for destructors: nothing outside a run.
fn call_if_running(f: impl FnOnce(&mut Tcp, Time)) {
    if try_current().is_some() {
        call(f);
    }
}
