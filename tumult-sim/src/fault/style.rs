//! [`Style`]: in what manner a run's faults are drawn from its profiles. A search that tries many finds more.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::base::{Key, Stream};

/// In what manner a run's faults are drawn. Whatever it is, what is drawn is within the profile: its kinds, its processes,
/// its budget, its horizon, how long a fault lasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Style {
    /// As the profile says.
    #[default]
    AsIs,
    /// So many times as often.
    Dense(u32),
    /// As often, but most come hard upon another: what two faults do together needs them together.
    Bursts,
    /// At most so many.
    Few(u64),
    /// The drawn faults of another run, changed: some added, moved, aimed at others, taken out. The number says how.
    Like(Plan, u64),
}

/// With this probability in parts of 4 a fault comes hard upon the one before it.
const FOLLOWS: u64 = 3;
/// The faults of a burst come so many times as often.
const CLOSER: u32 = 24;

/// When the next fault comes, in a style.
pub(super) struct Pace {
    style: Kind,
    stream: Stream,
}

enum Kind {
    AsIs,
    Dense(u32),
    Bursts,
    Few(u64),
}

impl Style {
    /// Its pace. It draws from a stream of its own, so that the profile's draws stay what they are.
    pub(super) fn pace(&self, key: &Key) -> Pace {
        let style = match self {
            Self::AsIs | Self::Like(..) => Kind::AsIs,
            Self::Dense(times) => Kind::Dense(*times),
            Self::Bursts => Kind::Bursts,
            Self::Few(most) => Kind::Few(*most),
        };
        Pace { style, stream: key.child("style").stream() }
    }
}

impl Pace {
    /// What the time to the next fault is made of the one that the profile has drawn.
    pub(super) fn gap(&mut self, drawn: Duration) -> Duration {
        match self.style {
            Kind::AsIs | Kind::Few(_) => drawn,
            Kind::Dense(times) => drawn / times.max(1),
            Kind::Bursts if self.stream.below(4) < FOLLOWS => drawn / CLOSER,
            Kind::Bursts => drawn,
        }
    }

    /// Whether fault number `n` is one too many.
    pub(super) fn is_over(&self, n: u64) -> bool {
        matches!(self.style, Kind::Few(most) if n > most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::fault::Profile;

    fn draw(style: &Style, seed: u64) -> Plan {
        let key = Key::root(Seed(seed));
        let horizon = Duration::from_secs(1_000);
        Profile::default().max_active(100).draw_as(style, &key, &["a", "b", "c"], horizon).unwrap()
    }

    #[test]
    fn styles_are_what_they_say() {
        let mean = |style: Style| (0..20).map(|seed| draw(&style, seed).len()).sum::<usize>() / 20;
        let usual = mean(Style::AsIs);
        assert!(mean(Style::Dense(3)) > usual * 2, "{usual}");
        assert!(mean(Style::Bursts) > usual * 2);
        assert!((0..20).all(|seed| draw(&Style::Few(2), seed).len() <= 2));
        let profile = Profile::default().max_active(100);
        let plain = profile.draw(&Key::root(Seed(1)), &["a", "b", "c"], Duration::from_secs(1_000)).unwrap();
        assert_eq!(draw(&Style::AsIs, 1), plain);
    }
}
