//! Text of another process of this program as what it was there: statics. Each is kept once, for good; there are as many
//! as the program has names.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::invariant::InvariantInfo;

/// The text.
pub(super) fn text(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let new: &'static str = Box::leak(text.into());
    texts.insert(new);
    new
}

/// The invariant.
pub(super) fn invariant(info: InvariantInfo) -> &'static InvariantInfo {
    static INVARIANTS: Mutex<BTreeSet<&'static InvariantInfo>> = Mutex::new(BTreeSet::new());
    let mut invariants = INVARIANTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = invariants.get(&info) {
        return known;
    }
    let new: &'static InvariantInfo = Box::leak(Box::new(info));
    invariants.insert(new);
    new
}

/// The tags of an invariant.
pub(super) fn tags(tags: &[String]) -> &'static [&'static str] {
    static TAGS: Mutex<BTreeSet<&'static [&'static str]>> = Mutex::new(BTreeSet::new());
    let new: Vec<&'static str> = tags.iter().map(|tag| text(tag)).collect();
    let mut all = TAGS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(&*new) {
        return known;
    }
    let new: &'static [&'static str] = Box::leak(new.into_boxed_slice());
    all.insert(new);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_kept_once() {
        assert!(std::ptr::eq(text("a name"), text(&String::from("a name"))));
        let tags = || tags(&["data".into(), "recovery".into()]);
        assert!(std::ptr::eq(tags(), tags()));
        let info = InvariantInfo { id: "INV_907", title: "", tags: tags(), name: "", module: "", file: "", line: 1 };
        assert!(std::ptr::eq(invariant(info), invariant(info)));
    }
}
