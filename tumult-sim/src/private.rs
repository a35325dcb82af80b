//! What macro expansions name. No part of the interface.

use std::panic::resume_unwind;

use crate::base::OrPanic as _;
use crate::search::{Environment, Found, Search, Status, Subject, Summary, TestKind, default_out};
use crate::sim::Sim;

pub use crate::invariant::__site::{CATALOGUE, FIRES, SiteInfo, SiteKind};
pub use crate::invariant::{Invariant, InvariantInfo};
pub use crate::search::TestDecl;
pub use linkme;

/// Every `#[invariant]` that is linked.
#[linkme::distributed_slice]
pub static INVARIANTS: [&'static InvariantInfo];

/// What `#[tumult_sim::test]` calls.
#[track_caller]
pub fn run_test(decl: &'static TestDecl, body: fn(&mut Sim)) {
    let env = Environment::of_process().or_panic();
    let subject = Subject::of(decl);
    let search = Search::for_test(subject.clone(), decl, &env).or_panic();
    let found = search.run(body);
    let summary = summary(&subject, TestKind::Test, &found);
    leave(&env, &subject, &summary);
    found.assert_held();
}

/// What there is to say of a search that stops at its first failure.
fn summary(subject: &Subject, kind: TestKind, found: &Found) -> Summary {
    let violated = found.failure().and_then(|f| f.invariant()).map(|id| (id.to_owned(), 1));
    Summary {
        version: Summary::VERSION,
        kind,
        package: subject.package.clone(),
        test: subject.path.clone(),
        id: None,
        title: None,
        status: if found.failure().is_none() { Status::Passed } else { Status::Failed },
        seeds: found.runs(),
        failures: u64::from(found.failure().is_some()),
        violated: violated.into_iter().collect(),
        met: None,
        virtual_ns: u64::try_from(found.virtual_time().as_nanos()).unwrap_or(u64::MAX),
        wall_ms: found.wall_time().as_millis() as u64,
        score: None,
        token: found.token().map(str::to_owned),
        tumult: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Writes the summary. Where the folder was asked for, one that cannot be written fails the test.
#[track_caller]
pub(crate) fn leave(env: &Environment, subject: &Subject, summary: &Summary) {
    if env.child.is_some() {
        return;
    }
    let exe = std::env::current_exe().ok();
    let out = env.out.clone().unwrap_or_else(|| default_out(exe.as_deref(), &subject.manifest_dir));
    match summary.write(&out) {
        Ok(_) => {}
        Err(error) if env.out.is_some() => resume_unwind(Box::new(error.to_string())),
        Err(error) => eprintln!("note: {error}"),
    }
}
