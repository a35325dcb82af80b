//! Times and payloads in words.

use std::fmt::Write as _;
use std::time::Duration;

/// A time as people say it: two units at the most, as "3 h 12 min", "41 min", "3.1 s", "7 ms".
pub(super) fn span(d: Duration) -> String {
    let s = d.as_secs();
    let two = |big: u64, unit: &str, small: u64, rest: &str| {
        if small == 0 { format!("{big} {unit}") } else { format!("{big} {unit} {small} {rest}") }
    };
    match s {
        86_400.. => two(s / 86_400, "d", s % 86_400 / 3_600, "h"),
        3_600.. => two(s / 3_600, "h", s % 3_600 / 60, "min"),
        600.. => format!("{} min", s / 60),
        60.. => two(s / 60, "min", s % 60, "s"),
        1.. => format!("{:.1} s", d.as_secs_f64()),
        0 if d.as_micros() >= 1_000 => format!("{} ms", d.as_millis()),
        0 => format!("{} µs", d.as_micros()),
    }
}

/// A payload: its length, and its beginning as text if it is text, in hexadecimal otherwise.
pub(super) fn payload(bytes: &[u8]) -> String {
    const SHOWN: usize = 32;
    let dots = if bytes.len() > SHOWN { "…" } else { "" };
    let head = &bytes[..bytes.len().min(SHOWN)];
    let unit = if bytes.len() == 1 { "byte" } else { "bytes" };
    let printable = |b: &u8| b.is_ascii_graphic() || *b == b' ';
    if bytes.is_empty() {
        "empty".into()
    } else if head.iter().all(printable) {
        format!("{} {unit} \"{}\"{dots}", bytes.len(), String::from_utf8_lossy(head))
    } else {
        format!("{} {unit} {}{dots}", bytes.len(), hex(head))
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes what is written");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_with_two_units_at_the_most() {
        for (ms, text) in [
            (0, "0 µs"),
            (7, "7 ms"),
            (3_100, "3.1 s"),
            (61_000, "1 min 1 s"),
            (2_460_000, "41 min"),
            (11_520_000, "3 h 12 min"),
            (2_592_000_000, "30 d"),
        ] {
            assert_eq!(span(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn payloads_are_text_or_hexadecimal() {
        assert_eq!(payload(b""), "empty");
        assert_eq!(payload(b"x"), "1 byte \"x\"");
        assert_eq!(payload(&[1, 0, 0xff]), "3 bytes 0100ff");
        assert_eq!(payload(&[b'a'; 40]), format!("40 bytes \"{}\"…", "a".repeat(32)));
    }
}
