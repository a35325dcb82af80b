//! Base64 with the URL-safe alphabet and without padding (RFC 4648, section 5): what can be pasted into a shell, a link
//! and a file name alike. Strict: a text has one meaning, and a meaning one text.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Why a text is not base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// This character, at this position from 0, is none of the alphabet.
    Character(char, usize),
    /// The last character carries bits that no byte has, or stands alone.
    End,
}

pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(group);
        for i in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

pub(super) fn decode(text: &str) -> Result<Vec<u8>, Bad> {
    let mut digits = Vec::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        let digit = ALPHABET.iter().position(|a| char::from(*a) == c).ok_or(Bad::Character(c, i))?;
        digits.push(digit as u32);
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.chunks(4) {
        let bits = group.iter().enumerate().fold(0, |bits, (i, d)| bits | d << (18 - 6 * i));
        let [_, bytes @ ..] = bits.to_be_bytes();
        let (whole, rest) = bytes.split_at(group.len() - 1);
        if group.len() == 1 || rest.iter().any(|b| *b != 0) {
            return Err(Bad::End);
        }
        out.extend_from_slice(whole);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_rfc() {
        // RFC 4648, section 10, without padding.
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn each_meaning_has_one_text() {
        assert_eq!(decode("Zm+v"), Err(Bad::Character('+', 2)));
        assert_eq!(decode("Zg=="), Err(Bad::Character('=', 2)));
        assert_eq!(decode("Zm9vY"), Err(Bad::End));
        assert_eq!(decode("Zh"), Err(Bad::End));
    }
}
