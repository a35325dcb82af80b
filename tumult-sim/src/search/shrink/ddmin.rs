//! Delta debugging (Zeller & Hildebrandt 2002, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2)): the
//! smallest part of a list that still fails, in the sense that no single item can be taken out.

/// Takes items out of a list that fails for as long as what is left does. `fails` is never asked about all of them.
pub(super) fn ddmin<T: Clone>(mut items: Vec<T>, fails: &mut dyn FnMut(&[T]) -> bool) -> Vec<T> {
    if items.is_empty() || fails(&[]) {
        return vec![];
    }
    let mut parts = 2;
    while items.len() >= 2 {
        let size = items.len().div_ceil(parts);
        let pieces: Vec<Vec<T>> = items.chunks(size).map(<[T]>::to_vec).collect();
        let without = |n: usize| -> Vec<T> {
            let others = pieces.iter().enumerate().filter(|(m, _)| *m != n);
            others.flat_map(|(_, piece)| piece.iter().cloned()).collect()
        };
        // With two parts, one part is what is left without the other.
        let alone = if pieces.len() > 2 { pieces.iter().position(|piece| fails(piece)) } else { None };
        if let Some(n) = alone {
            items.clone_from(&pieces[n]);
            parts = 2;
        } else if let Some(n) = (0..pieces.len()).find(|n| fails(&without(*n))) {
            items = without(n);
            parts = (parts - 1).max(2);
        } else if parts >= items.len() {
            break;
        } else {
            parts = (parts * 2).min(items.len());
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_of_sixty_are_found_and_few_questions_asked() {
        let mut asked = 0;
        let mut fails = |part: &[u32]| {
            asked += 1;
            part.contains(&17) && part.contains(&43)
        };
        assert_eq!(ddmin((0..60).collect(), &mut fails), [17, 43]);
        assert!(asked < 80, "{asked}");
    }

    #[test]
    fn what_fails_without_any_needs_none() {
        assert_eq!(ddmin(vec![1, 2, 3], &mut |_| true), [0; 0]);
        assert_eq!(ddmin(Vec::<u32>::new(), &mut |_| panic!("not asked")), [0; 0]);
    }

    proptest! {
        #[test]
        fn nothing_can_be_taken_out_of_what_is_left(needed in prop::collection::btree_set(0_u32..30, 0..6)) {
            let mut fails = |part: &[u32]| needed.iter().all(|n| part.contains(n));
            let left = ddmin((0..30).collect(), &mut fails);
            prop_assert_eq!(left, needed.into_iter().collect::<Vec<_>>());
        }
    }
}
