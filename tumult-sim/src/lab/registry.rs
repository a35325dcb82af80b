//! The catalogue of what is linked: failure modes and invariants, each ID once.

use crate::base::{Error, Kind};
use crate::invariant::InvariantInfo;
use crate::lab::FailureMode;

/// Every `#[invariant]` that is linked.
#[linkme::distributed_slice]
pub static INVARIANTS: [&'static InvariantInfo];

/// Every `#[failure_mode]` that is linked.
#[linkme::distributed_slice]
pub static FAILURE_MODES: [&'static FailureMode];

/// All failure modes that are linked, by ID.
///
/// # Errors
/// When two have the same ID: it names both places.
pub fn failure_modes() -> Result<Vec<&'static FailureMode>, Error> {
    let place = |m: &FailureMode| format!("{}:{}", m.decl.file, m.decl.line);
    unique(FAILURE_MODES.iter().copied().collect(), |m| m.id, place)
}

/// All invariants that are linked, by ID.
///
/// # Errors
/// When two have the same ID: it names both places.
pub fn invariants() -> Result<Vec<&'static InvariantInfo>, Error> {
    unique(INVARIANTS.iter().copied().collect(), |i| i.id, |i| format!("{}:{}", i.file, i.line))
}

/// The catalogue is sound: nothing runs under an ID that two things have.
pub(super) fn check() -> Result<(), Error> {
    failure_modes()?;
    invariants().map(drop)
}

fn unique<T: Copy>(
    mut all: Vec<T>,
    id: impl Fn(T) -> &'static str,
    place: impl Fn(T) -> String,
) -> Result<Vec<T>, Error> {
    all.sort_by_key(|item| (id(*item), place(*item)));
    match all.windows(2).find(|pair| id(pair[0]) == id(pair[1])) {
        None => Ok(all),
        Some(pair) => Err(Error::new(
            Kind::Config,
            format!(
                "read the catalogue: {} is there twice, at {} and at {}; give one of them the next free number",
                id(pair[0]),
                place(pair[0]),
                place(pair[1]),
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: &'static str, line: u32) -> &'static InvariantInfo {
        let info = InvariantInfo { id, title: "", tags: &[], name: "", module: "", file: "a.rs", line };
        Box::leak(Box::new(info))
    }

    fn sorted(all: Vec<&'static InvariantInfo>) -> Result<Vec<&'static InvariantInfo>, Error> {
        unique(all, |i| i.id, |i| format!("{}:{}", i.file, i.line))
    }

    #[test]
    fn ids_come_in_order_and_once() {
        let ids = sorted(vec![info("INV_002", 1), info("INV_001", 9)]).unwrap();
        assert_eq!(ids.iter().map(|i| i.id).collect::<Vec<_>>(), ["INV_001", "INV_002"]);
    }

    #[test]
    fn an_id_that_is_there_twice_is_refused_with_both_places() {
        let error = sorted(vec![info("INV_001", 9), info("INV_002", 1), info("INV_001", 4)]).unwrap_err();
        assert!(error.is_config());
        assert_eq!(
            error.to_string(),
            "failed to read the catalogue: INV_001 is there twice, at a.rs:4 and at a.rs:9; give one of them the next \
             free number"
        );
    }
}
