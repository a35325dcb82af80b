//! House rules that a compiler does not know: floors, absences, sizes, marks, IDs, and commands that documents name.
//!
//! Each rule is a function of files that gives what it found, so it is shown both ways: on planted files here in its
//! own module's tests, and on the tree below.

mod absences;
mod documents;
mod faults;
mod files;
mod floors;
mod ids;
mod imports;
mod leaks;
mod packages;
mod source;
mod table;
mod variables;

use source::tree;

/// Fails with all that was found, a line each.
#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "{} found:\n{}", found.len(), found.join("\n"));
}

#[test]
fn packages_depend_on_lower_floors_only() {
    none(&packages::floors(&tree()));
}

#[test]
fn packages_inherit_what_the_workspace_sets() {
    none(&packages::inherited(&tree()));
}

#[test]
fn modules_import_from_lower_floors_only() {
    none(&floors::violations(&tree()));
}

#[test]
fn the_maps_of_the_architecture_page_are_those_of_the_tests() {
    let page = tree().text("docs/ARCHITECTURE.md").to_owned();
    assert_eq!(table::floors(&page, "Floors of the workspace"), table::owned(packages::FLOORS));
    assert_eq!(table::floors(&page, "Floors of tumult-sim"), table::owned(floors::FLOORS));
}

#[test]
fn what_is_absent_stays_absent() {
    none(&absences::violations(&tree()));
}

#[test]
fn files_are_short() {
    let tree = tree();
    for long in files::long(&tree, files::WISHED) {
        println!("longer than wished: {long}");
    }
    none(&files::long(&tree, files::LIMIT));
}

#[test]
fn files_say_their_job() {
    none(&files::without_header(&tree()));
}

#[test]
fn no_mark_of_unfinished_work_is_left() {
    none(&files::marks(&tree()));
}

#[test]
fn what_is_allowed_has_a_reason() {
    none(&files::allowed_without_reason(&tree()));
}

#[test]
fn bans_name_a_replacement() {
    none(&files::bans_without_replacement(tree().text("clippy.toml")));
}

#[test]
fn invariants_are_numbered_without_gaps_and_stand_where_their_number_says() {
    none(&ids::violations(&tree(), &ids::INVARIANTS));
}

#[test]
fn failure_modes_are_numbered_without_gaps_and_stand_where_their_number_says() {
    none(&ids::violations(&tree(), &ids::FAILURE_MODES));
}

#[test]
fn commands_that_documents_name_exist() {
    none(&documents::wrong_commands(&tree()));
}

#[test]
fn the_readme_has_its_two_commands() {
    assert_eq!(documents::commands(tree().text("README.md"))[..2], ["cargo tumult run", "cargo test"]);
}

#[test]
fn the_readme_shows_code_that_is_compiled() {
    none(&documents::code_that_is_nowhere(&tree()));
}

#[test]
fn links_between_documents_lead_somewhere() {
    none(&documents::dead_links(&tree()));
}

#[test]
fn every_leak_has_a_row_and_a_test() {
    none(&leaks::violations(&tree()));
}

#[test]
fn every_fault_has_a_row_and_both_its_tests() {
    none(&faults::violations(&tree()));
}

#[test]
fn every_environment_variable_has_a_row() {
    none(&variables::violations(&tree()));
}
