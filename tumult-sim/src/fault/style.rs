//! [`Style`]: in what manner a run's faults are drawn from its profiles. A search that tries many finds more.

use serde::{Deserialize, Serialize};

use super::Plan;

/// In what manner a run's faults are drawn. Whatever it is, what is drawn is within the profile: its kinds, its processes,
/// its budget, its horizon, how long a fault lasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Style {
    /// As the profile says.
    #[default]
    AsIs,
    /// So many times as often.
    Dense(u32),
    /// The drawn faults of another run, changed: some added, moved, aimed at others, taken out. The number says how.
    Like(Plan, u64),
}

impl Style {
    /// How many times as often as the profile says faults come.
    pub(super) fn times(&self) -> u32 {
        match self {
            Self::AsIs | Self::Like(..) => 1,
            Self::Dense(times) => (*times).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::{Key, Seed};
    use crate::fault::Profile;

    fn draw(style: &Style, seed: u64) -> Plan {
        let key = Key::root(Seed(seed));
        let horizon = Duration::from_secs(1_000);
        Profile::default().max_active(100).draw_as(style, &key, &["a", "b", "c"], horizon).unwrap()
    }

    #[test]
    fn a_dense_plan_has_more_faults() {
        let mean = |style: Style| (0..20).map(|seed| draw(&style, seed).len()).sum::<usize>() / 20;
        let usual = mean(Style::AsIs);
        assert!(mean(Style::Dense(3)) > usual * 2, "{usual}");
        let profile = Profile::default().max_active(100);
        let plain = profile.draw(&Key::root(Seed(1)), &["a", "b", "c"], Duration::from_secs(1_000)).unwrap();
        assert_eq!(draw(&Style::AsIs, 1), plain);
    }
}
