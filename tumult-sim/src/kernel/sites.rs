//! What the code under test reached: a count for each site of the catalogue, and the decisions of `buggify!` sites.

use serde::{Deserialize, Serialize};

use crate::base::{Counter, Fired, Key, Probability, ProcessId, stable_hash};

/// How often a site was reached, and how often that counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteCount {
    /// How often the code came by.
    pub reached: u64,
    /// How often the condition held; for `buggify!`, how often it fired.
    pub hits: u64,
}

/// So many of the `buggify!` sites are active in a run, as in `FoundationDB`. All of them at once are chaos of one kind;
/// a quarter, another one each time, meet in many combinations (swarm testing, Groce et al. 2012).
const ACTIVE: f64 = 0.25;

/// So many are remembered: a run that fires more is not shrunk by them.
const FIRED_MAX: usize = 10_000;

/// The slots of a hit's number.
const FIRE: u64 = 0;
/// The slot of number 0 that says whether the site is active. (7 is taken by `Counter::below`.)
const IS_ACTIVE: u64 = 1;

/// The sites of a run, by their index in the catalogue. Empty until one is reached.
#[derive(Debug)]
pub(crate) struct Sites {
    counts: Vec<SiteCount>,
    key: Key,
    /// Whether `buggify!` sites fire at all: only where it was asked for.
    pub(crate) buggify: bool,
    chances: Vec<Option<Box<Chance>>>,
    /// Those that have fired.
    pub(crate) fired: Vec<Fired>,
    /// The hits that may fire: site, process (empty for code outside any), number. `None`: any.
    pub(crate) chosen: Option<Vec<Fired>>,
}

/// A `buggify!` site in one run.
#[derive(Debug)]
struct Chance {
    site: Counter,
    active: bool,
    /// By process, the first one for code outside any: its draws and how many hits it had.
    hits: Vec<Option<(Counter, u64)>>,
}

impl Sites {
    pub(crate) fn new(key: &Key) -> Self {
        Self { counts: vec![], key: key.child("buggify"), buggify: false, chances: vec![], fired: vec![], chosen: None }
    }

    /// From now on everything is drawn by other keys, which follow from those there were.
    pub(crate) fn branch(&mut self, salt: u64) {
        self.key = self.key.numbered(salt);
        for chance in self.chances.iter_mut().flatten() {
            chance.hits.iter_mut().flatten().for_each(|(key, _)| *key = key.below(salt));
        }
    }

    /// All counts, by index.
    pub(crate) fn counts(&self) -> &[SiteCount] {
        &self.counts
    }

    /// A site is reached. Gives how often that counted before, if it does. `all` is the size of the catalogue.
    #[inline]
    pub(crate) fn reach(&mut self, index: usize, all: impl FnOnce() -> usize, counts: bool) -> Option<u64> {
        if self.counts.is_empty() {
            self.counts.resize(all(), SiteCount::default());
        }
        let count = &mut self.counts[index];
        count.reached += 1;
        let before = count.hits;
        count.hits += u64::from(counts);
        counts.then_some(before)
    }

    /// Whether a `buggify!` site fires for a process (or for code outside any) this time. The answer follows from the
    /// site's name, the process's name and how often that process was here: no other site, process or draw matters.
    pub(crate) fn fires(&mut self, index: usize, name: &str, p: Probability, by: Option<(ProcessId, &str)>) -> bool {
        if !self.buggify {
            return false;
        }
        if self.chances.len() <= index {
            self.chances.resize_with(index + 1, || None);
        }
        let chance = self.chances[index].get_or_insert_with(|| {
            let site = self.key.child(name).counter();
            let active = Probability::new(ACTIVE).is_ok_and(|p| p.hit(site.draw(0, IS_ACTIVE)));
            Box::new(Chance { site, active, hits: vec![] })
        });
        if !chance.active {
            return false;
        }
        let at = by.map_or(0, |(process, _)| process.index() + 1);
        if chance.hits.len() <= at {
            chance.hits.resize(at + 1, None);
        }
        let site = chance.site;
        let (draws, number) = chance.hits[at]
            .get_or_insert_with(|| (site.below(by.map_or(0, |(_, name)| stable_hash(name.as_bytes()))), 0));
        *number += 1;
        if !p.hit(draws.draw(*number, FIRE)) {
            return false;
        }
        let process = by.map_or("", |(_, name)| name);
        let hit = Fired { site: name.to_owned(), process: process.to_owned(), hit: *number };
        let may = self.chosen.as_ref().is_none_or(|those| those.contains(&hit));
        if may && self.fired.len() < FIRED_MAX {
            self.fired.push(hit);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    const HALF: fn() -> Probability = || Probability::new(0.5).unwrap();

    fn sites(seed: u64) -> Sites {
        Sites { buggify: true, ..Sites::new(&Key::root(Seed(seed))) }
    }

    fn decisions(sites: &mut Sites, index: usize, name: &str, by: Option<(ProcessId, &str)>) -> Vec<bool> {
        (0..64).map(|_| sites.fires(index, name, HALF(), by)).collect()
    }

    #[test]
    fn a_quarter_of_the_sites_is_active_and_fires_as_asked() {
        let (mut active, mut fired) = (0, 0);
        for seed in 0..1000 {
            let n = decisions(&mut sites(seed), 0, "site", None).iter().filter(|d| **d).count();
            active += usize::from(n > 0);
            fired += n;
        }
        assert!((200..300).contains(&active), "{active} of 1000 seeds");
        assert!((30..34).contains(&(fired / active)), "{} of 64 hits", fired / active);
    }

    #[test]
    fn decisions_are_keyed_by_site_process_and_hit_and_by_nothing_else() {
        let seed = (0..100).find(|s| decisions(&mut sites(*s), 0, "mine", None).contains(&true)).unwrap();
        let (p, q) = ((ProcessId(0), "p"), (ProcessId(1), "q"));
        let alone = decisions(&mut sites(seed), 0, "mine", Some(p));

        let mut crowded = sites(seed);
        let mut among = vec![];
        for _ in 0..64 {
            crowded.fires(0, "other", HALF(), Some(p));
            crowded.fires(1, "third", HALF(), None);
            crowded.fires(2, "mine", HALF(), Some(q));
            // Another place in the catalogue, and another number of the process: only names matter.
            among.push(crowded.fires(2, "mine", HALF(), Some((ProcessId(7), "p"))));
        }
        assert_eq!(alone, among);
        assert_ne!(alone, decisions(&mut sites(seed), 0, "mine", Some(q)));
    }

    #[test]
    fn off_means_never() {
        let mut off = Sites::new(&Key::root(Seed(1)));
        assert!((0..100).all(|n| !off.fires(n, &n.to_string(), Probability::ALWAYS, None)));
    }
}
