//! The rules of `#[test]` and `#[experiment]`.

use super::{Kind, parse::Entry};
use crate::{decl, errors::Errors, function};

/// Reports every mistake.
pub(super) fn validate(kind: Kind, entry: &Entry, errors: &mut Errors) {
    decl::validate_seeds(entry.seeds.as_ref(), errors);
    decl::validate_schedule(entry.schedule.as_ref(), errors);
    decl::validate_search(entry.search.as_ref(), errors);
    function::validate(&entry.function, kind.shape(), errors);
    function::validate_only_test(&entry.function, kind.shape(), errors);
}
