//! What a case has observed: results, kinds of errors, bytes, orders. Never times or port numbers.

use std::fmt::Debug;
use std::io;

/// The lines that both arms must agree on.
pub(crate) type Log = Vec<String>;

/// Adds what was seen.
pub(crate) fn note(log: &mut Log, what: &str, value: impl Debug) {
    log.push(format!("{what}: {value:?}"));
}

/// A result without what differs between machines: of an error its kind, or its number where std has no kind for it.
pub(crate) fn seen<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|e| match (format!("{:?}", e.kind()), e.raw_os_error()) {
        (kind, Some(number)) if kind == "Uncategorized" => format!("os error {number}"),
        (kind, _) => kind,
    })
}

/// Bytes as a person reads them; long ones by their length and sum.
pub(crate) fn text(bytes: &[u8]) -> String {
    if bytes.len() > 64 {
        let sum = bytes.iter().fold(7_u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(*b)));
        return format!("{} bytes, sum {sum:x}", bytes.len());
    }
    String::from_utf8_lossy(bytes).into_owned()
}
