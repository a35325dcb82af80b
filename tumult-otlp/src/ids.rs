//! Identifiers of traces and spans: they follow from the run, so that a run that is sent twice is the same trace.

use tumult_sim::journal::{Journal, RunRecord};

/// Sixteen bytes: the experiment (its seed and title), and when it ran.
pub(crate) fn trace(journal: &Journal, run: &RunRecord) -> Vec<u8> {
    let experiment =
        u64::from_str_radix(&journal.experiment_id, 16).unwrap_or_else(|_| hash(journal.experiment_id.as_bytes()));
    [experiment.to_be_bytes(), run.started_at.to_be_bytes()].concat()
}

/// Eight bytes for the span of this name, the `nth` of its kind in the trace. Never all zero, which would be none.
pub(crate) fn span(trace: &[u8], name: &str, nth: usize) -> Vec<u8> {
    let text = [trace, name.as_bytes(), &nth.to_be_bytes()].concat();
    hash(&text).max(1).to_be_bytes().to_vec()
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923): to tell things apart, not to guard them.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_other_names_numbers_or_traces_are_others() {
        let all = [span(b"a", "x", 0), span(b"a", "x", 1), span(b"a", "y", 0), span(b"b", "x", 0)];
        for (n, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 8);
            assert!(!all[..n].contains(one));
        }
        assert_eq!(span(b"a", "x", 0), span(b"a", "x", 0));
    }
}
