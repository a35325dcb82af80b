//! What users see of the macros: each mistake in `ui/` gives the one message beside it, and what is right compiles.
//!
//! After a change, `TRYBUILD=overwrite cargo test -p tumult-macros --test ui` writes the messages; read them.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    for folder in ["test", "experiment", "invariant", "failure_mode"] {
        cases.compile_fail(format!("tests/ui/{folder}/*.rs"));
    }
    cases.pass("tests/ui/pass/*.rs");
}
