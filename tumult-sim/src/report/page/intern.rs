//! Texts that are kept once however often they stand in a run.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// Texts in the order in which they came; written as a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    numbers: BTreeMap<String, u32>,
    count: u32,
}

impl Texts {
    /// The number of a text in the list.
    pub(super) fn number(&mut self, text: String) -> u32 {
        let next = self.count;
        let number = *self.numbers.entry(text).or_insert(next);
        self.count += u32::from(number == next);
        number
    }
}

impl Texts {
    /// The number of one that is there, where it fits into a byte.
    pub(super) fn find(&self, text: &str) -> Option<u8> {
        self.numbers.get(text).and_then(|number| u8::try_from(*number).ok())
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = vec![""; self.numbers.len()];
        for (text, number) in &self.numbers {
            list[*number as usize] = text;
        }
        to.collect_seq(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_the_list_is_in_their_order() {
        let mut texts = Texts::default();
        let numbers = ["b", "a", "b", "c"].map(|t| texts.number(t.to_owned()));
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!(serde_json::to_string(&texts).unwrap(), r#"["b","a","c"]"#);
    }
}
