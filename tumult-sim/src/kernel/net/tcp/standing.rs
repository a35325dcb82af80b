//! How a stream or a listener stands, as polls want to know it, and who watches it.

use super::end::State;
use super::{ListenerId, StreamId, Tcp};
use crate::kernel::task::Waiter;

/// How an end of a connection stands. What is true or not of it is not one state but many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is independent of the others")]
pub(crate) struct Standing {
    /// The handshake is not over.
    pub(crate) connecting: bool,
    /// How many bytes a read finds.
    pub(crate) unread: u64,
    /// How many bytes a write may leave here.
    pub(crate) room: u64,
    /// A third of the buffer is free: when Linux says that it can be written to.
    pub(crate) roomy: bool,
    /// Nothing more comes: the peer has ended its stream, or the program has shut this end for reading.
    pub(crate) no_more: bool,
    /// The program has ended its own stream.
    pub(crate) ending: bool,
    /// The connection is over, whoever has ended it.
    pub(crate) closed: bool,
    /// There is an error that the program has not been told.
    pub(crate) failed: bool,
}

impl Tcp {
    /// How an end stands; `None` when it is the program's no longer.
    #[inline]
    pub(crate) fn standing(&mut self, id: StreamId) -> Option<Standing> {
        let buffer = self.config.send_buffer;
        let (c, side) = self.held(id).ok()?;
        let (end, written) = (&mut c.ends[side], c.rings[side].end());
        let used = written - end.acked.min(written);
        let roomy = used * 3 <= buffer * 2;
        // Who was told that there is little will want to know when there is more.
        end.starved |= !roomy;
        Some(Standing {
            connecting: end.state == State::Connecting,
            unread: end.readable(),
            room: buffer.saturating_sub(used),
            roomy,
            no_more: end.finished || end.deaf,
            ending: end.ending,
            closed: !end.is_live(),
            failed: end.error.is_some(),
        })
    }

    /// What the program has not been told of what went wrong; told with this.
    pub(crate) fn take_error(&mut self, id: StreamId) -> Option<std::io::ErrorKind> {
        self.held(id).ok().and_then(|(c, side)| c.ends[side].error.take())
    }

    /// Whoever this leaves is woken at the next change of an end, however it stands now: when something arrives, when it
    /// ends or fails, when there is room again after there was little.
    #[inline]
    pub(crate) fn watch(&mut self, id: StreamId, waiter: Waiter) {
        let unused = match self.held(id) {
            Ok((c, side)) => c.ends[side].watchers.add(waiter),
            Err(_) => Some(waiter),
        };
        self.discard(unused);
    }

    /// Whoever this leaves is woken when the next connection waits to be accepted, or the listener is closed.
    pub(crate) fn watch_listener(&mut self, id: ListenerId, waiter: Waiter) {
        let unused = match self.listener(id) {
            Some(listener) => listener.readers.add(waiter),
            None => Some(waiter),
        };
        self.discard(unused);
    }

    /// Whoever waits at a listener looks again: it is about to be closed by somebody else.
    pub(crate) fn wake_listener(&mut self, id: ListenerId) {
        let mut woken = vec![];
        if let Some(listener) = self.listener(id) {
            listener.readers.wake(|w| woken.push(w));
        }
        self.wakes.append(&mut woken);
    }
}
