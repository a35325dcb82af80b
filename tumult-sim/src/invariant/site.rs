//! Sites: places in the code that say something about a search, each with a name of its own.

use crate::base::{OrPanic, Probability, stable_hash};
use crate::context::{Cause, Run, try_current};
use crate::kernel::world::World;
use crate::trace::Kind;

use super::catalogue::CATALOGUE;

/// What a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteKind {
    /// [`sometimes!`](crate::sometimes): the condition holds in some run of a search.
    Sometimes,
    /// [`reachable!`](crate::reachable): the code is reached in some run of a search.
    Reachable,
    /// [`unreachable!`](crate::unreachable): the code is never reached.
    Unreachable,
    /// [`buggify!`](crate::buggify): the code may misbehave here.
    Buggify,
}

impl SiteKind {
    /// The macro's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sometimes => "sometimes",
            Self::Reachable => "reachable",
            Self::Unreachable => "unreachable",
            Self::Buggify => "buggify",
        }
    }
}

/// A site: a static of the program, so that one that is linked and never reached is known.
#[derive(Debug)]
pub struct SiteInfo {
    kind: SiteKind,
    name: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
    hash: u64,
}

impl SiteInfo {
    /// What the macros make.
    #[doc(hidden)]
    pub const fn new(kind: SiteKind, name: &'static str, module: &'static str, file: &'static str, line: u32) -> Self {
        Self { kind, name, module, file, line, hash: stable_hash(name.as_bytes()) }
    }

    /// What it is.
    pub fn kind(&self) -> SiteKind {
        self.kind
    }
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }
    /// The module it is in.
    pub fn module(&self) -> &'static str {
        self.module
    }
    /// The file it is in, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.file
    }
    /// The line it is at.
    pub fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// Its place in the catalogue: it is an element of that slice, so the difference of two addresses says it.
    #[inline]
    fn index(&self, all: &[Self]) -> usize {
        (std::ptr::from_ref(self).addr() - all.as_ptr().addr()) / size_of::<Self>()
    }

    /// Counts and, where it counts, notes that the site was reached.
    #[inline]
    fn hit(&self, run: &Run, condition: bool) {
        let world = &mut *run.world.borrow_mut();
        let index = self.index(&CATALOGUE);
        if let Some(before) = world.sites.reach(index, || CATALOGUE.len(), condition) {
            self.note(world, before);
        }
    }

    #[inline]
    fn note(&self, world: &mut World, before: u64) {
        let process = world.living_actor().map_or(u32::MAX, |p| p.0);
        let word = world.core.pair(process, before as u32 + 1);
        let name = if before == 0 { self.name.as_bytes() } else { &[] };
        world.core.trace.note(world.core.now, Kind::Site, word, self.hash, name);
    }

    /// `sometimes!` and `reachable!`.
    #[doc(hidden)]
    #[inline]
    pub fn reach(&'static self, condition: bool) {
        if let Some(run) = here() {
            self.hit(run, condition);
        }
    }

    /// `unreachable!`.
    #[doc(hidden)]
    #[inline]
    pub fn refuse(&'static self, condition: bool) {
        if condition && let Some(run) = here() {
            self.hit(run, true);
            let process = run.world.borrow().living_actor();
            run.fail(Cause::Unreachable { name: self.name, site: format!("{}:{}", self.file, self.line) }, process);
        }
    }

    /// `buggify!`.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn fires(&'static self, probability: f64) -> bool {
        let Some(run) = here() else { return false };
        let p = Probability::new(probability).or_panic();
        let world = &mut *run.world.borrow_mut();
        let index = self.index(&CATALOGUE);
        let by = world.living_actor().map(|id| (id, &*world.processes.get(id).name));
        let fires = world.sites.fires(index, self.name, p, by);
        if let Some(before) = world.sites.reach(index, || CATALOGUE.len(), fires) {
            self.note(world, before);
        }
        fires
    }
}

/// As the macro is written.
impl std::fmt::Display for SiteInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}!({:?})", self.kind.name(), self.name)
    }
}

/// The run that this thread is in, unless a dead process's destructors run: they are dead to it.
#[inline]
fn here() -> Option<&'static Run> {
    try_current().filter(|run| !run.is_inert())
}

