//! `INV_010`.

use tumult_sim::{Verdict, invariant, violated};

use crate::BacklogHistory;

/// Queued work and memory stay within their bounds; over the bound the caller gets a clear refusal.
#[invariant(id = "INV_010")]
pub fn queues_are_bounded(backlog: &BacklogHistory) -> Verdict {
    match backlog.flaw() {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bounds;

    fn backlog() -> BacklogHistory {
        BacklogHistory::new(Bounds { queued: 3, bytes: 100, ..Bounds::default() })
    }

    fn says(backlog: &BacklogHistory) -> String {
        match queues_are_bounded(backlog) {
            Verdict::Violated(what) => what,
            Verdict::Holds => panic!("{backlog:?} holds"),
        }
    }

    #[test]
    fn a_full_queue_that_refuses_holds() {
        let mut backlog = backlog();
        backlog.holds("the store", 3, 100);
        backlog.refuses("the store", true);
        backlog.holds("the store", 2, 60);
        backlog.holds("the inbox", 3, 0);
        assert!(queues_are_bounded(&backlog).holds());
        assert_eq!((backlog.longest("the store"), backlog.refused()), (3, 1));
    }

    #[test]
    fn too_much_work_too_much_memory_and_silence_are_named() {
        let mut longer = backlog();
        longer.holds("the store", 4, 0);
        assert_eq!(says(&longer), "the store holds 4 items, and may hold 3");
        let mut larger = backlog();
        larger.holds("the store", 1, 101);
        assert_eq!(says(&larger), "the store holds 101 bytes, and may hold 100");
        let mut silent = backlog();
        silent.refuses("the inbox", false);
        assert_eq!(says(&silent), "the inbox dropped an item, and its caller was not told");
    }
}
