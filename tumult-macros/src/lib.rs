//! The attribute macros of tumult-sim: `test`, `experiment`, `invariant` and `failure_mode`.
//!
//! This file only dispatches; users reach the macros as `tumult_sim::test` and so on. Each macro is a pure function of
//! token streams in a folder of its own, in three steps: `parse` (tokens to a tree, which does not change afterwards),
//! `validate` (every rule, each mistake at the smallest wrong token) and `expand`. Expansions name only `::core::…` and
//! `::tumult_sim::__private::…`; `crate = path` replaces `::tumult_sim`, for a renamed or re-exported library.

mod args;
mod decl;
mod docs;
mod entry;
mod errors;
mod failure_mode;
mod function;
mod ids;
mod invariant;
#[cfg(test)]
mod testing;

use proc_macro::{Span, TokenStream};

/// Makes a function that sets up and runs a simulation a test, which searches many seeds.
///
/// | key | meaning | default |
/// |---|---|---|
/// | `seeds = 500` | how many seeds to try, at least 1 | the library's |
/// | `schedule = "random"` | who runs next: `"random"`, `"fifo"` or `"pct(D)"` with D at least 1 | `"random"` |
/// | `search = "portfolio"` | how cases are made: `"seeds"`, each its seed and nothing else, or `"portfolio"`, which draws far more faults than a profile says and finds rare defects sooner | `"seeds"`; `TUMULT_SEARCH` says otherwise |
/// | `isolated` | each run has a process of its own, which may crash and shares no statics | those that host programs |
/// | `checked` | each seed is run again, here and in a new process, unless `TUMULT_CHECK` says otherwise | a sample, in CI |
/// | `crate = ::path` | where the library is | `::tumult_sim` |
///
/// The function takes `&mut Sim` and returns nothing. Other attributes (`#[should_panic]`, `#[ignore]`, `#[cfg]`) stay.
#[proc_macro_attribute]
pub fn test(attr: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(entry::Kind::Test, attr.into(), item.into()).into()
}

/// Makes a function that declares an experiment with phases a test.
///
/// The keys are those of [`macro@test`]; the function takes `&mut Experiment` and returns nothing.
#[proc_macro_attribute]
pub fn experiment(attr: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(entry::Kind::Experiment, attr.into(), item.into()).into()
}

/// Makes a function from an observed state to a verdict a named, registered invariant.
///
/// | key | meaning | |
/// |---|---|---|
/// | `id = "INV_001"` | the name of the constant that is made: `INV_` and three digits | required |
/// | `tags = ["data", "recovery"]` | any of `data`, `recovery`, `liveness` | none |
/// | `checked` | each seed is run again, here and in a new process, unless `TUMULT_CHECK` says otherwise | a sample, in CI |
/// | `crate = ::path` | where the library is | `::tumult_sim` |
///
/// The function takes `&T`, returns a `Verdict`, and has a doc comment, whose first paragraph is the invariant's title.
#[proc_macro_attribute]
pub fn invariant(attr: TokenStream, item: TokenStream) -> TokenStream {
    invariant::expand(attr.into(), item.into()).into()
}

/// Makes a function that declares an experiment a failure mode: registered, and with a test each for its reproduction,
/// its prevention and, with `recover`, its recovery.
///
/// | key | meaning | |
/// |---|---|---|
/// | `id = "FM_001"` | the name of the static that is made: `FM_` and three digits | required |
/// | `violates = [INV_001]` | the invariants that it violates without its guard | required |
/// | `spec = "spec.md"` | its description, relative to the source file, checked while compiling | required |
/// | `seeds = 64` | how many seeds to try, at least 1 | 64 |
/// | `recover` | it also has a recovery, with a test | no |
/// | `checked` | each seed is run again, here and in a new process, unless `TUMULT_CHECK` says otherwise | a sample, in CI |
/// | `crate = ::path` | where the library is | `::tumult_sim` |
///
/// The function takes `&mut Experiment`, returns nothing, and has a doc comment, whose first paragraph is the title.
/// The description begins with `# FM_001: name` and has the sections `## Trigger`, `## Symptoms`, `## Violates` (the
/// same IDs as the attribute), `## Detection`, `## Prevention`, `## Recovery` (with `recover`), `## Acceptance` and
/// `## Stands for`.
#[proc_macro_attribute]
pub fn failure_mode(attr: TokenStream, item: TokenStream) -> TokenStream {
    // None when the tokens come from no file of this machine, as in an editor; then the description is not checked.
    let source = Span::call_site().local_file();
    let folder = source.as_deref().and_then(std::path::Path::parent);
    failure_mode::expand(attr.into(), item.into(), folder).into()
}
