//! Expansions of `#[failure_mode]` against descriptions in a folder of fixtures, and each rule's message.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

use super::{expand, parse, spec::Spec, validate};
use crate::{
    errors::Errors,
    testing::{messages, pretty},
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn scenario() -> TokenStream {
    quote! {
        /// A worker outlives its lease, so the job is leased again and runs twice.
        fn retry_duplication(x: &mut Experiment) {
            x.trigger(stall());
        }
    }
}

fn right() -> TokenStream {
    quote!(id = "FM_001", violates = [INV_001, inv::INV_002], seeds = 64, recover, spec = "spec.md")
}

/// What is wrong with the right attribute when the description says `text`.
fn complaints(attr: TokenStream, text: &str) -> Vec<String> {
    let mut errors = Errors::default();
    let mut mode = parse::parse(attr, scenario(), None, &mut errors).expect("a function");
    mode.text = Some(text.to_owned());
    validate::validate(&mode, &mut errors);
    errors.messages()
}

fn text() -> String {
    std::fs::read_to_string(fixtures().join("spec.md")).expect("the fixture is there")
}

#[test]
fn a_failure_mode_expands() {
    insta::assert_snapshot!(pretty(expand(right(), scenario(), Some(&fixtures()))));
}

#[test]
fn without_recover_there_are_two_tests() {
    let attr = quote!(id = "FM_001", violates = [INV_001], spec = "spec.md", crate = crate::sim);
    let item = quote! {
        /// Twice.
        #[cfg(unix)]
        pub fn twice(_: &mut Experiment) {}
    };
    insta::assert_snapshot!(pretty(expand(attr, item, None)));
}

#[test]
fn a_mistake_keeps_the_static_but_does_not_register_it() {
    let attr = quote!(id = "FM_002", violates = [INV_001, INV_002], seeds = 0, recover, spec = "spec.md");
    insta::assert_snapshot!(pretty(expand(attr, scenario(), Some(&fixtures()))));
}

#[test]
fn a_wrong_id_keeps_the_function_alone() {
    let attr = quote!(id = "FM_1", violates = [INV_001, INV_002], recover, spec = "spec.md");
    insta::assert_snapshot!(pretty(expand(attr, scenario(), Some(&fixtures()))));
}

#[test]
fn each_mistake_in_the_attribute_gives_one_message() {
    for (attr, expected) in [
        (quote!(violates = [INV_001, INV_002], spec = "spec.md"), "#[failure_mode] needs `id`: add `id = \"FM_001\"`"),
        (quote!(id = "FM_001", spec = "spec.md"), "#[failure_mode] needs `violates`: add `violates = [INV_001]`"),
        (
            quote!(id = "FM_001", violates = [INV_001, INV_002]),
            "#[failure_mode] needs `spec`: add `spec = \"spec.md\"`",
        ),
        (
            quote!(id = "FM_0001", violates = [INV_001, INV_002], spec = "spec.md"),
            "a failure mode's ID is `FM_` and three digits, as in \"FM_001\"; this is `FM_0001`",
        ),
        (
            quote!(id = "FM_001", violates = [INV_001, INV_002, at_most_once], spec = "spec.md"),
            "`at_most_once` is not the ID of an invariant: name its constant, such as `INV_001`",
        ),
        (
            quote!(id = "FM_001", violates = [INV_001, INV_002, inv::INV_001], spec = "spec.md"),
            "`INV_001` is given twice: remove one",
        ),
        (
            quote!(id = "FM_001", violates = ["INV_001", INV_001, INV_002], spec = "spec.md"),
            "`violates` takes the constants themselves, as in `violates = [INV_001]`",
        ),
    ] {
        assert_eq!(messages(&expand(attr.clone(), scenario(), Some(&fixtures()))), [expected], "{attr}");
    }
    let empty = quote!(id = "FM_001", violates = [], spec = "spec.md");
    assert_eq!(
        messages(&expand(empty, scenario(), None)),
        ["`violates` is empty: name at least one invariant, as in `violates = [INV_001]`"]
    );
}

#[test]
fn a_description_that_is_not_there_is_named() {
    let attr = quote!(id = "FM_001", violates = [INV_001], spec = "absent.md");
    let messages = messages(&expand(attr, scenario(), Some(Path::new("bundle"))));
    assert_eq!(messages.len(), 1);
    let path = Path::new("bundle").join("absent.md");
    assert!(messages[0].starts_with(&format!("there is no file {}", path.display())), "{messages:?}");
}

#[test]
fn a_description_is_checked_against_the_attribute() {
    let text = text();
    assert_eq!(complaints(right(), &text), [""; 0]);
    for (from, to, expected) in [
        ("# FM_001", "# FM_002", "spec.md describes FM_002, the attribute says FM_001: correct one of them"),
        (
            "# FM_001: retry duplication",
            "# Retry duplication",
            "spec.md does not begin with its title: write `# FM_001: name` as its first line",
        ),
        (
            "# FM_001: retry duplication",
            "# FM_001:",
            "spec.md does not begin with its title: write `# FM_001: name` as its first line",
        ),
        ("## Detection", "## Detecting", "spec.md lacks the section `## Detection`: add what is missing"),
        ("## Recovery", "### Recovery", "spec.md lacks the section `## Recovery`: add what is missing"),
        ("A stalled worker.", " ", "spec.md says nothing under `## Trigger`: write at least one sentence"),
        ("INV_001\nINV_002", "", "spec.md says nothing under `## Violates`: write at least one sentence"),
        (
            "## Acceptance",
            "## Symptoms\nMore.\n## Acceptance",
            "spec.md has the section `## Symptoms` twice: join the two",
        ),
        ("INV_002\n", "", "spec.md does not list INV_002 under `## Violates`: add it there or remove it here"),
        (
            "INV_002\n",
            "INV_002, INV_003\n",
            "spec.md lists INV_003 under `## Violates`, the attribute does not: add it to `violates` or remove it \
             there",
        ),
        (
            "INV_002\n",
            "INV_002, INV_3\n",
            "in the section `## Violates` of spec.md: an invariant's ID is `INV_` and three digits, as in \"INV_001\"; \
             this is `INV_3`",
        ),
    ] {
        let planted = text.replacen(from, to, 1);
        assert_ne!(planted, text, "the fixture has {from:?}");
        assert_eq!(complaints(right(), &planted), [expected], "{to}");
    }
}

#[test]
fn recovery_may_be_left_out_without_recover() {
    let attr = quote!(id = "FM_001", violates = [INV_001, INV_002], spec = "spec.md");
    let text = text().replace("## Recovery\nReconcile.\n", "");
    assert!(Spec::parse(&text).section("Recovery").is_none());
    assert_eq!(complaints(attr, &text), [""; 0]);
}

#[test]
fn several_missing_sections_are_one_message() {
    assert_eq!(
        complaints(right(), "# FM_001: x\n## Violates\nINV_001 INV_002\n"),
        ["spec.md lacks the sections `## Trigger`, `## Symptoms`, `## Detection`, `## Prevention`, `## Recovery`, \
          `## Acceptance`, `## Stands for`: add what is missing"]
    );
}
