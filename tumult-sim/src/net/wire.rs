//! Values as bytes: what [`Mailbox`](super::Mailbox) and [`rpc`](super::rpc) send.
//!
//! The encoding is postcard's. Its bytes are the payload of the datagram, so they are in the trace hash, rules can read
//! and rewrite them, and two processes never share memory through a message.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What [`decode`] undoes.
///
/// # Errors
/// `InvalidInput` when the value's own `Serialize` fails, or it holds a sequence whose length it does not know.
pub fn encode<M: Serialize + ?Sized>(message: &M) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    encode_into(&mut bytes, message)?;
    Ok(bytes)
}

/// The value that a datagram holds, whole: `None` when it holds something else, or more. For rules that look at what a
/// message says.
///
/// ```
/// # use tumult_sim::{Sim, net::{self, Mailbox, Verdict}};
/// # let mut sim = Sim::new(1);
/// # sim.process("b", || async {});
/// // The third vote is lost, whoever sends it.
/// net::rule(|packet| match net::decode::<(String, u32)>(packet.bytes) {
///     Some((what, 3)) if what == "vote" => Verdict::Drop,
///     _ => Verdict::Pass,
/// })
/// .forever();
/// # sim.primary("a", || async { Mailbox::bind(9).await.unwrap().send("b:9", &("vote".to_string(), 3_u32)).unwrap() });
/// # sim.run();
/// ```
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Option<M> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Some(message),
        _ => None,
    }
}

pub(super) fn encode_into<M: Serialize + ?Sized>(bytes: &mut Vec<u8>, message: &M) -> io::Result<()> {
    postcard::serialize_with_flavor(message, Append(bytes)).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("failed to encode a {}: {error}", std::any::type_name::<M>()),
        )
    })
}

struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// A buffer that one message after the other is encoded into.
#[derive(Debug, Default)]
pub(super) struct Scratch(RefCell<Vec<u8>>);

impl Scratch {
    /// Encodes `message` and gives its bytes to `send`. Taken out meanwhile: a `Serialize` may send, too.
    pub(super) fn with<M: Serialize + ?Sized, R>(
        &self,
        message: &M,
        send: impl FnOnce(&[u8]) -> io::Result<R>,
    ) -> io::Result<R> {
        let mut bytes = self.0.take();
        bytes.clear();
        let result = encode_into(&mut bytes, message).and_then(|()| send(&bytes));
        self.0.replace(bytes);
        result
    }
}

/// How many datagrams did not decode.
#[derive(Debug, Default)]
pub(super) struct Undecodable(Cell<u64>);

impl Undecodable {
    pub(super) fn get(&self) -> u64 {
        self.0.get()
    }

    /// Counts one and says so in the trace. No type's name is in the text: it differs between compilers, and the text
    /// is in the trace hash.
    pub(super) fn count(&self, what: &str, bytes: &[u8], from: SocketAddr) {
        self.0.set(self.0.get() + 1);
        crate::process::note(format!("{what}: {} bytes from {from} do not decode and are skipped", bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_whole_or_not_at_all() {
        let bytes = encode(&(7_u32, "seven")).unwrap();
        assert_eq!(decode::<(u32, String)>(&bytes), Some((7, "seven".into())));
        assert_eq!(decode::<(u32, String)>(&bytes[..3]), None, "cut off");
        assert_eq!(decode::<u32>(&bytes), None, "more than that");
    }

    #[test]
    fn a_value_that_cannot_be_encoded_is_named() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeSeq;
                s.serialize_seq(None)?.end()
            }
        }
        let error = encode(&Endless).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("Endless"), "{error}");
    }
}
