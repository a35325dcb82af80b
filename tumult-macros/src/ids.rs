//! IDs: a prefix, an underscore and three digits.

use syn::{LitStr, Path};

use crate::errors::Errors;

/// The IDs of one sort of thing.
pub(crate) struct IdKind {
    prefix: &'static str,
    what: &'static str,
}

/// `INV_001`
pub(crate) const INVARIANT: IdKind = IdKind { prefix: "INV_", what: "an invariant's" };
/// `FM_001`
pub(crate) const FAILURE_MODE: IdKind = IdKind { prefix: "FM_", what: "a failure mode's" };

impl IdKind {
    /// Whether `text` is such an ID.
    pub(crate) fn matches(&self, text: &str) -> bool {
        text.strip_prefix(self.prefix)
            .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Whether `text` at least begins as such an ID does.
    pub(crate) fn begins(&self, text: &str) -> bool {
        text.starts_with(self.prefix)
    }

    /// What is wrong with `text`, for a message.
    pub(crate) fn complaint(&self, text: &str) -> String {
        let Self { prefix, what } = self;
        format!("{what} ID is `{prefix}` and three digits, as in \"{prefix}001\"; this is `{text}`")
    }

    /// Reports a literal that is none.
    pub(crate) fn validate(&self, id: &LitStr, errors: &mut Errors) {
        let text = id.value();
        if !self.matches(&text) {
            errors.at(id, self.complaint(&text));
        }
    }
}

/// The last segment of a path, which is the ID of the constant that it names.
pub(crate) fn last(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}
