//! [`Plan`]: what goes wrong in a run, as data. It can be printed, saved, edited, shrunk and replayed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::serde_ns;
use super::{What, When};
use crate::base::{Error, Kind};

/// The faults of a run, in the order in which they were planned. No two have the same ID.
///
/// ```
/// use tumult_sim::fault::Plan;
/// let text = "f1 at 1.500s partition {a} | {b,c} for 2s\n";
/// let plan: Plan = text.parse().unwrap();
/// assert_eq!(plan.to_string(), text);
/// let error = "f1 at 1s explode a".parse::<Plan>().unwrap_err().to_string();
/// assert!(error.starts_with("failed to parse the plan, line 1, `explode`: no fault is called that"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<PlannedFault>", try_from = "Vec<PlannedFault>")]
pub struct Plan(Vec<PlannedFault>);

/// One fault of a plan. Processes are named, so that a plan outlives the order in which they were declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFault {
    /// Its name in the plan and in reports, such as `f1`.
    pub id: String,
    /// When it happens.
    pub when: When,
    /// What it does.
    pub what: What,
    /// After which time it is healed; `None`: when the faults are lifted, or never.
    #[serde(with = "serde_ns::option", default)]
    pub lasts: Option<Duration>,
}

impl PlannedFault {
    /// What is wrong with it in itself, and how to mend it.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        let nameless = self.id.is_empty().then_some("the fault has no name; write one, such as f1");
        nameless.or_else(|| self.when.flaw()).or_else(|| self.what.flaw(self.lasts))
    }
}

impl Plan {
    /// Nothing goes wrong.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault.
    ///
    /// # Errors
    /// When its ID is taken, or it contradicts itself.
    pub fn push(&mut self, fault: PlannedFault) -> Result<(), Error> {
        self.insert(fault)
            .map_err(|(id, why)| Error::new(Kind::Plan, format!("add the fault `{id}` to the plan: {why}")))
    }

    /// As `push`; the error is the ID and what is wrong.
    pub(super) fn insert(&mut self, fault: PlannedFault) -> Result<(), (String, String)> {
        if self.get(&fault.id).is_some() {
            return Err((fault.id, "another fault has this name; give each one of its own".into()));
        }
        if let Some(flaw) = fault.flaw() {
            return Err((fault.id, flaw.into()));
        }
        self.0.push(fault);
        Ok(())
    }

    /// The faults, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, PlannedFault> {
        self.0.iter()
    }

    /// How many faults there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fault of this ID.
    pub fn get(&self, id: &str) -> Option<&PlannedFault> {
        self.0.iter().find(|fault| fault.id == id)
    }

    /// The plan with only those faults that `keep` wants.
    pub fn retain(&mut self, keep: impl FnMut(&PlannedFault) -> bool) {
        self.0.retain(keep);
    }
}

impl<'a> IntoIterator for &'a Plan {
    type Item = &'a PlannedFault;
    type IntoIter = std::slice::Iter<'a, PlannedFault>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Plan> for Vec<PlannedFault> {
    fn from(plan: Plan) -> Self {
        plan.0
    }
}

impl TryFrom<Vec<PlannedFault>> for Plan {
    type Error = Error;
    fn try_from(faults: Vec<PlannedFault>) -> Result<Self, Error> {
        let mut plan = Self::new();
        faults.into_iter().try_for_each(|fault| plan.push(fault))?;
        Ok(plan)
    }
}
