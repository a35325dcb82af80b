//! The rules of `#[invariant]`.

use super::{SHAPE, parse::Invariant};
use crate::{docs, errors::Errors, function, ids};

/// What may be said of an invariant: `data` counts as data loss in a journal, `recovery` must not be newly violated
/// once a recovery has acted, `liveness` is judged only when faults have stopped.
const TAGS: [&str; 3] = ["data", "recovery", "liveness"];

/// Reports every mistake. True if the constant could be made all the same: its name and type are known.
pub(super) fn validate(invariant: &Invariant, errors: &mut Errors) -> bool {
    let before = errors.count();
    if let Some(id) = &invariant.id {
        ids::INVARIANT.validate(id, errors);
    }
    function::validate(&invariant.function, &SHAPE, errors);
    let sound = invariant.id.is_some() && errors.count() == before;

    docs::require_title(&invariant.function, errors);
    for (index, tag) in invariant.tags.iter().enumerate() {
        let name = tag.value();
        if !TAGS.contains(&name.as_str()) {
            errors.at(tag, format!("unknown tag `{name}`: the tags are `data`, `recovery` and `liveness`"));
        } else if invariant.tags[..index].iter().any(|earlier| earlier.value() == name) {
            errors.at(tag, format!("the tag `{name}` is given twice: remove one"));
        }
    }
    sound
}
