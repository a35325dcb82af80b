//! The rules of `#[failure_mode]`, its description included.

use std::collections::BTreeSet;

use syn::LitStr;

use super::{
    SHAPE,
    parse::FailureMode,
    spec::{REQUIRED, Section, Spec},
};
use crate::{decl, docs, errors::Errors, function, ids};

/// Reports every mistake. True if the static could be made all the same: its name and type are known.
pub(super) fn validate(mode: &FailureMode, errors: &mut Errors) -> bool {
    let before = errors.count();
    if let Some(id) = &mode.id {
        ids::FAILURE_MODE.validate(id, errors);
    }
    function::validate(&mode.function, &SHAPE, errors);
    let sound = mode.id.is_some() && errors.count() == before;

    function::validate_only_test(&mode.function, &SHAPE, errors);
    docs::require_title(&mode.function, errors);
    decl::validate_seeds(mode.seeds.as_ref(), errors);
    let before = errors.count();
    validate_violates(mode, errors);
    let comparable = errors.count() == before;
    if let (Some(text), Some(literal)) = (&mode.text, &mode.spec) {
        let spec = Spec::parse(text);
        validate_spec(mode, &spec, literal, errors);
        if comparable {
            validate_ids(mode, &spec, literal, errors);
        }
    }
    sound
}

fn validate_violates(mode: &FailureMode, errors: &mut Errors) {
    let Some(violates) = &mode.violates else { return };
    if violates.is_empty() {
        errors.at_span(mode.brackets, "`violates` is empty: name at least one invariant, as in `violates = [INV_001]`");
    }
    let mut seen = BTreeSet::new();
    for path in violates {
        let id = ids::last(path);
        if !ids::INVARIANT.matches(&id) {
            let message = format!("`{id}` is not the ID of an invariant: name its constant, such as `INV_001`");
            errors.at(path.segments.last(), message);
        } else if !seen.insert(id.clone()) {
            errors.at(path.segments.last(), format!("`{id}` is given twice: remove one"));
        }
    }
}

/// Each mistake is reported at the part of the attribute that it contradicts, and at the file's name otherwise.
fn validate_spec(mode: &FailureMode, spec: &Spec<'_>, literal: &LitStr, errors: &mut Errors) {
    let file = literal.value();
    validate_title(mode, spec, literal, errors);

    let wanted = REQUIRED.iter().filter(|name| **name != "Recovery" || mode.recover);
    let missing: Vec<&str> = wanted.filter(|name| spec.section(name).is_none()).copied().collect();
    if !missing.is_empty() {
        let plural = if missing.len() == 1 { "section" } else { "sections" };
        errors.at(literal, format!("{file} lacks the {plural} {}: add what is missing", headings(&missing)));
    }
    let empty: Vec<&str> =
        REQUIRED.into_iter().filter(|name| spec.section(name).is_some_and(Section::is_empty)).collect();
    if !empty.is_empty() {
        errors.at(literal, format!("{file} says nothing under {}: write at least one sentence", headings(&empty)));
    }
    for twice in spec.repeated() {
        errors.at(literal, format!("{file} has the section `## {twice}` twice: join the two"));
    }
}

fn validate_title(mode: &FailureMode, spec: &Spec<'_>, literal: &LitStr, errors: &mut Errors) {
    let Some(id) = mode.id.as_ref().filter(|id| ids::FAILURE_MODE.matches(&id.value())) else { return };
    let wanted = id.value();
    let file = literal.value();
    match spec.title() {
        Some((found, name)) if ids::FAILURE_MODE.matches(found) && !name.is_empty() => {
            if found != wanted {
                errors.at(id, format!("{file} describes {found}, the attribute says {wanted}: correct one of them"));
            }
        }
        _ => errors
            .at(literal, format!("{file} does not begin with its title: write `# {wanted}: name` as its first line")),
    }
}

/// The `## Violates` section and the attribute, whose IDs are in order, must name the same invariants.
fn validate_ids(mode: &FailureMode, spec: &Spec<'_>, literal: &LitStr, errors: &mut Errors) {
    let (Some(violates), Some(section)) = (&mode.violates, spec.section("Violates")) else { return };
    if section.is_empty() {
        return;
    }
    let file = literal.value();
    let mut listed = BTreeSet::new();
    for word in section.words().filter(|word| ids::INVARIANT.begins(word)) {
        if ids::INVARIANT.matches(word) {
            listed.insert(word);
        } else {
            errors.at(literal, format!("in the section `## Violates` of {file}: {}", ids::INVARIANT.complaint(word)));
        }
    }
    for path in violates {
        let id = ids::last(path);
        if !listed.remove(id.as_str()) {
            let message = format!("{file} does not list {id} under `## Violates`: add it there or remove it here");
            errors.at(path.segments.last(), message);
        }
    }
    for id in listed {
        let message = format!(
            "{file} lists {id} under `## Violates`, the attribute does not: add it to `violates` or remove it there"
        );
        errors.at(literal, message);
    }
}

fn headings(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`## {name}`")).collect();
    names.join(", ")
}
