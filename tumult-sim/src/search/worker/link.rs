//! What goes over the socket between a worker and whoever asks it: pieces of bytes, each with its length before it.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// More than this is no message of ours.
const MAX: usize = 1 << 31;

/// Writes one piece.
pub(super) fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u32).to_le_bytes())?;
    to.write_all(bytes)
}

/// Reads one piece into `piece`, in place of what was in it. False where the other side is gone.
pub(super) fn read(from: &mut impl Read, piece: &mut Vec<u8>) -> io::Result<bool> {
    let mut len = [0; 4];
    match from.read_exact(&mut len) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        other => other?,
    }
    let len = u32::from_le_bytes(len) as usize;
    if len > MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of more than 2 GiB"));
    }
    piece.resize(len, 0);
    from.read_exact(piece).map(|()| true)
}

/// Writes a value.
pub(super) fn send<T: Serialize>(to: &mut impl Write, value: &T) -> io::Result<()> {
    write(to, &serde_json::to_vec(value)?)
}

/// Reads a value. `None` where the other side is gone.
pub(super) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut piece = vec![];
    if !read(from, &mut piece)? {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&piece)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_apart_and_an_end_is_no_error() {
        let mut bytes = vec![];
        write(&mut bytes, b"").unwrap();
        send(&mut bytes, &(7, "x")).unwrap();
        let mut from = &*bytes;
        let mut piece = vec![9];
        assert!(read(&mut from, &mut piece).unwrap() && piece.is_empty());
        assert_eq!(receive::<(u8, String)>(&mut from).unwrap(), Some((7, "x".into())));
        assert!(!read(&mut from, &mut piece).unwrap());
        assert!(read(&mut &bytes[4..10], &mut piece).is_err(), "cut off");
    }
}
