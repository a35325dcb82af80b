//! What was done to the world outside, which no crash undoes.

use std::collections::BTreeMap;

use tumult_sim::Time;

use crate::ExecutionId;

/// An effect that was applied: by which execution, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Which execution applied it.
    pub execution: ExecutionId,
    /// When it took effect.
    pub at: Time,
}

/// Every effect that was ever applied, by the key of the job that it is for.
#[derive(Clone, Debug, Default)]
pub struct EffectLedger {
    effects: BTreeMap<String, Vec<Effect>>,
    first_duplicate: Option<String>,
}

/// A key whose effect was applied more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate<'a> {
    /// The job's key.
    pub key: &'a str,
    /// How often.
    pub times: usize,
    /// By which executions, and when.
    pub effects: &'a [Effect],
}

impl EffectLedger {
    /// The effect for `key` takes place, whether or not it did before.
    pub fn apply(&mut self, key: &str, effect: Effect) {
        match self.effects.get_mut(key) {
            None => {
                self.effects.insert(key.to_string(), vec![effect]);
            }
            Some(effects) => {
                effects.push(effect);
                self.first_duplicate.get_or_insert_with(|| key.to_string());
            }
        }
    }

    /// How often the effect for `key` was applied.
    pub fn times(&self, key: &str) -> usize {
        self.effects.get(key).map_or(0, Vec::len)
    }

    /// How many keys have had an effect.
    pub fn len(&self) -> usize {
        self.effects.len()
    }

    /// Whether there was no effect yet.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// The key whose effect was the first to be applied twice.
    pub fn first_duplicate(&self) -> Option<Duplicate<'_>> {
        let key = self.first_duplicate.as_deref()?;
        let effects = self.effects.get(key)?;
        Some(Duplicate { key, times: effects.len(), effects })
    }
}