/// How likely an active `buggify!` site fires, as in `FoundationDB`.
#[doc(hidden)]
pub const FIRES: f64 = 0.25;

#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($kind:ident, $name:literal) => {{
        #[$crate::__private::linkme::distributed_slice($crate::__private::CATALOGUE)]
        #[linkme(crate = $crate::__private::linkme)]
        static SITE: $crate::__private::SiteInfo = $crate::__private::SiteInfo::new(
            $crate::__private::SiteKind::$kind,
            $name,
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        );
        &SITE
    }};
}

/// Says that over a search the condition holds here at least once: that the tests reach the interesting case.
///
/// A search reports the sites of the linked program where it never did ([`Coverage`](crate::invariant::Coverage)), also
/// those in code that never ran. The name is a literal, and no other site has it. Where the condition holds, the trace
/// has an event; where it does not, that is counted only. A site costs a few nanoseconds, and nothing but evaluating
/// the condition outside a simulation.
///
/// ```
/// # use tumult_sim::{Sim, sometimes};
/// # let mut sim = Sim::new(1);
/// # sim.primary("p", || async {
/// # let (role, log): (&str, Vec<u8>) = ("follower", vec![]);
/// sometimes!("an election with an empty log", log.is_empty());
/// if role == "follower" {
///     sometimes!("a follower is asked");
/// }
/// # });
/// let report = sim.run();
/// assert_eq!(report.sites().of("an election with an empty log").unwrap().hits, 1);
/// ```
#[macro_export]
macro_rules! sometimes {
    ($name:literal $(,)?) => {
        $crate::__site!(Sometimes, $name).reach(true)
    };
    ($name:literal, $condition:expr $(,)?) => {
        $crate::__site!(Sometimes, $name).reach($condition)
    };
}

/// Says that over a search the code gets here at least once. As [`sometimes!`](crate::sometimes) without a condition.
///
/// ```
/// # let retries = 0;
/// if retries > 3 {
///     tumult_sim::reachable!("gave up after three retries");
/// }
/// ```
#[macro_export]
macro_rules! reachable {
    ($name:literal $(,)?) => {
        $crate::__site!(Reachable, $name).reach(true)
    };
}

/// Says that the code never gets here; with a condition, that the condition never holds. A run that does fails, named
/// after the site.
///
/// Unlike std's macro of that name it is a statement: it gives `()`, the code after it goes on until the task's next
/// await, and outside a simulation it does nothing. Where the code cannot go on, std's can follow it.
///
/// ```
/// # use tumult_sim::{Cause, Sim};
/// # let mut sim = Sim::new(1);
/// # sim.primary("p", || async {
/// # let acknowledged = 3;
/// # let stored = 2;
/// tumult_sim::unreachable!("acknowledged what is not stored", acknowledged > stored);
/// # });
/// let failure = sim.try_run().unwrap_err();
/// assert!(matches!(failure.cause, Cause::Unreachable { name: "acknowledged what is not stored", .. }));
/// ```
#[macro_export]
macro_rules! unreachable {
    ($name:literal $(,)?) => {
        $crate::__site!(Unreachable, $name).refuse(true)
    };
    ($name:literal, $condition:expr $(,)?) => {
        $crate::__site!(Unreachable, $name).refuse($condition)
    };
}

/// Whether the code shall misbehave here, as it is allowed to: a short batch, a full queue, an early timeout.
///
/// False outside a simulation, and in runs that did not ask for it ([`SimConfig::buggify`](crate::SimConfig::buggify)).
/// In one that did, each site is active with probability 0.25, and an active one fires with the probability given,
/// 0.25 without. Whether it does follows from the seed, the site's name, the process and how often that process was
/// here, so adding or removing a site leaves the decisions of the others as they were. Each that fires is in the trace.
///
/// ```
/// # use tumult_sim::buggify;
/// # let full = 100;
/// let batch = if buggify!("a short batch") { 1 } else { full };
/// let retry = buggify!("a needless retry", 0.01);
/// # assert_eq!((batch, retry), (100, false));
/// ```
#[macro_export]
macro_rules! buggify {
    ($name:literal $(,)?) => {
        $crate::__site!(Buggify, $name).fires($crate::__private::FIRES)
    };
    ($name:literal, $probability:expr $(,)?) => {
        $crate::__site!(Buggify, $name).fires($probability)
    };
}
