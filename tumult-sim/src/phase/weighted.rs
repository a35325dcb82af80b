//! A weighted mean whose terms may be unknown.

use crate::journal::ScoreTerm;

/// Terms with weights. One whose value is unknown drops out, and the weights of the others are scaled to make 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Weighted(Vec<ScoreTerm>);

impl Weighted {
    pub(super) fn term(mut self, term: &str, weight: f64, value: Option<f64>) -> Self {
        assert!(weight > 0.0, "a term of no weight says nothing");
        self.0.push(ScoreTerm { term: term.to_owned(), weight, value: value.map(|v| v.clamp(0.0, 1.0)) });
        self
    }

    /// Σ(weight · value) / Σ weight over the terms with a value, 0 to 1; absent when none has one.
    pub(super) fn mean(&self) -> Option<f64> {
        let known = self.0.iter().filter_map(|t| Some((t.weight, t.value?)));
        let (sum, weights) = known.fold((0.0, 0.0), |(sum, weights), (w, v)| (sum + w * v, weights + w));
        // Rounding may carry a mean of ones past 1.
        (weights > 0.0).then(|| (sum / weights).clamp(0.0, 1.0))
    }

    pub(super) fn into_terms(self) -> Vec<ScoreTerm> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_terms_drop_out_and_the_weights_are_scaled() {
        let all = Weighted::default().term("a", 0.4, Some(1.0)).term("b", 0.6, Some(0.5));
        assert!((all.mean().unwrap() - 0.7).abs() < 1e-12);
        let one = Weighted::default().term("a", 0.4, Some(0.25)).term("b", 0.6, None);
        assert!((one.mean().unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(one.into_terms().iter().map(|t| t.value).collect::<Vec<_>>(), [Some(0.25), None]);
        assert_eq!(Weighted::default().term("a", 1.0, None).mean(), None);
    }
}
